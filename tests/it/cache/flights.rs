//! Concurrent identical requests share one query, unless its snapshot is older than they accept.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use tokio::task::JoinHandle;

use super::{KPIS, LONG, SHORT, attempt, with_an_attempt};
use crate::support::side_connection::SideConnection;
use crate::support::{Answer, Client};

fn ask(client: &Client, cache_control: &'static str) -> JoinHandle<Answer> {
    let client = client.clone();
    tokio::spawn(async move { client.get_with(KPIS, "cache-control", cache_control).await })
}

async fn dialed(asking: JoinHandle<Answer>) -> i64 {
    let answer = asking.await.expect("no panic");
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["data"]["dialed"].as_i64().expect("a count")
}

#[tokio::test]
async fn concurrent_identical_requests_share_one_query() {
    let test = with_an_attempt(LONG).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_attempts").await;
    let asking: Vec<_> = (0..100).map(|_| ask(&test, "private")).collect();
    side.until_waiting(1).await;
    side.unlock().await;
    let bodies = join_all(asking)
        .await
        .into_iter()
        .map(|answer| answer.expect("no panic").bytes);
    let mut bodies: Vec<_> = bodies.collect();
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn no_cache_does_not_join_an_earlier_query() {
    let test = with_an_attempt(LONG).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_leads").await;
    let early = ask(&test, "private");
    side.until_waiting(1).await;
    // Plain SQL, because ingest would wait for the lock on the leads too.
    let mut scope = test.app.db.write(1).await.expect("a scope");
    let copy = "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
                values ($1, 'b', 1, 1, 2, '2026-06-10')";
    scope
        .query(copy)
        .execute(scope.connection())
        .await
        .expect("stored");
    scope.commit().await.expect("committed");
    let late = ask(&test, "no-cache");
    side.until_waiting(2).await;
    let joined = ask(&test, "private");
    side.until_waiting(2).await;
    side.unlock().await;
    assert_eq!(
        (
            dialed(early).await,
            dialed(late).await,
            dialed(joined).await
        ),
        (1, 2, 2)
    );
    assert_eq!(
        dialed(ask(&test, "private")).await,
        2,
        "the older reading did not replace the newer one"
    );
}

#[tokio::test]
async fn callers_do_not_join_a_query_whose_snapshot_is_too_old() {
    let test = with_an_attempt(SHORT).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_attempts").await;
    let early = ask(&test, "private");
    side.until_waiting(1).await;
    tokio::time::sleep(SHORT).await;
    let late = ask(&test, "private");
    // The session is read again too, and succeeds: its tables are not locked.
    side.until_waiting(2).await;
    side.unlock().await;
    assert_eq!((dialed(early).await, dialed(late).await), (1, 1));
}

#[tokio::test]
async fn a_failure_reaches_all_waiting_callers_and_no_later_ones() {
    let test = with_an_attempt(LONG).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_attempts").await;
    let asking: Vec<_> = (0..20).map(|_| ask(&test, "private")).collect();
    side.until_waiting(1).await;
    side.break_off().await;
    for answer in join_all(asking).await {
        let answer = answer.expect("no panic");
        assert_eq!(
            (answer.status, answer.header("etag")),
            (StatusCode::SERVICE_UNAVAILABLE, "")
        );
    }
    side.unlock().await;
    assert_eq!(dialed(ask(&test, "private")).await, 1);
}

#[tokio::test]
async fn a_disconnect_of_the_first_caller_does_not_cancel_a_shared_query() {
    let test = with_an_attempt(LONG).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_attempts").await;
    let first = ask(&test, "private");
    side.until_waiting(1).await;
    let second = ask(&test, "private");
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.abort();
    side.until_waiting(1).await;
    side.unlock().await;
    assert_eq!(dialed(second).await, 1);
}

#[tokio::test]
async fn an_abandoned_query_does_not_block_later_requests() {
    let test = with_an_attempt(LONG).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_attempts").await;
    let first = ask(&test, "private");
    side.until_waiting(1).await;
    first.abort();
    tokio::time::sleep(Duration::from_millis(100)).await;
    side.unlock().await;
    test.ingest(&[attempt("b")]).await;
    assert_eq!(dialed(ask(&test, "private")).await, 2);
}
