//! States of leads: how many of the leads created in a window have been tried, are being tried, or are done with.
//!
//! A lead's state depends on its own row and on all its attempts, whenever they were and whatever campaign they were
//! made for, so no journal says what it became. It says which leads to look at again: what they were counted as is taken
//! out, and what the rows say now is put in. What each lead was counted as is the trail here.

use super::catalog::{AUTOCALL_LEAD_STATES, AUTOCALL_LEADS, Counter, Family};
use super::fold::{self, Origin};
use super::reader::Reader;
use super::template::{body, lines, part, sql, statement};

const TRAIL: &str = "autocall_lead_trail";
const SUMS: &str = AUTOCALL_LEAD_STATES.name;

/// The trail; the sums are a table as every roll-up's.
pub fn trail() -> String {
    statement(sql!("states_table"), &[])
}

/// What is made from that family's rows alone, and empty where they are. Without attempts leads have states too.
pub fn derived_from(family: &Family) -> Vec<&'static str> {
    if family.table == AUTOCALL_LEADS.table {
        vec![TRAIL, SUMS]
    } else {
        Vec::new()
    }
}

/// The state of a lead `l`, as the trail has it.
fn state() -> &'static str {
    body(sql!("state"))
}

/// Leads that something was written about since the last compaction.
fn changed() -> &'static str {
    body(sql!("states_changed"))
}

/// The leads of the relation `changed` with weights: as they were counted, and as they are.
fn versions(and: &str) -> String {
    part(
        sql!("states_versions"),
        &[("and", &and), ("state", &state())],
    )
}

/// The reader that counts the leads of a plan's window, of a tenant or of some campaigns.
pub fn reader() -> Reader {
    let counters = AUTOCALL_LEAD_STATES.counters;
    let list = |each: fn(&Counter) -> String| lines(counters.iter().map(each));
    let in_scope = part(
        "and ({{:scope}} = {{scope account}} or l.campaign_id = any ({{:campaigns}}))",
        &[],
    );
    let text = part(
        sql!("states"),
        &[
            ("changed", &changed()),
            (
                "sums",
                &list(|it| format!("coalesce(sum({0}), 0)::bigint as {0}", it.name)),
            ),
            ("stored", &list(|it| format!("r.{}", it.name))),
            (
                "weighted",
                &list(|it| format!("r.weight * {}", it.of_row())),
            ),
            ("versions", &versions(&in_scope)),
            ("rows", &list(Counter::of_row)),
            ("state", &state()),
        ],
    );
    Reader {
        name: SUMS.to_owned(),
        text,
    }
}

/// Adds what the origin changes to the sums, and brings the trail up to it.
pub fn add(origin: Origin) -> Vec<String> {
    let sum = |rows: &str| {
        let scopes = origin.scopes(AUTOCALL_LEAD_STATES.scopes);
        fold::sum(&AUTOCALL_LEAD_STATES, None, rows, &scopes)
    };
    match origin {
        Origin::Journal => {
            let rows = part(
                sql!("states_journal"),
                &[("changed", &changed()), ("versions", &versions(""))],
            );
            vec![
                sum(&rows),
                statement(sql!("states_gone"), &[("changed", &changed())]),
                statement(
                    sql!("states_trail_of_journal"),
                    &[("changed", &changed()), ("state", &state())],
                ),
            ]
        }
        Origin::Rows | Origin::RowsOfCampaigns => {
            let conditions = origin.conditions("l.");
            vec![
                statement(
                    sql!("states_trail_of_rows"),
                    &[("state", &state()), ("conditions", &conditions)],
                ),
                sum(&part(sql!("states_rows"), &[("conditions", &conditions)])),
            ]
        }
    }
}

/// Takes out what is known of a tenant, or of its campaigns `$2`.
pub fn clear(origin: Origin) -> Vec<String> {
    vec![
        format!("delete from {TRAIL}\nwhere {}", origin.conditions("")),
        fold::clear(SUMS, origin),
    ]
}
