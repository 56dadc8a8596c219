//! Statements that add rows to roll-ups: the journal's entries every few seconds, or a table's own rows in a rebuild. Both
//! use the same statements with different sources.
//!
//! One statement per table, with the tenant as `$1`. All run in one repeatable-read transaction (`compact`), so that they see
//! the same entries.

use super::catalog::{Family, Rollup, Scope};
use super::ddl::key;
use super::level::Level;
use super::moved;
use super::template::{all, joined, lines, part, sql, statement};
use super::terms;

/// Source of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The journal: changes since the last compaction.
    Journal,
    /// All rows of the tenant.
    Rows,
    /// Its rows of some whole days: from the second `$2` since 1970 on, before `$3`, both of which may be infinite. The
    /// sums are empty for these days.
    Slice,
    /// The rows of some campaigns, `$2`.
    RowsOfCampaigns,
}

impl Origin {
    /// The rows as a relation, each with a weight and a quarter hour. Nearly all rows come after the complete-from, and the
    /// condition says so: a bare comparison counts for a third of them, which led to nested loops over large journals.
    pub fn relation(self, family: &Family) -> String {
        if self == Self::Journal {
            return part(sql!("family_journal"), &[("table", &family.table)]);
        }
        let complete = format!(
            "nullif(callboard_quarter({}) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null",
            family.at
        );
        let slice = (self == Self::Slice).then(|| in_slice(family.at));
        let conditions = [self.conditions(""), complete].into_iter().chain(slice);
        rows_where(family, &all(conditions))
    }

    /// Conditions on the rows of a table with the alias `r`.
    pub fn conditions(self, alias: &str) -> String {
        let tenant = format!("{alias}tenant_id = $1");
        let campaigns = format!("{alias}campaign_id = any ($2)");
        all([tenant]
            .into_iter()
            .chain((self == Self::RowsOfCampaigns).then_some(campaigns)))
    }

    /// The clause that adds a statement's rows to stored ones of the same key. Empty for a rebuild, which finds none of its
    /// keys: an insert that does not look for them takes about two thirds of the time.
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
    let merged = origin.merged(&key(rollup), rollup.counters.iter().map(|it| it.name));
    let rows = (origin.relation(family), lead_of(family, rollup, origin));
    sum_into(
        rollup,
        family.agent,
        rows,
        &sums_of(rollup, origin),
        &merged,
    )
}

/// The statement that moves rows of changed leads, if the roll-up sums by an attribute of theirs.
pub fn add_moved(family: &Family, rollup: &Rollup) -> Option<String> {
    let attribute = rollup.attribute?;
    let origin = Origin::Journal;
    let merged = origin.merged(&key(rollup), rollup.counters.iter().map(|it| it.name));
    let rows = (
        moved::relation(family, attribute, &terms::rows_from()),
        moved::lead_of_moved(attribute),
    );
    let into = sums_of(rollup, origin);
    Some(sum_into(rollup, family.agent, rows, &into, &merged))
}

/// The condition that an instant is in the slice. The last instants of all are in the last one, infinity too.
fn in_slice(at: &str) -> String {
    format!("{at} >= to_timestamp($2)\n  and {at} <= to_timestamp($3) - interval '1 microsecond'")
}

/// Deletes the entries of a slice, which its rows contain.
pub fn forget_slice(family: &Family) -> String {
    let journal = family.journal();
    statement(sql!("forget_slice"), &[("journal", &journal)])
}

/// Joins the leads of rows, if the roll-up sums by an attribute of theirs.
fn lead_of(family: &Family, rollup: &Rollup, origin: Origin) -> String {
    let join = match origin {
        Origin::Journal => moved::lead_of_each,
        Origin::Slice => moved::lead_before_entries,
        Origin::Rows | Origin::RowsOfCampaigns => moved::lead_of_all,
    };
    let attribute = rollup.attribute;
    attribute.map_or(String::new(), |it| join(family, it))
}

/// The statement that adds a relation to a roll-up: rows of that origin with a weight, a quarter hour and a campaign.
pub fn sum(rollup: &Rollup, agent: Option<&str>, rows: &str, origin: Origin) -> String {
    let merged = origin.merged(&key(rollup), rollup.counters.iter().map(|it| it.name));
    let rows = (rows.to_owned(), String::new());
    sum_into(rollup, agent, rows, &sums_of(rollup, origin), &merged)
}

/// Scopes and levels that rows are summed by.
type Sums = Vec<(Scope, Level)>;

/// All that these rows cover completely.
fn sums_of(rollup: &Rollup, origin: Origin) -> Sums {
    let scopes = origin.scopes(rollup.scopes).into_iter();
    let levels = |scope| {
        rollup
            .detail
            .levels(scope)
            .iter()
            .map(move |level| (scope, *level))
    };
    scopes.flat_map(levels).collect()
}

/// The statement that adds what a plan reads of the day of a cut, and a roll-up does not have: quarter hours of every scope.
/// The rows from `$2` on, before `$3`. `None` if it has them.
pub fn add_quarters(family: &Family, rollup: &Rollup) -> Option<String> {
    let lacks = |scope: &&Scope| !rollup.detail.levels(**scope).contains(&Level::Quarter);
    let scopes = rollup.scopes.iter().filter(lacks);
    let sums: Sums = scopes.map(|scope| (*scope, Level::Quarter)).collect();
    let conditions = format!("tenant_id = $1 and {0} >= $2 and {0} < $3", family.at);
    let rows = rows_where(family, &conditions);
    let rows = (rows, lead_of(family, rollup, Origin::Rows));
    (!sums.is_empty()).then(|| sum_into(rollup, family.agent, rows, &sums, ""))
}

