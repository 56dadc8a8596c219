//! States of leads: how many of the leads created in a window have been tried, are being tried, or are done with.
//!
//! A lead's state depends on its own row and on all its attempts, whenever they were and whatever campaign they were
//! made for, so no journal says what it became. It says which leads to look at again: what they were counted as is taken
//! out, and what the rows say now is put in. What each lead was counted as is the trail here.

use super::catalog::{AUTOCALL_ATTEMPTS, AUTOCALL_LEAD_STATES, AUTOCALL_LEADS, Family};
use super::fold::{self, Origin};
use super::reader::function;
use super::schema::{guarded, rollup_table};

const TRAIL: &str = "autocall_lead_trail";
const SUMS: &str = AUTOCALL_LEAD_STATES.name;

pub fn tables() -> Vec<String> {
    vec![
        format!(
            "create table {TRAIL} (
                tenant_id bigint not null, lead_id bigint not null, campaign_id bigint not null,
                created_at timestamptz not null, status text not null, attempts integer not null,
                in_progress boolean not null,
                primary key (tenant_id, lead_id))"
        ),
        guarded(TRAIL),
        rollup_table(&AUTOCALL_LEAD_STATES),
        guarded(SUMS),
    ]
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
fn state() -> String {
    let (attempts, at) = (AUTOCALL_ATTEMPTS.table, AUTOCALL_LEADS.at);
    let of_it = format!("from {attempts} a where a.tenant_id = {{tenant}} and a.lead_id = l.id");
    format!(
        "l.id as lead_id, l.campaign_id, l.{at}, l.status, (select count(*) {of_it})::integer as attempts,
         exists (select {of_it} and a.result is null) as in_progress"
    )
}

/// Leads that something was written about since the last compaction, whatever it was.
fn changed() -> String {
    let of = |family: &Family| {
        format!(
            "select distinct {} as lead_id from {} where tenant_id = {{tenant}}",
            family.lead,
            family.journal()
        )
    };
    format!("{} union {}", of(&AUTOCALL_ATTEMPTS), of(&AUTOCALL_LEADS))
}

/// The leads of the relation `changed` with weights: as they were counted, and as they are.
fn versions(only: &str) -> String {
    let (leads, state) = (AUTOCALL_LEADS.table, state());
    format!(
        "select -1 as weight, callboard_quarter(l.created_at) as quarter, l.lead_id, l.campaign_id, l.created_at, l.status,
                l.attempts, l.in_progress
         from changed c
         cross join lateral (
             select * from {TRAIL} l where l.tenant_id = {{tenant}} and l.lead_id = c.lead_id and {only} offset 0) l
         union all
         select 1, callboard_quarter(l.created_at), l.*
         from changed c
         cross join lateral (
             select {state} from {leads} l where l.tenant_id = {{tenant}} and l.id = c.lead_id and {only} offset 0) l"
    )
}

