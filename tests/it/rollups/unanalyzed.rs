//! Folds and rebuilds of many rows in tables without statistics: the rows that they read grow with the rows, not with their
//! square.
//!
//! Postgres expects few rows of a table that was never analyzed, and a nested loop over few rows costs nothing. A server's
//! journals are never analyzed when the first large body comes.

use callboard::db::Scope;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor};

use super::chains::statements_of;
use super::size;
use crate::support::{TENANT, TestApp, world};

/// Rows of each counted table.
const ROWS: u64 = 3_000;
/// Rows that all steps of a statement's plan return or reject, for each row of the counted tables. Measured are up to 540, of
/// lead sources when everything changes: stages, scopes and levels multiply a row. Nested loops over all rows take more.
const STEPS: u64 = 1_000;

/// No table gets statistics by itself.
const NEVER_ANALYZED: &str = "do $$ declare made regclass; begin
    for made in select oid from pg_class where relkind = 'r' and relnamespace::regnamespace::text ~ '^(public|rollups_)' loop
        execute format('alter table %s set (autovacuum_enabled = false)', made);
    end loop;
end $$";

/// Calls of both modules, with these expressions of their number as lead and agent.
fn calls(lead: &str, agent: &str) -> String {
    format!(
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec, dtmf,
             hangup_cause, script_path, provider, outcome, sentiment)
         select 1, 'n-' || n, 1 + n % 4, {lead}, 1 + n % 5, '2026-03-15Z'::timestamptz + n * 7919 % 7776000 * interval '1 second',
                case n % 3 when 0 then 'busy' else 'answered' end, n % 60, '1', 'CAUSE_' || n % 7, array['a', 'b' || n % 5],
                'p' || n % 9, 'o' || n % 11, n % 1000 / 1000.0
         from generate_series(1, {ROWS}) n;
         insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, talk_sec, disposition, cid)
         select 1, 'n-' || n, 1 + n % 4, {lead}, {agent}, '2026-03-15Z'::timestamptz + n * 7919 % 7776000 * interval '1 second',
                case n % 3 when 0 then 'busy' else 'answered' end, n % 60, case n % 8 when 0 then 'sale' end, '09' || n % 17
         from generate_series(1, {ROWS}) n"
    )
}

/// Leads of both modules, with this expression of their number as source.
fn leads(source: &str) -> String {
    format!(
        "insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
         select 1, n, 1 + n % 4, '1', '1', {source}, '2026-03-15Z'::timestamptz + n * 7907 % 7776000 * interval '1 second'
         from generate_series(1001, 1000 + {ROWS}) n;
         insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
         select 1, n, 1 + n % 4, '1', '1', '2026-03-15Z'::timestamptz + n * 7907 % 7776000 * interval '1 second'
         from generate_series(1001, 1000 + {ROWS}) n"
    )
}

/// A script of many actions, which every campaign has.
const SCRIPT: &str = "
    insert into autocall_scripts (tenant_id, id, name, dtmf_actions)
    select 1, 900, 'long', jsonb_agg(jsonb_build_object('digit', (n % 10)::text, 'label', 'x')) from generate_series(1, 3000) n;
    update autocall_campaigns set script_id = 900";

/// Moves every call and lead in time.
const CHANGED: &str = "
    update autocall_attempts set result = 'answered', started_at = started_at + interval '67 minutes';
    update telesales_calls set result = 'answered', started_at = started_at + interval '67 minutes', disposition = 'sale';
    update telesales_leads set source = 'another ' || source, created_at = created_at + interval '2 hours';
    update autocall_leads set status = 'retry', created_at = created_at + interval '2 hours'";

const DELETED: &str = "delete from autocall_attempts; delete from telesales_calls";

/// Rows that the steps of a plan return or reject.
fn steps(plan: &Value) -> u64 {
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    let rows = number("Actual Rows")
        + number("Rows Removed by Filter")
        + number("Rows Removed by Join Filter")
        + number("Rows Removed by Index Recheck");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and small"
    )]
    let own = (rows * number("Actual Loops")) as u64;
    let below = plan["Plans"].as_array().into_iter().flatten();
    own + below.map(steps).sum::<u64>()
}

