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
use super::reader::{function, narrowed};
use super::schema::{guarded, stage_columns};

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

pub fn tables(family: &Family, stages: &Stages) -> Vec<String> {
    let (trail, table) = (trail(stages), table(stages));
    // By lead first where one lead's rows in all campaigns are asked for.
    let by = if across(family) {
        "lead_id, campaign_id"
    } else {
        "campaign_id, lead_id"
    };
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
    ]
}

/// The arguments of a reader of links: a scope, then what `Links::bind` gives.
pub const READER_ARGUMENTS: &str = "tenant bigint, scope_no smallint, campaign bigint, window_from timestamptz, window_to timestamptz, \
     hours_from timestamptz, hours_to timestamptz, widths integer[], firsts integer[], ends integer[], \
     later_widths integer[], later_firsts integer[], later_ends integer[]";

/// The links inside a window's whole hours, as the relation `l`. A short range is walked bucket by bucket, which finds
/// the links that begin in it and end before the window does without passing over the others. A long one may be of
/// millennia, with hardly anything in it: there the links that begin in it are gone through.
pub fn inside(table: &str) -> String {
    let of_scope = "l.tenant_id = tenant and l.scope = scope_no and l.campaign_id = campaign
               and l.width = q.width and l.later_width = q.later_width";
    let later = "l.later_bucket >= q.later_first and l.later_bucket < q.later_end";
    let is_long = "q.end_bucket - q.first_bucket > 1000";
    format!(
        "from unnest(widths, firsts, ends, later_widths, later_firsts, later_ends)
             as q (width, first_bucket, end_bucket, later_width, later_first, later_end)
         cross join lateral (
             select l.*
             from generate_series(q.first_bucket, case when {is_long} then q.first_bucket else q.end_bucket end - 1) as e (bucket)
             cross join lateral (select * from {table} l where {of_scope} and l.bucket = e.bucket and {later} offset 0) l
             union all
             select l.* from {table} l
             where {is_long} and {of_scope} and l.bucket >= q.first_bucket and l.bucket < q.end_bucket and {later}) l"
    )
}

/// Leads with a row in the window's ragged ends.
pub fn at_the_ends(family: &Family) -> String {
    let (table, at, lead) = (family.table, family.at, family.lead);
    let parts = narrowed(None, family.scopes).into_iter().flat_map(|rows| {
        [("window_from", "least(hours_from, window_to)"), ("greatest(hours_to, window_from)", "window_to")].map(|(from, to)| {
            format!("select r.{lead} as lead_id from {table} r where r.tenant_id = tenant and r.{at} >= {from} and r.{at} < {to} and {rows}")
        })
    });
    parts.collect::<Vec<_>>().join(" union ")
}

/// Leads with a row that changed since the last compaction.
pub fn changed(family: &Family) -> String {
    let (journal, lead) = (family.journal(), family.lead);
    let parts = narrowed(None, family.scopes).into_iter().map(|rows| {
        format!("select distinct r.{lead} as lead_id from {journal} r where r.tenant_id = tenant and {rows}")
    });
    parts.collect::<Vec<_>>().join(" union ")
}

/// What each lead that links do not tell of has reached, as bits: `truly` in the window, and `linked` in its
/// whole hours as the links have it. Of leads that did not change, the trail is the truth; of those in the
/// relation `changed`, the trail with the journal's entries.
pub fn reached(family: &Family, stages: &Stages) -> String {
    let in_scope = if across(family) {
        "(scope_no = 1 or r.campaign_id = campaign)"
    } else {
        "r.campaign_id = campaign"
    };
    let trail = trail(stages);
    format!(
        "select s.lead_id, r.truly, r.linked
         from ends s
         cross join lateral (
             select bit_or(r.stages) as truly,
                    bit_or(r.stages) filter (where r.at >= hours_from and r.at < hours_to) as linked
             from {trail} r
             where r.tenant_id = tenant and r.lead_id = s.lead_id and {in_scope}
               and r.at >= window_from and r.at < window_to
             offset 0) r
         where s.lead_id not in (select lead_id from changed)
         union all
         select lead_id, bit_or(stages) filter (where n > 0 and at >= window_from and at < window_to),
                bit_or(stages) filter (where folded > 0 and at >= hours_from and at < hours_to)
         from (select lead_id, at, stages, sum(n) filter (where folded) as folded, sum(n) as n
               from (select s.lead_id, r.at, r.stages, r.n, true
                     from changed s
                     cross join lateral (
                         select * from {trail} r where r.tenant_id = tenant and r.lead_id = s.lead_id and {in_scope}
                         offset 0) r
                     union all
                     select r.lead_id, r.{at}, {mask}, r.weight, false
                     from {journal} r {join} where r.tenant_id = tenant and {in_scope}) entries (lead_id, at, stages, n, folded)
               group by 1, 2, 3) rows
         group by lead_id",
        at = family.at,
        mask = stages.mask(),
        journal = family.journal(),
        join = stages.join,
    )
}

