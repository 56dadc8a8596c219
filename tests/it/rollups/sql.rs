//! Operators' own SQL: reports follow every write by any role.

use std::collections::BTreeMap;

use callboard::db::Scope;
use callboard::rollups::compact;
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::{assert_roll_ups_equal_raw_rows, size};
use crate::support::database::{self, uuid};
use crate::support::{TENANT, TestApp, world};

pub const NEIGHBOUR: i64 = 2;

pub async fn filled(seed: u64) -> TestApp {
    let app = TestApp::new().await;
    app.ingest(&world::random(seed, size(300, 300))).await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    app
}

/// Compares before and after compaction.
pub async fn equal_before_and_after_compaction(app: &TestApp, tenant: i64, when: &str) {
    assert_roll_ups_equal_raw_rows(app, tenant, 1, &format!("{when}, in the journal")).await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(app, tenant, 2, &format!("{when}, compacted")).await;
}

/// A superuser connection to the server's database, which bypasses row-level security.
async fn superuser(app: &TestApp) -> Option<PgConnection> {
    let options = database::as_superuser(app.app.db.unscoped().connect_options().as_ref()).await?;
    Some(
        PgConnection::connect_with(&options)
            .await
            .expect("a connection"),
    )
}

async fn run(connection: &mut PgConnection, sql: &str) {
    connection
        .execute(AssertSqlSafe(sql.to_owned()))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

const GUEST_STATEMENTS: &[&str] = &[
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result)
     select 1, 'guest-' || n, 1 + n % 4, n, 1, '2026-06-09Z'::timestamptz + n * interval '13 minutes', 'answered' from generate_series(1, 90) n",
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
     select 1, 'guest-' || n, 2, n, 1, '2026-06-20Z' from generate_series(60, 120) n
     on conflict (tenant_id, uuid) do update set started_at = excluded.started_at, dtmf = '7'",
    "merge into telesales_calls c using (select 'call-' || n as uuid, n from generate_series(1, 400) n) m on c.tenant_id = 1 and c.uuid = m.uuid
     when matched and n % 5 = 0 then delete when matched and n % 5 = 1 then update set talk_sec = n, agent_id = n % 12, campaign_id = 3
     when not matched then insert (tenant_id, uuid, campaign_id, lead_id, started_at, result) values (1, m.uuid, 2, n, '2026-06-11 12:00Z', 'answered')",
    "update telesales_calls c set started_at = m.at, disposition = 'sale'
     from (select 'call-' || n as uuid, '2026-06-13Z'::timestamptz + n * interval '1 hour' as at from generate_series(1, 50) n) m where m.uuid = c.uuid",
    "with gone as (delete from telesales_calls where talk_sec = 31 returning *),
          first as (insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at) select 1, 'a' || uuid, 1, lead_id, started_at from gone),
          second as (update telesales_calls set wrap_sec = 1 where talk_sec = 8)
     insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at) select 1, 'b' || uuid, 2, lead_id, started_at from gone",
    "update telesales_calls set uuid = 'renamed-' || uuid where talk_sec = 9",
    "do $$ begin
         for n in 1..20 loop
             begin
                 update telesales_calls set started_at = started_at + interval '1 day' where uuid = 'call-' || n;
                 if n % 2 = 0 then raise exception 'never mind'; end if;
             exception when raise_exception then null;
             end;
         end loop;
     end $$",
    "delete from autocall_attempts where billsec % 3 = 0",
];

