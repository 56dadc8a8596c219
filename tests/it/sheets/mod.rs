//! Spreadsheets: mappings as a resource, and sheets that are read by one.

mod files;
mod mapped;
mod mappings;
mod ready;
mod vietnamese;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Client};

pub const MAPPINGS: &str = "/api/ingest/mappings";
pub const CSV: &str = "/api/ingest/csv";

pub async fn put(client: &Client, name: &str, body: &Value) -> Answer {
    let request = client.with_method(Method::PUT, &format!("{MAPPINGS}/{name}"));
    client.send(request.json(body)).await
}

/// Puts a mapping that is valid.
pub async fn put_valid(client: &Client, name: &str, body: &Value) {
    let answer = put(client, name, body).await;
    assert!(answer.status.is_success(), "{name}: {}", answer.text());
}

/// Sends a sheet.
pub async fn post(client: &Client, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = client.post(path).header("content-type", "text/csv");
    client.send(request.body(body)).await
}

/// Sends a sheet that is taken, and returns the answer's data.
pub async fn stored(client: &Client, path: &str, body: impl Into<reqwest::Body>) -> Value {
    let answer = post(client, path, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["data"].take()
}

/// A campaign and a lead of each product, with the id 1.
fn campaign_and_lead() -> Vec<Value> {
    vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
    ]
}
