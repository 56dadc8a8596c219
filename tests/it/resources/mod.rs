//! Scripts, campaigns and what else clients create and change over HTTP.

mod audit;
mod campaigns;
mod choices;
mod ids;
mod leads;
mod lists;
mod once;
mod races;
mod scripts;
mod states;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp};

const SCRIPTS: &str = "/api/autocall/scripts";
const CAMPAIGNS: &str = "/api/autocall/campaigns";

async fn send(client: &Client, method: Method, path: &str, body: &Value) -> Answer {
    client
        .send(client.with_method(method, path).json(body))
        .await
}

async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    send(client, Method::POST, path, body).await
}

/// Creates a resource; asserts 201.
async fn create(client: &Client, path: &str, body: &Value) -> Value {
    let answer = post(client, path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()["data"].take()
}

async fn patch(client: &Client, path: &str, body: &Value) -> Answer {
    send(client, Method::PATCH, path, body).await
}

/// Changes a resource; asserts 200.
async fn change(client: &Client, path: &str, body: &Value) -> Value {
    let answer = patch(client, path, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
    answer.json()["data"].take()
}

async fn delete(client: &Client, path: &str) -> Answer {
    client
        .request(Method::DELETE, path, Some(&client.token))
        .await
}

/// Fields with faults of a 422 or 409.
fn faulty(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let errors = body["errors"]
        .as_object()
        .unwrap_or_else(|| panic!("{body}"));
    errors.keys().cloned().collect()
}

fn id_of(resource: &Value) -> i64 {
    resource["id"].as_i64().expect("an id")
}

fn one(list: &str, resource: &Value) -> String {
    format!("{list}/{}", id_of(resource))
}

/// An active script and a draft that plays it, with a lead.
async fn with_draft() -> (TestApp, Value, Value) {
    let test = TestApp::new().await;
    let script = create(&test, SCRIPTS, &json!({"name": "S", "status": "active"})).await;
    let draft = json!({"name": "C", "script_id": id_of(&script)});
    let campaign = create(&test, CAMPAIGNS, &draft).await;
    add_lead(&test, &campaign).await;
    let campaign = test.data(&one(CAMPAIGNS, &campaign)).await;
    (test, script, campaign)
}

async fn add_lead(test: &TestApp, campaign: &Value) {
    let id = id_of(campaign);
    test.ingest(&[json!({"kind": "autocall_lead", "id": id % 1_000_000, "campaign_id": id, "phone": "0900000001"})])
        .await;
}
