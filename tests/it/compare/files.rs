//! Files: each number with its value before and its change.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use callboard::reports;
use serde_json::{Value, json};

use super::{compares, dials, with_a_world, with_dials};
use crate::exports::{file, unzip};
use crate::support::{Client, TestApp};

/// A CSV file: its header, and its rows.
fn records(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut file = csv::Reader::from_reader(text.as_bytes());
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = texts(file.headers().expect("a header"));
    let rows = file.records().map(|row| texts(&row.expect("a row")));
    (header, rows.collect())
}

async fn csv(client: &Client, path: &str) -> (Vec<String>, Vec<Vec<String>>) {
    records(client.ok(&format!("{path}&format=csv")).await.text())
}

#[tokio::test]
async fn each_number_of_a_file_is_followed_by_what_it_was_and_its_change() {
    let test = with_dials(&[
        dials("2026-03-29T08:00:00Z", 4, 1),
        dials("2026-03-29T09:00:00Z", 2, 0),
        dials("2026-03-28T08:00:00Z", 3, 3),
        dials("2026-03-28T11:00:00Z", 1, 0),
    ])
    .await;
    let day = "window=today&compare=previous_period";
    let file = async |report: &str| {
        let path = format!("/api/telesales/reports/{report}{day}&format=csv");
        test.ok(&path)
            .await
            .text()
            .trim_start_matches('\u{feff}')
            .replace("\r\n", "\n")
    };
    assert_eq!(
        file("time-series?group_by=hour&").await,
        "bucket,dials,dials_previous,dials_change_pct,answers,answers_previous,answers_change_pct,talk_sec,talk_sec_previous,\
         talk_sec_change_pct,conversions,conversions_previous,conversions_change_pct\n\
         2026-03-29 08:00:00,4,3,33.33,1,3,-66.67,60,180,-66.67,0,0,\n\
         2026-03-29 09:00:00,2,0,,0,0,,0,0,,0,0,\n\
         2026-03-29 11:00:00,0,1,-100.00,0,0,,0,0,,0,0,\n"
    );
    let dashboard = file("dashboard?").await;
    let (header, rows) = records(&format!("\u{feff}{dashboard}"));
    let at = |name: &str| {
        let at = header.iter().position(|column| column == name);
        rows[0][at.expect(name)].as_str()
    };
    assert_eq!(at("answer_rate_pct"), "16.67");
    assert_eq!(at("answer_rate_pct_previous"), "75.00");
    assert_eq!(at("answer_rate_pct_change_points"), "-58.33");
    assert_eq!(at("avg_talk_time_sec_change_pct"), "0.00");
    assert_eq!(at("unique_agents_previous"), "1");
}

/// Names of numbers by the columns of a compared file: they have a column `…_previous`.
fn numbers(header: &[String]) -> Vec<&str> {
    let previous = header
        .iter()
        .filter_map(|name| name.strip_suffix("_previous"));
    previous.collect()
}

/// The sums of a report's counts, by name.
fn sums(rows: &Value, numbers: &[&str]) -> BTreeMap<String, f64> {
    let rows = match rows {
        Value::Array(rows) => rows.clone(),
        object => vec![object.clone()],
    };
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().expect("a number"),
        other => other.as_f64().unwrap_or(0.0),
    };
    let sum = |name: &&str| {
        (
            name.to_string(),
            rows.iter().map(|row| number(&row[*name])).sum(),
        )
    };
    numbers.iter().map(sum).collect()
}

/// For every report with files: no value of either window is lost, and every row of the window is there in its order.
#[tokio::test]
async fn values_of_both_windows_add_up_in_every_file() {
    let test = with_a_world(2).await;
    let window = "timezone=Europe/Berlin&date_from=2026-03-22&date_to=2026-03-29&compare=previous_month&group_by=hour";
    for report in reports::ALL
        .iter()
        .filter(|report| report.route().files)
        .filter(compares)
    {
        let path = format!("{}?{window}", report.path());
        let answer = test.ok(&path).await.json();
        let (header, rows) = csv(&test, &path).await;
        let numbers = numbers(&header);
        assert!(!numbers.is_empty(), "{path}: {header:?}");
        for (suffix, data) in [
            ("", &answer["data"]),
            ("_previous", &answer["comparison"]["data"]),
        ] {
            for (name, expected) in sums(data, &numbers) {
                let at = header
                    .iter()
                    .position(|column| *column == format!("{name}{suffix}"));
                let cells = rows.iter().map(|row| &row[at.expect("a column")]);
                let sum: f64 = cells
                    .filter(|cell| !cell.is_empty())
                    .map(|cell| cell.parse::<f64>().expect("a number"))
                    .sum();
                assert!(
                    (sum - expected).abs() < 1e-6,
                    "{path} {name}{suffix}: {sum} is not {expected}"
                );
            }
        }
        if let Value::Array(data) = &answer["data"] {
            for (row, object) in rows.iter().zip(data) {
                let key = object
                    .as_object()
                    .and_then(|object| object.values().next())
                    .expect("a key");
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                // A text that could become a formula has an apostrophe.
                assert_eq!(
                    row[0].trim_start_matches('\''),
                    key.replace("null", ""),
                    "{path}"
                );
            }
            assert!(rows.len() >= data.len(), "{path}");
        }
        same_workbook(&test, &path, &header, &rows).await;
    }
}

