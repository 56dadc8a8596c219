//! DDL of the roll-up tables, and of the journal with its triggers.
//!
//! Must not know the list of tables (`install`).

use super::catalog::{Family, Rollup};
use super::template::{lines, part, sql, statement};

/// Hole of the schema's name, left open: a fingerprint is made of text that does not depend on it (`edition`).
pub const SCHEMA: &str = "{{schema}}";

/// The table of a roll-up.
pub fn rollup(rollup: &Rollup) -> String {
    let columns = rollup.columns(
        |value| format!("{} text collate \"C\" not null", value.name),
        |counter| format!("{} {} not null", counter.name, counter.sql_type()),
    );
    statement(
        sql!("rollup"),
        &[
            ("table", &rollup.name),
            ("columns", &columns),
            ("key", &key(rollup)),
        ],
    )
}

/// The key of a roll-up; `scope` and `width` stand together, because a `smallint` between wider numbers takes as much room as
/// they do. Texts of the dimension are hashed, because they can be too long for an index.
pub fn key(rollup: &Rollup) -> String {
    let values = rollup.dimensions();
    let values = values.map(|value| format!(", callboard_key({})", value.name));
    format!(
        "tenant_id, campaign_id, agent_id, scope, width, bucket{}",
        values.collect::<String>()
    )
}

/// The journal of a table, and the triggers that write it.
pub fn journal(family: &Family) -> Vec<String> {
    journal_of(family, &family.columns())
}

/// Like [`journal`], with only those columns of the rows.
pub fn journal_of(family: &Family, columns: &[(&'static str, &'static str)]) -> Vec<String> {
    let typed = columns.iter().map(|(name, kind)| format!("{name} {kind}"));
    let table = statement(
        sql!("journal"),
        &[("table", &family.table), ("columns", &lines(typed))],
    );
    let names = lines(columns.iter().map(|(name, _)| (*name).to_owned()));
    let on = |event: &str, rows: &str, body: &str| {
        let body = part(
            body,
            &[
                ("table", &family.table),
                ("at", &family.at),
                ("columns", &names),
            ],
        );
        trigger(family, event, rows, &body)
    };
    vec![
        table,
        on(
            "insert",
            "referencing new table as new_rows",
            sql!("on_insert"),
        ),
        on(
            "update",
            "referencing old table as old_rows new table as new_rows",
            sql!("on_update"),
        ),
        on(
            "delete",
            "referencing old table as old_rows",
            sql!("on_delete"),
        ),
    ]
}

/// The trigger that truncates derived tables with their source, and marks a module stale whose sums take from it.
pub fn truncation(family: &Family, derived: &[String], stale: Option<&str>) -> String {
    let mut body = part(
        sql!("on_truncate"),
        &[("derived", &lines(derived.iter().cloned()))],
    );
    if let Some(module) = stale {
        body += ";\n";
        body += &part(sql!("on_truncate_marks"), &[("module", &module)]);
    }
    trigger(family, "truncate", "", &body)
}

/// The stale marks, and the trigger that copies those of term changes.
pub fn stale() -> String {
    statement(sql!("stale"), &[("schema", &SCHEMA)])
}

/// The tables under construction.
pub fn builds() -> String {
    statement(sql!("builds_table"), &[])
}

fn trigger(family: &Family, event: &str, rows: &str, body: &str) -> String {
    statement(
        sql!("trigger"),
        &[
            ("table", &family.table),
            ("event", &event),
            ("schema", &SCHEMA),
            ("rows", &rows),
            ("body", &body),
        ],
    )
}
