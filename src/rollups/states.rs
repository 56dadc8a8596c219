//! States of leads: counts of leads created in a window, by progress.
//!
//! A lead's state depends on its own row and on all its attempts, at any time and for any campaign, so the journal does not
//! contain it. The journal names the leads to recount: their previous state is subtracted and the current one added. The
//! trail here records the counted state of each lead.

use super::catalog::{AUTOCALL_LEAD_STATES, AUTOCALL_LEADS, Counter, Family};
use super::fold::{self, Origin};
use super::reader::Reader;
use super::template::{body, lines, part, sql, statement};

const TRAIL: &str = "autocall_lead_trail";
const SUMS: &str = AUTOCALL_LEAD_STATES.name;

/// The trail. The sums are in a table like every roll-up's.
pub fn trail() -> String {
    statement(sql!("states_table"), &[])
}

/// Tables derived from that family's rows only, empty if there are none. Leads without attempts have states too.
pub fn derived_from(family: &Family) -> Vec<&'static str> {
    if family.table == AUTOCALL_LEADS.table {
        vec![TRAIL, SUMS]
    } else {
        Vec::new()
    }
}

/// The state of a lead `l`, as in the trail.
fn state() -> &'static str {
    body(sql!("state"))
}

/// Leads with changes since the last compaction.
fn changed() -> &'static str {
    body(sql!("states_changed"))
}

/// The leads of the relation `changed` with weights: as counted (−1) and as they are (+1).
fn versions(and: &str) -> String {
    part(
        sql!("states_versions"),
        &[("and", &and), ("state", &state())],
    )
}

/// The reader that counts the leads created in a plan's window, of a tenant or of some campaigns.
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

/// The statements that add the source's changes to the sums and update the trail.
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

/// Deletes the rows of a tenant, or of its campaigns `$2`.
pub fn clear(origin: Origin) -> Vec<String> {
    vec![
        format!("delete from {TRAIL}\nwhere {}", origin.conditions("")),
        fold::clear(SUMS, origin),
    ]
}
