//! Invariants between reports for any world, zone and window.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use callboard::reports;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::reference::ZONES;
use crate::support::TestApp;
use crate::support::world::{self, Size, instant};

fn begin() -> DateTime<Utc> {
    "2026-02-20T00:00:00Z".parse().expect("an instant")
}

/// Random worlds, each read over several windows in several zones.
async fn each_window(check: impl AsyncFn(&TestApp, &str, &str)) {
    for seed in 0..3 {
        let mut random = StdRng::seed_from_u64(seed);
        let test = TestApp::new().await;
        let size = Size {
            attempts: 1_500,
            calls: 1_500,
            from: begin(),
            to: begin() + TimeDelta::days(80),
        };
        test.ingest(&world::random(seed, size)).await;
        for _ in 0..8 {
            let (from, to) = window(&mut random);
            let zone = ZONES[random.random_range(0..ZONES.len())];
            let autocall = format!("from={from}&to={to}&timezone={zone}");
            let telesales = format!("date_from={from}&date_to={to}&timezone={zone}");
            check(&test, &autocall, &telesales).await;
        }
    }
}

/// A window by dates, by instants to the microsecond, or empty.
fn window(random: &mut StdRng) -> (String, String) {
    let at = begin() + TimeDelta::microseconds(random.random_range(0..70 * 86_400_000_000_i64));
    let end = at + TimeDelta::microseconds(random.random_range(0..20 * 86_400_000_000_i64));
    match random.random_range(0..4) {
        0 => (
            at.format("%Y-%m-%d").to_string(),
            end.format("%Y-%m-%d").to_string(),
        ),
        1 => (
            at.format("%Y-%m-%dT%H:00:00").to_string(),
            end.format("%Y-%m-%dT%H:15:00").to_string(),
        ),
        2 => (instant(at), instant(at)),
        _ => (instant(at), instant(end)),
    }
}

fn sum(rows: &Value, field: &str) -> i64 {
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| row[field].as_i64().expect("a number"))
        .sum()
}

fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| value.as_str().expect("text").parse().expect("a number"))
}

#[tokio::test]
async fn autocall_reports_are_consistent_with_each_other() {
    each_window(async |test, window, _| {
        for campaign in world::CAMPAIGNS {
            let of = async |report: &str| {
                test.data(&format!(
                    "/api/autocall/campaigns/{campaign}/reports/{report}{window}"
                ))
                .await
            };
            let kpis = of("kpis?").await;
            let (dialed, answered) = (number(&kpis["dialed"]), number(&kpis["answered"]));
            for report in [
                "trend?",
                "trend?granularity=hour&",
                "trend?fill_gaps=true&",
                "trend?granularity=hour&fill_gaps=true&",
                "heatmap?",
            ] {
                let rows = of(report).await;
                assert_eq!(
                    (sum(&rows, "dialed"), sum(&rows, "answered")),
                    (dialed, answered),
                    "{report}{window}"
                );
            }
            assert_eq!(
                sum(&of("trend?").await, "transfer_count"),
                number(&kpis["transfer_to_queue_count"])
            );

            let dtmf = of("dtmf?").await;
            assert_eq!(number(&dtmf["total_answered"]), answered);
            assert_eq!(
                sum(&dtmf["by_digit"], "count") + number(&dtmf["no_input"]),
                answered
            );
            let distribution: i64 = kpis["dtmf_distribution"]
                .as_object()
                .expect("keys")
                .values()
                .map(number)
                .sum();
            assert_eq!(distribution, answered);

            let hangup = of("hangup?").await;
            assert_eq!(
                sum(&hangup["by_hangup_cause"], "count"),
                number(&hangup["total_calls"])
            );
            assert!(number(&hangup["total_calls"]) <= dialed);
            for (rows, whole) in [
                (&hangup["by_hangup_cause"], number(&hangup["total_calls"])),
                (&dtmf["by_digit"], number(&dtmf["with_dtmf_input"])),
            ] {
                assert_eq!(
                    hundredths(rows),
                    if whole > 0 { 10_000 } else { 0 },
                    "shares of {rows}"
                );
            }
        }
    })
    .await;
}

fn hundredths(rows: &Value) -> i64 {
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            row["pct"]
                .as_str()
                .expect("text")
                .replace('.', "")
                .parse::<i64>()
                .expect("a number")
        })
        .sum()
}

