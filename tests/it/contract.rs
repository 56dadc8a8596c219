//! `docs/contract.md` against the code: names that both list.

use std::collections::BTreeSet;

use callboard::auth::Permission;
use callboard::config::Config;
use callboard::ingest::kind::KINDS;
use callboard::{analytics, reports};
use clap::Args;
use serde_json::Value;

const README: &str = include_str!("../../README.md");
const CONTRACT: &str = include_str!("../../docs/contract.md");

/// Names in backticks in the first cell of every row of the table below a header.
fn table(header: &str) -> BTreeSet<&'static str> {
    let mut lines = CONTRACT.lines();
    lines
        .find(|line| line.starts_with(header))
        .unwrap_or_else(|| panic!("no table with {header}"));
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_permission_is_listed() {
    let reserved = ["exports_manage", "persons_erase"];
    let expected = Permission::ALL.map(Permission::name);
    let expected: BTreeSet<&str> = expected.into_iter().chain(reserved).collect();
    assert_eq!(table("| Permission |"), expected);
}

#[test]
fn every_question_is_listed() {
    let expected = analytics::ALL.iter().map(|question| question.about.name);
    assert_eq!(table("| query_type |"), expected.collect());
}

#[test]
fn every_report_has_a_heading() {
    for report in reports::ALL {
        let heading = format!("### {}", report.about.name);
        let found = CONTRACT.lines().any(|line| line == heading);
        assert!(found, "{heading}");
    }
}

#[test]
fn every_kind_and_field_is_listed() {
    let expected: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(table("| kind |"), expected);
    for kind in KINDS {
        let start = format!("| `{}` |", kind.name);
        let mut rows = CONTRACT
            .lines()
            .skip_while(|line| !line.starts_with("| kind |"));
        let row = rows.find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no row {start}"));
        for field in kind.fields {
            let named = [format!("`{}`", field.name), format!("`{}[]`", field.name)];
            let found = named.iter().any(|name| row.contains(name));
            assert!(found, "{} of {}", field.name, kind.name);
        }
    }
}

/// Rows of the table below a header: the cells without backticks.
fn cells(text: &'static str, header: &str) -> Vec<Vec<String>> {
    let mut lines = text.lines();
    lines
        .find(|line| line.starts_with(header))
        .unwrap_or_else(|| panic!("no table with {header}"));
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cell = |cell: &str| cell.trim().replace('`', "");
    rows.map(|row| row.split('|').skip(1).map(cell).collect())
        .collect()
}

#[test]
fn every_setting_is_in_the_readme_with_its_default() {
    let command = Config::augment_args(clap::Command::new("callboard"));
    let mut settings: Vec<(String, Option<String>)> = command
        .get_arguments()
        .filter_map(|setting| {
            let name = setting.get_env()?.to_str()?.to_owned();
            let default = setting.get_default_values().first();
            let default = default.and_then(|value| value.to_str());
            Some((name, default.map(str::to_owned)))
        })
        .collect();
    let rows = cells(README, "| Setting | Default |");
    // RUST_LOG and TZDIR are read by libraries.
    let own = |name: &&String| !["RUST_LOG", "TZDIR"].contains(&name.as_str());
    let mut listed: Vec<&String> = rows.iter().map(|row| &row[0]).filter(own).collect();
    listed.sort();
    settings.sort();
    assert_eq!(
        listed,
        settings.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
    for (name, default) in &settings {
        let row = rows.iter().find(|row| row[0] == *name).expect("a row");
        // Words describe a default that is no fixed value.
        match default.as_deref() {
            Some("") => assert_eq!(row[1], "none", "{name}"),
            Some(default) => assert_eq!(row[1], default, "{name}"),
            None => assert!(!row[1].is_empty(), "{name}"),
        }
    }
}

#[test]
fn fixed_messages_are_those_of_the_documented_failures() {
    let document = callboard::http::openapi::generate();
    let fixed = cells(CONTRACT, "| Status | Message |");
    let mut seen = BTreeSet::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let example = &response["content"]["application/json"]["example"]["message"];
                let row = fixed.iter().find(|row| row[0] == *status);
                if let (Value::String(example), Some(row)) = (example, row)
                    && !["409", "429"].contains(&status.as_str())
                {
                    // A note may name the message of one route.
                    let known = row[1] == *example || row[2].contains(example.as_str());
                    assert!(known, "{status}: {example}");
                    seen.insert(status.clone());
                }
            }
        }
    }
    assert!(seen.len() >= 9, "{seen:?}");
}
