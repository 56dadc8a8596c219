//! The overview: rows against the reference, and every warning by the smallest world that has it.

mod aside;
mod habits;
mod limits;
mod order;
mod others;
mod rows;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Answer, NOW};

const OVERVIEW: &str = "/api/overview";

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// Telesales calls of a campaign with the id of its lead, from an instant on, one every so many seconds.
fn calls(
    campaign: i64,
    from: &str,
    count: i64,
    every: i64,
    result: &dyn Fn(i64) -> Value,
) -> Vec<Value> {
    let from: DateTime<Utc> = from.parse().expect("an instant");
    let call = |number: i64| {
        let at = from + TimeDelta::seconds(number * every);
        json!({"kind": "telesales_call", "uuid": format!("{campaign} {at}"), "campaign_id": campaign,
            "lead_id": campaign, "started_at": at.to_rfc3339(), "result": result(number)})
    };
    (0..count).map(call).collect()
}

fn campaign(id: i64, status: &str) -> Vec<Value> {
    vec![
        json!({"kind": "telesales_campaign", "id": id, "name": format!("Chiến dịch {id}"), "status": status}),
        json!({"kind": "telesales_lead", "id": id, "campaign_id": id, "phone": "0900000001"}),
    ]
}

fn answered(_: i64) -> Value {
    json!("answered")
}

/// Codes of the warnings of campaigns, in the order of the answer.
fn codes(answer: &Answer) -> Vec<(i64, Vec<String>)> {
    let body = answer.json();
    let rows = body["data"].as_array().expect("rows").iter();
    let code = |warning: &Value| warning["code"].as_str().expect("a code").to_owned();
    rows.map(|row| {
        let warnings = row["warnings"].as_array().expect("warnings").iter();
        (
            row["id"].as_i64().expect("an id"),
            warnings.map(code).collect(),
        )
    })
    .collect()
}

const TELESALES: &str = "/api/overview?module=telesales";
