//! Links: counts of distinct leads in any window, without reading their calls.
//!
//! The rows of a lead that reached a stage form a chain in time. Count every row of the chain in the window, and subtract
//! every pair of neighbours in the window: the result is 1 if the lead has a row there, and 0 if not. So a link is a pair of
//! instants, earlier and later, with a weight: +1 from a row to itself, −1 from a row to the next; and the distinct leads of a
//! window are the sum of the weights of the links inside it. Links are summed by the hour or day of both ends, per stage.
//!
//! The trail records what links were made from: each lead's rows with their stages, as of the last compaction. Leads whose
//! rows changed since, and leads with rows in the window's ragged ends, are counted one by one.

use super::catalog::{Family, Scope, Stages};
use super::fold::{self, Origin};
use super::plan::Links;
use super::reader::{Reader, narrowed};
use super::template::{all, joined, lines, part, sql, statement};

pub fn trail(stages: &Stages) -> String {
    format!("{}_trail", stages.name)
}

pub fn table(stages: &Stages) -> String {
    format!("{}_links", stages.name)
}

/// True if leads are also counted over all campaigns of a tenant.
fn across(family: &Family) -> bool {
    family.scopes.contains(&Scope::Account)
}

/// Key columns of the trail: by lead first if leads are counted over all campaigns.
fn lead_key(family: &Family) -> &'static str {
    if across(family) {
        "lead_id, campaign_id"
    } else {
        "campaign_id, lead_id"
    }
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

/// Leads with a row in the window's ragged ends.
pub fn at_the_ends(family: &Family) -> String {
    let parts = narrowed(None, family.scopes).into_iter().map(|conditions| {
        part(
            sql!("leads_at_ends"),
            &[
                ("lead", &family.lead),
                ("table", &family.table),
                ("at", &family.at),
                ("conditions", &all(conditions)),
            ],
        )
    });
    joined(parts, "\nunion\n")
}

/// Leads with rows changed since the last compaction.
pub fn changed(family: &Family) -> String {
    let parts = narrowed(None, family.scopes).into_iter().map(|conditions| {
        part(
            sql!("leads_changed"),
            &[
                ("lead", &family.lead),
                ("table", &family.table),
                ("conditions", &all(conditions)),
            ],
        )
    });
    joined(parts, "\nunion\n")
}

/// Stages reached by each lead of the relations `ends` and `changed`.
pub fn reached(family: &Family, stages: &Stages) -> String {
    let in_scope = if across(family) {
        format!(
            "({{{{:scope}}}} = {} or r.campaign_id = {{{{:campaign}}}})",
            Scope::Account.sql()
        )
    } else {
        "r.campaign_id = {{:campaign}}".to_owned()
    };
    part(
        sql!("leads_reached"),
        &[
            ("name", &stages.name),
            ("in_scope", &in_scope),
            ("at", &family.at),
            ("mask", &stages.mask()),
            ("table", &family.table),
            ("join", &stages.join),
        ],
    )
}

/// The reader that counts the distinct leads of a window per stage.
pub fn reader(family: &Family, stages: &Stages) -> Reader {
    let corrected = |name: &str, bit| {
        format!(
            "count(*) filter (where truly & {bit} <> 0) - count(*) filter (where linked & {bit} <> 0) as {name}"
        )
    };
    let text = part(
        sql!("leads"),
        &[
            (
                "linked",
                &stages.columns(|name, _| format!("coalesce(sum(l.{name}), 0) as {name}")),
            ),
            ("inside", &inside(&table(stages))),
            ("changed", &changed(family)),
            ("ends", &at_the_ends(family)),
            ("reached", &reached(family, stages)),
            ("corrected", &stages.columns(corrected)),
            (
                "sums",
                &stages.columns(|name, _| format!("linked.{name} + corrected.{name} as {name}")),
            ),
        ],
    );
    Reader {
        name: format!("{}_leads", stages.name),
        text,
    }
}

/// The statement that adds the source's changes to the links. It must run before the trail is updated.
pub fn add(family: &Family, stages: &Stages, origin: Origin) -> String {
    let scopes = origin
        .scopes(family.scopes)
        .into_iter()
        .filter(|scope| !scope.has_agent());
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
            ("scopes", &values(scopes.map(Scope::sql))),
            (
                "itself",
                &stages.columns(|name, bit| {
                    format!("sum(case when stages & {bit} <> 0 then version else 0 end) as {name}")
                }),
            ),
            (
                "neighbours",
                &stages.columns(|_, bit| {
                    format!("-sum(case when b.stage = {bit} then version else 0 end)")
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
                "added",
                &stages.columns(|name, _| format!("{name} = stored.{name} + excluded.{name}")),
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

/// The rows of every changed lead, before (version −1) and after (+1) the change.
fn versions(family: &Family, stages: &Stages, origin: Origin) -> String {
    let (mask, rows) = (stages.mask(), origin.relation(family));
    if origin != Origin::Journal {
        return part(
            sql!("versions_of_rows"),
            &[
                ("at", &family.at),
                ("mask", &mask),
                ("rows", &rows),
                ("join", &stages.join),
            ],
        );
    }
    let (lead, same_lead) = if across(family) {
        ("lead_id", "t.lead_id = c.lead_id")
    } else {
        (
            "campaign_id, lead_id",
            "t.lead_id = c.lead_id and t.campaign_id = c.campaign_id",
        )
    };
    part(
        sql!("versions_of_journal"),
        &[
            ("name", &stages.name),
            ("at", &family.at),
            ("mask", &mask),
            ("rows", &rows),
            ("join", &stages.join),
            ("lead", &lead),
            ("same_lead", &same_lead),
        ],
    )
}

/// The statements that bring the trail up to date with the links.
pub fn follow(family: &Family, stages: &Stages, origin: Origin) -> Vec<String> {
    let rows = origin.relation(family);
    let add = statement(
        sql!("trail_add"),
        &[
            ("name", &stages.name),
            ("at", &family.at),
            ("mask", &stages.mask()),
            ("rows", &rows),
            ("join", &stages.join),
            ("lead_key", &lead_key(family)),
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
