//! Links: counts of distinct leads in any window, without reading their calls.
//!
//! The hours in which a lead reached a stage form a chain in time. Count every hour of the chain in the window, and subtract
//! every pair of neighbours in the window: the result is 1 if the lead reached the stage there, and 0 if not. So a link is a
//! pair of hours, earlier and later, with a weight: +1 from an hour to itself, −1 from an hour to the next; and the distinct
//! leads of a window are the sum of the weights of the links inside it. Links are summed by the hour or day of both ends, per
//! stage.
//!
//! The trail records what links were made from: the number of rows by lead, hour and stages, as of the last compaction. A
//! change concerns the hours that it names and their neighbours in the chain, however many rows the lead has. Leads with rows
//! in the window's ragged ends or with changed hours are corrected one by one.

use super::catalog::{Family, Scope, Stages};
use super::fold::{self, Origin};
use super::reader::{Reader, narrowed};
use super::rectangles::Links;
use super::template::{all, joined, lines, part, sql, statement};

pub fn trail(stages: &Stages) -> String {
    format!("{}_trail", stages.name)
}

pub fn table(stages: &Stages) -> String {
    format!("{}_links", stages.name)
}

/// Key columns of a table of links.
pub const KEY: &str = "tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket";

/// True if leads are also counted over all campaigns of a tenant.
fn across(family: &Family) -> bool {
    family.scopes.contains(&Scope::Account)
}

/// Key columns of the trail: by lead first if leads are counted over all campaigns.
fn lead_key(family: &Family) -> &'static str {
    if across(family) {
        "lead_id, hour, campaign_id"
    } else {
        "campaign_id, lead_id, hour"
    }
}

/// The condition on rows `t` of the trail that they are in a scope, of a campaign or of the tenant.
fn in_scope(family: &Family, scope: &str, campaign: &str) -> String {
    let of_campaign = format!("t.campaign_id = {campaign}");
    if across(family) {
        format!("({scope} = {} or {of_campaign})", Scope::Account.sql())
    } else {
        of_campaign
    }
}

/// [`in_scope`] for the arguments of a reader.
fn in_scope_of_reader(family: &Family) -> String {
    in_scope(family, "{{:scope}}", "{{:campaign}}")
}

/// The trail and the table of links.
pub fn tables(family: &Family, stages: &Stages) -> String {
    statement(
        sql!("links_tables"),
        &[
            ("name", &stages.name),
            ("lead_key", &lead_key(family)),
            ("columns", &columns(stages.bits())),
        ],
    )
}