/// The workbook has the cells of the CSV file: numbers as numbers.
async fn same_workbook(test: &TestApp, path: &str, header: &[String], rows: &[Vec<String>]) {
    let bytes = test.ok(&format!("{path}&format=xlsx")).await.bytes;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let about = workbook.worksheet_range("About").expect("a sheet");
    assert!(about.rows().any(|row| row[0] == "Compared with"), "{path}");
    let sheet = workbook
        .worksheet_range_at(0)
        .expect("a sheet")
        .expect("cells");
    assert_eq!(
        (sheet.height(), sheet.width()),
        (rows.len() + 1, header.len()),
        "{path}"
    );
    for (at, row) in rows.iter().enumerate() {
        for (column, text) in row.iter().enumerate() {
            let cell = sheet.get((at + 1, column)).unwrap_or(&Data::Empty);
            if let Data::Float(number) = cell {
                assert_eq!(text.parse(), Ok(*number), "{path} {}", header[column]);
            }
            assert_eq!(
                text.is_empty(),
                *cell == Data::Empty,
                "{path} {} {cell:?}",
                header[column]
            );
        }
    }
}

/// Which columns are numbers, and how each changes: a new column must be added here with a kind on purpose.
#[tokio::test]
async fn every_number_of_a_file_has_a_kind_of_change() {
    let test = with_a_world(2).await;
    let window = "timezone=UTC&date_from=2026-03-22&date_to=2026-03-29&compare=previous_week";
    let mut points = Vec::new();
    for report in reports::ALL
        .iter()
        .filter(|report| report.route().files)
        .filter(compares)
    {
        let (header, _) = csv(&test, &format!("{}?{window}", report.path())).await;
        points.extend(header.iter().filter_map(|name| {
            let name = name.strip_suffix("_change_points")?;
            Some(format!("{}.{name}", report.about.name))
        }));
        let keys = header
            .iter()
            .take_while(|name| !header.contains(&format!("{name}_previous")));
        assert!(keys.count() < 7, "{header:?}");
    }
    assert_eq!(
        points,
        [
            "dashboard.answer_rate_pct",
            "agent-performance.conv_rate",
            "disposition-breakdown.pct",
            "caller-id-health.asr_pct",
            "caller-id-health.short_call_ratio_pct",
            "hour-dow-heatmap.answer_rate_pct",
            "lead-source-attribution.conv_rate_pct",
        ]
    );
}

#[tokio::test]
async fn exports_have_what_was_before_in_every_table() {
    let test = with_a_world(3).await;
    let order = |report: &str, format: &str| {
        json!({"report_type": report, "format": format, "from": "2026-03-02", "to": "2026-03-08", "timezone": "UTC",
            "compare": "previous_week"})
    };
    let window = "from=2026-03-02&to=2026-03-08&timezone=UTC&compare=previous_week";
    let kpis = test
        .ok(&format!("/api/autocall/campaigns/1/reports/kpis?{window}"))
        .await
        .json();
    let (header, rows) = {
        let files = unzip(&file(&test, &order("full", "csv")).await.bytes);
        for (name, text) in &files {
            let (header, _) = records(text);
            let has_numbers = !numbers(&header).is_empty();
            assert_eq!(has_numbers, name != "attempts", "{name}: {header:?}");
        }
        let (_, text) = files
            .into_iter()
            .find(|(name, _)| name == "kpis")
            .expect("KPIs");
        records(&text)
    };
    for (suffix, data) in [
        ("", &kpis["data"]),
        ("_previous", &kpis["comparison"]["data"]),
    ] {
        let at = header
            .iter()
            .position(|name| *name == format!("dialed{suffix}"));
        assert_eq!(
            rows[0][at.expect("a column")],
            data["dialed"].to_string(),
            "{suffix}"
        );
    }
    for report in ["kpis", "trend", "hangup", "dtmf", "funnel", "full"] {
        let bytes = file(&test, &order(report, "xlsx")).await.bytes;
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        let sheets = workbook.worksheets();
        let has = |text: &str| {
            let mut cells = sheets.iter().flat_map(|(_, cells)| cells.rows()).flatten();
            cells.any(|cell| cell.to_string().contains(text))
        };
        assert!(has("(previous)") && has("Compared with"), "{report}");
    }
    let refused = test.send(
        test.post("/api/autocall/campaigns/1/reports/export")
            .json(&json!({"report_type": "kpis", "compare": "previous_year", "until": "later"})),
    );
    let errors = refused.await.json()["errors"].take();
    let fields: Vec<&String> = errors.as_object().expect("faults").keys().collect();
    assert_eq!(fields, ["compare", "until"]);
}
