//! Stage pairs and lead history: a change costs what it changes, and leaves what a rebuild would make.

use callboard::db::Scope;
use callboard::rollups::{Module, compact, schema};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor};

use super::statements::Dice;
use super::{assert_roll_ups_equal_raw_rows, compare_with_raw, size};
use crate::support::{TENANT, TestApp, world};

/// Rows of the busiest lead.
const MANY: i64 = 100_000;
/// Its hours.
const HOURS: i64 = 90 * 24;

/// Calls of one lead in both modules, at any time of 90 days.
fn calls(name: &str, lead: i64, count: i64) -> String {
    format!(
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec, dtmf)
         select 1, '{name}-' || n, 1, {lead}, 1, '2026-03-15Z'::timestamptz + n * 7919 % ({HOURS} * 3600) * interval '1 second',
                case n % 4 when 0 then 'answered' else 'busy' end, n % 60, case n % 8 when 0 then '1' else '' end
         from generate_series(1, {count}) n;
         insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, talk_sec)
         select 1, '{name}-' || n, 1, {lead}, 1, '2026-03-15Z'::timestamptz + n * 7919 % ({HOURS} * 3600) * interval '1 second',
                case n % 4 when 0 then 'answered' else 'busy' end, n % 60
         from generate_series(1, {count}) n"
    )
}

async fn compacted(app: &TestApp) {
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
}

