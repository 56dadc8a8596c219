//! Leases of running jobs: lost, not renewed, cancelled; and their progress.

use std::time::Duration;

use callboard::exports::worker;
use reqwest::StatusCode;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    BLOCKED_STATEMENT, Instance, block_export, count, lease_runs_out, record_claims, recorded_ids,
    until, with_attempts,
};
use crate::exports::{cancel, download, june, order, settle, show, unzip};
use crate::support::program::eventually;
use crate::support::side_connection::SideConnection;

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
    // Each lost it once; on a busy machine the last one may, too.
    assert!(recorded_ids(&test, "begun").await.len() >= 3);
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
