//! The queue under load: several instances, tenants and attempts; workers that are slow, stopped or
//! killed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use callboard::app::App;
use callboard::exports::settings::Pace;
use callboard::exports::{self, queue, worker};
use callboard::store::Store;
use callboard::supervise;
use callboard::time::Clock;
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{EXPORT, cancel, download, june, order, settle, show, unzip};
use crate::support::disk::Disk;
use crate::support::program::{Program, eventually, signal};
use crate::support::side_connection::SideConnection;
use crate::support::{Client, TENANT, TestApp};

/// Short intervals and a full-length lease: tests expire leases explicitly.
const PACE: Pace = Pace {
    lease: Duration::from_secs(30),
    renew_every: Duration::from_millis(20),
    look_every: Duration::from_millis(50),
    wait: Duration::ZERO,
};

/// A campaign with that many attempts.
async fn with_attempts(attempts: u32) -> TestApp {
    let mut test = TestApp::new().await;
    test.app.exports.pace = PACE;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
    ])
    .await;
    test.execute(
        TENANT,
        &format!(
            "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
        select 1, 'a' || n, 1, 1, 1, '2026-06-03' from generate_series(1, {attempts}) n"
        ),
    )
    .await;
    test
}

/// Records each claim and each finished file in a table, by trigger.
async fn record_claims(test: &TestApp) {
    test.execute(
        TENANT,
        "create table noted (tenant_id bigint, id text, claim uuid, what text, at bigserial);
        grant all on noted, noted_at_seq to public;
        create function note() returns trigger language plpgsql as $$ begin
            if new.claim is distinct from old.claim and new.claim is not null then
                insert into noted values (new.tenant_id, new.id, new.claim, 'begun');
            elsif new.status is distinct from old.status then
                insert into noted values (new.tenant_id, new.id, old.claim, new.status);
            end if;
            return new; end $$;
        create trigger note before update on exports for each row execute function note()",
    )
    .await;
}

async fn recorded_ids(test: &TestApp, what: &str) -> Vec<String> {
    let rows = test
        .query(
            TENANT,
            &format!("select to_jsonb(id) from noted where what = '{what}' order by at"),
        )
        .await;
    rows.iter()
        .map(|id| id.as_str().expect("an id").to_owned())
        .collect()
}

