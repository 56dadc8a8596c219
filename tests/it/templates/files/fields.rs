//! Every field as a column.

use callboard::reports;
use serde_json::{Value, json};

use super::super::{DATES, put_valid, with_calls};
use super::{sheets, text};
use crate::exports::records;

/// A template with all fields of a CSV's header in reverse, sorted by its last.
fn reversed(report: &str, header: &[String]) -> Value {
    let columns: Vec<Value> = header
        .iter()
        .rev()
        .map(|field| json!({"field": field, "label": format!("@{field}")}))
        .collect();
    json!({"report": report, "columns": columns, "sort": [{"field": header.last(), "desc": true}]})
}

/// Puts the names of days in place of their numbers, as a CSV with titles has them.
fn name_days(rows: &mut [Vec<String>]) {
    const DAYS: [&str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    let Some(at) = rows[0].iter().position(|name| name == "day_of_week") else {
        return;
    };
    for row in &mut rows[1..] {
        let day: usize = row[at].parse().expect("a day");
        row[at] = DAYS[day].to_owned();
    }
}

/// The rows of a CSV in reverse columns are those of the plain one, sorted by the first.
fn assert_reversed(plain: &[Vec<String>], by: &[Vec<String>], of: &str) {
    let reversed = |row: &Vec<String>| row.iter().rev().cloned().collect::<Vec<_>>();
    let header: Vec<String> = reversed(&plain[0])
        .into_iter()
        .map(|name| format!("'@{name}"))
        .collect();
    assert_eq!(by[0], header, "{of}");
    let mut expected: Vec<Vec<String>> = plain[1..].iter().map(reversed).collect();
    let is_number = expected
        .iter()
        .all(|row| row[0].is_empty() || row[0].parse::<f64>().is_ok());
    expected.sort_by(|one, other| {
        let empty = one[0].is_empty().cmp(&other[0].is_empty());
        let number = |row: &[String]| row[0].parse().unwrap_or(f64::NAN);
        let descending = if is_number {
            number(other).total_cmp(&number(one))
        } else {
            other[0].cmp(&one[0])
        };
        empty.then(if one[0].is_empty() || other[0].is_empty() {
            std::cmp::Ordering::Equal
        } else {
            descending
        })
    });
    assert_eq!(&by[1..], expected, "{of}");
}

#[tokio::test]
async fn every_field_of_every_file_can_be_a_column() {
    let test = with_calls().await;
    let reports = reports::ALL.iter().filter(|report| report.route().files);
    let mut files: Vec<(String, String)> = reports
        .flat_map(|report| {
            ["", "&compare=previous_week"].map(|more| {
                (
                    report.id(),
                    format!("{}?{DATES}{more}", report.export_path()),
                )
            })
        })
        .collect();
    files.push((
        "telesales.calls".into(),
        format!("/api/telesales/calls/export?{DATES}"),
    ));
    files.push((
        "autocall.attempts".into(),
        format!("/api/autocall/attempts/export?{DATES}"),
    ));
    files.push((
        "autocall.attempts".into(),
        "/api/autocall/campaigns/1/attempts/export?from=2026-06-01&to=2026-06-07".into(),
    ));
    for (report, path) in files {
        let csv =
            async |more: &str| records(test.ok(&format!("{path}&format=csv{more}")).await.text());
        let plain = csv("").await;
        assert!(plain.len() > 1, "{path}");
        let mut told = plain.clone();
        name_days(&mut told);
        put_valid(&test, "all", &reversed(&report, &plain[0])).await;
        assert_reversed(&told, &csv("&template=all").await, &path);
        let workbook = sheets(&test.ok(&format!("{path}&template=all")).await.bytes);
        let header: Vec<String> = workbook[0].1[0].iter().map(text).collect();
        let labels: Vec<String> = plain[0]
            .iter()
            .rev()
            .map(|name| format!("@{name}"))
            .collect();
        assert_eq!(
            (header, workbook[0].1.len()),
            (labels, plain.len()),
            "{path}"
        );
    }
}