/// `rows`: the relation, and what is joined to it.
fn sum_into(
    rollup: &Rollup,
    agent: Option<&str>,
    (rows, lead): (String, String),
    into: &Sums,
    merged: &str,
) -> String {
    let finest = into
        .iter()
        .map(|(_, level)| level.width())
        .min()
        .unwrap_or(1);
    let agent = agent.map_or("null::bigint".to_owned(), |agent| format!("r.{agent}"));
    let bucket = match finest {
        1 => "r.quarter".to_owned(),
        width => format!("callboard_bucket(r.quarter, {width})"),
    };
    let values = rollup.dimensions().count();
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
            ("lead", &lead),
            (
                "where",
                &rollup
                    .condition()
                    .map_or(String::new(), |only| format!("where {only}")),
            ),
            ("fine_key", &numbers(1..=3 + values)),
            (
                "some",
                &joined(counters(|name| format!("{name} <> 0")), "\n    or "),
            ),
            ("bare", &bare),
            ("bare_key", &numbers([1].into_iter().chain(3..=3 + values))),
            ("names", &named(str::to_owned)),
            ("finest", &finest),
            ("sums", &named(|name| format!("sum({name})"))),
            ("levels", &levels(into)),
            ("group", &numbers(2..=6 + values)),
            (
                "any",
                &joined(counters(|name| format!("sum({name}) <> 0")), "\n    or "),
            ),
            ("merged", &merged),
        ],
    )
}

/// Columns by number.
fn numbers(of: impl IntoIterator<Item = usize>) -> String {
    joined(of.into_iter().map(|number| number.to_string()), ", ")
}

/// The sums, with every level and scope that each is added to.
fn levels(into: &Sums) -> String {
    let list = |of_agents: bool| {
        let sums = into
            .iter()
            .filter(move |(scope, _)| scope.has_agent() == of_agents);
        lines(sums.map(|(scope, level)| format!("({}, {})", scope.sql(), level.width())))
    };
    let (bare, by_agent) = (list(false), list(true));
    if bare.is_empty() {
        return part(
            sql!("fold_levels_of_agents"),
            &[("levels_by_agent", &by_agent)],
        );
    }
    if by_agent.is_empty() {
        return part(sql!("fold_levels"), &[("levels", &bare)]);
    }
    part(
        sql!("fold_levels_by_agent"),
        &[("levels", &bare), ("levels_by_agent", &by_agent)],
    )
}

/// Rows of a table, each with a weight and a quarter hour.
fn rows_where(family: &Family, conditions: &str) -> String {
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
            ("conditions", &conditions),
        ],
    )
}

/// Deletes a tenant's rows from a table, or those of its campaigns `$2`.
pub fn clear(table: &str, origin: Origin) -> String {
    format!("delete from {table}\nwhere {}", of_scopes(origin))
}

/// Like [`clear`], for a roll-up: what lies before the tenant's complete-from stays.
pub fn clear_rollup(rollup: &Rollup, origin: Origin) -> String {
    statement(
        sql!("clear_rollup"),
        &[("rollup", &rollup.name), ("conditions", &of_scopes(origin))],
    )
}

/// The sums of a tenant, or of its campaigns `$2`.
fn of_scopes(origin: Origin) -> String {
    let of_campaigns = format!(
        "\n  and scope in ({}, {})\n  and campaign_id = any ($2)",
        Scope::Campaign.sql(),
        Scope::AgentOfCampaign.sql()
    );
    let only = match origin {
        Origin::RowsOfCampaigns => of_campaigns.as_str(),
        Origin::Rows | Origin::Slice | Origin::Journal => "",
    };
    format!("tenant_id = $1{only}")
}

/// The statement that completes a rebuild: see its template.
pub fn add_kept(rollup: &Rollup, origin: Origin) -> String {
    let wider = sums_of(rollup, origin).into_iter();
    let wider = wider.filter(|(_, level)| *level != Level::Quarter);
    let counters = || rollup.counters.iter().map(|it| it.name);
    let columns = |counter: fn(&str) -> String| {
        rollup.columns(|value| value.name.to_owned(), |it| counter(it.name))
    };
    let group = numbers(1..=6 + rollup.dimensions().count());
    statement(
        sql!("kept"),
        &[
            ("rollup", &rollup.name),
            ("names", &columns(str::to_owned)),
            ("sums", &columns(|name| format!("sum({name})"))),
            ("conditions", &of_scopes(origin)),
            (
                "levels",
                &lines(wider.map(|(scope, level)| format!("({}, {})", scope.sql(), level.width()))),
            ),
            ("group", &group),
            (
                "any",
                &joined(
                    counters().map(|name| format!("sum({name}) <> 0")),
                    "\n    or ",
                ),
            ),
            ("merged", &Origin::Journal.merged(&key(rollup), counters())),
        ],
    )
}
