//! `Idempotency-Key` on every POST of a resource.

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CAMPAIGNS, SCRIPTS, create, faulty, one, with_draft};
use crate::support::side_connection::SideConnection;
use crate::support::{Answer, Client, TestApp};

const RUNNING: &str = "A request with this Idempotency-Key is still running.";

async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let request = client.post(path).header("Idempotency-Key", key);
    client.send(request.json(body)).await
}

async fn count(test: &TestApp, table: &str) -> Value {
    let count = format!("select to_jsonb(count(*)) from {table}");
    test.query(1, &count).await.remove(0)
}

#[tokio::test]
async fn a_repeat_gets_the_same_answer() {
    let test = TestApp::new().await;
    let body = json!({"name": "S"});
    let first = keyed(&test, SCRIPTS, "k", &body).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let again = keyed(&test, SCRIPTS, "k", &body).await;
    assert_eq!((again.status, again.text()), (first.status, first.text()));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    let other = keyed(&test, SCRIPTS, "k", &json!({"name": "T"})).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(faulty(&other), ["Idempotency-Key"]);
    assert_eq!(count(&test, "autocall_scripts").await, 1);
    let theirs = Client::new(test.url.clone(), test.account(2).await);
    assert_eq!(
        keyed(&theirs, SCRIPTS, "k", &json!({"name": "T"}))
            .await
            .status,
        StatusCode::CREATED,
        "a key belongs to its tenant"
    );
}

#[tokio::test]
async fn a_transition_is_repeated_by_its_key() {
    let (test, _, campaign) = with_draft().await;
    let path = format!("{}/start", one(CAMPAIGNS, &campaign));
    let first = keyed(&test, &path, "k", &json!({})).await;
    let again = keyed(&test, &path, "k", &json!({})).await;
    assert_eq!(
        (again.status, again.text()),
        (StatusCode::ACCEPTED, first.text())
    );
    let stop = path.replace("/start", "/stop");
    assert_eq!(
        keyed(&test, &stop, "k", &json!({})).await.status,
        StatusCode::OK,
        "another path"
    );
}

#[tokio::test]
async fn refusals_are_not_kept() {
    let test = TestApp::new().await;
    let faults = keyed(&test, SCRIPTS, "k", &json!({})).await;
    assert_eq!(faulty(&faults), ["name"]);
    let body = json!({"name": "S"});
    assert_eq!(
        keyed(&test, SCRIPTS, "k", &body).await.status,
        StatusCode::CREATED
    );
    let empty = keyed(&test, SCRIPTS, "", &body).await;
    assert_eq!(faulty(&empty), ["Idempotency-Key"]);
    let long = keyed(&test, SCRIPTS, &"k".repeat(256), &json!({})).await;
    assert_eq!(faulty(&long), ["Idempotency-Key", "name"]);
    let long = keyed(&test, SCRIPTS, &"k".repeat(256), &body).await;
    assert_eq!(faulty(&long), ["Idempotency-Key"]);
    assert_eq!(count(&test, "autocall_scripts").await, 1);
}

#[tokio::test]
async fn two_keys_in_one_request_are_refused() {
    let test = TestApp::new().await;
    let both = async |second: &str| {
        let request = test.post(SCRIPTS).header("Idempotency-Key", "k");
        let request = request.header("Idempotency-Key", second);
        test.send(request.json(&json!({"name": "S"}))).await
    };
    for other in ["l", ""] {
        let answer = both(other).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(faulty(&answer), ["Idempotency-Key"]);
    }
    let first = both("k").await;
    assert_eq!(first.status, StatusCode::CREATED, "the same key twice");
    assert_eq!(both("k").await.text(), first.text());
    assert_eq!(count(&test, "autocall_scripts").await, 1);
}

#[tokio::test]
async fn of_concurrent_requests_with_one_key_one_creates() {
    let test = TestApp::new().await;
    let body = json!({"name": "S"});
    let answers = join_all((0..12).map(|_| keyed(&test, SCRIPTS, "k", &body))).await;
    let (created, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert!(
        created
            .iter()
            .all(|answer| answer.text() == created[0].text())
    );
    for answer in refused {
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::CONFLICT, json!({"message": RUNNING}))
        );
    }
    assert_eq!(count(&test, "autocall_scripts").await, 1);
}

/// The first request waits in the middle of its transaction, and then its connection breaks.
#[tokio::test]
async fn a_request_that_dies_keeps_nothing_and_can_be_repeated() {
    let test = TestApp::new().await;
    create(&test, SCRIPTS, &json!({"name": "first"})).await;
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_scripts").await;
    let (client, body) = (
        Client::new(test.url.clone(), test.token.clone()),
        json!({"name": "S"}),
    );
    let sent = body.clone();
    let dying = tokio::spawn(async move { keyed(&client, SCRIPTS, "k", &sent).await });
    side.until_waiting(1).await;
    let second = keyed(&test, SCRIPTS, "k", &body).await;
    assert_eq!(
        (second.status, second.json()),
        (StatusCode::CONFLICT, json!({"message": RUNNING}))
    );
    side.break_off().await;
    let broken = dying.await.expect("no panic");
    assert_eq!(broken.status, StatusCode::SERVICE_UNAVAILABLE);
    side.unlock().await;
    let third = keyed(&test, SCRIPTS, "k", &body).await;
    assert_eq!(third.status, StatusCode::CREATED);
    assert_eq!(count(&test, "autocall_scripts").await, 2);
    assert_eq!(count(&test, "idempotency_keys").await, 1);
}

#[tokio::test]
async fn a_key_is_kept_for_a_day() {
    let test = TestApp::new().await;
    let body = json!({"name": "S"});
    let first = keyed(&test, SCRIPTS, "k", &body).await;
    let after = async |hours: i64| {
        let later = test.app.clock.now() + chrono::TimeDelta::hours(hours);
        test.changed(|app| app.clock = callboard::time::Clock::Fixed(later))
            .await
    };
    let again = keyed(&after(23).await, SCRIPTS, "k", &body).await;
    assert_eq!(again.text(), first.text());
    let tomorrow = keyed(&after(24).await, SCRIPTS, "k", &json!({"name": "T"})).await;
    assert_eq!(tomorrow.status, StatusCode::CREATED);
    let keep = callboard::auth::prune::Retention {
        audit: std::time::Duration::from_secs(3600 * 24 * 365),
        sessions: std::time::Duration::from_secs(3600 * 24 * 365),
        failed_logins: 1_000,
    };
    let prune = async |hours: i64| {
        let later = test.app.clock.now() + chrono::TimeDelta::hours(hours);
        callboard::auth::prune::prune(&test.app.db, keep, later)
            .await
            .expect("pruned")
    };
    prune(47).await;
    assert_eq!(count(&test, "idempotency_keys").await, 1);
    prune(49).await;
    assert_eq!(count(&test, "idempotency_keys").await, 0);
}