#[tokio::test]
async fn telesales_reports_are_consistent_with_each_other() {
    each_window(async |test, _, window| {
        for filter in [
            "",
            "&campaign_id=1",
            "&agent_ids=1,2,3",
            "&team_id=1",
            "&campaign_id=2&team_id=2&agent_ids=1,5,7",
            "&source=website",
            "&campaign_id=1&team_id=1&source[]=%2B84&source[]=(unknown)",
        ] {
            let of = async |report: &str| {
                test.data(&format!("/api/telesales/reports/{report}{window}{filter}"))
                    .await
            };
            let dashboard = of("dashboard?").await;
            let (dials, answers) = (
                number(&dashboard["total_dials"]),
                number(&dashboard["total_answers"]),
            );
            let heatmap = of("hour-dow-heatmap?").await;
            assert_eq!(
                (sum(&heatmap, "dials"), sum(&heatmap, "answered")),
                (dials, answers),
                "{window}{filter}"
            );
            for group in ["day", "week", "hour", "hour&fill_gaps=true"] {
                let rows = of(&format!("time-series?group_by={group}&")).await;
                assert_eq!(
                    (sum(&rows, "dials"), sum(&rows, "answers")),
                    (dials, answers),
                    "{group} {window}{filter}"
                );
                assert_eq!(
                    sum(&rows, "talk_sec"),
                    number(&dashboard["total_talk_time_sec"])
                );
            }
            let agents = of("agent-performance?").await;
            assert_eq!(
                agents.as_array().expect("rows").len(),
                usize::try_from(number(&dashboard["unique_agents"])).expect("a count")
            );
            assert!(sum(&agents, "dials") <= dials);
            let dispositions = of("disposition-breakdown?").await;
            assert_eq!(
                hundredths(&dispositions),
                if sum(&dispositions, "count") > 0 {
                    10_000
                } else {
                    0
                }
            );
            assert!(sum(&of("caller-id-health?").await, "total_calls") <= dials);
        }
    })
    .await;
}

/// A JSON value as CSV text.
fn csv_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn same_instant(csv: &str, json: &str) -> bool {
    let read = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    json.len() == 25 && read(csv).is_some() && read(csv) == read(json)
}

/// Compares a workbook cell with a JSON value: numbers as numbers, also those that JSON gives as
/// text.
fn same_cell(cell: &Data, value: &Value, zone: callboard::time::Zone) -> bool {
    match (cell, value) {
        (Data::Empty, Value::Null) => true,
        (Data::String(text), Value::String(expected)) => text == expected,
        (Data::Bool(flag), Value::Bool(expected)) => flag == expected,
        (Data::Float(number), Value::Number(expected)) => Some(*number) == expected.as_f64(),
        (Data::Float(number), Value::String(expected)) => expected.parse() == Ok(*number),
        (Data::String(day), Value::Number(expected)) => expected
            .as_u64()
            .is_some_and(|number| callboard::table::Weekday::NAMES[number as usize] == day),
        // A bucket: a day, or an hour.
        (Data::DateTime(at), Value::String(expected)) if !expected.contains('T') => {
            let at = at
                .as_datetime()
                .map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string());
            at.is_some_and(|at| at == *expected || at == format!("{expected} 00:00:00"))
        }
        (Data::DateTime(at), Value::String(expected)) => {
            let local: Option<NaiveDateTime> = DateTime::parse_from_rfc3339(expected)
                .ok()
                .map(|at| zone.local(at.to_utc()));
            at.as_datetime().is_some_and(|at| Some(at) == local)
        }
        _ => false,
    }
}

/// The rows of a body: its list, or the one object it is.
fn rows(data: Value) -> Vec<Value> {
    match data {
        Value::Array(rows) => rows,
        object => vec![object],
    }
}

#[tokio::test]
async fn file_cells_equal_the_json_values() {
    each_window(async |test, _, window| {
        let zone: callboard::time::Zone = window
            .rsplit_once("timezone=")
            .expect("a zone")
            .1
            .parse()
            .expect("a zone");
        for report in reports::ALL.iter().filter(|report| report.route().files) {
            let path = format!("{}?{window}", report.path());
            let expected = rows(test.data(&path).await);

            let csv = test.ok(&format!("{path}&format=csv")).await;
            assert_eq!(
                csv.text(),
                test.ok(&format!("{}?{window}&format=csv", report.export_path()))
                    .await
                    .text()
            );
            let text = csv
                .text()
                .strip_prefix('\u{feff}')
                .expect("a byte order mark");
            let mut csv = csv::Reader::from_reader(text.as_bytes());
            let names: Vec<String> = csv
                .headers()
                .expect("a header")
                .iter()
                .map(str::to_owned)
                .collect();
            let records: Vec<csv::StringRecord> =
                csv.records().map(|record| record.expect("a row")).collect();
            assert_eq!(records.len(), expected.len(), "{path}");

            let xlsx = test.ok(&format!("{}?{window}", report.export_path())).await;
            let mut workbook: Xlsx<_> =
                Xlsx::new(Cursor::new(xlsx.bytes.clone())).expect("a workbook");
            assert_eq!(workbook.sheet_names()[1..], ["About"]);
            let sheet = workbook
                .worksheet_range_at(0)
                .expect("a sheet")
                .expect("a range");
            assert_eq!(sheet.height(), expected.len() + 1, "{path}");

            for (at, row) in expected.iter().enumerate() {
                let row = row.as_object().expect("an object");
                assert_eq!(
                    row.keys().collect::<Vec<_>>(),
                    names.iter().collect::<Vec<_>>(),
                    "{path}"
                );
                for (column, value) in row.values().enumerate() {
                    let text = &records[at][column];
                    let same = text == csv_text(value)
                        || value.as_str().is_some_and(|json| same_instant(text, json));
                    assert!(same, "{path}: {text:?} is not {value}");
                    let cell = sheet.get((at + 1, column)).unwrap_or(&Data::Empty);
                    assert!(
                        same_cell(cell, value, zone),
                        "{path}: {cell:?} is not {value}"
                    );
                }
            }
        }
    })
    .await;
}
