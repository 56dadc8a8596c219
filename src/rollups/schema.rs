//! The derived tables: made from the catalog, and made anew when it changes.
//!
//! Owns the statements that create them. What is derived can always be derived again: a server that finds the
//! tables of another catalog drops them, makes its own, and calls every account stale, which is read from its
//! raw rows until the compactor has been there.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::catalog::{Dimension, Family, Module, Rollup, Scope, Stages};
use super::{links, sources};
use crate::auth::settings::Settings;
use crate::db;
use crate::error::Result;

/// Names the work among Postgres' advisory locks.
const LOCK: i64 = 0x6361_6c6c_0002;

/// Makes the derived tables unless they are those of this catalog already. Several instances may do so at once:
/// one of them does the work.
pub async fn install(connection: &mut PgConnection) -> Result<()> {
    let statements = statements();
    let fingerprint = fingerprint();
    let mut transaction = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let installed: Option<String> =
        sqlx::query_scalar("select fingerprint from rollup_schema").fetch_optional(&mut *transaction).await?;
    if installed.as_deref() != Some(fingerprint) {
        for statement in removal().into_iter().chain(statements) {
            transaction.execute(AssertSqlSafe(statement)).await?;
        }
        transaction.execute("set local callboard.roll_call = 'on'").await?;
        transaction
            .execute(
                "insert into rollup_stale (tenant_id, module)
                 select t.id, m.module from tenants t cross join (values ('autocall'), ('telesales')) m (module)",
            )
            .await?;
        transaction.execute("delete from rollup_schema").await?;
        let note = sqlx::query("insert into rollup_schema (fingerprint) values ($1)").bind(fingerprint);
        note.execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// Tells this catalog, and what is made of it, from others.
pub fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
        let digest = Sha256::digest(statements().join("\n").as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    });
    &FINGERPRINT
}

/// Whether the derived tables are this catalog's: another version of the server may have put its own in their
/// place, whose sums are made by other rules.
pub async fn is_ours(scope: &mut db::Scope) -> Result<bool> {
    let ours = sqlx::query_scalar("select exists (select from rollup_schema where fingerprint = $1)");
    Ok(ours.bind(fingerprint()).fetch_one(scope.connection()).await?)
}

/// Whatever an earlier catalog made: it left its mark on each.
fn removal() -> Vec<String> {
    vec![
        "do $$ declare made record; begin
            for made in select p.oid::regprocedure as name from pg_proc p
                        where obj_description(p.oid, 'pg_proc') = 'callboard derived' loop
                execute format('drop function %s cascade', made.name);
            end loop;
            for made in select c.oid::regclass as name from pg_class c
                        where obj_description(c.oid, 'pg_class') = 'callboard derived' loop
                execute format('drop table %s cascade', made.name);
            end loop;
        end $$"
            .to_owned(),
    ]
}

/// Everything there is to make, in order.
fn statements() -> Vec<String> {
    let mut statements = vec![function(
        "callboard_short_call_sec(tenant bigint) returns numeric",
        // A setting that is no number in its range is passed over, as it is by who reads the rows.
        &format!(
            r"select coalesce(
                  (select n from (select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                                  from (select replace(settings ->> 'short_call_sec', '_', '')
                                        from tenants where id = tenant) told (s)) read (n)
                   where n between 0 and 3600), {})",
            Settings::default().short_call_sec
        ),
    )];
    let families: Vec<&Family> = Module::ALL.into_iter().flat_map(Module::families).collect();
    for family in &families {
        statements.extend(journal(family));
        for rollup in family.rollups {
            statements.push(rollup_table(rollup));
            statements.push(guarded(rollup.name));
        }
    }
    // Functions name tables, all of which must be there.
    for family in &families {
        statements.extend(family.rollups.iter().map(|rollup| reader(family, rollup)));
        if let Some(stages) = family.stages {
            statements.extend(links::schema(family, stages));
        }
    }
    statements.extend(sources::schema());
    statements.extend(families.into_iter().map(truncation));
    statements
}

/// A function that only selects, which the planner puts in place of its call.
pub fn function(head: &str, body: &str) -> String {
    let name = head.split(" returns").next().unwrap_or(head);
    let name = signature(name);
    format!(
        "create function {head} language sql stable parallel safe as $body$ {body} $body$;
         comment on function {name} is 'callboard derived'"
    )
}

/// `f(a bigint, b text[])` as `f(bigint, text[])`.
fn signature(head: &str) -> String {
    let Some((name, arguments)) = head.split_once('(') else { return head.to_owned() };
    let types = arguments.trim_end_matches(')').split(',').filter_map(|argument| argument.trim().split_once(' '));
    format!("{name}({})", types.map(|(_, kind)| kind).collect::<Vec<_>>().join(", "))
}