/// The function that counts the leads of a window, each once a stage.
pub fn reader(family: &Family, stages: &Stages) -> String {
    let each = |text: &dyn Fn(usize, &str) -> String| {
        stages
            .all
            .iter()
            .enumerate()
            .map(|(at, (name, _))| text(1 << at, name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let body = format!(
        "with linked as (select {linked} {inside}),
         changed as materialized ({changed}),
         ends as materialized ({ends}),
         reached as ({reached}),
         corrected as (select {corrected} from reached)
         select {sums} from linked, corrected",
        linked = each(&|_, name| format!("coalesce(sum(l.{name}), 0) as {name}")),
        inside = inside(&table(stages)),
        changed = changed(family),
        ends = at_the_ends(family),
        reached = reached(family, stages),
        corrected = each(&|bit, name| {
            format!(
                "count(*) filter (where truly & {bit} <> 0) - count(*) filter (where linked & {bit} <> 0) as {name}"
            )
        }),
        sums = each(&|_, name| format!("linked.{name} + corrected.{name}")),
    )
    .replace("{tenant}", "tenant");
    let returned = each(&|_, name| format!("{name} bigint"));
    function(
        &format!(
            "rolled_{}_leads({READER_ARGUMENTS}) returns table ({returned})",
            stages.name
        ),
        &body,
    )
}

/// Adds what the origin changes to the links; the trail must not have been changed yet.
pub fn add(family: &Family, stages: &Stages, origin: Origin) -> String {
    let name = table(stages);
    let list = |each: &dyn Fn(usize, &str) -> String, between: &str| {
        stages
            .all
            .iter()
            .enumerate()
            .map(|(at, (name, _))| each(1 << at, name))
            .collect::<Vec<_>>()
            .join(between)
    };
    let widths: Vec<String> = Links::LEVELS
        .iter()
        .map(|level| format!("({})", level.width()))
        .collect();
    let scopes = origin
        .scopes(family.scopes)
        .into_iter()
        .filter(|scope| !scope.has_agent());
    let scopes: Vec<String> = scopes
        .map(|scope| format!("({})", scope.number()))
        .collect();
    format!(
        "with {versions},
         chains as ( -- each row of a lead with the hour of the last one before it in each stage
            select version, scope, case when scope = 0 then campaign_id else 0 end as campaign_id, hour, stages,
                   {before}
            from versions cross join (values {scopes}) s (scope)
            window earlier as (partition by version, scope, case when scope = 0 then campaign_id else 0 end, lead_id
                               order by at rows between unbounded preceding and 1 preceding)
         ), linked as ( -- from each row to itself, then from the last one before to it
            select scope, campaign_id, hour as earlier, hour as later, {itself}
            from chains group by 1, 2, 3
            union all
            select scope, campaign_id, b.earlier, hour, {neighbours}
            from chains cross join lateral (values {last}) b (stage, earlier)
            where b.earlier is not null and stages & b.stage <> 0
            group by 1, 2, 3, 4
         )
         insert into {name} as stored (tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket, {names})
         select $1, scope, campaign_id, w.width, v.width, callboard_bucket(earlier, w.width / 4), callboard_bucket(later, v.width / 4), {sums}
         from linked cross join (values {widths}) w (width) cross join (values {widths}) v (width)
         group by 2, 3, 4, 5, 6, 7 having {any}
         order by 2, 3, 4, 5, 6, 7
         on conflict (tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket) do update set {added}",
        versions = versions(family, stages, origin),
        before = list(&|bit, name| format!("max(hour) filter (where stages & {bit} <> 0) over earlier as {name}"), ", "),
        itself = list(&|bit, name| format!("sum(case when stages & {bit} <> 0 then version else 0 end) as {name}"), ", "),
        neighbours = list(&|bit, _| format!("-sum(case when b.stage = {bit} then version else 0 end)"), ", "),
        last = list(&|bit, name| format!("({bit}, {name})"), ", "),
        names = list(&|_, name| name.to_owned(), ", "),
        sums = list(&|_, name| format!("sum({name})"), ", "),
        any = list(&|_, name| format!("sum({name}) <> 0"), " or "),
        added = list(&|_, name| format!("{name} = stored.{name} + excluded.{name}"), ", "),
        scopes = scopes.join(", "),
        widths = widths.join(", "),
    )
    .replace("{tenant}", "$1")
}

/// The rows of every lead that the origin changes, before (version −1) and after (+1).
fn versions(family: &Family, stages: &Stages, origin: Origin) -> String {
    let (at, mask, rows, join) = (
        family.at,
        stages.mask(),
        origin.relation(family),
        stages.join,
    );
    let hour = "callboard_bucket(callboard_quarter(at), 4) as hour";
    if origin != Origin::Journal {
        return format!(
            "versions as (
                select 1 as version, r.campaign_id, r.lead_id, r.{at} as at, callboard_bucket(r.quarter, 4) as hour, {mask} as stages
                from {rows} r {join}
             )"
        );
    }
    let same_lead = if across(family) {
        "t.lead_id = c.lead_id"
    } else {
        "t.lead_id = c.lead_id and t.campaign_id = c.campaign_id"
    };
    let leads = if across(family) {
        "lead_id"
    } else {
        "campaign_id, lead_id"
    };
    format!(
        "changes as materialized (
            select r.campaign_id, r.lead_id, r.{at} as at, {mask} as stages, r.weight as n from {rows} r {join}
         ), before as materialized (
            select t.campaign_id, t.lead_id, t.at, t.stages, t.n
            from (select distinct {leads} from changes) c
            join {trail} t on t.tenant_id = $1 and {same_lead}
         ), versions as (
            select -1 as version, campaign_id, lead_id, at, {hour}, stages from before where n > 0
            union all
            select 1, campaign_id, lead_id, at, {hour}, stages
            from (select * from before union all select * from changes) rows
            group by campaign_id, lead_id, at, stages having sum(n) > 0
         )",
        trail = trail(stages)
    )
}

/// Brings the trail up to what the links say.
pub fn follow(family: &Family, stages: &Stages, origin: Origin) -> Vec<String> {
    let by = if across(family) {
        "lead_id, campaign_id"
    } else {
        "campaign_id, lead_id"
    };
    let trail = trail(stages);
    let add = format!(
        "insert into {trail} as stored (tenant_id, campaign_id, lead_id, at, stages, n)
         select $1, r.campaign_id, r.lead_id, r.{at}, {mask}, sum(r.weight)
         from {rows} r {join} group by 2, 3, 4, 5 having sum(r.weight) <> 0
         on conflict (tenant_id, {by}, at, stages) do update set n = stored.n + excluded.n",
        at = family.at,
        mask = stages.mask(),
        rows = origin.relation(family),
        join = stages.join,
    )
    .replace("{tenant}", "$1");
    let gone = format!(
        "delete from {trail} t using (select distinct campaign_id, lead_id from {rows} r where r.weight < 0) r
         where t.tenant_id = $1 and t.campaign_id = r.campaign_id and t.lead_id = r.lead_id and t.n <= 0",
        rows = origin.relation(family),
    );
    if origin == Origin::Journal {
        vec![add, gone]
    } else {
        vec![add]
    }
}

/// Takes out what is known of an account, or of its campaigns `$2`.
pub fn clear(stages: &Stages, origin: Origin) -> Vec<String> {
    let (trail, table) = (trail(stages), table(stages));
    match origin {
        Origin::RowsOfCampaigns => vec![
            format!("delete from {trail} where tenant_id = $1 and campaign_id = any ($2)"),
            format!(
                "delete from {table} where tenant_id = $1 and scope = 0 and campaign_id = any ($2)"
            ),
        ],
        Origin::Rows | Origin::Journal => vec![
            format!("delete from {trail} where tenant_id = $1"),
            format!("delete from {table} where tenant_id = $1"),
        ],
    }
}
