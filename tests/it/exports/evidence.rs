//! Evidence of compliance: figures against the calls that were sent, rows against lists, digests against bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use callboard::auth::Role;
use callboard::reports::telesales::abandon_check;
use callboard::rollups::{Module, compact};
use callboard::time::Clock;
use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{download, records, settle, unzip};
use crate::support::{Client, NOW, TENANT, TestApp};

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

fn order_of(format: &str) -> Value {
    json!({"timezone": ZONE, "window_minutes": MINUTES, "format": format})
}

#[tokio::test]
async fn the_figures_are_those_of_the_calls_and_of_the_reports() {
    let (test, calls) = world().await;
    let files = checked(&file(&test, &order_of("csv")).await);
    let from = now() - TimeDelta::minutes(MINUTES);
    let within: Vec<&Call> = calls
        .iter()
        .filter(|call| call.at >= from && call.at < now())
        .collect();
    let count = |campaign: &str, day: Option<NaiveDate>, results: &[&str]| {
        let counted = within.iter().filter(|call| {
            let local = call
                .at
                .with_timezone(&FixedOffset::east_opt(7 * 3600).expect("an offset"));
            call.campaign.to_string() == campaign
                && day.is_none_or(|day| local.date_naive() == day)
                && results.contains(&call.result.unwrap_or("in_progress"))
        });
        counted.count().to_string()
    };
    let dials = [
        "answered",
        "no_answer",
        "busy",
        "failed",
        "rejected",
        "abandoned",
        "in_progress",
    ];
    let report =
        format!("/api/telesales/reports/compliance?timezone={ZONE}&window_minutes={MINUTES}");
    let report = test.data(&report).await;
    let told = report.as_array().expect("rows");
    let campaigns = rows(&files["campaigns"]);
    assert_eq!((campaigns.len(), told.len()), (3, 3));
    for (row, told) in campaigns.iter().zip(told) {
        let current = &told["current"];
        for (name, value) in [
            ("campaign_id", &told["campaign_id"]),
            ("window_minutes", &current["window_minutes"]),
            ("limit_pct", &current["limit_pct"]),
            ("attempts_total", &current["attempts_total"]),
            ("answers_total", &current["answers_total"]),
            ("attempts_abandoned", &current["attempts_abandoned"]),
            ("abandon_rate_pct", &current["abandon_rate_pct"]),
            (
                "abandon_rate_of_answers_pct",
                &current["abandon_rate_of_answers_pct"],
            ),
            ("breached", &current["breached"]),
            ("abandons_left", &current["abandons_left"]),
            ("dials_to_recover", &told["dials_to_recover"]),
            ("blocked_count", &told["blocked_count"]),
            ("highest_rate_pct", &told["highest_rate_pct"]),
        ] {
            let value = if value.is_null() {
                String::new()
            } else {
                value.to_string()
            };
            assert_eq!(row[name], value, "{name}: {told}");
        }
        assert_eq!(row["since"].is_empty(), told["since"].is_null());
        assert_eq!(row["abandon_basis"], "dials");
        let id = &row["campaign_id"];
        assert_eq!(row["attempts_total"], count(id, None, &dials));
        assert_eq!(row["attempts_abandoned"], count(id, None, &["abandoned"]));
        assert_eq!(row["blocked_count"], count(id, None, &["blocked"]));
        let path = format!(
            "/api/telesales/reports/abandon-rate?campaign_id={id}&window_minutes={MINUTES}"
        );
        let alone = test.data(&path).await["current"].take();
        assert_eq!(alone["attempts_abandoned"], current["attempts_abandoned"]);
        assert_eq!(alone["abandon_rate_pct"], current["abandon_rate_pct"]);
    }
    let days = rows(&files["days"]);
    assert_eq!(days.len(), 3 * 31, "every day, those without calls too");
    for row in &days {
        let (id, day) = (&row["campaign_id"], row["date"].parse().expect("a date"));
        assert_eq!(
            row["attempts_total"],
            count(id, Some(day), &dials),
            "{row:?}"
        );
        assert_eq!(
            row["attempts_abandoned"],
            count(id, Some(day), &["abandoned"]),
            "{row:?}"
        );
        assert_eq!(
            row["answers_total"],
            count(id, Some(day), &["answered", "abandoned"]),
            "{row:?}"
        );
        assert_eq!(
            row["blocked_count"],
            count(id, Some(day), &["blocked"]),
            "{row:?}"
        );
        assert_eq!(row["limit_pct"], "3");
    }
    let listed: Vec<String> = rows(&files["calls"])
        .into_iter()
        .map(|row| row["uuid"].clone())
        .collect();
    let uuids: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    let expected = within
        .iter()
        .filter(|call| matches!(call.result, Some("abandoned" | "blocked")));
    assert_eq!(uuids, expected.map(|call| call.uuid.as_str()).collect());
    assert_eq!(uuids.len(), listed.len(), "each once");
    let counted = campaigns
        .iter()
        .flat_map(|row| [&row["attempts_abandoned"], &row["blocked_count"]]);
    let counted: usize = counted
        .map(|text| text.parse::<usize>().expect("a count"))
        .sum();
    assert_eq!(counted, listed.len());

    let breaches = test
        .ok("/api/telesales/reports/abandon-rate/breaches")
        .await
        .json();
    let recorded = breaches["data"].as_array().expect("breaches").iter().rev();
    let recorded: Vec<&Value> = recorded
        .skip_while(|it| it["detected_at"].as_str() < Some("2026-05-31"))
        .collect();
    let breaches = rows(&files["breaches"]);
    assert!(breaches.len() >= 3, "{breaches:?}");
    assert_eq!(
        breaches.len(),
        recorded.len(),
        "one is from before the window"
    );
    for (row, recorded) in breaches.iter().zip(recorded) {
        for name in [
            "campaign_id",
            "attempts_total",
            "attempts_abandoned",
            "abandon_rate_pct",
            "limit_pct",
        ] {
            assert_eq!(row[name], recorded[name].to_string(), "{name}");
        }
        let detected: DateTime<Utc> = row["detected_at"].parse().expect("an instant");
        assert_eq!(recorded["detected_at"], detected.to_rfc3339());
    }
    let all = test.data("/api/exports").await;
    let of_rows = campaigns.len() + days.len() + breaches.len() + listed.len();
    assert_eq!(
        (&all[0]["rows"], &all[0]["rows_expected"]),
        (&json!(of_rows), &json!(of_rows))
    );
}