#[tokio::test(flavor = "multi_thread")]
async fn writes_by_a_role_with_rights_on_the_public_tables_only_are_counted() {
    let app = filled(31).await;
    let Some(mut superuser) = superuser(&app).await else {
        return;
    };
    let role = format!("guest_{}", uuid());
    run(
        &mut superuser,
        &format!("create role {role} login nosuperuser"),
    )
    .await;
    let rights = "grant select, insert, update, delete on autocall_attempts, telesales_calls to";
    run(&mut superuser, &format!("{rights} {role}")).await;
    let options = app
        .app
        .db
        .unscoped()
        .connect_options()
        .as_ref()
        .clone()
        .username(&role);
    let mut guest = PgConnection::connect_with(&options)
        .await
        .expect("a connection");
    run(&mut guest, "set callboard.tenant = '1'").await;
    for sql in GUEST_STATEMENTS {
        run(&mut guest, sql).await;
        assert_roll_ups_equal_raw_rows(&app, TENANT, 3, sql).await;
    }
    let columns = "(tenant_id, uuid, campaign_id, lead_id, started_at, result)";
    let copied: String = (0..200)
        .map(|n| format!("1\tcopy-{n}\t2\t{n}\t2026-06-1{} 10:00Z\tanswered\n", n % 9))
        .collect();
    // `COPY` into a table with row-level security requires a role that bypasses it.
    let mut copy = superuser
        .copy_in_raw(&format!("copy telesales_calls {columns} from stdin"))
        .await
        .expect("a copy");
    copy.send(copied.into_bytes()).await.expect("sent");
    assert_eq!(copy.finish().await.expect("copied"), 200);
    equal_before_and_after_compaction(&app, TENANT, "as a guest").await;
    assert!(
        guest
            .execute("select from autocall_attempts_journal")
            .await
            .is_err(),
        "the journal is not a guest's"
    );
    drop(guest);
    run(
        &mut superuser,
        &format!("drop owned by {role}; drop role {role}"),
    )
    .await;
}

