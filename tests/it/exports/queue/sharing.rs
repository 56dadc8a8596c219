//! One queue for several instances, tenants and versions.

use std::time::Duration;

use callboard::exports::{queue, worker};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Instance, PACE, record_claims, recorded_ids, until, with_attempts};
use crate::exports::{download, june, order, settle, show};
use crate::support::program::eventually;
use crate::support::{Client, TENANT, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_instances_make_every_file_once() {
    let test = with_attempts(500).await;
    record_claims(&test).await;
    let mut ids = Vec::new();
    for number in 0..30 {
        let types = ["full", "kpis", "trend"];
        ids.push(
            order(
                &test,
                &june(
                    types[number % 3],
                    if number % 2 == 0 { "csv" } else { "xlsx" },
                ),
            )
            .await,
        );
    }
    let instances: Vec<Instance> = (0..3).map(|_| Instance::start(&test.app)).collect();
    for id in &ids {
        download(&test, &until(&test, id, "ready").await).await;
    }
    for instance in instances {
        instance.stop().await;
    }
    for what in ["begun", "ready"] {
        let mut seen = recorded_ids(&test, what).await;
        seen.sort();
        let mut expected = ids.clone();
        expected.sort();
        assert_eq!(seen, expected, "{what}");
    }
}

#[tokio::test]
async fn a_new_job_is_announced_by_notification() {
    let mut test = with_attempts(1).await;
    test.app.exports.pace.look_every = Duration::from_secs(3600);
    let instance = Instance::start(&test.app);
    // The second job arrives when no worker polls any more.
    for _ in 0..2 {
        let mut listening = false;
        eventually("it listens", async || {
            let waiting = test.query(TENANT, "select to_jsonb(count(*)) from pg_stat_activity where datname = current_database() and query like 'LISTEN%'").await;
            listening |= waiting[0] == 1;
            listening
        })
        .await;
        let id = order(&test, &june("kpis", "csv")).await;
        until(&test, &id, "ready").await;
    }
    instance.stop().await;
}

#[tokio::test]
async fn exports_of_one_tenant_do_not_starve_another() {
    let test = with_attempts(1).await;
    let neighbour = Client::new(test.url.clone(), test.account(2).await);
    neighbour
        .ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "Theirs"})])
        .await;
    for _ in 0..20 {
        order(&test, &june("full", "xlsx")).await;
    }
    let theirs = [
        order(&neighbour, &june("kpis", "csv")).await,
        order(&neighbour, &june("kpis", "csv")).await,
    ];
    test.execute(
        TENANT,
        "update exports set created_at = created_at - interval '1 hour'",
    )
    .await;
    test.execute(
        2,
        &format!(
            "update exports set created_at = created_at + interval '1 hour' where id = '{}'",
            theirs[1]
        ),
    )
    .await;
    let mut claimed = Vec::new();
    for _ in 0..5 {
        let job = queue::claim(&test.app.db, PACE.lease, test.app.clock.now())
            .await
            .expect("a queue")
            .expect("a job");
        claimed.push((job.tenant, job.id));
    }
    let tenants: Vec<i64> = claimed.iter().map(|(tenant, _)| *tenant).collect();
    assert_eq!(tenants, [1, 2, 1, 2, 1], "in turn, the oldest first");
    assert_eq!((&claimed[1].1, &claimed[3].1), (&theirs[0], &theirs[1]));
}

#[tokio::test]
async fn a_job_of_another_version_is_left_queued_without_blocking_others() {
    let test = with_attempts(10).await;
    let id = order(&test, &june("kpis", "csv")).await;
    test.execute(TENANT, "update exports set timezone = 'Mars/Base'")
        .await;
    let other = order(&test, &june("kpis", "csv")).await;
    for _ in 0..3 {
        worker::next(&test.app, &CancellationToken::new())
            .await
            .expect("a queue");
    }
    assert_eq!(show(&test, &other).await["status"], "ready");
    assert_eq!(show(&test, &id).await["status"], "queued");
    test.execute(
        TENANT,
        "update exports set timezone = 'UTC', wait_until = null where status = 'queued'",
    )
    .await;
    settle(&test.app).await;
    until(&test, &id, "ready").await;
}

/// The exports visible to a connection without a tenant and with that setting.
async fn seen(test: &TestApp, said: &str) -> Vec<(String, i64)> {
    let mut transaction = test.app.db.unscoped().begin().await.expect("a transaction");
    sqlx::query(sqlx::AssertSqlSafe(said.to_owned()))
        .execute(&mut *transaction)
        .await
        .expect("said");
    let tables = "select oid::regclass::text from pg_class where relnamespace::regnamespace::text ~ '^(public$|rollups_)' and relkind = 'r'
                  and relname not in ('_sqlx_migrations', 'rollup_schema')";
    let tables: Vec<String> = sqlx::query_scalar(tables)
        .fetch_all(&mut *transaction)
        .await
        .expect("tables");
    let mut seen = Vec::new();
    for table in tables {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let rows: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut *transaction)
            .await
            .expect("a count");
        if rows > 0 {
            seen.push((table, rows));
        }
    }
    seen
}

#[tokio::test]
async fn workers_see_the_whole_queue_and_a_link_sees_one_job() {
    let test = with_attempts(10).await;
    let neighbour = Client::new(test.url.clone(), test.account(2).await);
    neighbour
        .ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "Theirs"})])
        .await;
    let done = order(&test, &june("kpis", "csv")).await;
    settle(&test.app).await;
    order(&test, &june("kpis", "csv")).await;
    let theirs = order(&neighbour, &june("kpis", "csv")).await;
    let exports = |rows| vec![("exports".to_owned(), rows)];
    assert_eq!(seen(&test, "select 1").await, []);
    assert_eq!(
        seen(&test, "set local callboard.queue = 'on'").await,
        exports(2),
        "what waits, of every account"
    );
    assert_eq!(seen(&test, "set local callboard.queue = 'off'").await, []);
    assert_eq!(
        seen(&test, &format!("set local callboard.link = '{done}'")).await,
        exports(1)
    );
    assert_eq!(
        seen(&test, &format!("set local callboard.link = '{theirs}'")).await,
        exports(1)
    );
    assert_eq!(seen(&test, "set local callboard.link = ''").await, []);
}
