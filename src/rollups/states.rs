//! States of leads: counts of leads created in a window, by progress.
//!
//! A lead's state depends on its own row and on all its attempts, at any time and for any campaign. The trail here records the
//! attempts of each lead as of the last compaction; the journal says what has been added since. For each lead that the journal
//! names, the previous state is subtracted and the current one added.

use super::catalog::{AUTOCALL_ATTEMPTS, AUTOCALL_LEAD_STATES, AUTOCALL_LEADS, Counter, Family};
use super::fold::{self, Origin};
use super::reader::Reader;
use super::template::{body, lines, part, sql, statement};

pub const TRAIL: &str = "autocall_lead_trail";
const SUMS: &str = AUTOCALL_LEAD_STATES.name;

/// The trail. The sums are in a table like every roll-up's.
pub fn trail() -> String {
    statement(sql!("states_table"), &[])
}

/// Tables that are empty where that family's is. Leads without attempts have states too.
pub fn derived_from(family: &Family) -> Option<&'static str> {
    if family.table == AUTOCALL_ATTEMPTS.table {
        Some(TRAIL)
    } else if family.table == AUTOCALL_LEADS.table {
        Some(SUMS)
    } else {
        None
    }
}

/// Leads with changes since the last compaction.
fn changed() -> &'static str {
    body(sql!("states_changed"))
}

/// The leads of the relation `changed` with weights: as counted (−1) and as they are (+1).
fn versions(only: &str) -> String {
    part(sql!("states_versions"), &[("where", &only)])
}

/// The reader that counts the leads created in a plan's window, of a tenant or of some campaigns.
pub fn reader() -> Reader {
    let counters = AUTOCALL_LEAD_STATES.counters;
    let list = |each: fn(&Counter) -> String| lines(counters.iter().map(each));
    let in_scope = part(
        "where ({{:scope}} = {{scope account}} or l.campaign_id = any ({{:campaigns}}))",
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
        ],
    );
    Reader::new(SUMS, text)
}

/// The statements that add the source's changes to the sums; those of the journal also update the trail, which a rebuild has
/// made before.
pub fn add(origin: Origin) -> Vec<String> {
    let sum = |rows: &str| fold::sum(&AUTOCALL_LEAD_STATES, None, rows, origin);
    if origin == Origin::Journal {
        let rows = part(
            sql!("states_journal"),
            &[("changed", &changed()), ("versions", &versions(""))],
        );
        let attempts = origin.relation(&AUTOCALL_ATTEMPTS);
        let gone = statement(sql!("states_gone"), &[("rows", &attempts)]);
        return vec![sum(&rows), follow(origin), gone];
    }
    let conditions = origin.conditions("l.");
    vec![sum(&part(
        sql!("states_rows"),
        &[("conditions", &conditions)],
    ))]
}

/// The statement that adds the source's attempts to the trail. A lead has attempts in many slices.
pub fn follow(origin: Origin) -> String {
    let numbers = ["attempts", "waiting"].into_iter();
    statement(
        sql!("states_trail"),
        &[
            ("rows", &origin.relation(&AUTOCALL_ATTEMPTS)),
            (
                "merged",
                &Origin::Journal.merged("tenant_id, lead_id", numbers),
            ),
        ],
    )
}

/// Deletes the sums of a tenant, or of its campaigns `$2`, and the trail of the tenant.
pub fn clear(origin: Origin) -> Vec<String> {
    let sums = fold::clear(SUMS, origin);
    match origin {
        Origin::RowsOfCampaigns => vec![sums],
        _ => vec![fold::clear(TRAIL, origin), sums],
    }
}
