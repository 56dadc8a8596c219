//! `docs/contract.md` against the code: names that both list.

use std::collections::BTreeSet;

use callboard::auth::Permission;
use callboard::ingest::kind::KINDS;
use callboard::{analytics, reports};

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
    let reserved = ["calls_read", "exports_manage", "persons_erase"];
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