/// The mark, and the guard every table of an account stands under.
pub fn guarded(table: &str) -> String {
    format!("comment on table {table} is 'callboard derived'; call callboard_guard('{table}')")
}

/// The journal of a table: what every statement added (weight 1) and took away (−1), row by row, until the
/// compactor has moved it into the roll-ups. Nobody waits for anybody to write it.
fn journal(family: &Family) -> Vec<String> {
    let (table, journal) = (family.table, family.journal());
    let names: Vec<&str> = family.columns().iter().map(|(name, _)| *name).collect();
    let typed: Vec<String> = family.columns().iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    let (names, typed) = (names.join(", "), typed.join(", "));
    let select = |weight: &str, rows: &str| {
        format!(
            "select tenant_id, {weight} as weight, callboard_quarter({}) as quarter, {names} from {rows}",
            family.at
        )
    };
    let into = format!("insert into {journal} (tenant_id, weight, quarter, {names})");
    // What an update leaves as it was cancels out.
    let changed = format!(
        "select tenant_id, sum(weight)::integer, quarter, {names} from ({} union all {}) changes
         group by tenant_id, quarter, {names} having sum(weight) <> 0",
        select("-1", "old_rows"),
        select("1", "new_rows")
    );
    let mut statements = vec![
        format!(
            "create table {journal} (tenant_id bigint not null, weight integer not null, quarter integer not null, {typed})"
        ),
        format!("create index on {journal} (tenant_id, campaign_id)"),
        // It is emptied all the time: what is left of it must go before it is in anybody's way.
        format!(
            "alter table {journal} set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0)"
        ),
        guarded(&journal),
        // Entries come from the triggers below, under whatever role somebody's own SQL runs.
        format!("create policy told on {journal} for insert with check (true)"),
    ];
    for (event, transition, entries) in [
        ("insert", "new table as new_rows", select("1", "new_rows")),
        ("update", "old table as old_rows new table as new_rows", changed),
        ("delete", "old table as old_rows", select("-1", "old_rows")),
    ] {
        statements.push(trigger(table, event, &format!("referencing {transition}"), &format!("{into} {entries}")));
    }
    statements
}

/// Emptying a table empties all that was derived from it.
fn truncation(family: &Family) -> String {
    let mut derived: Vec<String> = family.rollups.iter().map(|rollup| rollup.name.to_owned()).collect();
    derived.push(family.journal());
    derived.extend(family.stages.iter().flat_map(|stages| [links::trail(stages), links::table(stages)]));
    derived.extend(sources::derived_from(family));
    trigger(family.table, "truncate", "", &format!("truncate {}", derived.join(", ")))
}

fn trigger(table: &str, event: &str, referencing: &str, body: &str) -> String {
    let name = format!("{table}_on_{event}");
    format!(
        "create function {name}() returns trigger language plpgsql security definer set search_path = public, pg_temp
         as $body$ begin {body}; return null; end $body$;
         comment on function {name}() is 'callboard derived';
         -- It acts with its owner's rights: nobody is to put it on a table of his own.
         revoke execute on function {name}() from public;
         create trigger rollup_{event} after {event} on {table} {referencing}
             for each statement execute function {name}()"
    )
}

fn rollup_table(rollup: &Rollup) -> String {
    let dimension = rollup.dimension.as_ref();
    let value = dimension.map(|value| format!("{} text collate \"C\" not null, ", value.name)).unwrap_or_default();
    let counters: Vec<String> =
        rollup.counters.iter().map(|it| format!("{} {} not null", it.name, it.sql_type())).collect();
    format!(
        "create table {name} (
            tenant_id bigint not null, scope smallint not null, campaign_id bigint not null, agent_id bigint not null,
            width smallint not null, bucket integer not null, {value}{counters});
         create unique index on {name} ({key})",
        name = rollup.name,
        key = key(rollup),
        counters = counters.join(", ")
    )
}

/// What a row of a roll-up is found by. A text of the dimension may be longer than an index can hold.
pub fn key(rollup: &Rollup) -> String {
    let value = rollup.dimension.as_ref().map(|value| format!(", callboard_key({})", value.name)).unwrap_or_default();
    format!("tenant_id, scope, campaign_id, agent_id, width, bucket{value}")
}

/// The arguments of every reader, and what it makes of them: a scope, then a plan (`Plan::bind`).
pub const READER_ARGUMENTS: &str = "tenant bigint, scope_no smallint, campaign bigint, agents bigint[], widths integer[], firsts integer[], \
     ends integer[], offsets integer[], froms timestamptz[], tos timestamptz[], ragged_offsets integer[]";

