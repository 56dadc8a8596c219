//! Ingest over a real socket: stored rows, rejected lines and reports.

mod atomic;
mod bodies;
mod concurrent;
mod defaults;
mod finished;
mod keeps;
mod lengths;
mod limits;
mod normal;
mod refused;
mod upserts;
mod values;

use serde_json::{Value, json};

use crate::support::{Answer, Client, TENANT, TestApp};

const TABLES: [&str; 13] = [
    "teams",
    "agents",
    "dispositions",
    "caller_ids",
    "voices",
    "media_files",
    "autocall_scripts",
    "autocall_campaigns",
    "autocall_leads",
    "autocall_attempts",
    "telesales_campaigns",
    "telesales_leads",
    "telesales_calls",
];

/// A line of each kind in the order of [`TABLES`], with its required fields only.
fn one_of_each_kind() -> Vec<Value> {
    vec![
        json!({"kind": "team", "id": 1, "name": "T"}),
        json!({"kind": "agent", "id": 1, "name": "A", "username": "a"}),
        json!({"kind": "disposition", "code": "sale", "label": "Sale", "category": "contact", "color": "#10b981"}),
        json!({"kind": "caller_id", "cid": "0900", "carrier": "viettel", "cli_type": "mobile"}),
        json!({"kind": "voice", "id": "v1", "name": "V"}),
        json!({"kind": "media_file", "id": 1, "name": "M", "url": "https://example.com/a.wav"}),
        json!({"kind": "autocall_script", "id": 1, "name": "S"}),
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
        json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": "2026-06-01T00:00:00Z"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "+84987654321"}),
        json!({"kind": "telesales_call", "uuid": "c", "campaign_id": 1, "lead_id": 1,
            "started_at": "2026-06-01T00:00:00Z"}),
    ]
}

fn team(id: i64) -> Value {
    json!({"kind": "team", "id": id, "name": format!("Team {id}")})
}

async fn send(client: &Client, query: &str, body: impl Into<reqwest::Body>) -> Answer {
    let post = client
        .post(&format!("/api/ingest?{query}"))
        .header("content-type", "application/x-ndjson");
    client.send(post.body(body)).await
}

/// Sends lines and returns their tally.
async fn tally(client: &Client, body: impl Into<reqwest::Body>) -> Value {
    let answer = client.ingest_text(body).await;
    let tally = answer.json()["data"].take();
    let is_refused = tally["stored"] == 0 && tally["rejected"] != 0;
    assert_eq!(
        answer.status.as_u16(),
        if is_refused { 422 } else { 200 },
        "{}",
        answer.text()
    );
    tally
}

/// The reported lines and their faulty fields.
fn reported(tally: &Value) -> Vec<(u64, Vec<String>)> {
    let lines = tally["errors"].as_array().expect("errors").iter();
    lines
        .map(|reported| {
            (
                reported["line"].as_u64().expect("a number"),
                fields(&reported["errors"]),
            )
        })
        .collect()
}

/// The faulty fields; each must have a message.
fn fields(errors: &Value) -> Vec<String> {
    for messages in errors.as_object().expect("by field").values() {
        let sentences = messages.as_array().expect("a list");
        assert!(
            !sentences.is_empty()
                && sentences
                    .iter()
                    .all(|text| text.as_str().is_some_and(|text| text.len() > 5))
        );
    }
    errors
        .as_object()
        .expect("by field")
        .keys()
        .cloned()
        .collect()
}

/// Whole rows without their tenant id, and without instants that no line states.
async fn rows(test: &TestApp, table: &str) -> Vec<Value> {
    test.query(
        TENANT,
        &format!(
            "select to_jsonb(t) - 'tenant_id' - 'updated_at'
                 - case '{table}' when 'autocall_scripts' then 'created_at' else '' end
             from {table} t order by 1"
        ),
    )
    .await
}

/// Makes the first writes to a table fail with that SQLSTATE.
pub async fn fail_writes(test: &TestApp, table: &str, sqlstate: &str, times: u32) {
    let trigger = format!(
        "drop sequence if exists writes;
         create sequence writes;
         grant all on writes to public;
         create or replace function fail_write() returns trigger language plpgsql as $$ begin
             if nextval('writes') <= {times} then
                 raise exception 'staged failure' using errcode = '{sqlstate}';
             end if;
             return null; end $$;
         create or replace trigger fail_write before insert on {table}
             for each statement execute function fail_write()"
    );
    test.execute(TENANT, &trigger).await;
}

async fn count(test: &TestApp, table: &str) -> usize {
    rows(test, table).await.len()
}
