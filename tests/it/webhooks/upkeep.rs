//! Bounds on the queue, pruning, and secrets under a new key.

use callboard::auth::token::Keys;
use callboard::webhooks::{deliveries, sweep, worker};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::hooks::{Hooks, WEBHOOKS};
use super::receiver::Receiver;
use crate::support::TestApp;

async fn count(hooks: &Hooks, condition: &str) -> i64 {
    let sql = format!("select to_jsonb(count(*)) from webhook_deliveries where {condition}");
    hooks.test.query(1, &sql).await[0]
        .as_i64()
        .expect("a number")
}

#[tokio::test]
async fn beyond_100_000_pending_deliveries_the_oldest_fail() {
    let hooks = Hooks::new().await;
    let [full, other] = [
        hooks.hook("http://127.0.0.1:9/").await,
        hooks.hook("http://127.0.0.1:9/").await,
    ];
    let fill = format!(
        "insert into webhook_deliveries (tenant_id, id, webhook_id, event, data, created_at, next_attempt_at)
         select 1, callboard_delivery_id(now(), number), {full}, 'webhook.test', '{{}}', now(), now()
         from generate_series(1, 100007) number"
    );
    hooks.test.execute(1, &fill).await;
    hooks
        .test
        .execute(
            1,
            &fill
                .replace(&full.to_string(), &other.to_string())
                .replace("100007", "9")
                .replace("now(), number", "now(), 200000 + number"),
        )
        .await;
    for _ in 0..2 {
        sweep::bound(&hooks.app).await.expect("swept");
        assert_eq!(count(&hooks, "status = 'pending'").await, 100_009);
        let oldest = "status = 'failed' and not exists (
            select from webhook_deliveries other where other.status = 'pending' and other.id < webhook_deliveries.id)";
        assert_eq!(count(&hooks, oldest).await, 7);
    }
    let failed = hooks
        .client
        .ok(&format!(
            "{WEBHOOKS}/{full}/deliveries?status=failed&per_page=1"
        ))
        .await
        .json();
    assert_eq!(
        failed["data"][0]["error"],
        "Given up: more than 100,000 deliveries were pending."
    );
    let body = json!({"from": "2026-01-01", "status": "failed"});
    let replay = hooks
        .post(&format!("{WEBHOOKS}/{full}/replay"), &body)
        .await
        .json();
    assert_eq!(
        replay["data"],
        json!({"replayed": 0, "has_more": true}),
        "there is no room"
    );
}

#[tokio::test]
async fn deliveries_are_pruned_after_30_days_and_those_of_deleted_webhooks_at_once() {
    let hooks = Hooks::new().await;
    let [kept, deleted] = [
        hooks.hook("http://127.0.0.1:9/").await,
        hooks.hook("http://127.0.0.1:9/").await,
    ];
    hooks.events(&[("", 1)]).await;
    hooks
        .test
        .execute(
            1,
            "update webhook_deliveries set status = 'failed', next_attempt_at = null",
        )
        .await;
    hooks.delete(deleted).await;
    assert_eq!(count(&hooks, "true").await, 2);
    sweep::prune(&hooks.app).await.expect("swept");
    assert_eq!(hooks.deliveries(kept).await.len(), 1);
    assert_eq!(count(&hooks, "true").await, 1);
    hooks.pass(TimeDelta::days(30) - TimeDelta::minutes(1));
    sweep::prune(&hooks.app).await.expect("swept");
    assert_eq!(count(&hooks, "true").await, 1);
    hooks.pass(TimeDelta::minutes(2));
    sweep::prune(&hooks.app).await.expect("swept");
    assert_eq!(count(&hooks, "true").await, 0);
}

