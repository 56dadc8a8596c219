//! Export templates: the resource, and the files that are laid out by one.

mod files;
mod resource;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, world};

pub const TEMPLATES: &str = "/api/export-templates";
pub const DATES: &str = "date_from=2026-06-01&date_to=2026-06-07";

/// A picture of one pixel.
pub const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub async fn put(client: &Client, name: &str, body: &Value) -> Answer {
    let request = client.with_method(Method::PUT, &format!("{TEMPLATES}/{name}"));
    client.send(request.json(body)).await
}

/// Puts a template that is valid.
pub async fn put_valid(client: &Client, name: &str, body: &Value) {
    let answer = put(client, name, body).await;
    assert!(answer.status.is_success(), "{name}: {}", answer.text());
}

pub async fn delete(client: &Client, name: &str) -> Answer {
    let path = format!("{TEMPLATES}/{name}");
    client
        .request(Method::DELETE, &path, Some(&client.token))
        .await
}

/// A template of agents with every member.
pub fn agents() -> Value {
    json!({
        "report": "telesales.agent-performance",
        "title": "Nhân viên =1+1",
        "columns": [
            {"field": "name", "label": "=Nhân viên", "width": 30.5, "format": null},
            {"field": "conv_rate", "label": "Tỷ lệ", "width": null, "format": "0.0"},
            {"field": "dials", "label": null, "width": null, "format": "#,##0 \"cuộc\""},
            {"field": "dials_previous", "label": null, "width": null, "format": null},
            {"field": "conv_rate_change_points", "label": "Δ", "width": null, "format": "+0.0;-0.0"}
        ],
        "sort": [{"field": "conv_rate", "desc": true}, {"field": "agent_id", "desc": false}],
        "conditional": [
            {"field": "conv_rate", "when": {"<": 5, ">=": 0}, "fill": "#FFC7CE"},
            {"field": "name", "when": {"=": "say \"A\""}, "fill": "#00FF00"}
        ],
        "logo": PNG,
        "about": true
    })
}

pub async fn with_calls() -> TestApp {
    let test = TestApp::new().await;
    let size = world::Size {
        attempts: 400,
        calls: 400,
        from: "2026-06-01T00:00:00Z".parse().expect("an instant"),
        to: "2026-06-08T00:00:00Z".parse().expect("an instant"),
    };
    test.ingest(&world::random(17, size)).await;
    test
}

/// The faults of a refused request.
pub fn faults(answer: &Answer) -> Value {
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text()
    );
    answer.json()["errors"].take()
}
