//! Links: how the distinct leads of any window are counted without looking at their calls.
//!
//! The rows of one lead that reached a stage are a chain in time. Count each row of the chain once, and take
//! each pair of neighbours that lies in the window away again: what is left is 1 if the lead has any row there,
//! and 0 if not. So a link is a pair of instants, earlier and later, with a weight: +1 from a row to itself, −1
//! from a row to the next; and the distinct leads of a window are the sum of the weights of the links inside it.
//! Links are kept summed by the hour or day of both ends, for every stage.
//!
//! The trail is what links were made from: each lead's rows with their stages, as of the last compaction. Leads
//! whose rows changed since, and those with rows in the window's ragged ends, are looked at one by one.

use super::catalog::{Family, Scope, Stages};
use super::fold::Origin;
use super::plan::Links;
use super::schema::{function, guarded, narrowed, stage_columns};

pub fn trail(stages: &Stages) -> String {
    format!("{}_trail", stages.name)
}

pub fn table(stages: &Stages) -> String {
    format!("{}_links", stages.name)
}

/// Whether leads are counted over all campaigns of an account too.
fn across(family: &Family) -> bool {
    family.scopes.contains(&Scope::Account)
}

pub fn schema(family: &Family, stages: &Stages) -> Vec<String> {
    let (trail, table) = (trail(stages), table(stages));
    // By lead first where one lead's rows in all campaigns are asked for.
    let by = if across(family) { "lead_id, campaign_id" } else { "campaign_id, lead_id" };
    vec![
        format!(
            "create table {trail} (
                tenant_id bigint not null, campaign_id bigint not null, lead_id bigint not null,
                at timestamptz not null, stages smallint not null, n integer not null,
                primary key (tenant_id, {by}, at, stages))"
        ),
        guarded(&trail),
        format!(
            "create table {table} (
                tenant_id bigint not null, scope smallint not null, campaign_id bigint not null,
                width smallint not null, later_width smallint not null, bucket integer not null, later_bucket integer not null,
                {columns},
                primary key (tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket))",
            columns = stage_columns(stages)
        ),
        guarded(&table),
        reader(family, stages),
    ]
}

/// The arguments of a reader of links: a scope, then what `Links::bind` gives.
pub const READER_ARGUMENTS: &str = "tenant bigint, scope_no smallint, campaign bigint, window_from timestamptz, window_to timestamptz, \
     hours_from timestamptz, hours_to timestamptz, widths integer[], firsts integer[], ends integer[], \
     later_widths integer[], later_firsts integer[], later_ends integer[]";

/// The links inside a window's whole hours, as the relation `l`.
pub fn inside(table: &str) -> String {
    format!(
        "from unnest(widths, firsts, ends, later_widths, later_firsts, later_ends)
             as q (width, first_bucket, end_bucket, later_width, later_first, later_end)
         cross join lateral generate_series(q.first_bucket, q.end_bucket - 1) as e (bucket)
         join {table} l on l.tenant_id = tenant and l.scope = scope_no and l.campaign_id = campaign
             and l.width = q.width and l.later_width = q.later_width and l.bucket = e.bucket
             and l.later_bucket >= q.later_first and l.later_bucket < q.later_end"
    )
}

/// Leads with a row in the window's ragged ends, or one that changed since the last compaction.
pub fn suspects(family: &Family) -> String {
    let (table, journal, at, lead) = (family.table, family.journal(), family.at, family.lead);
    let parts = narrowed(&Family { agent: None, ..*family }).into_iter().flat_map(|rows| {
        [
            format!("select r.{lead} from {journal} r where r.tenant_id = tenant and {rows}"),
            format!(
                "select r.{lead} from {table} r where r.tenant_id = tenant and r.{at} >= window_from
                     and r.{at} < least(hours_from, window_to) and {rows}"
            ),
            format!(
                "select r.{lead} from {table} r where r.tenant_id = tenant and r.{at} >= greatest(hours_to, window_from)
                     and r.{at} < window_to and {rows}"
            ),
        ]
    });
    parts.collect::<Vec<_>>().join(" union ")
}

