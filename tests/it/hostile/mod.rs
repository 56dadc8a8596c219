//! Invalid input: always a 4xx that names the field, never a 500.

mod bodies;
mod files;
mod lists;
mod parameters;

use serde_json::{Value, json};

use crate::support::TestApp;

/// Valid values of every required parameter, to be overridden by invalid ones.
fn target(path: &str, extra: &str) -> String {
    let path = path.replace("{id}", "1");
    let good = "date_from=2026-06-01&date_to=2026-06-02&campaign_ids=1";
    format!("{path}?{good}&{extra}")
}

async fn with_campaigns() -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "agent", "id": 1, "name": "A", "username": "a"}),
        json!({"kind": "team", "id": 1, "name": "T"}),
    ])
    .await;
    test
}

fn faults(body: &Value) -> Vec<&str> {
    assert_eq!(body["message"], "The given data was invalid.", "{body}");
    body["errors"]
        .as_object()
        .expect("errors")
        .keys()
        .map(String::as_str)
        .collect()
}
