//! The statements that move rows into roll-ups: the journal's entries every few seconds, or a table's own rows
//! where a roll-up is made anew. Both are the same statements over another source.
//!
//! One statement a table, all bound to one account by `$1`; they are run in one repeatable-read transaction
//! (`compact`), so that all of them see the same entries.

use super::catalog::{Family, Rollup, Scope};
use super::schema::key;

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// What was written since the last time.
    Journal,
    /// All rows of the account.
    Rows,
    /// The rows of some campaigns, `$2`.
    RowsOfCampaigns,
}

impl Origin {
    /// The rows as a relation with a weight and a quarter each.
    pub fn relation(self, family: &Family) -> String {
        let rows = |only: &str| {
            let names: Vec<&str> = family.columns().iter().map(|(name, _)| *name).collect();
            format!(
                "(select tenant_id, 1 as weight, callboard_quarter({}) as quarter, {} from {} where tenant_id = $1{only})",
                family.at,
                names.join(", "),
                family.table
            )
        };
        match self {
            Self::Journal => format!("(select * from {} where tenant_id = $1)", family.journal()),
            Self::Rows => rows(""),
            Self::RowsOfCampaigns => rows(" and campaign_id = any ($2)"),
        }
    }

    /// The scopes that these rows are all of: some campaigns say nothing of an account.
    pub fn scopes(self, all: &[Scope]) -> Vec<Scope> {
        let whole = |scope: &Scope| self != Self::RowsOfCampaigns || scope.has_campaign();
        all.iter().copied().filter(whole).collect()
    }
}

/// Adds the origin's rows to a roll-up.
pub fn add(family: &Family, rollup: &Rollup, origin: Origin) -> String {
    sum(
        rollup,
        family.agent,
        &origin.relation(family),
        &origin.scopes(rollup.scopes),
    )
}

/// Adds a relation to a roll-up: rows with a weight, a quarter and a campaign. Summed by the finest bucket first, which
/// leaves little to put into every level and scope.
pub fn sum(rollup: &Rollup, agent: Option<&str>, relation: &str, scopes: &[Scope]) -> String {
    let name = rollup.name;
    let dimension = rollup.dimension.as_ref();
    let column = dimension
        .map(|value| format!(", {}", value.name))
        .unwrap_or_default();
    let value = dimension
        .map(|value| format!(", ({}) collate \"C\" as {}", value.sql, value.name))
        .unwrap_or_default();
    let agent = agent.map_or("null::bigint".to_owned(), |agent| format!("r.{agent}"));
    let names: Vec<&str> = rollup.counters.iter().map(|it| it.name).collect();
    let list = |each: fn(&str) -> String| {
        names
            .iter()
            .map(|name| each(name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let fine: Vec<String> = rollup
        .counters
        .iter()
        .map(|it| format!("sum(r.weight * ({})) as {}", it.of_row(), it.name))
        .collect();
    let any: Vec<String> = names
        .iter()
        .map(|name| format!("sum({name}) <> 0"))
        .collect();
    let added: Vec<String> = names
        .iter()
        .map(|counter| format!("{counter} = stored.{counter} + excluded.{counter}"))
        .collect();
    let finest = scopes
        .iter()
        .flat_map(|scope| rollup.detail.levels(*scope))
        .min()
        .map_or(1, |level| level.width());
    // Agents multiply rows: what is summed over all of them is made of what has been summed over them.
    let parts = |of_agents: bool| {
        let of = scopes
            .iter()
            .filter(move |scope| scope.has_agent() == of_agents);
        let each = of.flat_map(|scope| {
            rollup
                .detail
                .levels(*scope)
                .iter()
                .map(|level| (scope.number(), level.width()))
        });
        each.map(|(scope, width)| format!("({scope}, {width})"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (bare, by_agent) = (parts(false), parts(true));
    let rows = match by_agent.as_str() {
        "" => format!("bare cross join (values {bare}) p (scope, width)"),
        _ => format!(
            "(select bare.*, p.* from bare cross join (values {bare}) p (scope, width)
              union all
              select fine.*, p.* from fine cross join (values {by_agent}) p (scope, width) where agent_id is not null) rows"
        ),
    };
    format!(
        "with fine as materialized (
            select r.campaign_id, {agent} as agent_id, {bucket} as bucket{value}, {fine}
            from {relation} r where {only} group by 1, 2, 3{fourth}
         ), bare as (
            select campaign_id, null::bigint as agent_id, bucket{column}, {summed} from fine group by 1, 3{fourth}
         )
         insert into {name} as stored (tenant_id, scope, campaign_id, agent_id, width, bucket{column}, {names})
         select $1, scope, case when scope in (0, 2) then campaign_id else 0 end, coalesce(agent_id, 0), width,
                callboard_bucket(bucket, width / {finest}){column}, {sums}
         from {rows}
         group by 2, 3, 4, 5, 6{seventh} having {any}
         order by 2, 3, 4, 5, 6{seventh} -- as the key lies, which spares the index
         on conflict ({key}) do update set {added}",
        bucket = if finest == 1 { "r.quarter".to_owned() } else { format!("callboard_bucket(r.quarter, {finest})") },
        fine = fine.join(", "),
        only = rollup.only,
        fourth = if dimension.is_some() { ", 4" } else { "" },
        summed = list(|name| format!("sum({name}) as {name}")),
        names = names.join(", "),
        sums = list(|name| format!("sum({name})")),
        seventh = if dimension.is_some() { ", 7" } else { "" },
        any = any.join(" or "),
        key = key(rollup),
        added = added.join(", "),
    )
    .replace("{tenant}", "$1")
}

/// Takes out what a roll-up holds of an account, or of its campaigns `$2`.
pub fn clear(table: &str, origin: Origin) -> String {
    match origin {
        Origin::RowsOfCampaigns => {
            format!(
                "delete from {table} where tenant_id = $1 and scope in (0, 2) and campaign_id = any ($2)"
            )
        }
        Origin::Rows | Origin::Journal => format!("delete from {table} where tenant_id = $1"),
    }
}