/// The rows of the leads in `suspects`, as they were when links were made (`folded`) and as they are (`n`).
pub fn rows_of_suspects(family: &Family, stages: &Stages) -> String {
    let in_scope =
        if across(family) { "(scope_no = 1 or r.campaign_id = campaign)" } else { "r.campaign_id = campaign" };
    format!(
        "select lead_id, at, stages, sum(n) filter (where folded) as folded, sum(n) as n
         from (select r.lead_id, r.at, r.stages, r.n, true
               from suspects s join {trail} r on r.tenant_id = tenant and r.lead_id = s.lead_id and {in_scope}
               union all
               select r.lead_id, r.{at}, {mask}, r.weight, false
               from {journal} r {join} where r.tenant_id = tenant and {in_scope}) changes (lead_id, at, stages, n, folded)
         group by 1, 2, 3",
        trail = trail(stages),
        at = family.at,
        mask = stages.mask(),
        journal = family.journal(),
        join = stages.join,
    )
}

/// Of one suspect's rows: which stages it reached in the window, and which the links say that it reached in the
/// window's whole hours.
pub fn reached(stages: &Stages) -> String {
    let stage = |(at, (name, _)): (usize, &(&str, &str))| {
        let bit = 1 << at;
        format!(
            "bool_or(stages & {bit} <> 0 and n > 0 and at >= window_from and at < window_to) as {name},
             bool_or(stages & {bit} <> 0 and folded > 0 and at >= hours_from and at < hours_to) as {name}_linked"
        )
    };
    stages.all.iter().enumerate().map(stage).collect::<Vec<_>>().join(", ")
}

/// The function that counts the leads of a window, each once a stage.
fn reader(family: &Family, stages: &Stages) -> String {
    let each = |text: &dyn Fn(usize, &str) -> String| {
        stages.all.iter().enumerate().map(|(at, (name, _))| text(at, name)).collect::<Vec<_>>().join(", ")
    };
    let returned = each(&|_, name| format!("{name} bigint"));
    let linked = each(&|_, name| format!("coalesce(sum(l.{name}), 0) as {name}"));
    let corrected =
        each(&|_, name| format!("count(*) filter (where {name}) - count(*) filter (where {name}_linked) as {name}"));
    let sums = each(&|_, name| format!("linked.{name} + corrected.{name}"));
    let body = format!(
        "with linked as (select {linked} {inside}),
         suspects as materialized ({suspects}),
         seen as ({rows}),
         leads as (select lead_id, {reached} from seen group by lead_id),
         corrected as (select {corrected} from leads)
         select {sums} from linked, corrected",
        inside = inside(&table(stages)),
        suspects = suspects(family),
        rows = rows_of_suspects(family, stages),
        reached = reached(stages),
    )
    .replace("{tenant}", "tenant");
    function(&format!("rolled_{}_leads({READER_ARGUMENTS}) returns table ({returned})", stages.name), &body)
}

/// Adds what the source changes to the links; the trail must not have been changed yet.
pub fn add(family: &Family, stages: &Stages, source: Origin) -> String {
    let name = table(stages);
    let names: Vec<&str> = stages.all.iter().map(|(name, _)| *name).collect();
    let numbers: Vec<String> = (0..names.len()).map(|at| format!("({})", 1 << at)).collect();
    let sums: Vec<String> =
        (0..names.len()).map(|at| format!("coalesce(sum(weight) filter (where stage = {}), 0)", 1 << at)).collect();
    let any: Vec<String> = sums.iter().map(|sum| format!("{sum} <> 0")).collect();
    let added: Vec<String> = names.iter().map(|name| format!("{name} = stored.{name} + excluded.{name}")).collect();
    let widths: Vec<String> = Links::LEVELS.iter().map(|level| format!("({})", level.width())).collect();
    let scopes: Vec<String> = source
        .scopes(family)
        .iter()
        .filter(|scope| !scope.has_agent())
        .map(|scope| format!("({})", scope.number()))
        .collect();
    format!(
        "with {versions},
         -- The chain of each lead in each stage: every row with the one before it.
         chains as (
            select version, scope, campaign_id, stage, at,
                   lag(at) over (partition by version, scope, campaign_id, lead_id, stage order by at) as previous
            from (select version, scope, case when scope = 0 then campaign_id else 0 end as campaign_id, lead_id, stage, at
                  from versions cross join (values {numbers}) b (stage) cross join (values {scopes}) s (scope)
                  where stages & stage <> 0) rows
         ), pairs as (
            select scope, campaign_id, stage, callboard_quarter(at) as quarter, callboard_quarter(at) as later, version as weight from chains
            union all
            select scope, campaign_id, stage, callboard_quarter(previous), callboard_quarter(at), -version from chains where previous is not null
         ), fine as ( -- most of what did not change cancels out here
            select scope, campaign_id, stage, callboard_bucket(quarter, 4) as hour, callboard_bucket(later, 4) as later_hour, sum(weight) as weight
            from pairs group by 1, 2, 3, 4, 5 having sum(weight) <> 0
         )
         insert into {name} as stored (tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket, {names})
         select $1, scope, campaign_id, w.width, v.width, callboard_bucket(hour, w.width / 4), callboard_bucket(later_hour, v.width / 4), {sums}
         from fine cross join (values {widths}) w (width) cross join (values {widths}) v (width)
         group by 2, 3, 4, 5, 6, 7 having {any}
         order by 2, 3, 4, 5, 6, 7
         on conflict (tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket) do update set {added}",
        versions = versions(family, stages, source),
        numbers = numbers.join(", "),
        names = names.join(", "),
        sums = sums.join(", "),
        scopes = scopes.join(", "),
        widths = widths.join(", "),
        any = any.join(" or "),
        added = added.join(", "),
    )
    .replace("{tenant}", "$1")
}

