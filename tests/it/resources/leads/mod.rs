//! Leads of campaigns over HTTP.

mod change;
mod import;
mod list;
mod one;
mod random;

use serde_json::{Value, json};

use super::{faulty as faults, post, send};
use crate::support::{Client, TENANT, TestApp};

const LEADS: &str = "/api/autocall/campaigns/1/leads";

/// Start of the ids that Callboard gives.
const FIRST_ID: i64 = 1 << 40;

/// A server with campaign 1, a draft.
async fn with_campaign() -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C", "status": "draft"})])
        .await;
    test
}

/// Sends a list, asserts 201 and returns the counts.
async fn added(client: &Client, leads: &[Value]) -> Value {
    let answer = post(client, LEADS, &json!({"leads": leads})).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    answer.json()["data"].take()
}

fn counts(data: &Value) -> [u64; 3] {
    ["added", "duplicates", "invalid"].map(|name| data[name].as_u64().expect("a number"))
}

/// Phones of the stored leads of campaign 1, by id.
async fn phones(test: &TestApp) -> Vec<Value> {
    let phones = "select to_jsonb(phone) from autocall_leads where campaign_id = 1 order by id";
    test.query(TENANT, phones).await
}

/// The nth of many phones.
fn phone(number: usize) -> String {
    format!("09{number:08}")
}