/// The function that counts the leads of a plan's window, of an account or of some campaigns. As every reader it looks
/// up each range by itself; the leads created in the window's ragged ends are looked at one by one.
pub fn reader() -> String {
    let (leads, at, state) = (AUTOCALL_LEADS.table, AUTOCALL_LEADS.at, state());
    let counters = AUTOCALL_LEAD_STATES.counters;
    let list = |each: &dyn Fn(&str, &str) -> String| {
        counters
            .iter()
            .map(|it| each(it.name, &it.of_row()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let of_row = list(&|_, row| row.to_owned());
    let ends = |scope: &str, from: &str, campaign: &str| {
        format!(
            "select {of_row}
             from {from} unnest(froms, tos) as p (begins, ends)
             cross join lateral (
                 select {state} from {leads} l
                 where {scope} and l.tenant_id = tenant and l.{at} >= p.begins and l.{at} < p.ends{campaign}
                 offset 0) r"
        )
    };
    let body = format!(
        "with changed as materialized ({changed})
         select {total}
         from (select {stored}
               from unnest(widths, firsts, ends) as p (width, first_bucket, end_bucket)
               cross join unnest(campaigns) as c (id)
               cross join lateral (
                   select * from {SUMS} l
                   where l.tenant_id = tenant and l.scope = scope_no and l.campaign_id = c.id and l.agent_id = 0
                     and l.width = p.width and l.bucket >= p.first_bucket and l.bucket < p.end_bucket
                   offset 0) r
               union all
               select {weighted} from ({versions}) r
               where exists (select from unnest(widths, firsts, ends) as p (width, first_bucket, end_bucket)
                             where r.quarter >= p.first_bucket::bigint * p.width
                               and r.quarter < p.end_bucket::bigint * p.width)
               union all {of_account}
               union all {of_campaigns}) parts",
        changed = changed(),
        total = list(&|name, _| format!("coalesce(sum({name}), 0)::bigint")),
        stored = list(&|name, _| format!("r.{name}")),
        weighted = list(&|_, row| format!("r.weight * ({row})")),
        versions = versions("(scope_no = 1 or l.campaign_id = any (campaigns))"),
        of_account = ends("scope_no = 1", "", ""),
        of_campaigns = ends("scope_no = 0", "unnest(campaigns) as c (id) cross join", " and l.campaign_id = c.id"),
    )
    .replace("{tenant}", "tenant");
    let returned = list(&|name, _| format!("{name} bigint"));
    function(
        &format!(
            "rolled_{SUMS}(tenant bigint, scope_no smallint, campaigns bigint[], widths integer[], firsts integer[], \
             ends integer[], offsets integer[], froms timestamptz[], tos timestamptz[], ragged_offsets integer[]) \
             returns table ({returned})"
        ),
        &body,
    )
}

/// Adds what the origin changes to the sums, and brings the trail up to it.
pub fn add(origin: Origin) -> Vec<String> {
    let leads = AUTOCALL_LEADS.table;
    let sum = |relation: &str| {
        fold::sum(
            &AUTOCALL_LEAD_STATES,
            None,
            relation,
            &origin.scopes(AUTOCALL_LEAD_STATES.scopes),
        )
    };
    let trail = |of: &str| {
        format!(
            "insert into {TRAIL} select $1, l.* from (select {state} from {leads} l {of}) l
             on conflict (tenant_id, lead_id) do update
             set (campaign_id, created_at, status, attempts, in_progress) =
                 (excluded.campaign_id, excluded.created_at, excluded.status, excluded.attempts, excluded.in_progress)",
            state = state(),
        )
    };
    let changed = format!("with changed as materialized ({})", changed());
    let statements = match origin {
        Origin::Journal => vec![
            sum(&format!("({changed} {})", versions("true"))),
            format!(
                "{changed} delete from {TRAIL} t using changed c
                 where t.tenant_id = $1 and t.lead_id = c.lead_id
                   and not exists (select from {leads} l where l.tenant_id = $1 and l.id = t.lead_id)"
            ),
            format!("{changed} {}", trail("join changed c on l.id = c.lead_id where l.tenant_id = $1")),
        ],
        Origin::Rows | Origin::RowsOfCampaigns => {
            let only = if origin == Origin::Rows { "" } else { " and l.campaign_id = any ($2)" };
            vec![
                trail(&format!("where l.tenant_id = $1{only}")),
                sum(&format!(
                    "(select 1 as weight, callboard_quarter(l.created_at) as quarter, l.*
                      from {TRAIL} l where l.tenant_id = $1{only})"
                )),
            ]
        }
    };
    statements
        .into_iter()
        .map(|sql| sql.replace("{tenant}", "$1"))
        .collect()
}

/// Takes out what is known of an account, or of its campaigns `$2`.
pub fn clear(origin: Origin) -> Vec<String> {
    let only = if origin == Origin::RowsOfCampaigns {
        " and campaign_id = any ($2)"
    } else {
        ""
    };
    vec![
        format!("delete from {TRAIL} where tenant_id = $1{only}"),
        fold::clear(SUMS, origin),
    ]
}
