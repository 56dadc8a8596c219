//! The derived tables: made from the catalog, and made anew when it changes.
//!
//! Owns the statements that create them. What is derived can always be derived again: a server that finds the
//! tables of another catalog drops them, makes its own, and calls every account stale, which is read from its
//! raw rows until the compactor has been there.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::catalog::{Family, Module, Rollup, Stages};
use super::reader::{function, reader};
use super::{links, sources, states};
use crate::auth::settings::Settings;
use crate::db;
use crate::error::Result;

/// Names the work among Postgres' advisory locks.
const LOCK: i64 = 0x6361_6c6c_0002;

/// Of the rules that sums are made by. Raised where these change though the tables do not, so that what an
/// earlier version summed is made anew.
const RULES: u32 = 2;

/// Makes what is derived unless it is that of this catalog already. Several instances may do so at once: one of
/// them does the work.
pub async fn install(connection: &mut PgConnection) -> Result<()> {
    let wanted = &*FINGERPRINTS;
    let mut transaction = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await?;
    let installed: Option<(String, String)> =
        sqlx::query_as("select tables, readers from rollup_schema")
            .fetch_optional(&mut *transaction)
            .await?;
    let same = |there: fn(&(String, String)) -> &String, wanted: &String| {
        installed.as_ref().map(there) == Some(wanted)
    };
    let (same_tables, same_readers) = (
        same(|it| &it.0, &wanted.tables),
        same(|it| &it.1, &wanted.readers),
    );
    if same_tables && same_readers {
        return Ok(transaction.commit().await?);
    }
    run(
        &mut transaction,
        if same_tables {
            &[DROP_READERS]
        } else {
            &[DROP_READERS, DROP_TABLES]
        },
    )
    .await?;
    if !same_tables {
        run(&mut transaction, &tables()).await?;
        run(
            &mut transaction,
            &["set local callboard.roll_call = 'on'", ALL_STALE],
        )
        .await?;
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
        connection
            .execute(AssertSqlSafe(statement.as_ref().to_owned()))
            .await?;
    }
    Ok(())
}

/// Tells what is derived here from what another catalog, or another version of the rules, derives.
struct Fingerprints {
    tables: String,
    readers: String,
}

static FINGERPRINTS: LazyLock<Fingerprints> = LazyLock::new(|| Fingerprints {
    tables: fingerprint(&tables()),
    readers: fingerprint(&readers()),
});

fn fingerprint(statements: &[String]) -> String {
    let digest = Sha256::digest(format!("{RULES}\n{}", statements.join("\n")).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the derived tables are this catalog's: another version of the server may have put its own in their
/// place, whose sums are made by other rules.
pub async fn is_ours(scope: &mut db::Scope) -> Result<bool> {
    let ours = sqlx::query_scalar("select exists (select from rollup_schema where tables = $1)");
    Ok(ours
        .bind(FINGERPRINTS.tables.as_str())
        .fetch_one(scope.connection())
        .await?)
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
        statements.extend(
            family
                .stages
                .into_iter()
                .flat_map(|stages| links::tables(family, stages)),
        );
    }
    statements.extend(sources::tables());
    statements.extend(states::tables());
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
    // Agents with a call at any time. The sums lie in the order of agents: each look-up finds the next.
    statements.push(function(
        "callboard_agents_of_calls(tenant bigint, scope_no smallint, campaign bigint) returns bigint[]",
        "select array(
             with recursive seen as (
                 select min(t.agent_id) as id from telesales_totals t
                 where t.tenant_id = tenant and t.scope = scope_no and t.campaign_id = campaign
                 union all
                 select (select min(t.agent_id) from telesales_totals t
                         where t.tenant_id = tenant and t.scope = scope_no and t.campaign_id = campaign and t.agent_id > seen.id)
                 from seen
                 where seen.id is not null
             )
             select id from seen where id is not null
             union
             select agent_id from telesales_calls_journal where tenant_id = tenant and agent_id is not null
             order by 1)",
    ));
    for family in families() {
        statements.extend(family.rollups.iter().map(|rollup| reader(family, rollup)));
        statements.extend(family.stages.map(|stages| links::reader(family, stages)));
    }
    statements.push(sources::reader());
    statements.push(states::reader());
    statements
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
    let typed: Vec<String> = family
        .columns()
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
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
        (
            "update",
            "old table as old_rows new table as new_rows",
            changed,
        ),
        ("delete", "old table as old_rows", select("-1", "old_rows")),
    ] {
        statements.push(trigger(
            table,
            event,
            &format!("referencing {transition}"),
            &format!("{into} {entries}"),
        ));
    }
    statements
}

/// Emptying a table empties all that was derived from it.
fn truncation(family: &Family) -> String {
    let mut derived: Vec<String> = family
        .rollups
        .iter()
        .map(|rollup| rollup.name.to_owned())
        .collect();
    derived.push(family.journal());
    derived.extend(
        family
            .stages
            .iter()
            .flat_map(|stages| [links::trail(stages), links::table(stages)]),
    );
    derived.extend(sources::derived_from(family));
    derived.extend(states::derived_from(family).into_iter().map(str::to_owned));
    trigger(
        family.table,
        "truncate",
        "",
        &format!("truncate {}", derived.join(", ")),
    )
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

pub fn rollup_table(rollup: &Rollup) -> String {
    let dimension = rollup.dimension.as_ref();
    let value = dimension
        .map(|value| format!("{} text collate \"C\" not null, ", value.name))
        .unwrap_or_default();
    let counters: Vec<String> = rollup
        .counters
        .iter()
        .map(|it| format!("{} {} not null", it.name, it.sql_type()))
        .collect();
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
    let value = rollup
        .dimension
        .as_ref()
        .map(|value| format!(", callboard_key({})", value.name))
        .unwrap_or_default();
    format!("tenant_id, scope, campaign_id, agent_id, width, bucket{value}")
}

/// A column for each stage.
pub fn stage_columns(stages: &Stages) -> String {
    stages
        .all
        .iter()
        .map(|(name, _)| format!("{name} integer not null"))
        .collect::<Vec<_>>()
        .join(", ")
}
