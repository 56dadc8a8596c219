//! Atomic bodies.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{TABLES, count, fields, one_of_each_kind, send, team};
use crate::support::{Client, TENANT, TestApp, body, gzip};

#[tokio::test]
async fn one_bad_line_rejects_an_atomic_body() {
    let test = TestApp::new().await;
    let mut lines = one_of_each_kind();
    lines.push(json!({"kind": "telesales_call", "uuid": "c", "campaign_id": 9, "lead_id": 1, "started_at": "x"}));
    let answer = send(&test, "atomic=true", format!("\n{}not JSON", body(&lines))).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(answer.json()["message"], "The given data was invalid.");
    assert_eq!(
        fields(&answer.json()["errors"]),
        [
            "lines.15.campaign_id",
            "lines.15.started_at",
            "lines.16.line"
        ]
    );
    for table in TABLES {
        assert_eq!(count(&test, table).await, 0, "{table}");
    }
    lines.pop();
    let answer = send(&test, "atomic=1", body(&lines)).await;
    assert_eq!(
        answer.json()["data"],
        json!({"received": 13, "stored": 13, "rejected": 0, "errors": []})
    );
    for table in TABLES {
        assert_eq!(count(&test, table).await, 1, "{table}");
    }
}

#[tokio::test]
async fn atomic_bodies_of_many_chunks_store_all_or_nothing() {
    let test = TestApp::new().await;
    test.ingest(&[team(1)]).await;
    let mut lines: Vec<Value> = (1..=21_000)
        .map(|id| json!({"kind": "team", "id": id, "name": "new"}))
        .collect();
    lines.push(json!({"kind": "agent", "id": 1, "name": "A", "username": "a", "team_id": 1}));
    let mut spoiled = lines.clone();
    spoiled.push(json!({"kind": "agent", "id": 2, "name": "A", "username": "a", "team_id": 0}));
    let answer = send(&test, "atomic=true", body(&spoiled)).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(fields(&answer.json()["errors"]), ["lines.21002.team_id"]);
    let stored = super::rows(&test, "teams").await;
    assert_eq!(stored, [json!({"id": 1, "name": "Team 1"})]);

    let answer = send(&test, "atomic=true", body(&lines)).await;
    assert_eq!(answer.json()["data"]["stored"], 21_001, "{}", answer.text());
    assert_eq!(
        (count(&test, "teams").await, count(&test, "agents").await),
        (21_000, 1)
    );
}

#[tokio::test]
async fn a_truncated_atomic_body_stores_nothing() {
    let test = TestApp::new().await;
    let mut packed = gzip(&body(&(1..=12_000).map(team).collect::<Vec<_>>()));
    packed.truncate(packed.len() - 10);
    let post = test
        .post("/api/ingest?atomic=true")
        .header("content-type", "application/x-ndjson");
    let answer = test
        .send(post.header("content-encoding", "gzip").body(packed))
        .await;
    assert_eq!(answer.status.as_u16(), 400);
    assert_eq!(count(&test, "teams").await, 0);
}

#[tokio::test]
async fn atomic_bodies_report_the_first_hundred_bad_lines() {
    let test = TestApp::new().await;
    let lines: Vec<Value> = (1..=300).map(|_| json!({"kind": "team"})).collect();
    let answer = send(&test, "atomic=true", body(&lines)).await;
    let mut expected: Vec<String> = (1..=100)
        .flat_map(|line| ["id", "name"].map(|field| format!("lines.{line}.{field}")))
        .collect();
    expected.sort();
    assert_eq!(fields(&answer.json()["errors"]), expected);
}

/// Regression: each slow body held one of the few write connections, and eight held all.
#[tokio::test]
async fn slow_clients_do_not_block_other_writers() {
    let test = TestApp::new().await;
    let endless = || {
        let begun = futures_util::stream::iter([Ok::<_, std::io::Error>(body(&[team(1)]))]);
        reqwest::Body::wrap_stream(begun.chain(futures_util::stream::pending()))
    };
    let slow = (0..12).map(|_| {
        let request = test
            .post("/api/ingest?atomic=true")
            .header("content-type", "application/x-ndjson")
            .body(endless());
        tokio::spawn(request.send())
    });
    let slow: Vec<_> = slow.collect();
    for _ in 0..5 {
        assert_eq!(send(&test, "", body(&[team(1)])).await.status.as_u16(), 200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    slow.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_tenant_stores_two_atomic_bodies_at_a_time() {
    let test = TestApp::new().await;
    let other = Client::new(test.url.clone(), test.account(2).await);
    let slot = || test.app.db.atomic_body_slot(TENANT);
    let (one, _two) = (slot().await.expect("a slot"), slot().await.expect("a slot"));
    let client = Client::new(test.url.clone(), test.token.clone());
    let third = tokio::spawn(async move { send(&client, "atomic=true", body(&[team(1)])).await });
    for _ in 0..5 {
        let answer = send(&other, "atomic=true", body(&[team(1)])).await;
        assert_eq!(answer.status.as_u16(), 200);
    }
    assert!(!third.is_finished());
    drop(one);
    assert_eq!(third.await.expect("no panic").status.as_u16(), 200);
}

/// Two bodies that write the same two tables in opposite orders over several chunks deadlock, and
/// one is retried.
#[tokio::test(flavor = "multi_thread")]
async fn deadlocked_atomic_bodies_are_both_stored() {
    let test = TestApp::new().await;
    let teams = |name: &str| {
        (1..=10_000)
            .map(|id| json!({"kind": "team", "id": id, "name": name}))
            .collect::<Vec<_>>()
    };
    let agents = |name: &str| {
        let agent = |id| json!({"kind": "agent", "id": id, "name": name, "username": "a"});
        (1..=10_000).map(agent).collect::<Vec<_>>()
    };
    for round in 0..3 {
        let (one, other) = (format!("one {round}"), format!("other {round}"));
        let one = body(&[teams(&one), agents(&one)].concat());
        let other = body(&[agents(&other), teams(&other)].concat());
        let (one, other) = tokio::join!(
            send(&test, "atomic=true", one),
            send(&test, "atomic=true", other)
        );
        for answer in [one, other] {
            assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
            assert_eq!(answer.json()["data"]["stored"], 20_000);
        }
    }
}

/// An atomic body and a chunked one: the loser of the deadlock is stored too.
#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_loses_a_deadlock_is_retried() {
    let test = TestApp::new().await;
    for round in 0..3 {
        let line = |kind: &str, id: i64, name: &str| match kind {
            "team" => json!({"kind": "team", "id": id, "name": name}),
            _ => json!({"kind": "agent", "id": id, "name": name, "username": "a"}),
        };
        let lines = |kind: &str, name: &str| {
            (1..=5_000)
                .map(|id| line(kind, id, name))
                .collect::<Vec<_>>()
        };
        let (one, other) = (format!("one {round}"), format!("other {round}"));
        // A chunk writes kinds in a fixed order, independent of its lines.
        let whole = body(
            &[
                lines("agent", &one),
                lines("agent", &one),
                lines("team", &one),
            ]
            .concat(),
        );
        let chunk = body(&[lines("team", &other), lines("agent", &other)].concat());
        let (whole, chunk) =
            tokio::join!(send(&test, "atomic=true", whole), send(&test, "", chunk));
        assert_eq!(
            (whole.status.as_u16(), chunk.status.as_u16()),
            (200, 200),
            "{} {}",
            whole.text(),
            chunk.text()
        );
    }
}
