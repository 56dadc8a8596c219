//! Workbooks: every figure and every attempt, as cells of the right type.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use serde_json::Value;

use super::expected::{WINDOW, attempts, cell, tables};
use super::with_calls;
use crate::exports::{file, june};

/// A sheet, row by row.
pub fn sheet(workbook: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Vec<Vec<Data>> {
    workbook
        .worksheet_range(name)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .rows()
        .map(<[Data]>::to_vec)
        .collect()
}

const WEEK: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A workbook cell as CSV text; numbers must be numbers.
fn cell_text(data: &Data, expected: &str) -> String {
    match data {
        Data::Empty => String::new(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => {
            let decimals = expected
                .split_once('.')
                .map_or(0, |(_, decimals)| decimals.len());
            format!("{number:.decimals$}")
        }
        // A day is a date cell, and a bucket of the trend.
        Data::DateTime(at) if expected.len() == 10 => at
            .as_datetime()
            .expect("a time")
            .format("%Y-%m-%d")
            .to_string(),
        Data::DateTime(at) => at
            .as_datetime()
            .expect("a time")
            .format("%Y-%m-%dT%H:%M:%S+07:00")
            .to_string(),
        Data::String(text) if WEEK.contains(&text.as_str()) => WEEK
            .iter()
            .position(|day| day == text)
            .expect("a day")
            .to_string(),
        Data::String(text) => cell(&Value::String(text.clone())),
        other => panic!("{other:?}"),
    }
}

fn assert_table(rows: &[Vec<Data>], left: usize, expected: &[Vec<String>]) {
    for (number, (row, expected)) in rows[1..].iter().zip(&expected[1..]).enumerate() {
        for (at, expected) in expected.iter().enumerate() {
            let found = row.get(left + at).unwrap_or(&Data::Empty);
            assert_eq!(
                &cell_text(found, expected),
                expected,
                "row {number}, column {at}"
            );
        }
    }
    let below = rows
        .iter()
        .skip(expected.len())
        .flat_map(|row| row.iter().skip(left).take(expected[0].len()));
    assert!(
        below.into_iter().all(|data| *data == Data::Empty),
        "rows that are in no report"
    );
}

#[tokio::test]
async fn a_workbook_has_every_figure_and_every_attempt() {
    let test = with_calls().await;
    for (report_type, sheets) in [
        ("kpis", &["KPIs", "About"][..]),
        ("trend", &["Trend", "About"]),
        ("hangup", &["Hangup", "About"]),
        ("dtmf", &["DTMF", "About"]),
        ("funnel", &["Funnel", "About"]),
        (
            "full",
            &[
                "Summary", "Trend", "Hangup", "Heatmap", "DTMF", "Funnel", "Attempts",
            ],
        ),
    ] {
        let answer = file(&test, &june(report_type, "xlsx")).await;
        let mut workbook: Xlsx<_> =
            open_workbook_from_rs(Cursor::new(answer.bytes)).expect("a workbook");
        assert_eq!(workbook.sheet_names(), sheets);
        let mut tables = tables(&test, report_type).await;
        if report_type == "full" {
            tables.drain(..2); // the summary holds the KPIs
        }
        for (name, expected) in tables {
            let (on, left) = match name.as_str() {
                "kpis" => ("KPIs", 0),
                "dtmf_distribution" => ("KPIs", 14),
                "dtmf" => ("DTMF", 0),
                "by_digit" => ("DTMF", 5),
                "by_script_path" => ("DTMF", 10),
                "trend" => ("Trend", 0),
                "hangup" => ("Hangup", 0),
                "heatmap" => ("Heatmap", 0),
                _ => ("Funnel", 0),
            };
            assert_table(&sheet(&mut workbook, on), left, &expected);
        }
        if report_type == "full" {
            assert_attempts(&sheet(&mut workbook, "Attempts"), &attempts(&test).await);
            assert_summary(
                &sheet(&mut workbook, "Summary"),
                &test
                    .data(&format!("/api/autocall/campaigns/1/reports/kpis?{WINDOW}"))
                    .await,
            );
        }
    }
}

fn assert_attempts(rows: &[Vec<Data>], expected: &[Vec<String>]) {
    assert_eq!(rows.len(), expected.len() + 1);
    assert_eq!(
        rows[0][..2],
        [Data::String("UUID".into()), Data::String("Campaign".into())]
    );
    let plain: Vec<Vec<String>> = expected
        .iter()
        .map(|row| {
            row.iter()
                .map(|text| text.replace("1850-01-01T07:06:30+07:06:30", "1850-01-01 07:06:30"))
                .collect()
        })
        .collect();
    let all: Vec<Vec<String>> = std::iter::once(Vec::new()).chain(plain).collect();
    let odd = rows
        .iter()
        .find(|row| row[0] == Data::String("=1+1".into()))
        .expect("text, as it is");
    assert_eq!(
        odd[13],
        Data::String("9223372036854775807".into()),
        "an id too long for a number stays whole"
    );
    assert_eq!(odd[20], Data::String("=HYPERLINK(\"http://x\")".into()));
    assert_eq!(odd[18], Data::Float(0.8123));
    for (number, (row, expected)) in rows.iter().zip(&all).enumerate().skip(1) {
        for (at, expected) in expected.iter().enumerate() {
            assert_eq!(
                &cell_text(row.get(at).unwrap_or(&Data::Empty), expected),
                expected,
                "attempt {number}, column {at}"
            );
        }
    }
}

/// The headline figures beside their labels.
fn assert_summary(rows: &[Vec<Data>], kpis: &Value) {
    let value_of = |name: &str| {
        let row = rows.iter().find(|row| row[0] == Data::String(name.into()));
        row.unwrap_or_else(|| panic!("{name} is not in {rows:?}"))[1].clone()
    };
    assert_eq!(rows[0][0], Data::String("Campaign 1".into()));
    assert_eq!(value_of("Campaign"), Data::String("Campaign 1 (1)".into()));
    assert_eq!(value_of("From"), Data::String("2026-06-01 00:00:00".into()));
    assert_eq!(
        value_of("To, exclusive"),
        Data::String("2026-06-08 00:00:00".into())
    );
    assert_eq!(
        value_of("Time zone"),
        Data::String("Asia/Ho_Chi_Minh".into())
    );
    assert_eq!(value_of("Account"), Data::String("Account 1".into()));
    assert_eq!(
        value_of("Made at"),
        Data::String("2026-06-30 15:00:00".into())
    );
    assert_eq!(value_of("Dialed").to_string(), kpis["dialed"].to_string());
    let keys = kpis["dtmf_distribution"].as_object().expect("keys");
    for (digit, count) in keys {
        assert_eq!(
            value_of(&format!("Key {digit}")).to_string(),
            count.to_string()
        );
    }
}

#[tokio::test]
async fn attempts_continue_on_another_sheet_when_one_is_full() {
    let mut test = with_calls().await;
    test.app.exports.rows_a_sheet = 30;
    let answer = file(&test, &june("full", "xlsx")).await;
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(answer.bytes)).expect("a workbook");
    let expected = attempts(&test).await;
    let names: Vec<String> = workbook
        .sheet_names()
        .into_iter()
        .filter(|name| name.starts_with("Attempts"))
        .collect();
    assert_eq!(names.len(), expected.len().div_ceil(30));
    assert_eq!(names[..2], ["Attempts", "Attempts 2"]);
    let mut all: Vec<Vec<Data>> = Vec::new();
    for name in &names {
        let mut rows = sheet(&mut workbook, name);
        let header = rows.remove(0);
        if all.is_empty() {
            all.push(header);
        } else {
            assert_eq!(header, all[0], "{name}");
        }
        all.extend(rows);
    }
    assert_attempts(&all, &expected);
}