/// A column per stage.
pub fn columns(stages: impl Iterator<Item = (&'static str, u32)>) -> String {
    lines(stages.map(|(name, _)| format!("{name} integer not null")))
}

/// The links inside a window's whole hours, as the relation `l`.
pub fn inside(links: &str) -> String {
    part(sql!("leads_inside"), &[("links", &links)])
}

/// The hours of the window's whole hours: the first, and the one after the last.
pub fn hours() -> String {
    part(sql!("leads_hours"), &[])
}

/// Rows in the window's ragged ends.
pub fn at_the_ends(family: &Family, columns: &str) -> String {
    let parts = narrowed(None, family.scopes).into_iter().map(|conditions| {
        part(
            sql!("leads_at_ends"),
            &[
                ("columns", &columns),
                ("table", &family.table),
                ("at", &family.at),
                ("conditions", &all(conditions)),
            ],
        )
    });
    joined(parts, "\nunion all\n")
}

/// Changes of whole hours since the last compaction.
pub fn changed(family: &Family, stages: &Stages) -> String {
    let parts = narrowed(None, family.scopes).into_iter().map(|conditions| {
        part(
            sql!("leads_changed"),
            &[
                ("mask", &stages.mask()),
                ("table", &family.table),
                ("conditions", &all(conditions)),
            ],
        )
    });
    joined(parts, "\nunion all\n")
}

/// Stages of leads with changed hours or rows in the ragged ends; reads the relation `changed`.
pub fn reached(family: &Family, stages: &Stages) -> String {
    let columns = format!("r.{} as lead_id,\n{} as stages", family.lead, stages.mask());
    part(
        sql!("leads_reached"),
        &[
            ("name", &stages.name),
            ("ends", &at_the_ends(family, &columns)),
            ("in_scope", &in_scope_of_reader(family)),
        ],
    )
}

/// The join of leads `r` with the stages that they reached in whole hours that did not change, as the relation `k`.
pub fn kept(family: &Family, stages: &Stages) -> String {
    part(
        sql!("leads_kept"),
        &[
            ("name", &stages.name),
            ("in_scope", &in_scope_of_reader(family)),
        ],
    )
}

/// The correction of a stage by the leads `r`, each counted `is` times after the changes and `was` times before.
pub fn corrected((stage, bit): (&str, u32), (is, was): (&str, &str)) -> String {
    part(
        sql!("leads_corrected"),
        &[("stage", &stage), ("bit", &bit), ("is", &is), ("was", &was)],
    )
}

/// The reader that counts the distinct leads of a window per stage.
pub fn reader(family: &Family, stages: &Stages) -> Reader {
    let corrected = |name: &str, bit| corrected((name, bit), ("1", "1"));
    let text = part(
        sql!("leads"),
        &[
            (
                "linked",
                &stages.columns(|name, _| format!("coalesce(sum(l.{name}), 0) as {name}")),
            ),
            ("inside", &inside(&table(stages))),
            ("hours", &hours()),
            ("changed", &changed(family, stages)),
            ("reached", &reached(family, stages)),
            ("corrected", &stages.columns(corrected)),
            ("kept", &kept(family, stages)),
            (
                "sums",
                &stages.columns(|name, _| format!("linked.{name} + corrected.{name} as {name}")),
            ),
        ],
    );
    Reader::new(format!("{}_leads", stages.name), text)
}

/// The statement that adds the source's changes to the links. With the journal, it must run before the trail is updated; in a
/// rebuild, after the trail is built.
pub fn add(family: &Family, stages: &Stages, origin: Origin) -> String {
    let any = stages.bits().map(|(name, _)| format!("sum({name}) <> 0"));
    statement(
        sql!("links_add"),
        &[
            ("name", &stages.name),
            ("versions", &versions(family, stages, origin)),
            (
                "before",
                &stages.columns(|name, bit| {
                    format!("max(hour) filter (where stages & {bit} <> 0) over earlier as {name}")
                }),
            ),
            (
                "itself",
                &stages.columns(|name, bit| {
                    format!("sum(case when stages & {bit} <> 0 then version else 0 end)::integer as {name}")
                }),
            ),
            (
                "neighbours",
                &stages.columns(|_, bit| {
                    format!("-sum(case when b.stage = {bit} then version else 0 end)::integer")
                }),
            ),
            (
                "last",
                &stages.columns(|name, bit| format!("({bit}, {name})")),
            ),
            ("names", &stages.columns(|name, _| name.to_owned())),
            ("sums", &stages.columns(|name, _| format!("sum({name})"))),
            ("widths", &widths()),
            ("any", &joined(any, "\n    or ")),
            (
                "merged",
                &origin.merged(KEY, stages.bits().map(|(name, _)| name)),
            ),
        ],
    )
}

/// The levels of links, as rows of `values`.
pub fn widths() -> String {
    values(Links::LEVELS.iter().map(|level| level.width().to_string()))
}

/// Rows of one column.
pub fn values(items: impl Iterator<Item = String>) -> String {
    joined(items.map(|item| format!("({item})")), ", ")
}

/// The relation `versions`: hours of leads with their stages, before (version −1) and after (+1) the change. Of a lead that
/// changed, the hours that changed and their neighbours are enough.
fn versions(family: &Family, stages: &Stages, origin: Origin) -> String {
    let scopes = origin
        .scopes(family.scopes)
        .into_iter()
        .filter(|scope| !scope.has_agent());
    let scopes = values(scopes.map(Scope::sql));
    if origin != Origin::Journal {
        return part(
            sql!("links_versions_of_trail"),
            &[
                ("name", &stages.name),
                ("scopes", &scopes),
                ("conditions", &origin.conditions("t.")),
            ],
        );
    }
    part(
        sql!("links_versions_of_journal"),
        &[
            ("name", &stages.name),
            ("mask", &stages.mask()),
            ("rows", &origin.relation(family)),
            ("scopes", &scopes),
            (
                "bits",
                &values(stages.bits().map(|(_, bit)| bit.to_string())),
            ),
            ("in_scope", &in_scope(family, "h.scope", "h.campaign_id")),
        ],
    )
}

/// The statements that bring the trail up to date with its source.
pub fn follow(family: &Family, stages: &Stages, origin: Origin) -> Vec<String> {
    let rows = origin.relation(family);
    let add = statement(
        sql!("trail_add"),
        &[
            ("name", &stages.name),
            ("mask", &stages.mask()),
            ("rows", &rows),
            ("lead_key", &lead_key(family)),
            (
                "merged",
                &origin.merged(
                    &format!("tenant_id, {}, stages", lead_key(family)),
                    ["n"].into_iter(),
                ),
            ),
        ],
    );
    let gone = || {
        statement(
            sql!("trail_gone"),
            &[("name", &stages.name), ("rows", &rows)],
        )
    };
    if origin == Origin::Journal {
        vec![add, gone()]
    } else {
        vec![add]
    }
}

/// Deletes the rows of a tenant, or of its campaigns `$2`.
pub fn clear(stages: &Stages, origin: Origin) -> Vec<String> {
    let trail = format!(
        "delete from {}\nwhere {}",
        trail(stages),
        origin.conditions("")
    );
    vec![trail, fold::clear(&table(stages), origin)]
}
