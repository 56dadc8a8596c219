//! Links of lead sources: counts of leads that were created in a window and reached a stage in the same window.
//!
//! Only two hours of such a lead matter: the first one with the stage from the hour of its creation on, and the last one
//! before. The lead counts if its creation and at least one of them are in the window. Three links express this: +1 from creation to the first, +1
//! from the last to creation, and −1 from the last to the first, in case both are. They are stored like the links of a funnel
//! (`links`), by source.

use super::catalog::{Family, Scope, TELESALES_CALLS, TELESALES_LEADS, TELESALES_STAGES};
use super::fold::Origin;
use super::links;
use super::reader::Reader;
use super::template::{joined, lines, part, sql, statement};

pub const TABLE: &str = "telesales_source_links";
/// Stages of the funnel that are counted by lead source.
const STAGES: [&str; 3] = ["dialed", "connected", "converted"];

/// Name and bit of each stage.
fn bits() -> impl Iterator<Item = (&'static str, u32)> {
    TELESALES_STAGES
        .bits()
        .filter(|(name, _)| STAGES.contains(name))
}

/// A column per stage, one a line.
fn columns(column: impl Fn(&str, u32) -> String) -> String {
    lines(bits().map(|(name, bit)| column(name, bit)))
}

/// Tables derived from that family's rows here.
pub fn derived_from(family: &Family) -> Option<String> {
    [TELESALES_CALLS.table, TELESALES_LEADS.table]
        .contains(&family.table)
        .then(|| TABLE.to_owned())
}

pub fn table() -> String {
    statement(
        sql!("sources_table"),
        &[("columns", &links::columns(bits()))],
    )
}

/// The reader that counts, by source, leads created in a window that reached a stage in it.
pub fn reader() -> Reader {
    let corrected = |name: &str, bit| links::corrected((name, bit), ("r.is_in", "r.was_in"));
    let text = part(
        sql!("sources"),
        &[
            (
                "linked",
                &columns(|name, _| format!("sum(l.{name}) as {name}")),
            ),
            ("inside", &links::inside(TABLE)),
            ("hours", &links::hours()),
            (
                "changed",
                &links::changed(&TELESALES_CALLS, &TELESALES_STAGES),
            ),
            (
                "leads_at_ends",
                &links::at_the_ends(&TELESALES_LEADS, "r.id as lead_id"),
            ),
            (
                "leads_changed",
                &"select id from telesales_leads_journal where tenant_id = $1",
            ),
            (
                "reached",
                &links::reached(&TELESALES_CALLS, &TELESALES_STAGES),
            ),
            ("corrected", &columns(corrected)),
            ("kept", &links::kept(&TELESALES_CALLS, &TELESALES_STAGES)),
            (
                "sums",
                &columns(|name, _| format!("sum({name})::bigint as {name}")),
            ),
        ],
    );
    Reader::new("telesales_sources", text)
}

/// The statement that adds changes of calls and leads. With the journal, it must run before the trail is updated; in a
/// rebuild, after the trail is built.
pub fn add(origin: Origin) -> String {
    let sum = |bit| format!("coalesce(sum(weight) filter (where stage = {bit}), 0)");
    let any = bits().map(|(_, bit)| format!("{} <> 0", sum(bit)));
    statement(
        sql!("sources_add"),
        &[
            ("nearest", &nearest(origin)),
            ("names", &columns(|name, _| name.to_owned())),
            ("sums", &columns(|_, bit| sum(bit))),
            ("widths", &links::widths()),
            ("any", &joined(any, "\n    or ")),
            (
                "merged",
                &origin.merged(
                    &format!("{}, callboard_key(source)", links::KEY),
                    bits().map(|(name, _)| name),
                ),
            ),
        ],
    )
}

/// The relation `nearest`: hours of leads, before (version −1) and after (+1) the change.
fn nearest(origin: Origin) -> String {
    let scopes = origin.scopes(TELESALES_LEADS.scopes).into_iter();
    let scopes = links::values(scopes.map(Scope::sql));
    let stages = links::values(bits().map(|(_, bit)| bit.to_string()));
    match origin {
        Origin::Journal => part(
            sql!("sources_nearest_of_journal"),
            &[
                ("calls", &origin.relation(&TELESALES_CALLS)),
                ("leads", &origin.relation(&TELESALES_LEADS)),
                ("mask", &TELESALES_STAGES.mask()),
                ("all", &bits().map(|(_, bit)| bit).sum::<u32>()),
                ("scopes", &scopes),
                ("bits", &stages),
            ],
        ),
        _ => part(
            sql!("sources_nearest_of_rows"),
            &[
                ("conditions", &origin.conditions("r.")),
                ("scopes", &scopes),
                ("bits", &stages),
            ],
        ),
    }
}
