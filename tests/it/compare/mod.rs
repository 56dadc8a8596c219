//! Reports compared with an earlier window.

mod answers;
mod files;
mod parameters;

use callboard::reports::Definition;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::world::{self, Size};

/// A day on which DST begins in Europe.
const NOW: &str = "2026-03-29T10:15:30Z";

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// A random world of the hundred days before now, and a day after it.
async fn with_a_world(seed: u64) -> TestApp {
    let test = TestApp::at(now()).await;
    let size = Size {
        attempts: 1_200,
        calls: 1_200,
        from: now() - TimeDelta::days(100),
        to: now() + TimeDelta::days(1),
    };
    test.ingest(&world::random(seed, size)).await;
    test
}

/// An agent, and that many dials by her at an instant, the first of which are answered with a minute of talk.
fn dials(at: &str, count: i64, answered: i64) -> Vec<Value> {
    let call = |number: i64| {
        let is_answered = number < answered;
        json!({"kind": "telesales_call", "uuid": format!("{at} {number}"), "campaign_id": 1, "lead_id": 1, "agent_id": 1,
            "started_at": at, "result": if is_answered { "answered" } else { "busy" },
            "talk_sec": if is_answered { 60 } else { 0 }})
    };
    (0..count).map(call).collect()
}

async fn with_dials(dials: &[Vec<Value>]) -> TestApp {
    let test = TestApp::at(now()).await;
    test.ingest(&[
        json!({"kind": "agent", "id": 1, "name": "A", "username": "a"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
    ])
    .await;
    test.ingest(&dials.concat()).await;
    test
}

fn compares(report: &&Definition) -> bool {
    report
        .parameters()
        .any(|parameter| parameter.name == "compare")
}

/// Names of the ends of a report's window.
fn ends(report: &Definition) -> (&'static str, &'static str) {
    if report.path().contains("telesales") {
        ("date_from", "date_to")
    } else {
        ("from", "to")
    }
}
