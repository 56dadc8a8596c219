//! The functions that roll-ups are read through: readers whose arguments are a function's.

use super::catalog::{Family, Module};
use super::reader::{Reader, reader};
use super::template::{fill, lines, part, sql, statement};
use super::{links, sources, states};
use crate::auth::settings::Settings;

const OF_PLAN: &str = "tenant bigint, scope_no smallint, campaign bigint, agents bigint[], widths integer[], firsts integer[], ends integer[], \
     offsets integer[], froms timestamptz[], tos timestamptz[], ragged_offsets integer[]";
const OF_LINKS: &str = "tenant bigint, scope_no smallint, campaign bigint, window_from timestamptz, window_to timestamptz, \
     hours_from timestamptz, hours_to timestamptz, widths integer[], firsts integer[], ends integer[], \
     later_widths integer[], later_firsts integer[], later_ends integer[]";

/// All of them.
pub fn readers() -> Vec<String> {
    let mut statements = vec![
        function(
            "callboard_short_call_sec",
            "tenant bigint",
            "numeric",
            &part(
                sql!("short_call_sec"),
                &[("default", &Settings::default().short_call_sec)],
            ),
        ),
        function(
            "callboard_agents_of_calls",
            "tenant bigint, scope_no smallint, campaign bigint",
            "bigint[]",
            &format!("select {}", part(sql!("agents_of_calls"), &[])),
        ),
    ];
    let families: Vec<&Family> = Module::ALL.into_iter().flat_map(Module::families).collect();
    for family in families {
        let readers = family.rollups.iter().map(|rollup| reader(family, rollup));
        statements.extend(readers.map(|reader| of(&reader, OF_PLAN)));
        let leads = family.stages.map(|stages| links::reader(family, stages));
        statements.extend(leads.map(|reader| of(&reader, OF_LINKS)));
    }
    statements.push(of(&sources::reader(), OF_LINKS));
    let of_campaigns = OF_PLAN.replace("campaign bigint, agents", "campaigns");
    statements.push(of(&states::reader(), &of_campaigns));
    statements
}

fn of(reader: &Reader, arguments: &str) -> String {
    let columns = reader.columns.iter();
    let columns = lines(columns.map(|(name, kind)| format!("{name} {kind}")));
    let returns = format!("table (\n    {}\n)", columns.replace('\n', "\n    "));
    function(&reader.name, arguments, &returns, &reader.text)
}

fn function(name: &str, arguments: &str, returns: &str, body: &str) -> String {
    let body = fill(body, |hole| {
        Some(
            match hole {
                ":scope" => "scope_no",
                ":ranges" => "widths, firsts, ends, offsets",
                ":ragged" => "froms, tos, ragged_offsets",
                ":rectangles" => "widths, firsts, ends, later_widths, later_firsts, later_ends",
                argument => argument.strip_prefix(':')?,
            }
            .to_owned(),
        )
    });
    let types = arguments
        .split(", ")
        .filter_map(|argument| argument.split_once(' '));
    let types: Vec<&str> = types.map(|(_, kind)| kind).collect();
    statement(
        sql!("function"),
        &[
            ("name", &name),
            ("arguments", &arguments.replace(", ", ",\n")),
            ("returns", &returns),
            ("body", &body),
            ("types", &types.join(", ")),
        ],
    )
}
