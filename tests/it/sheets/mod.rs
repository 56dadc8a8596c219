//! Spreadsheets: mappings as a resource, and sheets that are read by one.

mod mappings;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Client};

pub const MAPPINGS: &str = "/api/ingest/mappings";

pub async fn put(client: &Client, name: &str, body: &Value) -> Answer {
    let request = client.with_method(Method::PUT, &format!("{MAPPINGS}/{name}"));
    client.send(request.json(body)).await
}

/// Puts a mapping that is valid.
pub async fn put_valid(client: &Client, name: &str, body: &Value) {
    let answer = put(client, name, body).await;
    assert!(answer.status.is_success(), "{name}: {}", answer.text());
}
