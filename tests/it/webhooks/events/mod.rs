//! Events: deliveries that the triggers write, and their bodies.

mod attempts;
pub mod bodies;
mod changes;
mod freshness;
mod leads;
mod random;
mod sources;

use callboard::time::Clock;
use callboard::webhooks::event;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::Row;

use crate::support::{TENANT, TestApp};

const CAMPAIGN: i64 = 7;
const SCRIPT: i64 = 3;
const LEAD: i64 = 9;
const AGENT: i64 = 5;

/// A delivery as stored.
#[derive(Debug, Clone)]
struct Delivery {
    id: String,
    tenant: i64,
    webhook: i64,
    event: String,
    subject: Option<String>,
    data: Value,
    created_at: DateTime<Utc>,
}

/// A server with the present as its clock, a campaign of each module with a lead, and webhooks 1, 2 … with those
/// subscriptions.
async fn world(subscriptions: &[&[&str]]) -> TestApp {
    let test = TestApp::at(Clock::System.now()).await;
    test.ingest(&[
        json!({"kind": "agent", "id": AGENT, "name": "Lan", "username": "lan"}),
        json!({"kind": "disposition", "code": "sale", "label": "Sale", "category": "contact", "color": "#10B981"}),
        json!({"kind": "disposition", "code": "later", "label": "Later", "category": "callback", "color": "#10B981"}),
        json!({"kind": "autocall_script", "id": SCRIPT, "name": "Script"}),
        json!({"kind": "autocall_campaign", "id": CAMPAIGN, "name": "June", "script_id": SCRIPT}),
        lead(LEAD, "pending"),
        json!({"kind": "telesales_campaign", "id": CAMPAIGN, "name": "Renewals"}),
        json!({"kind": "telesales_lead", "id": LEAD, "campaign_id": CAMPAIGN, "phone": "0900000001"}),
    ])
    .await;
    for (at, events) in subscriptions.iter().enumerate() {
        subscribe(&test, 1 + at as i64, events, "active").await;
    }
    test
}

async fn subscribe(test: &TestApp, id: i64, events: &[&str], status: &str) {
    let subscribe = format!(
        "insert into webhooks (tenant_id, id, url, events, status, secret, created_at, updated_at)
         values ({TENANT}, {id}, 'https://example.com/', '{{{}}}', '{status}', '', now(), now())",
        events.join(",")
    );
    test.execute(TENANT, &subscribe).await;
}

fn lead(id: i64, status: &str) -> Value {
    json!({"kind": "autocall_lead", "id": id, "campaign_id": CAMPAIGN, "phone": "090 123 4567", "external_ref": "CRM-1",
        "status": status})
}

/// An attempt that started a minute ago, with those members too.
fn attempt(uuid: &str, members: Value) -> Value {
    let mut line = json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": CAMPAIGN, "lead_id": LEAD,
        "attempt_number": 1, "started_at": seconds_ago(60)});
    extend(&mut line, members);
    line
}

fn extend(line: &mut Value, members: Value) {
    let members = members.as_object().expect("members").clone();
    line.as_object_mut().expect("a line").extend(members);
}

fn seconds_ago(seconds: i64) -> String {
    (Clock::System.now() - TimeDelta::seconds(seconds)).to_rfc3339()
}

/// Deliveries of all webhooks of the tenant, in the order of their ids.
async fn deliveries(test: &TestApp) -> Vec<Delivery> {
    let mut scope = test.app.db.read(TENANT).await.expect("a scope");
    let rows = scope.query(
        "select id::text, tenant_id, webhook_id, event, subject, data, created_at
         from webhook_deliveries where tenant_id = $1 order by id",
    );
    let rows = rows.fetch_all(scope.connection()).await.expect("rows");
    let delivery = |row: &sqlx::postgres::PgRow| Delivery {
        id: row.get(0),
        tenant: row.get(1),
        webhook: row.get(2),
        event: row.get(3),
        subject: row.get(4),
        data: row.get(5),
        created_at: row.get(6),
    };
    rows.iter().map(delivery).collect()
}

/// The deliveries since the last call, which are deleted.
async fn take(test: &TestApp) -> Vec<Delivery> {
    let taken = deliveries(test).await;
    test.execute(TENANT, "delete from webhook_deliveries").await;
    taken
}

/// Names of the events since the last call, each with what tells two of a name apart: `dtmf_pressed` its digit and
/// position.
async fn names(test: &TestApp) -> Vec<String> {
    take(test).await.iter().map(name).collect()
}

fn name(delivery: &Delivery) -> String {
    let short = delivery
        .event
        .strip_prefix("autocall.")
        .unwrap_or(&delivery.event);
    match delivery.data.get("digit") {
        Some(digit) => format!(
            "{short} {}@{}",
            digit.as_str().expect("a digit"),
            delivery.data["position"]
        ),
        None => short.to_owned(),
    }
}

fn body(test: &TestApp, delivery: &Delivery) -> Value {
    let Delivery {
        event,
        data,
        tenant,
        created_at,
        ..
    } = delivery;
    let body = event::body(&test.app, event, data, *tenant, *created_at).expect("a body");
    serde_json::from_str(&body).expect("JSON")
}
