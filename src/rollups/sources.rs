//! Links of lead sources: how many leads that were created in a window reached a stage in that same window.
//!
//! Such a lead was created, and has a row of the stage, within the window. Of its rows only two matter: the
//! first one not before its creation, and the last one before it. It counts if creation and either of them lie
//! in the window, which three links say: +1 from creation to the first, +1 from the last to creation, and −1
//! from the last to the first, for the case that both do. They are kept as the links of a funnel are (`links`),
//! by source.

use super::catalog::{Family, TELESALES_CALLS, TELESALES_LEADS, TELESALES_STAGES};
use super::fold::Origin;
use super::links::{self, READER_ARGUMENTS};
use super::plan::Links;
use super::reader::function;
use super::schema::guarded;

const TABLE: &str = "telesales_source_links";
/// A source may be longer than an index can hold.
const KEY: &str = "tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket, callboard_key(source)";
/// Of the stages of the funnel, those that lead sources are judged by.
const STAGES: [&str; 3] = ["dialed", "connected", "converted"];

/// Name and bit of each stage.
fn bits() -> impl Iterator<Item = (&'static str, u32)> {
    let all = TELESALES_STAGES
        .all
        .iter()
        .enumerate()
        .map(|(at, (name, _))| (*name, 1 << at));
    all.filter(|(name, _)| STAGES.contains(name))
}

/// What is made from that family's rows here.
pub fn derived_from(family: &Family) -> Option<String> {
    [TELESALES_CALLS.table, TELESALES_LEADS.table]
        .contains(&family.table)
        .then(|| TABLE.to_owned())
}

pub fn tables() -> Vec<String> {
    let columns: Vec<String> = STAGES
        .iter()
        .map(|name| format!("{name} integer not null"))
        .collect();
    vec![
        format!(
            "create table {TABLE} (
                tenant_id bigint not null, scope smallint not null, campaign_id bigint not null,
                width smallint not null, later_width smallint not null, bucket integer not null, later_bucket integer not null,
                source text collate \"C\" not null, {columns});
             create unique index on {TABLE} ({KEY})",
            columns = columns.join(", ")
        ),
        guarded(TABLE),
    ]
}

