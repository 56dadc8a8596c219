//! Reports of calls from dialers, as any client reads them, for comparison of servers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Client;
use crate::support::documents::{CAMPAIGNS, RETENTION};

/// Sends calls of one account code to Telesales; the others go where variables say.
pub async fn route(client: &Client) {
    let rule =
        json!({"when": {"accountcode": RETENTION, "direction": "outbound"}, "to": "telesales"});
    let put = client.with_method(Method::PUT, "/api/ingest/routing");
    let answer = client.send(put.json(&json!({"rules": [rule]}))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The figures of both products, and every attempt and call. Ids that a server makes itself are left out.
pub async fn reports(client: &Client) -> Value {
    let mut all = json!({});
    for id in CAMPAIGNS {
        let path = format!("/api/autocall/campaigns/{id}/reports");
        let query = "from=2024-01-01&to=2025-01-01&trend.granularity=hour&include=kpis,trend,hangup,heatmap,dtmf";
        let mut data = client.data(&format!("{path}?{query}")).await;
        data["kpis"]["computed_at"].take();
        all[format!("campaign {id}")] = data;
    }
    let path = "/api/telesales/reports?date_from=2024-05-01&date_to=2024-06-30";
    let query = "include=dashboard,hour-dow-heatmap,time-series";
    all["telesales"] = client.data(&format!("{path}&{query}")).await;
    all
}

/// Sends a document as a switch does, and again until it is taken.
pub async fn post(client: &Client, body: &str) {
    let request = || {
        client
            .post("/api/ingest/freeswitch")
            .header("content-type", "application/json")
    };
    let answer = client.send(request().body(body.to_owned())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let tally = &answer.json()["data"];
    assert_eq!(
        (&tally["received"], &tally["quarantined"]),
        (&json!(1), &json!(0)),
        "{tally}"
    );
}

/// Asserts that two servers report the same, and names the first figure that differs.
pub fn assert_same(told: &Value, wanted: &Value, what: &str) {
    let found = difference("", told, wanted);
    assert!(found.is_none(), "{what}: {}", found.unwrap_or_default());
}

fn difference(place: &str, told: &Value, wanted: &Value) -> Option<String> {
    let parts: Vec<(String, &Value, &Value)> = match (told, wanted) {
        (Value::Object(told), Value::Object(wanted)) if told.len() == wanted.len() => wanted
            .iter()
            .map(|(name, wanted)| (name.clone(), &told[name], wanted))
            .collect(),
        (Value::Array(told), Value::Array(wanted)) if told.len() == wanted.len() => (0..told.len())
            .map(|at| (at.to_string(), &told[at], &wanted[at]))
            .collect(),
        _ if told == wanted => return None,
        _ => return Some(format!("{place}: {told}, not {wanted}")),
    };
    let mut parts = parts.into_iter();
    parts.find_map(|(name, told, wanted)| difference(&format!("{place}/{name}"), told, wanted))
}
