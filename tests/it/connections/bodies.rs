//! Bodies that arrive slowly or never.

use std::time::Duration;

use callboard::http::Limits;
use serde_json::json;

use super::{INGEST, Limited, NDJSON, Wire, post};
use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn a_stalled_body_gets_408() {
    let test = TestApp::new().await;
    let server = Limited::new(
        &test,
        Limits {
            body_timeout: Duration::from_millis(150),
            ..Limits::default()
        },
    )
    .await;
    for (path, kind) in [
        (INGEST, NDJSON),
        ("/api/ingest?atomic=true", NDJSON),
        ("/api/auth/login", "application/json"),
        ("/analytics", "application/json"),
    ] {
        for begun in ["", "{"] {
            let mut wire = server.connect().await;
            wire.send(post(path, &test.token, kind, 100)).await;
            wire.send(begun).await;
            let seen = wire.seen().await;
            assert_eq!(
                (seen.status, seen.json()),
                (408, json!({"message": "Request Timeout"})),
                "{path} {begun}"
            );
            wire.closed().await;
        }
    }
}

#[tokio::test]
async fn a_slow_but_progressing_body_is_accepted() {
    let test = TestApp::new().await;
    let server = Limited::new(
        &test,
        Limits {
            body_timeout: Duration::from_millis(400),
            ..Limits::default()
        },
    )
    .await;
    let mut wire = server.connect().await;
    wire.send(post(INGEST, &test.token, NDJSON, 12)).await;
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(80)).await;
        wire.send("\n").await;
    }
    assert_eq!(wire.seen().await.status, 200);
}

/// Starts a body and waits until the server counts it.
async fn begin(server: &Limited, token: &str) -> Wire {
    let mut wire = server.connect().await;
    wire.send(post(INGEST, token, NDJSON, 1 << 20)).await;
    wire
}

async fn answer_of_another(server: &Limited, path: &str, token: &str) -> u16 {
    let mut wire = server.connect().await;
    let (kind, body) = if path == INGEST {
        (NDJSON, "        ")
    } else {
        ("application/json", "{}      ")
    };
    wire.send(post(path, token, kind, 8)).await;
    tokio::time::sleep(Duration::from_millis(50)).await; // sent separately from the head
    wire.send(body).await;
    wire.seen().await.status
}

#[tokio::test]
async fn unfinished_bodies_are_capped_per_tenant() {
    let test = TestApp::new().await;
    let other = test.account(TENANT + 1).await;
    let limits = Limits {
        body_grace: Duration::ZERO,
        bodies_per_tenant: 2,
        bodies: 3,
        ..Limits::default()
    };
    let server = Limited::new(&test, limits).await;
    let mut begun = [
        begin(&server, &test.token).await,
        begin(&server, &test.token).await,
    ];
    // A third may still fit until both are counted; a small one counts once it is waited for.
    crate::support::program::eventually("both count", async || {
        answer_of_another(&server, "/analytics", &test.token).await == 503
    })
    .await;
    let mut third = begin(&server, &test.token).await;
    let refused = third.seen().await;
    assert_eq!(
        (refused.status, refused.json()),
        (503, json!({"message": "Service unavailable"}))
    );
    assert_eq!(
        answer_of_another(&server, "/analytics", &other).await,
        400,
        "the body has been read"
    );
    begun[0].send(" ".repeat(1 << 20)).await;
    assert_eq!(begun[0].seen().await.status, 200);
    assert_eq!(
        answer_of_another(&server, "/analytics", &test.token).await,
        400
    );
}

/// Unauthenticated clients cannot block tenants or logins.
#[tokio::test]
async fn unauthenticated_bodies_are_evicted_for_newer_ones() {
    let test = TestApp::new().await;
    let limits = Limits {
        body_grace: Duration::ZERO,
        bodies_per_tenant: 2,
        bodies: 3,
        ..Limits::default()
    };
    let server = Limited::new(&test, limits).await;
    let mut strangers = Vec::new();
    for _ in 0..9 {
        let mut wire = server.connect().await;
        wire.send(post("/api/auth/login", "", "application/json", 100))
            .await;
        wire.send("{").await;
        strangers.push(wire);
    }
    for wire in &mut strangers[..6] {
        let seen = wire.seen().await;
        assert_eq!(
            (seen.status, seen.json()),
            (503, json!({"message": "Service unavailable"}))
        );
    }
    assert_eq!(
        answer_of_another(&server, "/api/auth/login", "").await,
        422,
        "a login is read"
    );
    assert_eq!(answer_of_another(&server, INGEST, &test.token).await, 200);
}
