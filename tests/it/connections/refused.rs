//! Uploads that are refused while their client is still sending.

use std::time::Duration;

use callboard::auth::limit::Limits as RateLimits;
use callboard::auth::tenant::{Change, Tenant};
use callboard::http::Limits;
use callboard::time::Clock;

use super::{INGEST, Limited, NDJSON, Seen, post};
use crate::support::{TENANT, TestApp};

/// A body larger than the socket and codec buffers.
const LARGE: usize = 24 << 20;

/// Sends the whole upload before reading the response, as simple clients do, then sends another
/// request.
async fn upload(server: &Limited, head: String) -> (Seen, u16) {
    let mut wire = server.connect().await;
    wire.send(head).await;
    for _ in 0..LARGE >> 20 {
        wire.send(vec![b'\n'; 1 << 20]).await;
    }
    (wire.seen().await, wire.get("/healthz").await.status)
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, Limits::default()).await;
    for (token, kind, path, status) in [
        ("nonsense", NDJSON, INGEST, 401),
        (test.token.as_str(), "text/plain", INGEST, 415),
        (test.token.as_str(), "text/plain", "/analytics", 415),
        (test.token.as_str(), "application/json", "/analytics", 413),
        (test.token.as_str(), NDJSON, "/nothing", 404),
        (test.token.as_str(), NDJSON, "/healthz", 405),
        (test.token.as_str(), NDJSON, "/api/ingest?atomic=maybe", 422),
    ] {
        let (seen, next) = upload(&server, post(path, token, kind, LARGE)).await;
        assert_eq!((seen.status, next), (status, 200), "{path}: {seen:?}");
        assert!(seen.json()["message"].is_string());
    }

    let full = Limited::new(
        &test,
        Limits {
            bodies_per_tenant: 0,
            ..Limits::default()
        },
    )
    .await;
    let (seen, next) = upload(&full, post(INGEST, &test.token, NDJSON, LARGE)).await;
    assert_eq!((seen.status, next), (503, 200), "{seen:?}");

    Tenant::change(
        &test.app.db,
        TENANT,
        &[Change::Setting("rate_limit_ingest".into(), "1".into())],
    )
    .await
    .expect("set");
    let mut app = test.app.clone();
    app.limits = RateLimits::on(Clock::Fixed(app.clock.now()));
    let limited = Limited::of(app, Limits::default()).await;
    let first = upload(&limited, post(INGEST, &test.token, NDJSON, LARGE)).await;
    let second = upload(&limited, post(INGEST, &test.token, NDJSON, LARGE)).await;
    assert_eq!((first.0.status, second.0.status, second.1), (200, 429, 200));
}

#[tokio::test]
async fn draining_a_refused_upload_is_bounded_in_time() {
    let test = TestApp::new().await;
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    for (discard_silence, discard_time) in [(second / 10, minute), (minute, second / 10)] {
        let server = Limited::new(
            &test,
            Limits {
                discard_silence,
                discard_time,
                ..Limits::default()
            },
        )
        .await;
        let mut wire = server.connect().await;
        wire.send(post(INGEST, "nonsense", NDJSON, LARGE)).await;
        assert_eq!(wire.seen().await.status, 401);
        wire.closed().await;
    }
}

#[tokio::test]
async fn expect_continue_uploads_are_refused_at_once() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, Limits::default()).await;
    let head = |token: &str| {
        post(INGEST, token, NDJSON, 10).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n")
    };
    let mut refused = server.connect().await;
    refused.send(head("nonsense")).await;
    assert_eq!(refused.seen().await.status, 401);
    refused.closed().await;
    let mut wire = server.connect().await;
    wire.send(head(&test.token)).await;
    assert_eq!(wire.seen().await.status, 100);
    wire.send(" ".repeat(10)).await;
    assert_eq!(wire.seen().await.status, 200);
}

/// A refused body counts as unfinished: newer ones evict it.
#[tokio::test]
async fn refused_uploads_count_as_unfinished_bodies() {
    let test = TestApp::new().await;
    let server = Limited::new(
        &test,
        Limits {
            bodies: 2,
            ..Limits::default()
        },
    )
    .await;
    let mut refused = Vec::new();
    for _ in 0..3 {
        let mut wire = server.connect().await;
        wire.send(post(INGEST, "nonsense", NDJSON, LARGE)).await;
        assert_eq!(wire.seen().await.status, 401);
        refused.push(wire);
    }
    refused.swap_remove(0).closed().await;
}
