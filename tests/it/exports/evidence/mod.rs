//! Evidence of compliance: figures against the calls that were sent, rows against lists, digests against bytes.

mod figures;
mod orders;

use std::collections::BTreeMap;

use callboard::reports::telesales::abandon_check;
use callboard::time::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{download, records, settle, unzip};
use crate::support::{Client, NOW, TestApp};

const EXPORT: &str = "/api/telesales/reports/compliance/export";
const ZONE: &str = "Asia/Ho_Chi_Minh";
const MINUTES: i64 = 43_200;
const CAMPAIGNS: i64 = 3;

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// A call as it was sent.
struct Call {
    uuid: String,
    campaign: i64,
    at: DateTime<Utc>,
    result: Option<&'static str>,
}

/// Calls of 40 days before now, by all campaigns but one.
fn calls() -> Vec<Call> {
    const RESULTS: [Option<&str>; 9] = [
        Some("answered"),
        Some("answered"),
        Some("no_answer"),
        Some("abandoned"),
        Some("busy"),
        Some("blocked"),
        Some("failed"),
        Some("rejected"),
        None,
    ];
    let call = |number: i64| Call {
        uuid: format!("call-{number}"),
        campaign: 1 + number % (CAMPAIGNS - 1),
        at: now() - TimeDelta::minutes(number * 97 % (40 * 1_440)),
        result: RESULTS[usize::try_from(number * 5 % 9).expect("small")],
    };
    (1..=600).map(call).collect()
}

fn lines(calls: &[Call]) -> Vec<Value> {
    let mut lines = Vec::new();
    for id in 1..=CAMPAIGNS {
        lines.push(json!({"kind": "telesales_campaign", "id": id, "name": format!("=Chiến dịch {id}"), "status": "active",
            "abandon_rate_limit_pct": 3}));
        lines.push(json!({"kind": "telesales_lead", "id": id, "campaign_id": id, "phone": format!("090000000{id}")}));
    }
    lines.extend(calls.iter().map(|call| {
        json!({"kind": "telesales_call", "uuid": call.uuid, "campaign_id": call.campaign, "lead_id": call.campaign,
            "started_at": call.at.to_rfc3339(), "result": call.result})
    }));
    lines
}

/// The world, with breaches recorded in it.
async fn world() -> (TestApp, Vec<Call>) {
    let (test, calls) = (TestApp::new().await, calls());
    test.ingest(&lines(&calls)).await;
    for hours in [31 * 24, 48, 1, 0] {
        let mut app = test.app.clone();
        app.clock = Clock::Fixed(now() - TimeDelta::hours(hours));
        assert!(abandon_check::check(&app).await.expect("a check") > 0);
    }
    (test, calls)
}

async fn post(client: &Client, body: &Value) -> crate::support::Answer {
    client.send(client.post(EXPORT).json(body)).await
}

async fn order(client: &Client, body: &Value) -> String {
    let answer = post(client, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let data = answer.json()["data"].clone();
    assert_eq!(data["report_type"], "compliance");
    data["job_id"].as_str().expect("an id").to_owned()
}

/// The file of an order, with the export that has it.
async fn file(test: &TestApp, body: &Value) -> Vec<u8> {
    let id = order(test, body).await;
    settle(&test.app).await;
    let ready = test.data(&format!("{EXPORT}/{id}")).await;
    assert_eq!(ready["status"], "ready", "{ready}");
    download(test, &ready).await.bytes.to_vec()
}

fn order_of(format: &str) -> Value {
    json!({"timezone": ZONE, "window_minutes": MINUTES, "format": format})
}

/// Rows of a CSV by the names of its columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut records = records(text).into_iter();
    let names = records.next().expect("a header");
    let row = |cells: Vec<String>| names.iter().cloned().zip(cells).collect();
    records.map(row).collect()
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of a zip, whose sums are those of their bytes.
fn checked(bytes: &[u8]) -> BTreeMap<String, String> {
    let files: BTreeMap<String, String> = unzip(bytes).into_iter().collect();
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "SHA256SUMS",
            "about",
            "breaches",
            "calls",
            "campaigns",
            "days"
        ]
    );
    let sums = ["campaigns", "days", "breaches", "calls"].map(|name| {
        let sum = sha256(&files[name]);
        assert!(
            files["about"].contains(&format!("{name}.csv,{sum}")),
            "{name}"
        );
        format!("{sum}  {name}.csv\n")
    });
    assert_eq!(files["SHA256SUMS"], sums.concat());
    files
}