/// The function that a roll-up is read through: rows with a local time, an agent, the value of the dimension and
/// the counters, which add up to the window of a plan. In one statement, and so in one snapshot, it adds the
/// roll-up, the journal's entries for the same buckets, and the raw rows of the ragged ends.
fn reader(family: &Family, rollup: &Rollup) -> String {
    let value = |alias: &str| match &rollup.dimension {
        Some(Dimension { name, .. }) if alias == "stored" => format!("stored.{name}, "),
        Some(Dimension { sql, .. }) => format!("({sql}) collate \"C\", "),
        None => String::new(),
    };
    let returned: Vec<String> = std::iter::once("local_second bigint, agent_id bigint".to_owned())
        .chain(rollup.dimension.iter().map(|value| format!("{} text", value.name)))
        .chain(rollup.counters.iter().map(|it| format!("{} {}", it.name, it.sql_type())))
        .collect();
    let stored: Vec<String> = rollup.counters.iter().map(|it| format!("stored.{}", it.name)).collect();
    let weighted: Vec<String> = rollup.counters.iter().map(|it| format!("r.weight * ({})", it.of_row())).collect();
    let plain: Vec<String> = rollup.counters.iter().map(|it| it.of_row()).collect();
    let (name, only, table, journal, at) = (rollup.name, rollup.only, family.table, family.journal(), family.at);
    let agent = family.agent.map_or("0".to_owned(), |agent| format!("coalesce(r.{agent}, 0)"));

    let mut parts = vec![format!(
        "select stored.bucket::bigint * p.width * 900 + p.utc_offset, stored.agent_id, {value}{counters}
         from unnest(widths, firsts, ends, offsets) as p (width, first_bucket, end_bucket, utc_offset)
         join {name} stored on stored.tenant_id = tenant and stored.scope = scope_no and stored.campaign_id = campaign
             and stored.agent_id = any (agents) and stored.width = p.width
             and stored.bucket >= p.first_bucket and stored.bucket < p.end_bucket",
        value = value("stored"),
        counters = stored.join(", ")
    )];
    for rows in narrowed(family) {
        parts.push(format!(
            "select r.quarter::bigint * 900 + p.utc_offset, {agent}, {value}{counters}
             from {journal} r
             join unnest(widths, firsts, ends, offsets) as p (width, first_bucket, end_bucket, utc_offset)
               on r.quarter >= p.first_bucket::bigint * p.width and r.quarter < p.end_bucket::bigint * p.width
             where r.tenant_id = tenant and {rows} and {only}",
            value = value("r"),
            counters = weighted.join(", ")
        ));
        parts.push(format!(
            "select callboard_local_second(r.{at}, p.utc_offset), {agent}, {value}{counters}
             from unnest(froms, tos, ragged_offsets) as p (begins, ends, utc_offset)
             join {table} r on r.tenant_id = tenant and r.{at} >= p.begins and r.{at} < p.ends and {rows} and {only}",
            value = value("r"),
            counters = plain.join(", ")
        ));
    }
    let body = parts.join(" union all ").replace("{tenant}", "tenant");
    function(&format!("rolled_{name}({READER_ARGUMENTS}) returns table ({})", returned.join(", ")), &body)
}

/// Conditions that pick a scope's rows by its arguments, at most one of which holds: apart, so that each is
/// found by its own index.
pub fn narrowed(family: &Family) -> Vec<String> {
    let by_agent = family.agent.map_or(String::new(), |agent| {
        format!(" and (scope_no < {} or r.{agent} = any (agents))", Scope::AgentOfCampaign.number())
    });
    let has = |test: fn(Scope) -> bool| family.scopes.iter().any(|scope| test(*scope));
    let numbers = |test: fn(Scope) -> bool| {
        let numbers: Vec<String> =
            family.scopes.iter().filter(|scope| test(**scope)).map(|scope| scope.number().to_string()).collect();
        numbers.join(", ")
    };
    let mut conditions =
        vec![format!("scope_no in ({}) and r.campaign_id = campaign{by_agent}", numbers(Scope::has_campaign))];
    if has(|scope| !scope.has_campaign()) {
        conditions.push(format!("scope_no in ({}){by_agent}", numbers(|scope| !scope.has_campaign())));
    }
    conditions
}

/// A column for each stage.
pub fn stage_columns(stages: &Stages) -> String {
    stages.all.iter().map(|(name, _)| format!("{name} integer not null")).collect::<Vec<_>>().join(", ")
}