/// Trigger functions run with their owner's rights: attached to another table, they would write
/// into any tenant's journal.
#[tokio::test(flavor = "multi_thread")]
async fn trigger_functions_cannot_be_used_by_other_roles() {
    let app = TestApp::new().await;
    let Some(mut superuser) = superuser(&app).await else {
        return;
    };
    let role = format!("forger_{}", uuid());
    run(
        &mut superuser,
        &format!(
            "create role {role} login nosuperuser; grant temp on database {} to {role}",
            app.app
                .db
                .unscoped()
                .connect_options()
                .get_database()
                .expect("a name")
        ),
    )
    .await;
    let options = app
        .app
        .db
        .unscoped()
        .connect_options()
        .as_ref()
        .clone()
        .username(&role);
    let mut forger = PgConnection::connect_with(&options)
        .await
        .expect("a connection");
    run(
        &mut forger,
        "create temp table mine (tenant_id bigint, started_at timestamptz)",
    )
    .await;
    let functions: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', pronamespace::regnamespace, proname) from pg_proc
         where prosecdef and prorettype = 'trigger'::regtype order by 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("functions");
    assert!(functions.len() > 15, "{functions:?}");
    for function in functions {
        let sql = format!(
            "create trigger forged after insert on mine for each row execute function {function}()"
        );
        let refused = forger
            .execute(AssertSqlSafe(sql))
            .await
            .expect_err(&function);
        assert!(
            refused.to_string().contains("permission denied"),
            "{function}: {refused}"
        );
    }
    drop(forger);
    run(
        &mut superuser,
        &format!("drop owned by {role}; drop role {role}"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_moved_between_tenants_by_a_superuser_are_counted() {
    let app = filled(32).await;
    let token = app.account(NEIGHBOUR).await;
    app.ingest_as(&token, &world::random(33, size(100, 100)))
        .await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    let Some(mut superuser) = superuser(&app).await else {
        return;
    };
    for sql in [
        "update autocall_attempts set tenant_id = 3 - tenant_id, uuid = 'moved-' || uuid where billsec % 4 = 0",
        "update telesales_calls set tenant_id = 3 - tenant_id, uuid = 'moved-' || uuid, campaign_id = 2 where wrap_sec % 4 = 0",
        "update telesales_leads set tenant_id = 3 - tenant_id, id = id + 5000 where id % 7 = 0",
        "update autocall_leads set tenant_id = 3 - tenant_id, id = id + 5000, created_at = created_at - interval '1 day' where id % 7 = 0",
        "update telesales_calls set talk_sec = talk_sec + 1",
        "delete from autocall_attempts where billsec % 5 = 0",
    ] {
        run(&mut superuser, sql).await;
        for tenant in [TENANT, NEIGHBOUR] {
            equal_before_and_after_compaction(&app, tenant, sql).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_with_dangling_references_are_counted() {
    let app = filled(34).await;
    app.execute(
        TENANT,
        "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, disposition)
         select 1, 'lost-' || n, (array[1, 77, 0, -1])[1 + n % 4], -n, (array[0, -5, 999, null])[1 + n % 4], 'none', '2026-06-12Z'::timestamptz + n * interval '1 hour',
                'answered', n, 'never heard of' from generate_series(1, 80) n;
         insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, dtmf)
         select 1, 'lost-' || n, (array[1, 77, 0, -1])[1 + n % 4], -n, 1, '2026-06-12Z'::timestamptz + n * interval '1 hour', 'answered', '1' from generate_series(1, 80) n",
    )
    .await;
    equal_before_and_after_compaction(&app, TENANT, "with rows of nobody").await;
    // The missing rows are added.
    app.ingest(&[
        json!({"kind": "disposition", "code": "never heard of", "label": "L", "category": "contact", "color": "#000000", "is_conversion": true}),
        json!({"kind": "autocall_script", "id": 7, "name": "S", "dtmf_actions": [{"digit": "2", "label": "L", "action_type": "hangup"}]}),
        json!({"kind": "autocall_campaign", "id": 77, "name": "C", "script_id": 7}),
        json!({"kind": "autocall_campaign", "id": 0, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": 77, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": 0, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": -1, "name": "C"}),
        json!({"kind": "agent", "id": 0, "name": "A", "username": "a"}),
        json!({"kind": "agent", "id": -5, "name": "A", "username": "b"}),
    ])
    .await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    assert_roll_ups_equal_raw_rows(&app, TENANT, 5, "when they are somebody's").await;
}

/// A freshly filled table without statistics is planned by defaults, and a prepared statement is
/// planned once.
#[tokio::test]
async fn roll_ups_are_read_by_their_whole_key_before_analyze() {
    let app = TestApp::new().await;
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    for (reader, takes) in readers(&mut scope).await {
        let plan = "'{1}', '{2}', '{3}', '{0}', '{}', '{}', '{}', -2147483648";
        let plan = explained(&mut scope, &reader, takes, plan).await;
        let conditions = index_conditions(&plan, &reader);
        assert_eq!(conditions.len(), 1, "{reader}: {plan:#}");
        for column in [
            "tenant_id",
            "scope",
            "campaign_id",
            "agent_id",
            "width",
            "bucket",
        ] {
            assert!(
                conditions[0].contains(column),
                "{reader} is not looked up by {column}: {}",
                conditions[0]
            );
        }
    }
}

/// An index with another column before the time would be scanned from end to end.
#[tokio::test]
async fn partial_buckets_are_read_by_a_time_index() {
    let app = TestApp::new().await;
    app.ingest(&world::random(91, size(300, 300))).await;
    // Enough rows for the planner to prefer the index, few of them answered.
    app.execute(
        TENANT,
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec, script_path)
         select 1, 'many-' || n, 1, n, 1, '2026-06-01Z'::timestamptz + n * 7919 % 60000 * interval '40 seconds',
                case when n % 10 = 0 then 'answered' else 'busy' end, n % 300, '{a}' from generate_series(1, 60000) n;
         insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
         select 1, 1000000 + n, 1, '84900000000', '0900000000', '2026-06-01Z'::timestamptz + n * interval '2 minutes'
         from generate_series(1, 20000) n",
    )
    .await;
    let owner = app.app.db.unscoped().connect_options();
    database::execute(owner.as_ref(), "analyze".into()).await;
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    scope
        .connection()
        .execute("set local enable_seqscan = off")
        .await
        .expect("set"); // some tables are too small for an index scan
    let by_time = sqlx::query_as(
        "select indexname::text, substring(indexdef from '[(](.*?)[)]') from pg_indexes
         where tablename in ('autocall_attempts', 'telesales_calls', 'autocall_leads', 'telesales_leads')
           and indexdef ~ '(started|created)_at'",
    );
    let by_time: Vec<(String, String)> = by_time
        .fetch_all(scope.connection())
        .await
        .expect("indexes");
    let by_time: BTreeMap<String, String> = by_time.into_iter().collect();
    for (reader, takes) in readers(&mut scope).await {
        let plan = "'{}', '{}', '{}', '{}', '{2026-06-10 10:01Z}', '{2026-06-10 10:14Z}', '{0}', -2147483648";
        let plan = explained(&mut scope, &reader, takes, plan).await;
        let used: Vec<String> = indexes(&plan)
            .into_iter()
            .filter(|name| by_time.contains_key(name))
            .collect();
        assert!(!used.is_empty(), "{reader} finds nothing by time: {plan:#}");
        for name in used {
            let known = by_time[&name]
                .trim_end_matches("started_at")
                .trim_end_matches("created_at");
            assert!(
                ["tenant_id, ", "tenant_id, campaign_id, "].contains(&known),
                "{reader} goes through {name}"
            );
        }
    }
}

/// Arguments of a reader between the tenant and the plan.
const CAMPAIGN: &str = "0::smallint, 1::bigint";
const CAMPAIGN_AND_AGENTS: &str = "0::smallint, 1::bigint, '{1, 2}'::bigint[]";
const AND_SOURCES: &str = "0::smallint, 1::bigint, '{1, 2}'::bigint[], '{web}'::text[]";
const CAMPAIGNS: &str = "0::smallint, '{1, 2}'::bigint[]";

/// Prepares every reader of sums, and what each takes.
async fn readers(scope: &mut Scope) -> Vec<(String, &'static str)> {
    let mut readers = Vec::new();
    for (name, sql) in callboard::rollups::readers() {
        if sql.contains("_links l") || name.starts_with("agents_") {
            continue;
        }
        let (takes, types) = if sql.contains("$3::bigint[]") {
            (CAMPAIGNS, "smallint, bigint[]")
        } else if sql.contains("$5::text[]") {
            (AND_SOURCES, "smallint, bigint, bigint[], text[]")
        } else if sql.contains("$4::bigint[]") {
            (CAMPAIGN_AND_AGENTS, "smallint, bigint, bigint[]")
        } else {
            (CAMPAIGN, "smallint, bigint")
        };
        let plan = "integer[], integer[], integer[], integer[], timestamptz[], timestamptz[], integer[], integer";
        let prepare = format!("prepare {name} (bigint, {types}, {plan}) as {sql}");
        scope
            .connection()
            .execute(AssertSqlSafe(prepare))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        readers.push((name.to_owned(), takes));
    }
    assert!(
        readers.len() > 12 && readers.iter().any(|(_, takes)| *takes == CAMPAIGNS),
        "{readers:?}"
    );
    readers
}

/// The plan of a prepared reader for such arguments.
async fn explained(scope: &mut Scope, reader: &str, takes: &str, plan: &str) -> Value {
    let explain = format!("explain (format json) execute {reader} ({TENANT}, {takes}, {plan})");
    sqlx::query_scalar(AssertSqlSafe(explain))
        .fetch_one(scope.connection())
        .await
        .unwrap_or_else(|error| panic!("{reader}: {error}"))
}

/// The indexes a plan uses.
fn indexes(plan: &Value) -> Vec<String> {
    match plan {
        Value::Array(all) => all.iter().flat_map(indexes).collect(),
        Value::Object(fields) => {
            let own = plan["Index Name"].as_str().map(str::to_owned);
            own.into_iter()
                .chain(fields.values().flat_map(indexes))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The index conditions of a plan.
fn index_conditions(plan: &Value, table: &str) -> Vec<String> {
    let of_children = |plan: &Value| match plan {
        Value::Array(all) => all
            .iter()
            .flat_map(|plan| index_conditions(plan, table))
            .collect(),
        Value::Object(fields) => fields
            .values()
            .flat_map(|plan| index_conditions(plan, table))
            .collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<String> = of_children(plan);
    if plan["Relation Name"] == table {
        found.extend(plan["Index Cond"].as_str().map(str::to_owned));
    }
    found
}
