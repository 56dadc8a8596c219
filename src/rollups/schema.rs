//! The derived tables: made from the catalog, and made anew when it changes.
//!
//! Owns the statements that create them. What is derived can always be derived again: a server that finds the
//! tables of another catalog drops them, makes its own, and calls every account stale, which is read from its
//! raw rows until the compactor has been there.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::catalog::{Counter, Dimension, Family, Module, Rollup, Scope, Stages};
use super::{links, sources};
use crate::auth::settings::Settings;
use crate::db;
use crate::error::Result;

/// Names the work among Postgres' advisory locks.
const LOCK: i64 = 0x6361_6c6c_0002;

/// Of the rules that sums are made by. Raised where these change though the tables do not, so that what an
/// earlier version summed is made anew.
const RULES: u32 = 1;

/// Makes what is derived unless it is that of this catalog already. Several instances may do so at once: one of
/// them does the work.
pub async fn install(connection: &mut PgConnection) -> Result<()> {
    let wanted = &*FINGERPRINTS;
    let mut transaction = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let installed: Option<(String, String)> =
        sqlx::query_as("select tables, readers from rollup_schema").fetch_optional(&mut *transaction).await?;
    let same = |there: fn(&(String, String)) -> &String, wanted: &String| installed.as_ref().map(there) == Some(wanted);
    let (same_tables, same_readers) = (same(|it| &it.0, &wanted.tables), same(|it| &it.1, &wanted.readers));
    if same_tables && same_readers {
        return Ok(transaction.commit().await?);
    }
    run(&mut transaction, if same_tables { &[DROP_READERS] } else { &[DROP_READERS, DROP_TABLES] }).await?;
    if !same_tables {
        run(&mut transaction, &tables()).await?;
        run(&mut transaction, &["set local callboard.roll_call = 'on'", ALL_STALE]).await?;
    }
    run(&mut transaction, &readers()).await?;
    run(&mut transaction, &["delete from rollup_schema"]).await?;
    let note = sqlx::query("insert into rollup_schema (tables, readers) values ($1, $2)")
        .bind(&wanted.tables)
        .bind(&wanted.readers);
    note.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

async fn run<S: AsRef<str>>(connection: &mut PgConnection, statements: &[S]) -> Result<()> {
    for statement in statements {
        connection.execute(AssertSqlSafe(statement.as_ref().to_owned())).await?;
    }
    Ok(())
}

/// Tells what is derived here from what another catalog, or another version of the rules, derives.
struct Fingerprints {
    tables: String,
    readers: String,
}

static FINGERPRINTS: LazyLock<Fingerprints> =
    LazyLock::new(|| Fingerprints { tables: fingerprint(&tables()), readers: fingerprint(&readers()) });

fn fingerprint(statements: &[String]) -> String {
    let digest = Sha256::digest(format!("{RULES}\n{}", statements.join("\n")).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the derived tables are this catalog's: another version of the server may have put its own in their
/// place, whose sums are made by other rules.
pub async fn is_ours(scope: &mut db::Scope) -> Result<bool> {
    let ours = sqlx::query_scalar("select exists (select from rollup_schema where tables = $1)");
    Ok(ours.bind(FINGERPRINTS.tables.as_str()).fetch_one(scope.connection()).await?)
}

const ALL_STALE: &str = "insert into rollup_stale (tenant_id, module)
    select t.id, m.module from tenants t cross join (values ('autocall'), ('telesales')) m (module)";

/// Whatever an earlier catalog made: it left its mark on each.
const DROP_READERS: &str = "do $$ declare made record; begin
        for made in select p.oid::regprocedure as name from pg_proc p
                    where obj_description(p.oid, 'pg_proc') = 'callboard reader' loop
            execute format('drop function %s cascade', made.name);
        end loop;
    end $$";
const DROP_TABLES: &str = "do $$ declare made record; begin
        for made in select p.oid::regprocedure as name from pg_proc p
                    where obj_description(p.oid, 'pg_proc') = 'callboard derived' loop
            execute format('drop function %s cascade', made.name);
        end loop;
        for made in select c.oid::regclass as name from pg_class c
                    where obj_description(c.oid, 'pg_class') = 'callboard derived' loop
            execute format('drop table %s cascade', made.name);
        end loop;
    end $$";

fn families() -> impl Iterator<Item = &'static Family> {
    Module::ALL.into_iter().flat_map(Module::families)
}

/// What holds sums, and the triggers that feed it.
fn tables() -> Vec<String> {
    let mut statements = Vec::new();
    for family in families() {
        statements.extend(journal(family));
        for rollup in family.rollups {
            statements.push(rollup_table(rollup));
            statements.push(guarded(rollup.name));
        }
        statements.extend(family.stages.into_iter().flat_map(|stages| links::tables(family, stages)));
    }
    statements.extend(sources::tables());
    statements.extend(families().map(truncation));
    statements
}

/// The functions that it is read through, and those that sums are made by.
fn readers() -> Vec<String> {
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
    for family in families() {
        statements.extend(family.rollups.iter().map(|rollup| reader(family, rollup)));
        statements.extend(family.stages.map(|stages| links::reader(family, stages)));
    }
    statements.push(sources::reader());
    statements
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
///
/// Each range is looked up by itself, and each agent (`lateral … offset 0`): the statement is planned once for all
/// arguments, and the planner, who would not know how little a range is, might read a whole campaign to find it. It
/// did so, with an array of agents, wherever a table had just been filled and nobody had analyzed it yet.
fn reader(family: &Family, rollup: &Rollup) -> String {
    let (name, only, table, journal, at) = (rollup.name, rollup.only, family.table, family.journal(), family.at);
    let dimension = rollup.dimension.as_ref();
    let stored_value = dimension.map(|Dimension { name, .. }| format!("stored.{name}, ")).unwrap_or_default();
    let value = dimension.map(|Dimension { sql, .. }| format!("({sql}) collate \"C\", ")).unwrap_or_default();
    let list = |each: &dyn Fn(&Counter) -> String| rollup.counters.iter().map(each).collect::<Vec<_>>().join(", ");
    let agent = family.agent.map_or("0".to_owned(), |agent| format!("coalesce(r.{agent}, 0)"));

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
    let value = dimension.map(|value| format!("{} text, ", value.name)).unwrap_or_default();
    let returned = format!("local_second bigint, agent_id bigint, {value}{columns}");
    function(&format!("rolled_{name}({READER_ARGUMENTS}) returns table ({returned})"), &body)
}

/// Conditions that pick a scope's rows by its arguments, at most one of which holds: apart, so that each is
/// found by its own index.
pub fn narrowed(agent: Option<&str>, scopes: &[Scope]) -> Vec<String> {
    let by_agent = agent.map_or(String::new(), |agent| {
        format!(" and (scope_no < {} or r.{agent} = any (agents))", Scope::AgentOfCampaign.number())
    });
    let has = |test: fn(Scope) -> bool| scopes.iter().any(|scope| test(*scope));
    let numbers = |test: fn(Scope) -> bool| {
        let numbers: Vec<String> =
            scopes.iter().filter(|scope| test(**scope)).map(|scope| scope.number().to_string()).collect();
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
