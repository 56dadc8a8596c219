//! CSV files: every figure, every attempt, no formulas.

use super::expected::{attempts, tables};
use super::{TYPES, with_calls};
use crate::exports::{file, june, records, unzip};

/// Asserts equality and prints only the rows that differ.
fn assert_same_rows(found: &[Vec<String>], expected: &[Vec<String>]) {
    assert_eq!(found.len(), expected.len());
    found
        .iter()
        .zip(expected)
        .for_each(|(found, expected)| assert_eq!(found, expected));
}

#[tokio::test]
async fn a_csv_has_every_figure_of_its_reports() {
    let test = with_calls().await;
    for report_type in TYPES {
        let expected = tables(&test, report_type).await;
        let answer = file(&test, &june(report_type, "csv")).await;
        let found = if expected.len() == 1 {
            assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
            vec![(report_type.to_owned(), answer.text().to_owned())]
        } else {
            assert_eq!(answer.header("content-type"), "application/zip");
            unzip(&answer.bytes)
        };
        let mut found: Vec<(String, Vec<Vec<String>>)> = found
            .into_iter()
            .map(|(name, text)| (name, records(&text)))
            .collect();
        if report_type == "full" {
            assert_eq!(found.pop().expect("the last").0, "attempts");
        }
        assert_eq!(found, expected, "{report_type}");
    }
}

#[tokio::test]
async fn a_full_csv_has_every_attempt_and_no_formulas() {
    let test = with_calls().await;
    let answer = file(&test, &june("full", "csv")).await;
    let (_, text) = unzip(&answer.bytes).pop().expect("attempts");
    let mut found = records(&text);
    let header = found.remove(0);
    let fields = callboard::ingest::kind::Kind::named("autocall_attempt")
        .expect("a kind")
        .fields;
    let expected: Vec<&str> = fields
        .iter()
        .map(|field| field.name)
        .chain(["phone", "external_ref"])
        .collect();
    assert_eq!(header, expected);
    let mut expected = attempts(&test).await;
    assert!(expected.len() > 80, "{}", expected.len());
    // Historical offsets with seconds are rounded to minutes, the precision of RFC 3339.
    for row in &mut expected {
        row[5] = row[5].replace("+07:06:30", "+07:07");
    }
    assert_same_rows(&found, &expected);
    let odd = found
        .iter()
        .find(|row| row[0] == "'=1+1")
        .expect("the odd one");
    for at in [11, 14, 15, 16, 17, 19, 20] {
        assert!(odd[at].starts_with('\''), "{}", odd[at]);
    }
    assert_eq!(
        (odd[4].as_str(), odd[18].as_str()),
        ("2026-06-05T17:00:00+07:00", "0.8123")
    );
    assert_eq!(odd[8], "Máy bận, \"gác\"\nmáy");
}
