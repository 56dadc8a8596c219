//! The functions that roll-ups are read through, and what every reader is made of.
//!
//! Must not know how sums are made.

use super::catalog::{Counter, Dimension, Family, Rollup, Scope};

/// The arguments of every reader, and what it makes of them: a scope, then a plan (`Plan::bind`).
pub const READER_ARGUMENTS: &str = "tenant bigint, scope_no smallint, campaign bigint, agents bigint[], widths integer[], firsts integer[], \
     ends integer[], offsets integer[], froms timestamptz[], tos timestamptz[], ragged_offsets integer[]";

/// The function that a roll-up is read through: rows with a local time, an agent, the value of the dimension and
/// the counters, which add up to the window of a plan. In one statement, and so in one snapshot, it adds the
/// roll-up, the journal's entries for the same buckets, and the raw rows of the ragged ends.
///
/// Each range is looked up by itself, and each agent (`lateral … offset 0`): the statement is planned once for all
/// arguments, and the planner, who would not know how little a range is, might read a whole campaign to find it. It
/// did so, with an array of agents, wherever a table had just been filled and nobody had analyzed it yet.
pub fn reader(family: &Family, rollup: &Rollup) -> String {
    let (name, only, table, journal, at) = (
        rollup.name,
        rollup.only,
        family.table,
        family.journal(),
        family.at,
    );
    let dimension = rollup.dimension.as_ref();
    let stored_value = dimension
        .map(|Dimension { name, .. }| format!("stored.{name}, "))
        .unwrap_or_default();
    let value = dimension
        .map(|Dimension { sql, .. }| format!("({sql}) collate \"C\", "))
        .unwrap_or_default();
    let list = |each: &dyn Fn(&Counter) -> String| {
        rollup
            .counters
            .iter()
            .map(each)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let agent = family
        .agent
        .map_or("0".to_owned(), |agent| format!("coalesce(r.{agent}, 0)"));

    let mut parts = vec![format!(
        "select stored.bucket::bigint * p.width * 900 + p.utc_offset, stored.agent_id, {stored_value}{counters}
         from unnest(widths, firsts, ends, offsets) as p (width, first_bucket, end_bucket, utc_offset)
         cross join unnest(agents) as a (id)
         cross join lateral (
             select * from {name} stored
             where stored.tenant_id = tenant and stored.scope = scope_no and stored.campaign_id = campaign
               and stored.agent_id = a.id and stored.width = p.width
               and stored.bucket >= p.first_bucket and stored.bucket < p.end_bucket
             offset 0) stored",
        counters = list(&|it| format!("stored.{}", it.name)),
    )];
    for rows in narrowed(family.agent, rollup.scopes) {
        parts.push(format!(
            "select r.quarter::bigint * 900 + p.utc_offset, {agent}, {value}{counters}
             from {journal} r
             cross join lateral (
                 select p.utc_offset
                 from unnest(widths, firsts, ends, offsets) as p (width, first_bucket, end_bucket, utc_offset)
                 where r.quarter >= p.first_bucket::bigint * p.width and r.quarter < p.end_bucket::bigint * p.width
                 offset 0) p
             where r.tenant_id = tenant and {rows} and {only}",
            counters = list(&|it| format!("r.weight * ({})", it.of_row())),
        ));
        parts.push(format!(
            "select callboard_local_second(r.{at}, p.utc_offset), {agent}, {value}{counters}
             from unnest(froms, tos, ragged_offsets) as p (begins, ends, utc_offset)
             cross join lateral (
                 select * from {table} r
                 where r.tenant_id = tenant and r.{at} >= p.begins and r.{at} < p.ends and {rows} and {only}
                 offset 0) r",
            counters = list(&|it| it.of_row()),
        ));
    }
    let body = parts.join(" union all ").replace("{tenant}", "tenant");
    let columns = list(&|it| format!("{} {}", it.name, it.sql_type()));
    let value = dimension
        .map(|value| format!("{} text, ", value.name))
        .unwrap_or_default();
    let returned = format!("local_second bigint, agent_id bigint, {value}{columns}");
    function(
        &format!("rolled_{name}({READER_ARGUMENTS}) returns table ({returned})"),
        &body,
    )
}

/// Conditions that pick a scope's rows by its arguments, at most one of which holds: apart, so that each is
/// found by its own index.
pub fn narrowed(agent: Option<&str>, scopes: &[Scope]) -> Vec<String> {
    let by_agent = agent.map_or(String::new(), |agent| {
        format!(
            " and (scope_no < {} or r.{agent} = any (agents))",
            Scope::AgentOfCampaign.number()
        )
    });
    let has = |test: fn(Scope) -> bool| scopes.iter().any(|scope| test(*scope));
    let numbers = |test: fn(Scope) -> bool| {
        let numbers: Vec<String> = scopes
            .iter()
            .filter(|scope| test(**scope))
            .map(|scope| scope.number().to_string())
            .collect();
        numbers.join(", ")
    };
    let mut conditions = vec![format!(
        "scope_no in ({}) and r.campaign_id = campaign{by_agent}",
        numbers(Scope::has_campaign)
    )];
    if has(|scope| !scope.has_campaign()) {
        conditions.push(format!(
            "scope_no in ({}){by_agent}",
            numbers(|scope| !scope.has_campaign())
        ));
    }
    conditions
}

/// A function that only selects, which the planner puts in place of its call.
pub fn function(head: &str, body: &str) -> String {
    let name = head.split(" returns").next().unwrap_or(head);
    let name = signature(name);
    format!(
        "create function {head} language sql stable parallel safe as $body$ {body} $body$;
         comment on function {name} is 'callboard reader'"
    )
}

/// `f(a bigint, b text[])` as `f(bigint, text[])`.
fn signature(head: &str) -> String {
    let Some((name, arguments)) = head.split_once('(') else {
        return head.to_owned();
    };
    let types = arguments
        .trim_end_matches(')')
        .split(',')
        .filter_map(|argument| argument.trim().split_once(' '));
    format!(
        "{name}({})",
        types.map(|(_, kind)| kind).collect::<Vec<_>>().join(", ")
    )
}