#[tokio::test]
async fn secrets_move_to_a_new_key_and_without_their_key_nothing_is_sent() {
    let (mut hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    let [old, new] = ["\x07".repeat(32), "n".repeat(32)];
    let stored = async |hooks: &Hooks| {
        hooks
            .test
            .query(1, "select to_jsonb(secret) from webhooks")
            .await
    };
    // Requests would need a token of the new key.
    let test = async |hooks: &Hooks| {
        let tested = deliveries::test(&hooks.app, 1, webhook).await;
        serde_json::to_value(tested.expect("a delivery")).expect("JSON")
    };
    let before = stored(&hooks).await;
    hooks.app.keys = Keys::new(new.as_bytes()).expect("long enough");
    sweep::prune(&hooks.app).await.expect("swept");
    assert_eq!(
        stored(&hooks).await,
        before,
        "a secret that cannot be read is kept"
    );
    let failed = test(&hooks).await;
    assert_eq!(
        failed["error"],
        "The secret cannot be decrypted, because the server's secret has changed. Rotate it."
    );
    assert_eq!(receiver.count(), 0);

    hooks.app.keys = Keys::new(format!("{new},{old}").as_bytes()).expect("long enough");
    assert_eq!(test(&hooks).await["status"], "delivered");
    sweep::prune(&hooks.app).await.expect("swept");
    assert_ne!(stored(&hooks).await, before);
    hooks.app.keys = Keys::new(new.as_bytes()).expect("long enough");
    assert_eq!(
        test(&hooks).await["status"],
        "delivered",
        "the old key is not needed"
    );
}

/// Rows that a plan has read from deliveries, those that a filter dropped too.
fn rows_read(plan: &Value) -> f64 {
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    let own = if plan["Relation Name"] == "webhook_deliveries" {
        (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops")
    } else {
        0.0
    };
    let below = plan["Plans"].as_array().into_iter().flatten();
    own + below.map(rows_read).sum::<f64>()
}

#[tokio::test]
async fn the_search_for_due_deliveries_reads_a_row_for_each_webhook_whatever_is_pending() {
    let hooks = Hooks::new().await;
    for _ in 0..3 {
        let webhook = hooks.hook("http://127.0.0.1:9/").await;
        let fill = format!(
            "insert into webhook_deliveries (tenant_id, id, webhook_id, event, data, created_at, next_attempt_at, is_answered)
             select 1, callboard_delivery_id(now(), {webhook} % 10 * 100000 + number), {webhook}, 'webhook.test', '{{}}', now(), now(),
                    number % 2 = 0
             from generate_series(1, 5000) number"
        );
        hooks.test.execute(1, &fill).await;
    }
    let due = include_str!("../../../src/webhooks/sql/due.sql").replace("$1", "now()");
    let explain = format!("explain (analyze, format json) {due}");
    let mut queue = hooks.app.db.queue().await.expect("a transaction");
    sqlx::Executor::execute(&mut *queue, worker::BY_INDEX)
        .await
        .expect("set");
    let plan: Value = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
        .fetch_one(&mut *queue)
        .await
        .expect("a plan");
    let read = rows_read(&plan[0]["Plan"]);
    assert!((6.0..=12.0).contains(&read), "{read} rows: {plan:#}");
}

/// Index scans on the deliveries so far, and the rows that they read.
async fn scans(hooks: &Hooks) -> (i64, i64) {
    let sql =
        "select jsonb_build_array(idx_scan, idx_tup_fetch + seq_tup_read) from pg_stat_user_tables
               where relname = 'webhook_deliveries'";
    let row = hooks.test.query(1, sql).await.remove(0);
    serde_json::from_value(row).expect("two numbers")
}

/// Regression: planned for an empty queue, and kept, a plan read every delivery of the tenant to record one answer.
#[tokio::test]
async fn a_turn_reads_few_rows_although_its_plans_are_of_an_empty_queue() {
    let hooks = Hooks::new().await;
    let receiver = Receiver::start().await;
    let webhook = hooks.hook(&receiver.url()).await;
    let _worker = hooks.work();
    let send = async |number: usize| {
        let event = ("", i64::try_from(number).expect("small"));
        hooks.events(&[event]).await;
        hooks
            .until("it arrives", async || receiver.count() > number)
            .await;
    };
    // Postgres keeps a plan from the sixth execution on.
    for number in 0..40 {
        send(number).await;
    }
    let fill = format!(
        "insert into webhook_deliveries (tenant_id, id, webhook_id, event, data, created_at, status)
         select 1, callboard_delivery_id(now(), number), {webhook}, 'webhook.test', '{{}}', now(), 'delivered'
         from generate_series(1, 20000) number"
    );
    hooks.test.execute(1, &fill).await;
    let (scans_before, rows_before) = scans(&hooks).await;
    let mut sent = 40;
    // A connection reports its scans about once a second.
    let (scans, rows) = loop {
        send(sent).await;
        sent += 1;
        let (scans, rows) = scans(&hooks).await;
        if scans >= scans_before + 100 {
            break (scans - scans_before, rows - rows_before);
        }
    };
    assert!(rows < scans * 20, "{rows} rows by {scans} scans");
}

/// Regression: each page counted every delivery that is kept.
#[tokio::test]
async fn a_list_of_deliveries_is_bounded() {
    let test = TestApp::new().await;
    let rows = "insert into webhooks (tenant_id, id, url, events, secret, created_at, updated_at)
                values (1, 1, 'https://example.com/', '{*}', '', now(), now());
                insert into webhook_deliveries (tenant_id, id, webhook_id, event, data, created_at, status)
                select 1, callboard_delivery_id(now(), n), 1, 'autocall.lead.added', '{}', now(), 'delivered'
                from generate_series(1, 100050) n";
    test.execute(1, rows).await;
    for (page, rows) in [(1, 200), (500, 200), (501, 0), (i64::MAX, 0)] {
        let path = format!("/api/webhooks/1/deliveries?per_page=200&page={page}");
        let list = test.ok(&path).await.json();
        let found = list["data"].as_array().expect("rows").len();
        let ends = (&list["total"], &list["last_page"]);
        assert_eq!(
            (found, ends),
            (rows, (&json!(100_000), &json!(500))),
            "{page}"
        );
    }
}
