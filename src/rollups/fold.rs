//! Statements that add rows to roll-ups: the journal's entries every few seconds, or a table's own rows in a rebuild. Both
//! use the same statements with different sources.
//!
//! One statement per table, with the tenant as `$1`. All run in one repeatable-read transaction (`compact`), so that they see
//! the same entries.

use super::catalog::{Family, Rollup, Scope};
use super::ddl::key;
use super::template::{all, joined, lines, part, sql, statement};

/// Source of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The journal: changes since the last compaction.
    Journal,
    /// All rows of the tenant.
    Rows,
    /// The rows of some campaigns, `$2`.
    RowsOfCampaigns,
}

impl Origin {
    pub const ALL: [Self; 3] = [Self::Journal, Self::Rows, Self::RowsOfCampaigns];

    /// The rows as a relation, each with a weight and a quarter hour.
    pub fn relation(self, family: &Family) -> String {
        if self == Self::Journal {
            return part(sql!("family_journal"), &[("table", &family.table)]);
        }
        let columns = family.columns();
        part(
            sql!("family_rows"),
            &[
                ("at", &family.at),
                (
                    "columns",
                    &lines(columns.iter().map(|(name, _)| (*name).to_owned())),
                ),
                ("table", &family.table),
                ("conditions", &self.conditions("")),
            ],
        )
    }

    /// Conditions on the rows of a table with the alias `r`.
    pub fn conditions(self, alias: &str) -> String {
        let tenant = format!("{alias}tenant_id = $1");
        let campaigns = format!("{alias}campaign_id = any ($2)");
        all([tenant]
            .into_iter()
            .chain((self == Self::RowsOfCampaigns).then_some(campaigns)))
    }

    /// The clause that adds a statement's rows to stored ones of the same key. Empty for a rebuild, which has deleted all of
    /// its keys: an insert that does not look for them takes about two thirds of the time.
    pub fn merged<'a>(self, key: &str, counters: impl Iterator<Item = &'a str>) -> String {
        if self != Self::Journal {
            return String::new();
        }
        let added = lines(counters.map(|name| format!("{name} = stored.{name} + excluded.{name}")));
        part(sql!("merged"), &[("key", &key), ("added", &added)])
    }

    /// The scopes that these rows cover completely: the rows of some campaigns do not cover the tenant.
    pub fn scopes(self, all: &[Scope]) -> Vec<Scope> {
        let whole = |scope: &Scope| self != Self::RowsOfCampaigns || scope.has_campaign();
        all.iter().copied().filter(whole).collect()
    }
}

/// The statement that adds the source's rows to a roll-up.
pub fn add(family: &Family, rollup: &Rollup, origin: Origin) -> String {
    sum(rollup, family.agent, &origin.relation(family), origin)
}

/// The statement that adds a relation to a roll-up: rows of that origin with a weight, a quarter hour and a campaign.
pub fn sum(rollup: &Rollup, agent: Option<&str>, rows: &str, origin: Origin) -> String {
    let scopes = &origin.scopes(rollup.scopes);
    let finest = finest(rollup, scopes);
    let agent = agent.map_or("null::bigint".to_owned(), |agent| format!("r.{agent}"));
    let bucket = match finest {
        1 => "r.quarter".to_owned(),
        width => format!("callboard_bucket(r.quarter, {width})"),
    };
    let has_value = rollup.dimension.is_some();
    let named = |counter: fn(&str) -> String| {
        rollup.columns(|value| value.name.to_owned(), |it| counter(it.name))
    };
    // Cast, because the sum of a bigint is numeric, which takes more time and memory to be summed again.
    let bare = rollup.columns(
        |value| value.name.to_owned(),
        |it| format!("sum({0})::{1} as {0}", it.name, it.sql_type()),
    );
    let counters = |of: fn(&str) -> String| rollup.counters.iter().map(move |it| of(it.name));
    statement(
        sql!("fold"),
        &[
            ("rollup", &rollup.name),
            ("agent", &agent),
            ("bucket", &bucket),
            (
                "fine",
                &rollup.columns(
                    |value| format!("{} as {}", value.of_row(), value.name),
                    |it| {
                        let (of_row, kind) = (it.of_row(), it.sql_type());
                        format!("sum(r.weight * {of_row})::{kind} as {}", it.name)
                    },
                ),
            ),
            ("rows", &rows),
            (
                "where",
                &rollup
                    .condition()
                    .map_or(String::new(), |only| format!("where {only}")),
            ),
            (
                "fine_key",
                &if has_value { "1, 2, 3, 4" } else { "1, 2, 3" },
            ),
            (
                "some",
                &joined(counters(|name| format!("{name} <> 0")), "\n    or "),
            ),
            ("bare", &bare),
            ("bare_key", &if has_value { "1, 3, 4" } else { "1, 3" }),
            ("names", &named(str::to_owned)),
            ("finest", &finest),
            ("sums", &named(|name| format!("sum({name})"))),
            ("levels", &levels(rollup, scopes)),
            (
                "group",
                &if has_value {
                    "2, 3, 4, 5, 6, 7"
                } else {
                    "2, 3, 4, 5, 6"
                },
            ),
            (
                "any",
                &joined(counters(|name| format!("sum({name}) <> 0")), "\n    or "),
            ),
            (
                "merged",
                &origin.merged(&key(rollup), rollup.counters.iter().map(|it| it.name)),
            ),
        ],
    )
}

/// Quarter hours in the finest bucket of these scopes.
fn finest(rollup: &Rollup, scopes: &[Scope]) -> i32 {
    let levels = scopes.iter().flat_map(|scope| rollup.detail.levels(*scope));
    levels.min().map_or(1, |level| level.width())
}

/// The sums, with every level and scope that each is added to.
fn levels(rollup: &Rollup, scopes: &[Scope]) -> String {
    let list = |of_agents: bool| {
        let scopes = scopes
            .iter()
            .filter(move |scope| scope.has_agent() == of_agents);
        lines(scopes.flat_map(|scope| {
            let levels = rollup.detail.levels(*scope).iter();
            levels.map(|level| format!("({}, {})", scope.sql(), level.width()))
        }))
    };
    let (bare, by_agent) = (list(false), list(true));
    if by_agent.is_empty() {
        return part(sql!("fold_levels"), &[("levels", &bare)]);
    }
    part(
        sql!("fold_levels_by_agent"),
        &[("levels", &bare), ("levels_by_agent", &by_agent)],
    )
}

/// Deletes a tenant's rows from a roll-up, or those of its campaigns `$2`.
pub fn clear(table: &str, origin: Origin) -> String {
    let conditions = match origin {
        Origin::RowsOfCampaigns => format!(
            "\n  and scope in ({}, {})\n  and campaign_id = any ($2)",
            Scope::Campaign.sql(),
            Scope::AgentOfCampaign.sql()
        ),
        Origin::Rows | Origin::Journal => String::new(),
    };
    format!("delete from {table}\nwhere tenant_id = $1{conditions}")
}