/// A workbook tells the digests of the CSV files of the same order, in any language, from sums and from rows.
#[tokio::test]
async fn an_auditor_can_check_a_workbook_by_the_csv_of_the_same_window() {
    let (mut test, _) = world().await;
    test.app.exports.rows_a_sheet = 50;
    let mut order = order_of("xlsx");
    order["lang"] = "vi".into();
    order["window_to"] = "2026-06-29T10:00:00Z".into();
    let workbook = file(&test, &order).await;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).expect("a workbook");
    let names = workbook.sheet_names();
    assert_eq!(
        names[..4],
        ["Chiến dịch", "Ngày", "Ngày 2", "Lần vượt giới hạn"]
    );
    assert_eq!(names[4], "Cuộc gọi");
    assert_eq!(names.last().map(String::as_str), Some("Giới thiệu"));
    let titles = workbook.worksheet_range("Chiến dịch").expect("a sheet");
    let header = titles.rows().next().expect("a header");
    let answers = Data::String("Khách nghe máy".into());
    assert!(header.contains(&answers), "{header:?}");
    let about = workbook.worksheet_range("Giới thiệu").expect("a sheet");
    let about: BTreeMap<String, String> = about
        .rows()
        .map(|row| {
            (
                row[0].to_string(),
                row.get(1).map(ToString::to_string).unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(about["Người yêu cầu"], "admin-1");
    assert_eq!(about["Đến trước"], "2026-06-29 17:00:00");
    assert_eq!(about["Múi giờ"], ZONE);
    let calls = workbook.worksheet_range("Cuộc gọi").expect("a sheet");
    assert_eq!(calls.rows().count(), 51, "a full sheet");

    for stale in [false, true] {
        if stale {
            let stale = compact::mark_stale(&test.app.db, TENANT, Module::Telesales, None);
            stale.await.expect("stale");
        }
        order["format"] = "csv".into();
        let files = checked(&file(&test, &order).await);
        for name in ["campaigns", "days", "breaches", "calls"] {
            assert_eq!(
                about[&format!("{name}.csv")],
                sha256(&files[name]),
                "{name}"
            );
        }
        assert!(
            files["calls"].contains("abandoned"),
            "values as JSON has them"
        );
    }
}

#[tokio::test]
async fn evidence_of_a_campaign_is_of_no_other() {
    let (test, calls) = world().await;
    let mut order = order_of("csv");
    order["campaign_id"] = 2.into();
    let files = checked(&file(&test, &order).await);
    for (name, count) in [
        ("campaigns", Some(1)),
        ("days", Some(31)),
        ("breaches", None),
        ("calls", None),
    ] {
        let rows = rows(&files[name]);
        assert!(
            !rows.is_empty() && count.is_none_or(|count| rows.len() == count),
            "{name}"
        );
        assert!(rows.iter().all(|row| row["campaign_id"] == "2"), "{name}");
    }
    assert!(calls.len() > 500);
}

/// An order tells what it would make, and is made again for the same window or for another.
#[tokio::test]
async fn evidence_is_told_before_and_ordered_again() {
    let (test, _) = world().await;
    let mut asked = order_of("csv");
    asked["campaign_id"] = 2.into();
    let dry = test.post(&format!("{EXPORT}?dry_run=true"));
    let dry = test.send(dry.json(&asked)).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.text());
    let dry = dry.json()["data"].clone();
    assert_eq!(test.data("/api/exports").await, json!([]));
    let first = checked(&file(&test, &asked).await);
    let all = test.data("/api/exports").await;
    assert_eq!(dry["rows"], all[0]["rows"]);
    let id = all[0]["job_id"].as_str().expect("an id");
    let again = async |body: Value| {
        let post = test.post(&format!("/api/exports/{id}/again"));
        let answer = test.send(post.json(&body)).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        let id = answer.json()["data"]["job_id"].clone();
        settle(&test.app).await;
        let path = format!("{EXPORT}/{}", id.as_str().expect("an id"));
        checked(&download(&test, &test.data(&path).await).await.bytes)
    };
    let same = again(json!({})).await;
    assert_eq!(same["SHA256SUMS"], first["SHA256SUMS"]);
    let other = again(json!({"from": "2026-06-01", "to": "2026-06-02"})).await;
    assert_eq!(rows(&other["days"]).len(), 2);
}

#[tokio::test]
async fn every_fault_of_an_order_of_evidence_is_named() {
    let test = TestApp::new().await;
    let faulty = json!({"campaign_id": "a", "window_minutes": 0, "window_to": "x", "format": "pdf", "lang": "de", "timezone": "Mars"});
    let answer = post(&test, &faulty).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let errors = answer.json()["errors"].clone();
    let names: Vec<&String> = errors.as_object().expect("faults").keys().collect();
    assert_eq!(
        names,
        [
            "campaign_id",
            "format",
            "lang",
            "timezone",
            "window_minutes",
            "window_to"
        ]
    );
    let early = post(&test, &json!({"window_to": "1970-01-02"})).await;
    assert_eq!(early.status, 422, "{}", early.text());
    assert!(early.json()["errors"]["window_to"].is_array());
    assert_eq!(post(&test, &json!({"campaign_id": 9})).await.status, 404);
    assert_eq!(post(&test, &json!([])).await.status, 400);
    for body in [
        json!({"window_from": "2026-06-01", "window_minutes": 60}),
        json!({"window_from": "2026-07-01"}),
        json!({"window_from": "2026-01-01"}),
    ] {
        let answer = post(&test, &body).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.json()["errors"]["window_from"].is_array(), "{body}");
    }
    let id = order(&test, &json!({"window_from": "2026-06-30T07:59:30Z"})).await;
    let listed = test.data("/api/exports").await;
    assert_eq!(listed[0]["job_id"], id.as_str());
    assert_eq!(listed[0]["from"], "2026-06-30T07:59:00+00:00");
    // A later time is now.
    let id = order(&test, &json!({"window_to": "2999-01-01"})).await;
    let listed = test.data("/api/exports").await;
    let mut listed = listed.as_array().expect("rows").iter();
    let row = listed.find(|row| row["job_id"] == id.as_str());
    let row = row.expect("an export");
    assert_eq!(row["to"], now().to_rfc3339());
    assert_eq!(row["kind"], "telesales");
}

