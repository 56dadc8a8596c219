//! Random requests and lines against a small reference: ingest and the API see the same rows.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};

use super::{LEADS, added, post, send, with_campaign};
use crate::support::TestApp;

const STATUSES: [&str; 3] = ["pending", "retry", "dnc"];

#[derive(Debug, Clone, PartialEq)]
struct Lead {
    /// Number of its phone, and the spelling that was sent.
    phone: (u32, String),
    external_ref: Option<String>,
    status: &'static str,
}

type Leads = BTreeMap<i64, Lead>;

fn spelled(random: &mut StdRng, number: u32) -> String {
    let rest = format!("9000000{number:02}");
    match random.random_range(0..4) {
        0 => format!("0{rest}"),
        1 => format!("+84 {rest}"),
        2 => format!("0084-{rest}"),
        _ => format!("84{rest}"),
    }
}

fn with_phone(leads: &Leads, number: u32) -> Option<i64> {
    let mut of_phone = leads.iter().filter(|(_, lead)| lead.phone.0 == number);
    of_phone.next().map(|(id, _)| *id)
}

async fn import(test: &TestApp, random: &mut StdRng, leads: &mut Leads) {
    let mut items = Vec::new();
    for _ in 0..random.random_range(1..8) {
        let number = random.random_range(0..40);
        items.push((number, spelled(random, number)));
    }
    let sent: Vec<Value> = items
        .iter()
        .map(|(number, phone)| json!({"phone": phone, "external_ref": format!("ref {number}")}))
        .collect();
    let data = added(test, &sent).await;
    for (item, id) in items.into_iter().zip(data["ids"].as_array().expect("ids")) {
        let id = id.as_i64().expect("an id");
        match with_phone(leads, item.0) {
            Some(stored) => assert_eq!(id, stored, "a duplicate has the id of the first lead"),
            None => {
                let external_ref = Some(format!("ref {}", item.0));
                let status = "pending";
                let lead = Lead {
                    phone: item,
                    external_ref,
                    status,
                };
                assert_eq!(leads.insert(id, lead), None, "{id} was given twice");
            }
        }
    }
}

async fn ingest(test: &TestApp, random: &mut StdRng, leads: &mut Leads) {
    let id = random.random_range(1..20);
    let status = *STATUSES.choose(random).expect("a status");
    let mut line = json!({"kind": "autocall_lead", "id": id, "status": status});
    if let Some(lead) = leads.get_mut(&id) {
        lead.status = status;
    } else {
        let number = random.random_range(0..40);
        let phone = spelled(random, number);
        line["campaign_id"] = 1.into();
        line["phone"] = phone.clone().into();
        let phone = (number, phone);
        let external_ref = None;
        leads.insert(
            id,
            Lead {
                phone,
                external_ref,
                status,
            },
        );
    }
    test.ingest(&[line]).await;
}

async fn change(test: &TestApp, random: &mut StdRng, leads: &mut Leads) {
    let ids: Vec<i64> = leads.keys().copied().collect();
    let chosen: Vec<i64> = ids.sample(random, 3).copied().collect();
    let (mut items, mut changed) = (Vec::new(), 0);
    for id in &chosen {
        let lead = leads.get_mut(id).expect("a lead");
        let before = lead.clone();
        let mut item = json!({"id": id});
        if random.random_bool(0.5) {
            lead.status = STATUSES.choose(random).expect("a status");
            item["status"] = lead.status.into();
        }
        if random.random_bool(0.5) {
            lead.external_ref = random.random_bool(0.5).then(|| format!("new {id}"));
            item["external_ref"] = lead.external_ref.clone().into();
        }
        changed += u64::from(*lead != before);
        items.push(item);
    }
    if let [id] = chosen[..] {
        let mut item = items.remove(0);
        item.as_object_mut().expect("an object").remove("id");
        let answer = send(
            test,
            Method::PATCH,
            &format!("/api/autocall/leads/{id}"),
            &item,
        )
        .await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    } else if !chosen.is_empty() {
        let answer = send(test, Method::PATCH, LEADS, &json!({"leads": items})).await;
        assert_eq!(
            answer.json()["data"]["changed"],
            changed,
            "{}",
            answer.text()
        );
    }
}

async fn add_or_delete(test: &TestApp, random: &mut StdRng, leads: &mut Leads) {
    let number = random.random_range(0..40);
    if let Some(id) = with_phone(leads, number) {
        let answer = post(test, LEADS, &json!({"phone": spelled(random, number)})).await;
        assert_eq!(answer.status.as_u16(), 409, "{}", answer.text());
        let path = format!("/api/autocall/leads/{id}");
        let answer = send(test, Method::DELETE, &path, &json!({})).await;
        assert_eq!(answer.status.as_u16(), 204, "{}", answer.text());
        leads.remove(&id);
    } else {
        let phone = (number, spelled(random, number));
        let answer = post(test, LEADS, &json!({"phone_number": phone.1})).await;
        let id = answer.json()["data"]["id"].as_i64().expect("an id");
        let (external_ref, status) = (None, "pending");
        leads.insert(
            id,
            Lead {
                phone,
                external_ref,
                status,
            },
        );
    }
}

#[tokio::test]
async fn ingest_and_the_api_see_the_same_rows() {
    let test = with_campaign().await;
    let mut random = StdRng::seed_from_u64(15);
    let mut leads = Leads::new();
    for _ in 0..120 {
        match random.random_range(0..4) {
            0 => import(&test, &mut random, &mut leads).await,
            1 => ingest(&test, &mut random, &mut leads).await,
            2 => change(&test, &mut random, &mut leads).await,
            _ => add_or_delete(&test, &mut random, &mut leads).await,
        }
        let page = test.ok(&format!("{LEADS}?per_page=200")).await.json();
        let shown: Vec<Value> = page["data"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| {
                json!([
                    row["id"],
                    row["phone_number"],
                    row["external_ref"],
                    row["status"]
                ])
            })
            .collect();
        let expected: Vec<Value> = leads
            .iter()
            .rev()
            .map(|(id, lead)| json!([id, lead.phone.1, lead.external_ref, lead.status]))
            .collect();
        assert_eq!(shown, expected);
    }
}