/// The statements of a module's compaction, from the journal or from rows.
pub(super) fn statements_of(module: &str, origin: &str) -> Vec<String> {
    let text = schema();
    let heading = format!("-- Compaction of {module}: {origin}\n");
    let (_, section) = text.split_once(&heading).expect("a section");
    let (_, section) = section.split_once('\n').expect("a rule");
    let section = section.split("\n-----").next().expect("a section");
    let statements = section.split(";\n").map(str::trim);
    statements
        .filter(|sql| !sql.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Pages that the statements touch in a compaction, which is not committed.
async fn pages(scope: &mut Scope, module: &str) -> u64 {
    let mut pages = 0;
    for sql in statements_of(module, "journal") {
        let sql = sql.replace("$1", &format!("{TENANT}::bigint"));
        let explain = format!("explain (analyze, buffers, format json) {sql}");
        let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
            .fetch_one(scope.connection())
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        for kind in ["Shared Hit Blocks", "Shared Read Blocks"] {
            pages += plan[0]["Plan"][kind].as_u64().expect("pages");
        }
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_reads_as_little_of_a_lead_with_many_rows_as_of_any_other() {
    let app = TestApp::new().await;
    app.ingest(&world::random(61, size(100, 100))).await;
    app.execute(TENANT, &calls("many", 0, MANY)).await;
    app.execute(TENANT, &calls("few", 900, 40)).await;
    compacted(&app).await;
    let owner = app.app.db.unscoped();
    owner.execute("vacuum analyze").await.expect("vacuumed");
    for module in ["autocall", "telesales"] {
        let mut touched = Vec::new();
        for lead in [900, 0] {
            let mut scope = app.app.db.write_snapshot(TENANT).await.expect("a scope");
            let more = calls("more", lead, 1);
            scope
                .connection()
                .execute(AssertSqlSafe(more))
                .await
                .expect("inserted");
            touched.push(pages(&mut scope, module).await);
        }
        let [few, many] = touched[..] else {
            unreachable!("two leads")
        };
        assert!(
            few > 50 && many < few + 200,
            "{module}: {few} pages for few rows, {many} for many"
        );
    }
    for (number, change) in (0..).zip([
        calls("more", 0, 1),
        "delete from autocall_attempts where uuid like 'many-1%7'; delete from telesales_calls where uuid like 'many-1%7'".to_owned(),
        "update autocall_attempts set lead_id = 900, started_at = started_at + interval '25 hours' where uuid like 'many-2%3';
         update telesales_calls set lead_id = 900, started_at = started_at - interval '25 hours' where uuid like 'many-2%3'".to_owned(),
        "delete from autocall_attempts where lead_id = 0; delete from telesales_calls where lead_id = 0".to_owned(),
    ]) {
        app.execute(TENANT, &change).await;
        compare_with_raw(&app, TENANT, number, 10, "changed").await;
        compacted(&app).await;
        compare_with_raw(&app, TENANT, number, 10, "compacted").await;
    }
    incremental_equals_rebuilt(&app, "in the end").await;
}

/// Changes of few leads within few hours, so that chains are often extended, split and joined.
const CHANGES: &[&str] = &[
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, dtmf)
     select 1, 'chain-{n}-' || n, 1 + {n} % 2, 500 + (n * {n}) % 4, 1, '2026-06-10 20:00Z'::timestamptz + (n * {n}) % 700 * interval '1 minute',
            case (n + {n}) % 3 when 0 then 'answered' when 1 then 'busy' end, case n % 2 when 0 then '1' else '' end
     from generate_series(1, 1 + {digit}) n on conflict do nothing",
    "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, talk_sec, disposition)
     select 1, 'chain-{n}-' || n, 1 + {n} % 2, 500 + (n * {n}) % 4, 1, '2026-06-10 20:00Z'::timestamptz + (n * {n}) % 700 * interval '1 minute',
            case (n + {n}) % 3 when 0 then 'answered' when 1 then 'busy' else 'blocked' end, n * 20, case n % 2 when 0 then 'sale' end
     from generate_series(1, 1 + {digit}) n on conflict do nothing",
    "insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
     values (1, 500 + {digit} % 4, 1 + {n} % 2, '1', '1', 'chain {digit}', '2026-06-10 20:00Z'::timestamptz + {n} % 700 * interval '1 minute')
     on conflict (tenant_id, id) do update set campaign_id = excluded.campaign_id, source = excluded.source, created_at = excluded.created_at",
    "insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
     values (1, 500 + {digit} % 4, 1 + {n} % 2, '1', '1', '2026-06-10 20:00Z'::timestamptz + {n} % 700 * interval '1 minute')
     on conflict (tenant_id, id) do update set campaign_id = excluded.campaign_id, status = 'retry', created_at = excluded.created_at",
    "delete from autocall_attempts where lead_id >= 500 and hashtext(uuid) % 5 = {n} % 5",
    "delete from telesales_calls where lead_id >= 500 and hashtext(uuid) % 5 = {n} % 5",
    "delete from telesales_calls where lead_id >= 500 and extract(hour from started_at at time zone 'UTC') = 20 + {n} % 4",
    "delete from telesales_leads where id = 500 + {digit} % 4",
    "delete from autocall_leads where id = 500 + {digit} % 4",
    "update autocall_attempts set started_at = started_at + ({digit} - 4) * interval '41 minutes' where lead_id >= 500 and hashtext(uuid) % 3 = {n} % 3",
    "update telesales_calls set started_at = started_at + ({digit} - 4) * interval '41 minutes' where lead_id >= 500 and hashtext(uuid) % 3 = {n} % 3",
    "update autocall_attempts set lead_id = 500 + {digit} % 4, campaign_id = 1 + {n} % 2 where lead_id >= 500 and hashtext(uuid) % 4 = {n} % 4",
    "update telesales_calls set lead_id = 500 + {digit} % 4, campaign_id = 1 + {n} % 2 where lead_id >= 500 and hashtext(uuid) % 4 = {n} % 4",
    "update autocall_attempts set result = 'answered' where lead_id >= 500 and hashtext(uuid) % 4 = {n} % 4",
    "update telesales_calls set result = 'answered', disposition = 'sale' where lead_id >= 500 and hashtext(uuid) % 4 = {n} % 4",
];

/// Tables of leads, each with its columns that may be zero.
const OF_LEADS: &[(&str, &str)] = &[
    ("autocall_trail", "n"),
    ("telesales_trail", "n"),
    ("autocall_lead_trail", "attempts"),
    (
        "autocall_links",
        "dialed, answered, pressed, handed_over, disposed",
    ),
    (
        "telesales_links",
        "dialed, connected, talked, disposed, converted",
    ),
    ("telesales_source_links", "dialed, connected, converted"),
    (
        "autocall_lead_states",
        "leads, tried, retried, processing, retry, finished",
    ),
];

/// Every row of the tables of leads that is not zero.
async fn derived(app: &TestApp) -> Vec<String> {
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    let mut all = Vec::new();
    for (table, columns) in OF_LEADS {
        let zeros = columns.replace(
            |letter: char| letter.is_ascii_lowercase() || letter == '_',
            "",
        );
        let zeros = zeros.replace(' ', "");
        let zeros = vec!["0"; zeros.len() + 1].join(", ");
        let sql = format!(
            "select '{table} ' || t::text from {table} t where tenant_id = $1 and ({columns}) <> ({zeros}) order by 1"
        );
        let rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).bind(TENANT);
        all.extend(rows.fetch_all(scope.connection()).await.expect("rows"));
    }
    all
}

pub(super) async fn incremental_equals_rebuilt(app: &TestApp, when: &str) {
    let incremental = derived(app).await;
    for module in Module::ALL {
        compact::mark_stale(&app.app.db, TENANT, module, None)
            .await
            .expect("marked");
    }
    compacted(app).await;
    let rebuilt = derived(app).await;
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let these = these.iter().filter(|row| !those.contains(row));
        these.take(20).cloned().collect()
    };
    assert!(
        incremental == rebuilt,
        "{when}: compaction alone has {:#?}, a rebuild alone {:#?}",
        only(&incremental, &rebuilt),
        only(&rebuilt, &incremental)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn compactions_leave_what_a_rebuild_makes() {
    let app = TestApp::new().await;
    app.ingest(&world::random(62, size(40, 40))).await;
    let mut dice = Dice::new(62);
    for step in 0..60 {
        let mut done = Vec::new();
        for _ in 0..=dice.below(6) {
            let change = dice.statement(CHANGES);
            app.execute(TENANT, &change).await;
            done.push(change);
            if dice.one_in(3) {
                compacted(&app).await;
            }
        }
        let when = format!("step {step}, after {done:#?}");
        if step % 4 == 0 {
            assert_roll_ups_equal_raw_rows(&app, TENANT, step, &when).await;
        }
        compacted(&app).await;
        incremental_equals_rebuilt(&app, &when).await;
    }
}