struct Instance {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Instance {
    fn start(app: &App) -> Self {
        let stop = CancellationToken::new();
        Self {
            running: tokio::spawn(worker::run(app.clone(), stop.clone())),
            stop,
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.expect("an end");
    }
}

async fn until(client: &Client, id: &str, status: &str) -> Value {
    let mut seen = Value::Null;
    eventually(&format!("{id} is {status}"), async || {
        seen = show(client, id).await;
        seen["status"] == status
    })
    .await;
    seen
}

async fn lease_runs_out(test: &TestApp, id: &str) {
    test.execute(
        TENANT,
        &format!("update exports set leased_until = now() where id = '{id}'"),
    )
    .await;
}

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

/// The statement a full export starts with, where it is blocked.
const BLOCKED_STATEMENT: &str = "-- Start of campaigns";

/// Orders a full export and blocks it at its attempts.
async fn block_export(test: &TestApp) -> (String, SideConnection) {
    let mut side = SideConnection::of(test).await;
    let id = order(test, &june("full", "csv")).await;
    side.lock("autocall_attempts").await;
    (id, side)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_lost_its_lease_publishes_nothing() {
    let test = with_attempts(100).await;
    record_claims(&test).await;
    let (id, mut side) = block_export(&test).await;
    let first = Instance::start(&test.app);
    side.until_waits(BLOCKED_STATEMENT, 1).await;
    first.stop.cancel(); // it takes no other job, and would requeue this one
    first.running.await.expect("an end");
    assert_eq!(show(&test, &id).await["status"], "queued");
    side.until_waits(BLOCKED_STATEMENT, 0).await; // Postgres cancels statements without a client

    // A worker that cannot renew its lease loses the job to the next one.
    let mut slow = test.app.clone();
    slow.exports.pace.renew_every = Duration::from_secs(3600);
    slow.exports.workers = 1;
    let slow = Instance::start(&slow);
    side.until_waits(BLOCKED_STATEMENT, 1).await;
    lease_runs_out(&test, &id).await;
    let mut quick = test.app.clone();
    quick.exports.workers = 1;
    let quick = Instance::start(&quick);
    side.until_waits(BLOCKED_STATEMENT, 2).await;
    side.unlock().await;
    let ready = until(&test, &id, "ready").await;
    let (_, attempts) = unzip(&download(&test, &ready).await.bytes)
        .pop()
        .expect("attempts");
    assert_eq!(attempts.lines().count(), 101);
    // Before the stop, which would leave a file that is just being stored to the sweep.
    eventually("nothing else is kept", async || {
        count(test.files.path()) == 1
    })
    .await;
    slow.stop().await;
    quick.stop().await;
    assert_eq!(recorded_ids(&test, "begun").await.len(), 3);
    assert_eq!(
        recorded_ids(&test, "ready").await,
        [id],
        "only one of them was announced"
    );
    let link = |ready: &Value| ready["download_url"].as_str().expect("a link").to_owned();
    assert_eq!(
        link(&show(&test, ready["job_id"].as_str().expect("an id")).await),
        link(&ready)
    );
}

/// The number of files.
fn count(dir: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                count(&entry.path())
            } else {
                1
            }
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_stops_before_a_lease_it_cannot_renew_expires() {
    let mut test = with_attempts(100).await;
    test.app.exports.pace.lease = Duration::from_millis(300);
    let (id, mut side) = block_export(&test).await;
    // Renewals block too, as with an unresponsive database.
    let mut holder = SideConnection::of(&test).await;
    let attending = {
        let app = test.app.clone();
        tokio::spawn(async move { worker::next(&app, &CancellationToken::new()).await })
    };
    side.until_waits(BLOCKED_STATEMENT, 1).await;
    holder.lock("exports").await;
    // It gives the job up by itself and records that as soon as it can.
    side.until_waits(BLOCKED_STATEMENT, 0).await;
    holder.unlock().await;
    assert!(attending.await.expect("no panic").expect("an end"));
    side.unlock().await;
    eventually("it is made", async || {
        settle(&test.app).await;
        show(&test, &id).await["status"] == "ready"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancelling_a_running_job_takes_effect_at_once_and_leaves_no_file() {
    let test = with_attempts(100).await;
    let (id, mut side) = block_export(&test).await;
    let attending = {
        let app = test.app.clone();
        tokio::spawn(async move { worker::next(&app, &CancellationToken::new()).await })
    };
    side.until_waits(BLOCKED_STATEMENT, 1).await;
    assert_eq!(show(&test, &id).await["status"], "running");
    assert_eq!(cancel(&test, &id).await.status, StatusCode::NO_CONTENT);
    // The lock it waits for is never released.
    attending.await.expect("no panic").expect("an end");
    assert_eq!(show(&test, &id).await["error"], "Cancelled.");
    side.unlock().await;
    settle(&test.app).await;
    assert_eq!(show(&test, &id).await["error"], "Cancelled.");
    assert_eq!(count(test.files.path()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn progress_is_reported_while_a_file_is_written() {
    let test = with_attempts(60_000).await;
    let id = order(&test, &june("full", "xlsx")).await;
    let instance = Instance::start(&test.app);
    let mut seen = Vec::new();
    eventually("it is ready", async || {
        let job = show(&test, &id).await;
        seen.extend(job["progress_pct"].as_i64());
        job["status"] == "ready"
    })
    .await;
    instance.stop().await;
    assert!(seen.is_sorted(), "{seen:?}");
    assert!(seen.iter().any(|pct| (1..=90).contains(pct)), "{seen:?}");
}

#[tokio::test]
async fn a_job_fails_with_a_message_after_its_last_attempt() {
    let test = with_attempts(1).await;
    let id = order(&test, &june("full", "csv")).await;
    for _ in 0..3 {
        queue::claim(&test.app.db, PACE.lease, test.app.clock.now())
            .await
            .expect("a queue")
            .expect("a job");
        assert!(
            queue::claim(&test.app.db, PACE.lease, test.app.clock.now())
                .await
                .expect("a queue")
                .is_none(),
            "it is taken"
        );
        lease_runs_out(&test, &id).await;
    }
    settle(&test.app).await;
    let failed = show(&test, &id).await;
    assert_eq!(
        failed["error"],
        "Given up after 3 tries: each time the server stopped while it made the file."
    );
    assert_eq!(
        test.query(
            TENANT,
            "select to_jsonb(completed_at is not null) from exports"
        )
        .await,
        [json!(true)]
    );
}

async fn next(test: &TestApp) {
    assert!(
        worker::next(&test.app, &CancellationToken::new())
            .await
            .expect("a queue"),
        "there was no job"
    );
}

async fn tries(test: &TestApp) -> Value {
    test.query(
        TENANT,
        "select to_jsonb(tries) from exports order by created_at desc, id limit 1",
    )
    .await
    .remove(0)
}

#[tokio::test]
async fn a_store_outage_costs_a_job_no_attempt() {
    let test = with_attempts(10).await;
    let dir = test.files.path().to_owned();
    let away = dir.with_extension("away");
    let id = order(&test, &june("kpis", "csv")).await;
    std::fs::rename(&dir, &away).expect("taken away");
    for _ in 0..5 {
        next_now(&test).await;
        assert_eq!(
            (show(&test, &id).await["status"].clone(), tries(&test).await),
            (json!("queued"), json!(0))
        );
    }
    std::fs::rename(&away, &dir).expect("put back");
    settle(&test.app).await;
    until(&test, &id, "ready").await;
    assert_eq!(
        test.query(TENANT, "select to_jsonb(outage_since is null) from exports")
            .await,
        [json!(true)]
    );
}

#[tokio::test]
async fn a_job_fails_with_a_message_after_a_day_of_store_outage() {
    let test = with_attempts(10).await;
    let dir = test.files.path().to_owned();
    let id = order(&test, &june("kpis", "csv")).await;
    std::fs::remove_dir_all(&dir).expect("removed");
    std::fs::write(&dir, "no directory").expect("written");
    for (hours, status) in [("1", "queued"), ("23.9", "queued"), ("24.1", "failed")] {
        next(&test).await;
        let since = format!("update exports set outage_since = now() - interval '{hours} hours'");
        test.execute(TENANT, &since).await;
        next_now(&test).await;
        assert_eq!(show(&test, &id).await["status"], status, "{hours}");
    }
    let error = show(&test, &id).await["error"].clone();
    assert_eq!(
        error,
        "Given up after a day. The place where finished files are kept could not be reached."
    );
    std::fs::remove_file(&dir).expect("removed");
}

/// Runs the next job, like [`next`], ignoring its back-off.
async fn next_now(test: &TestApp) {
    test.execute(TENANT, "update exports set wait_until = null")
        .await;
    next(test).await;
    test.execute(TENANT, "update exports set wait_until = null")
        .await;
}

#[tokio::test]
async fn retries_back_off_during_a_store_outage() {
    let test = with_attempts(10).await;
    let dir = test.files.path().to_owned();
    order(&test, &june("kpis", "csv")).await;
    std::fs::remove_dir_all(&dir).expect("removed");
    std::fs::write(&dir, "no directory").expect("written");
    let mut pauses = Vec::new();
    for minutes in ["0", "1", "600"] {
        test.execute(
            TENANT,
            &format!("update exports set outage_since = now() - interval '{minutes} min', wait_until = null"),
        )
        .await;
        next(&test).await;
        let pause = "select to_jsonb(round(extract(epoch from wait_until - now()))) from exports";
        pauses.push(
            test.query(TENANT, pause).await[0]
                .as_f64()
                .expect("seconds"),
        );
    }
    assert!(
        pauses[0] <= 0.0 && (5.0..=15.0).contains(&pauses[1]) && (50.0..=60.0).contains(&pauses[2]),
        "{pauses:?}"
    );
    std::fs::remove_file(&dir).expect("removed");
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

/// The workers' clock, in microseconds.
static CLOCK: AtomicI64 = AtomicI64::new(0);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_panicking_worker_is_restarted_and_counted() {
    let mut test = with_attempts(10).await;
    let counted = || {
        supervise::restarts()
            .get(exports::TASK)
            .copied()
            .unwrap_or_default()
    };
    let (before, now) = (counted(), test.app.clock.now().timestamp_micros());
    test.app.exports.workers = 1;
    test.app.exports.pace.wait = Duration::from_secs(2);
    test.app.clock = Clock::Set(&CLOCK);
    // An hour after the last representable instant overflows the clock.
    CLOCK.store(
        DateTime::<Utc>::MAX_UTC.timestamp_micros(),
        Ordering::Relaxed,
    );
    let id = order(&test, &june("kpis", "csv")).await;
    let instance = Instance::start(&test.app);
    eventually("it is started again", async || counted() > before).await;
    CLOCK.store(now, Ordering::Relaxed);
    lease_runs_out(&test, &id).await;
    until(&test, &id, "ready").await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_store_fails_jobs_with_a_message_until_space_is_freed() {
    let mut test = with_attempts(20_000).await;
    let place = tempfile::TempDir::new().expect("a place");
    let Some(disk) = Disk::mount(place.path(), 96) else {
        return;
    };
    test.app.exports.store = Store::directory(place.path()).expect("a store");
    let orders: Vec<Value> = ["full", "kpis", "trend", "hangup", "dtmf", "funnel"]
        .iter()
        .flat_map(|report| ["xlsx", "csv"].map(|format| june(report, format)))
        .collect();
    disk.fill();
    for ordered in &orders {
        let id = order(&test, ordered).await;
        settle(&test.app).await;
        let failed = show(&test, &id).await;
        assert_eq!(
            failed["error"], "Given up after 3 tries. There was no room left on the server's disk.",
            "{ordered}"
        );
    }
    assert_eq!(count(place.path()), 1, "the filler alone");
    disk.free();
    for ordered in &orders {
        let id = order(&test, ordered).await;
        settle(&test.app).await;
        until(&test, &id, "ready").await;
    }
}

/// The exports visible to a connection without a tenant and with that setting.
async fn seen(test: &TestApp, said: &str) -> Vec<(String, i64)> {
    let mut transaction = test.app.db.unscoped().begin().await.expect("a transaction");
    sqlx::query(sqlx::AssertSqlSafe(said.to_owned()))
        .execute(&mut *transaction)
        .await
        .expect("said");
    let tables = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
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

/// The program on the test's database, with its files beside the test's own.
fn program(test: &TestApp) -> Program {
    Program::beside(test).with(
        "CALLBOARD_EXPORT_STORE",
        &test.files.path().display().to_string(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_of_a_killed_server_are_taken_over() {
    let test = with_attempts(2000).await;
    let (id, mut side) = block_export(&test).await;
    let program = program(&test);
    let server = program.serve().await;
    side.until_waits(BLOCKED_STATEMENT, 1).await;
    assert_eq!(show(&test, &id).await["status"], "running");
    server.kill().await;
    side.unlock().await;
    settle(&test.app).await;
    assert_eq!(
        show(&test, &id).await["status"],
        "running",
        "it is left to the dead one for as long as its lease lasts"
    );
    let leased = "select to_jsonb(leased_until <= now() + interval '30 seconds') from exports";
    assert_eq!(
        test.query(TENANT, leased).await,
        [json!(true)],
        "which is no longer than that"
    );
    assert_eq!(count(test.files.path()), 0, "no half file");
    lease_runs_out(&test, &id).await;
    let again = program.serve().await;
    let ready = until(&test, &id, "ready").await;
    let (_, attempts) = unzip(&download(&test, &ready).await.bytes)
        .pop()
        .expect("attempts");
    assert_eq!(attempts.lines().count(), 2001);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stopping_server_requeues_its_job_at_once() {
    let test = with_attempts(10).await;
    let (id, mut side) = block_export(&test).await;
    let program = program(&test);
    let mut server = program.serve().await;
    side.until_waits(BLOCKED_STATEMENT, 1).await;
    signal("TERM", &[server.pid()]);
    let given_back = until(&test, &id, "queued").await;
    assert_eq!(given_back["progress_pct"], 0);
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.log());
    assert_eq!(
        test.query(TENANT, "select to_jsonb(tries) from exports")
            .await,
        [json!(0)],
        "that was no try"
    );
    side.unlock().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_fails_the_job_with_a_message_and_leaves_no_file() {
    let test = with_attempts(20_000).await;
    let program = program(&test);
    // A file size limit of 64 KiB acts like a full disk; its signal is ignored.
    let server = crate::support::program::Server::start(
        program.limited("trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"", &["serve"]),
    )
    .await;
    let id = order(&test, &june("full", "csv")).await;
    let failed = until(&test, &id, "failed").await;
    assert_eq!(
        failed["error"],
        "Given up after 3 tries. There was no room left on the server's disk."
    );
    assert_eq!(count(test.files.path()), 0, "no half file");
    let small = order(&test, &june("kpis", "csv")).await;
    download(&test, &until(&test, &small, "ready").await).await;
    assert_eq!(
        test.get(&format!("{EXPORT}/{small}")).await.status,
        StatusCode::OK
    );
    server.stop().await;
}
