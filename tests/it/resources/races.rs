//! DELETE of a script, a campaign or a lead against ingest of rows that refer to it, at the same moment.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CAMPAIGNS, SCRIPTS, delete, post};
use crate::support::{Answer, Client, TENANT, TestApp, body};

const ROUNDS: i64 = 60;
/// Lines that refer to rows of this round, in one request.
const LINES: i64 = 40;
const WRITERS: u64 = 3;

/// Attempts whose lead or campaign is gone.
const ORPHANS: &str = "select to_jsonb(a.uuid) from autocall_attempts a
    left join autocall_leads l on l.tenant_id = a.tenant_id and l.id = a.lead_id
    left join autocall_campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id
    where l.id is null or c.id is null";

/// Each round stores `rows` and sends a DELETE at the same moment as ingest of `lines` by several writers. Returns how often
/// the row was deleted.
async fn race(
    client: &Client,
    list: &str,
    rows: impl Fn(i64) -> Vec<Value>,
    lines: impl Fn(i64, u64, i64) -> Value,
) -> u64 {
    let (mut random, mut deleted) = (StdRng::seed_from_u64(15), 0);
    for round in 1..=ROUNDS {
        client.ingest(&rows(round)).await;
        let bodies: Vec<String> = (0..WRITERS)
            .map(|writer| {
                let mut lines: Vec<Value> = (0..LINES).map(|at| lines(round, writer, at)).collect();
                // Bodies of different lengths meet the DELETE at different moments.
                let teams = 0..random.random_range(0..400);
                lines.extend(teams.map(|id| json!({"kind": "team", "id": id + 1, "name": "T"})));
                lines.shuffle(&mut random);
                body(&lines)
            })
            .collect();
        let path = format!("{list}/{round}");
        let ingesting = bodies.into_iter().map(|body| client.ingest_text(body));
        let ingesting = futures_util::future::join_all(ingesting);
        let (ingested, answer) = tokio::join!(ingesting, delete(client, &path));
        match answer.status {
            StatusCode::NO_CONTENT => deleted += 1,
            status => assert_eq!(status, StatusCode::CONFLICT, "{}", answer.text()),
        }
        ingested.iter().for_each(check);
    }
    deleted
}

/// Every line is stored, or refused because what it refers to is gone.
fn check(answer: &Answer) {
    let text = answer.text();
    let is_answered = matches!(answer.status.as_u16(), 200 | 422);
    assert!(is_answered, "{}: {text}", answer.status);
    let data = answer.json()["data"].take();
    for line in data["errors"].as_array().expect("errors") {
        for (field, faults) in line["errors"].as_object().expect("faults") {
            let fault = faults[0].as_str().expect("a text");
            assert!(fault.starts_with("refers to no "), "{field} {fault}");
        }
    }
}

fn campaign(id: i64) -> Value {
    json!({"kind": "autocall_campaign", "id": id, "name": "C", "status": "draft"})
}

fn lead(id: i64, campaign: i64) -> Value {
    json!({"kind": "autocall_lead", "id": id, "campaign_id": campaign, "phone": "0900000001"})
}

fn attempt(uuid: &str, campaign: i64, lead: i64) -> Value {
    json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": campaign, "lead_id": lead, "attempt_number": 1,
        "started_at": "2026-06-30T07:00:00Z"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_deleted_while_its_leads_are_ingested() {
    let test = TestApp::new().await;
    let lines = |round: i64, writer: u64, at: i64| {
        lead(round * 1_000 + LINES * writer.cast_signed() + at, round)
    };
    let deleted = race(&test, CAMPAIGNS, |round| vec![campaign(round)], lines).await;
    assert_eq!(
        deleted,
        ROUNDS.cast_unsigned(),
        "leads are no reason to keep it"
    );
    let left = "select to_jsonb(id) from autocall_leads";
    let left: Vec<Value> = test.query(TENANT, left).await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_deleted_while_its_attempts_are_ingested() {
    let test = TestApp::new().await;
    // One lead is of the campaign; attempts of it may name another.
    test.ingest(&[campaign(1_000), lead(1_000, 1_000)]).await;
    let rows = |round| vec![campaign(round), lead(round, round)];
    let lines = |round: i64, writer: u64, at: i64| {
        let uuid = format!("{round}-{writer}-{at}");
        match writer {
            0 => attempt(&uuid, round, round),
            1 => attempt(&uuid, 1_000, round),
            _ => attempt(&uuid, round, 1_000),
        }
    };
    race(&test, CAMPAIGNS, rows, lines).await;
    let orphans = test.query(TENANT, ORPHANS).await;
    assert!(orphans.is_empty(), "{} orphans", orphans.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_deleted_while_its_attempts_are_ingested() {
    let test = TestApp::new().await;
    test.ingest(&[campaign(1)]).await;
    let lines =
        |round: i64, writer: u64, at: i64| attempt(&format!("{round}-{writer}-{at}"), 1, round);
    race(
        &test,
        "/api/autocall/leads",
        |round| vec![lead(round, 1)],
        lines,
    )
    .await;
    let orphans = test.query(TENANT, ORPHANS).await;
    assert!(orphans.is_empty(), "{} orphans", orphans.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_deleted_while_its_campaigns_are_ingested() {
    let test = TestApp::new().await;
    let rows = |round| vec![json!({"kind": "autocall_script", "id": round, "name": "S"})];
    let lines = |round: i64, writer: u64, at: i64| {
        let id = round * 1_000 + LINES * writer.cast_signed() + at;
        json!({"kind": "autocall_campaign", "id": id, "name": "C", "script_id": round})
    };
    race(&test, SCRIPTS, rows, lines).await;
}

/// Another order of the rows that both lock would be a deadlock.
#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_deleted_while_its_leads_are_changed() {
    let test = TestApp::new().await;
    let leads = |round: i64| (0..LINES).map(move |at| lead(round * 1_000 + at, round));
    let rows = |round| {
        std::iter::once(campaign(round))
            .chain(leads(round))
            .collect()
    };
    let lines = |round: i64, _: u64, at: i64| json!({"kind": "autocall_lead", "id": round * 1_000 + at, "campaign_id": round, "phone": "0900000002"});
    race(&test, CAMPAIGNS, rows, lines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_deleted_while_exports_of_it_are_ordered() {
    let test = TestApp::new().await;
    let order = json!({"report_type": "kpis", "from": "2026-06-01", "to": "2026-06-02"});
    for round in 1..=ROUNDS {
        test.ingest(&[campaign(round)]).await;
        let path = format!("{CAMPAIGNS}/{round}");
        let exports = format!("{path}/reports/export");
        let orders = (0..WRITERS).map(|_| post(&test, &exports, &order));
        let orders = futures_util::future::join_all(orders);
        let (ordered, deleted) = tokio::join!(orders, delete(&test, &path));
        assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text());
        for answer in ordered {
            let is_answered = matches!(answer.status.as_u16(), 202 | 404);
            assert!(is_answered, "{}: {}", answer.status, answer.text());
        }
    }
    let left = test.query(TENANT, "select to_jsonb(id) from exports").await;
    assert!(left.is_empty(), "{left:?}");
}