/// The parts of a rebuild.
const PARTS: [&str; 4] = [
    "start",
    "slice from the second $2 on, before $3",
    "stage pairs",
    "leads",
];

/// Executes the statements of a module, planned for the tenant or once for all, and asserts how many rows they read.
async fn executed(scope: &mut Scope, (module, origin): (&str, &str), plans: &str, when: &str) {
    let connection = scope.connection();
    let begin = format!("set local work_mem = '128MB'; set local plan_cache_mode = {plans}");
    connection.execute(AssertSqlSafe(begin)).await.expect("set");
    let parts = match origin {
        "journal" => vec![statements_of(module, origin)],
        _ => PARTS
            .map(|part| statements_of(module, &format!("{origin}, {part}")))
            .into(),
    };
    for (number, sql) in parts.concat().into_iter().enumerate() {
        let (types, values) = match sql.contains("$2") {
            true => (", float8, float8", ", '-infinity', 'infinity'"),
            false => ("", ""),
        };
        let prepare = format!("prepare fold_{number} (bigint{types}) as {sql}");
        connection
            .execute(AssertSqlSafe(prepare))
            .await
            .expect("prepared");
        let explain = format!(
            "explain (analyze, timing off, format json) execute fold_{number} ({TENANT}{values})"
        );
        let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
            .fetch_one(&mut *connection)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let forget = format!("deallocate fold_{number}");
        connection
            .execute(AssertSqlSafe(forget))
            .await
            .expect("forgotten");
        let steps = steps(&plan[0]["Plan"]);
        assert!(
            steps <= ROWS * STEPS,
            "{when}, {module}, {origin}, {plans}: {steps} rows in {plan:#} of {sql}"
        );
    }
}

/// Executes a fold and a rebuild of both modules with both kinds of plans. Only the last fold stays.
async fn assert_few_rows(app: &TestApp, when: &str) {
    for module in ["autocall", "telesales"] {
        for origin in ["rebuild from all rows", "journal"] {
            for plans in ["force_custom_plan", "force_generic_plan"] {
                if origin != "journal" && plans == "force_generic_plan" {
                    continue; // rebuilds are too rare for plans that are kept
                }
                let mut scope = app.app.db.write_snapshot(TENANT).await.expect("a scope");
                executed(&mut scope, (module, origin), plans, when).await;
                if origin == "journal" && plans == "force_generic_plan" {
                    scope.commit().await.expect("committed");
                }
            }
        }
    }
}

/// A server whose tables have no statistics, nor get any.
async fn unanalyzed(changes: &[String]) -> TestApp {
    let app = TestApp::new().await;
    let owner = app.app.db.unscoped();
    owner.execute(NEVER_ANALYZED).await.expect("set");
    app.ingest(&world::random(51, size(40, 40))).await;
    for change in changes {
        app.execute(TENANT, change).await;
    }
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn many_leads_agents_and_sources_are_read_a_few_times_each() {
    let app = unanalyzed(&[
        SCRIPT.to_owned(),
        leads("'source ' || n"),
        calls("1000 + n", "n"),
    ])
    .await;
    assert_few_rows(&app, "the first rows").await;
    app.execute(TENANT, CHANGED).await;
    assert_few_rows(&app, "changed").await;
    app.execute(TENANT, DELETED).await;
    assert_few_rows(&app, "deleted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_calls_of_one_lead_are_read_a_few_times_each() {
    let app = unanalyzed(&[leads("'one'"), calls("1001", "1")]).await;
    assert_few_rows(&app, "the first rows").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_calls_of_each_lead_are_read_a_few_times_each() {
    let app = unanalyzed(&[
        SCRIPT.to_owned(),
        leads("'source ' || n % 7"),
        calls("1001 + n % 600", "n % 12"),
    ])
    .await;
    assert_few_rows(&app, "the first rows").await;
    app.execute(TENANT, CHANGED).await;
    assert_few_rows(&app, "changed").await;
}