#[tokio::test]
async fn evidence_is_listed_cancelled_logged_and_nobody_else_s() {
    let (test, _) = world().await;
    let (first, second) = (
        order(&test, &json!({})).await,
        order(&test, &json!({"lang": "vi"})).await,
    );
    let exports = "/api/telesales/reports/compliance/exports";
    let listed = test.ok(exports).await.json();
    assert_eq!(listed["total"], 2);
    assert_eq!(
        test.ok("/api/telesales/calls/exports").await.json()["total"],
        0
    );
    let of_calls = format!("/api/telesales/calls/export/{first}");
    assert_eq!(test.get(&of_calls).await.status, 404);
    let path = format!("{EXPORT}/{first}");
    let cancel = async |client: &Client| {
        let cancel = client.request(Method::DELETE, &path, Some(&client.token));
        cancel.await.status
    };
    let theirs = Client::new(test.url.clone(), test.account(2).await);
    let reader = test.user(TENANT, "reader", Role::ReadOnly).await;
    let reader = Client::new(test.url.clone(), reader);
    for (client, status) in [(&theirs, 404), (&reader, 403)] {
        assert_eq!(client.get(&path).await.status, status);
        assert_eq!(cancel(client).await, status);
    }
    assert_eq!(post(&reader, &json!({})).await.status, 403);
    assert_eq!(theirs.ok(exports).await.json()["total"], 0);
    assert_eq!(cancel(&test).await, 204);
    assert_eq!(test.data(&path).await["error"], "Cancelled.");
    assert_eq!(cancel(&test).await, 409);
    settle(&test.app).await;
    assert_eq!(
        test.data(&format!("{EXPORT}/{second}")).await["status"],
        "ready"
    );
    let all = test.data("/api/exports?status=ready").await;
    assert_eq!(
        (&all[0]["lang"], &all[0]["report_type"]),
        (&json!("vi"), &json!("compliance"))
    );

    let log = test.ok("/api/audit?action=calls.downloaded").await.json();
    assert_eq!(log["total"], 2);
    assert_eq!(log["data"][0]["target"]["kind"], "compliance");
    let repeated = test.post(EXPORT).header("Idempotency-Key", "k");
    let repeated = test.send(repeated.json(&json!({}))).await.json();
    let again = test.post(EXPORT).header("Idempotency-Key", "k");
    assert_eq!(test.send(again.json(&json!({}))).await.json(), repeated);
}