/// The rows of every lead that the source changes, before (version −1) and after (+1).
fn versions(family: &Family, stages: &Stages, source: Origin) -> String {
    let changes = format!(
        "changes as materialized (
            select r.campaign_id, r.lead_id, r.{at} as at, {mask} as stages, sum(r.weight) as n
            from {rows} r {join} group by 1, 2, 3, 4
         )",
        at = family.at,
        mask = stages.mask(),
        rows = source.relation(family),
        join = stages.join,
    );
    if source != Origin::Journal {
        return format!("{changes}, versions as (select 1 as version, campaign_id, lead_id, at, stages from changes)");
    }
    let same_lead = if across(family) {
        "t.lead_id = c.lead_id"
    } else {
        "t.lead_id = c.lead_id and t.campaign_id = c.campaign_id"
    };
    let leads = if across(family) { "lead_id" } else { "campaign_id, lead_id" };
    format!(
        "{changes}, before as materialized (
            select t.campaign_id, t.lead_id, t.at, t.stages, t.n
            from (select distinct {leads} from changes) c
            join {trail} t on t.tenant_id = $1 and {same_lead}
         ), versions as (
            select -1 as version, campaign_id, lead_id, at, stages from before where n > 0
            union all
            select 1, campaign_id, lead_id, at, stages
            from (select * from before union all select * from changes) rows
            group by campaign_id, lead_id, at, stages having sum(n) > 0
         )",
        trail = trail(stages)
    )
}

/// Brings the trail up to what the links say.
pub fn follow(family: &Family, stages: &Stages, source: Origin) -> Vec<String> {
    let by = if across(family) { "lead_id, campaign_id" } else { "campaign_id, lead_id" };
    let trail = trail(stages);
    let add = format!(
        "insert into {trail} as stored (tenant_id, campaign_id, lead_id, at, stages, n)
         select $1, r.campaign_id, r.lead_id, r.{at}, {mask}, sum(r.weight)
         from {rows} r {join} group by 2, 3, 4, 5 having sum(r.weight) <> 0
         on conflict (tenant_id, {by}, at, stages) do update set n = stored.n + excluded.n",
        at = family.at,
        mask = stages.mask(),
        rows = source.relation(family),
        join = stages.join,
    )
    .replace("{tenant}", "$1");
    let gone = format!(
        "delete from {trail} t using (select distinct campaign_id, lead_id from {rows} r where r.weight < 0) r
         where t.tenant_id = $1 and t.campaign_id = r.campaign_id and t.lead_id = r.lead_id and t.n <= 0",
        rows = source.relation(family),
    );
    if source == Origin::Journal { vec![add, gone] } else { vec![add] }
}

/// Takes out what is known of an account, or of its campaigns `$2`.
pub fn clear(stages: &Stages, source: Origin) -> Vec<String> {
    let (trail, table) = (trail(stages), table(stages));
    match source {
        Origin::RowsOfCampaigns => vec![
            format!("delete from {trail} where tenant_id = $1 and campaign_id = any ($2)"),
            format!("delete from {table} where tenant_id = $1 and scope = 0 and campaign_id = any ($2)"),
        ],
        Origin::Rows | Origin::Journal => vec![
            format!("delete from {trail} where tenant_id = $1"),
            format!("delete from {table} where tenant_id = $1"),
        ],
    }
}