/// The function that counts, by source, the leads created in a window that reached a stage in it.
pub fn reader() -> String {
    let each = |text: &dyn Fn(u32, &str) -> String| {
        bits()
            .map(|(name, bit)| text(bit, name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let leads = TELESALES_LEADS.table;
    let body = format!(
        "with linked as (
            select l.source, {linked} {inside} group by l.source
         ), changed as materialized ({calls_changed} union {leads_changed}),
         ends as materialized ({calls} union {created}),
         reached as ({reached}),
         versions as ( -- each of these leads as it was when links were made, and as it is
            select lead_id, source, created_at, sum(n) as n, sum(folded) as folded
            from (select r.id, r.campaign_id, callboard_source(r.source) collate \"C\", r.created_at, 1, 1
                  from (select lead_id from ends union select lead_id from changed) s
                  cross join lateral (select * from {leads} r where r.tenant_id = tenant and r.id = s.lead_id offset 0) r
                  union all
                  select r.id, r.campaign_id, callboard_source(r.source) collate \"C\", r.created_at, 0, -r.weight
                  from {leads_journal} r where r.tenant_id = tenant) v (lead_id, campaign_id, source, created_at, n, folded)
            where scope_no = 1 or campaign_id = campaign
            group by lead_id, campaign_id, source, created_at
         ), corrected as (
            select v.source, {corrected} from versions v join reached using (lead_id) group by v.source
         )
         select source, {total} from (select * from linked union all select * from corrected) parts group by source",
        linked = each(&|_, name| format!("sum(l.{name}) as {name}")),
        inside = links::inside(TABLE),
        calls_changed = links::changed(&TELESALES_CALLS),
        leads_changed = links::changed(&TELESALES_LEADS),
        calls = links::at_the_ends(&TELESALES_CALLS),
        created = links::at_the_ends(&TELESALES_LEADS),
        reached = links::reached(&TELESALES_CALLS, &TELESALES_STAGES),
        leads_journal = TELESALES_LEADS.journal(),
        corrected = each(&|bit, name| format!(
            "count(*) filter (where v.n > 0 and v.created_at >= window_from and v.created_at < window_to and truly & {bit} <> 0)
             - count(*) filter (where v.folded > 0 and v.created_at >= hours_from and v.created_at < hours_to
                                  and linked & {bit} <> 0) as {name}"
        )),
        total = each(&|_, name| format!("sum({name})::bigint")),
    )
    .replace("{tenant}", "tenant");
    let returned = each(&|_, name| format!("{name} bigint"));
    function(
        &format!(
            "rolled_telesales_sources({READER_ARGUMENTS}) returns table (source text, {returned})"
        ),
        &body,
    )
}

/// Adds what the sources of calls and leads change. With the journal the trail must be as it was; where all is
/// made anew, it must have been made.
pub fn add(origin: Origin) -> String {
    let each = |text: fn(&str) -> String| {
        STAGES
            .iter()
            .map(|name| text(name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let numbers: Vec<String> = bits().map(|(_, bit)| format!("({bit})")).collect();
    let sums: Vec<String> = bits()
        .map(|(_, bit)| format!("coalesce(sum(weight) filter (where stage = {bit}), 0)"))
        .collect();
    let any: Vec<String> = sums.iter().map(|sum| format!("{sum} <> 0")).collect();
    let widths: Vec<String> = Links::LEVELS
        .iter()
        .map(|level| format!("({})", level.width()))
        .collect();
    let scopes: Vec<String> = origin
        .scopes(TELESALES_LEADS.scopes)
        .iter()
        .map(|scope| format!("({})", scope.number()))
        .collect();
    format!(
        "with {versions},
         nearest as ( -- of each lead in each stage: the first row from its creation on, the last one before
            select l.version, s.scope, case when s.scope = 0 then l.campaign_id else 0 end as campaign_id, l.source,
                   b.stage, l.created_at as created,
                   min(e.at) filter (where e.at >= l.created_at) as after,
                   max(e.at) filter (where e.at < l.created_at) as before
            from leads l
            join events e on e.version = l.version and e.lead_id = l.lead_id
            cross join (values {scopes}) s (scope) cross join (values {numbers}) b (stage)
            where e.stages & b.stage <> 0 and (s.scope = 1 or e.campaign_id = l.campaign_id)
            group by l.version, s.scope, l.campaign_id, l.source, l.lead_id, b.stage, l.created_at
         ), pairs as (
            select scope, campaign_id, source, stage, created as at, after as later, version as weight from nearest where after is not null
            union all
            select scope, campaign_id, source, stage, before, created, version from nearest where before is not null
            union all
            select scope, campaign_id, source, stage, before, after, -version from nearest where before is not null and after is not null
         )
         insert into {TABLE} as stored (tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket, source, {names})
         select $1, scope, campaign_id, w.width, v.width, callboard_bucket(callboard_quarter(at), w.width),
                callboard_bucket(callboard_quarter(later), v.width), source, {sums}
         from pairs cross join (values {widths}) w (width) cross join (values {widths}) v (width)
         group by 2, 3, 4, 5, 6, 7, 8 having {any}
         order by 2, 3, 4, 5, 6, 7
         on conflict ({KEY}) do update set {added}",
        versions = versions(origin),
        scopes = scopes.join(", "),
        numbers = numbers.join(", "),
        names = STAGES.join(", "),
        sums = sums.join(", "),
        widths = widths.join(", "),
        any = any.join(" or "),
        added = each(|name| format!("{name} = stored.{name} + excluded.{name}")),
    )
    .replace("{tenant}", "$1")
}

/// The relations `leads` and `events`: whatever changes, before (version −1) and after (+1).
fn versions(origin: Origin) -> String {
    let (leads, trail) = (TELESALES_LEADS.table, links::trail(&TELESALES_STAGES));
    let columns = "r.id as lead_id, r.campaign_id, r.created_at, callboard_source(r.source) collate \"C\" as source";
    let only = match origin {
        Origin::Rows => "",
        Origin::RowsOfCampaigns => " and r.campaign_id = any ($2)",
        Origin::Journal => {
            return format!(
                "changed as materialized (
                    select lead_id from {calls_journal} where tenant_id = $1
                    union select id from {leads_journal} where tenant_id = $1
                 ), entries as (
                    select {columns}, r.weight from {leads_journal} r where r.tenant_id = $1
                 ), leads as (
                    select 1 as version, {columns} from changed c join {leads} r on r.tenant_id = $1 and r.id = c.lead_id
                    union all
                    select -1, lead_id, campaign_id, created_at, source
                    from (select {columns}, 1 as weight from changed c join {leads} r on r.tenant_id = $1 and r.id = c.lead_id
                          union all select lead_id, campaign_id, created_at, source, -weight from entries) before
                    group by 2, 3, 4, 5 having sum(weight) > 0
                 ), known as materialized (
                    select t.campaign_id, t.lead_id, t.at, t.stages, t.n
                    from changed c join {trail} t on t.tenant_id = $1 and t.lead_id = c.lead_id
                 ), events as materialized (
                    select -1 as version, campaign_id, lead_id, at, stages from known where n > 0
                    union all
                    select 1, campaign_id, lead_id, at, stages
                    from (select * from known
                          union all
                          select r.campaign_id, r.lead_id, r.{at}, {mask}, r.weight
                          from {calls_journal} r {join} where r.tenant_id = $1) rows
                    group by campaign_id, lead_id, at, stages having sum(n) > 0
                 )",
                calls_journal = TELESALES_CALLS.journal(),
                leads_journal = TELESALES_LEADS.journal(),
                at = TELESALES_CALLS.at,
                mask = TELESALES_STAGES.mask(),
                join = TELESALES_STAGES.join,
            );
        }
    };
    format!(
        "leads as (select 1 as version, {columns} from {leads} r where r.tenant_id = $1{only}),
         events as (select 1 as version, r.campaign_id, r.lead_id, r.at, r.stages from {trail} r where r.tenant_id = $1{only})"
    )
}

/// The table that `fold::clear` empties.
pub fn table() -> &'static str {
    TABLE
}
