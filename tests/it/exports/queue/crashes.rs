//! Panics, killed and stopping servers, and stores without space.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use callboard::store::Store;
use callboard::time::Clock;
use callboard::{exports, supervise};
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{
    BLOCKED_STATEMENT, Instance, block_export, count, lease_runs_out, until, with_attempts,
};
use crate::exports::{EXPORT, download, june, order, settle, show, unzip};
use crate::support::disk::Disk;
use crate::support::program::{Program, eventually, signal};
use crate::support::{TENANT, TestApp};

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
