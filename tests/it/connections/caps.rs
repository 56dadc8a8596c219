//! Connection caps and evictions.

use callboard::http::Limits;
use serde_json::json;

use super::{INGEST, Limited, NDJSON, Wire, post};
use crate::support::TestApp;

fn limits(connections: usize, connections_per_address: usize) -> Limits {
    Limits {
        connections,
        connections_per_address,
        ..Limits::default()
    }
}

/// Starts a request that stays open until its body is sent.
async fn busy(mut wire: Wire, token: &str) -> Wire {
    wire.send(post(INGEST, token, NDJSON, 100)).await;
    wire.send("  ").await;
    wire
}

#[tokio::test]
async fn the_longest_idle_connection_is_evicted_at_the_cap() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, limits(3, 3)).await;
    let mut first = server.connect().await;
    assert_eq!(first.get("/healthz").await.status, 200);
    let half_a_head = server.connect().await;
    let mut third = server.connect().await;
    assert_eq!(
        (
            third.get("/healthz").await.status,
            first.get("/healthz").await.status
        ),
        (200, 200)
    );
    let mut fourth = server.connect().await;
    assert_eq!(fourth.get("/healthz").await.status, 200);
    half_a_head.closed().await;
    let mut fifth = server.connect().await;
    assert_eq!(
        (
            fifth.get("/healthz").await.status,
            first.get("/healthz").await.status
        ),
        (200, 200)
    );
    third.closed().await;
}

#[tokio::test]
async fn a_new_connection_gets_503_when_none_is_idle() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, limits(2, 2)).await;
    let first = busy(server.connect().await, &test.token).await;
    let mut second = busy(server.connect().await, &test.token).await;
    let mut third = server.connect().await;
    let refused = third.get("/healthz").await;
    assert_eq!(
        (refused.status, refused.json()),
        (503, json!({"message": "Service unavailable"}))
    );
    assert_eq!(
        (refused.header("retry-after"), refused.header("connection")),
        ("1", "close")
    );
    third.closed().await;
    drop(first);
    second.send(" ".repeat(98)).await;
    assert_eq!(second.seen().await.status, 200);
    assert_eq!(server.connect().await.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn connections_are_capped_per_address_except_trusted_proxies() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, limits(8, 2)).await;
    let busy_ones = [
        busy(server.connect().await, &test.token).await,
        busy(server.connect().await, &test.token).await,
    ];
    assert_eq!(server.connect().await.get("/healthz").await.status, 503);
    assert_eq!(
        server
            .connect_from("127.0.0.2")
            .await
            .get("/healthz")
            .await
            .status,
        200
    );

    let mut app = test.app.clone();
    app.trusted_proxies = ["127.0.0.1/32".parse().expect("a network")].into();
    let server = Limited::of(app, limits(8, 2)).await;
    let _more = [
        busy(server.connect().await, &test.token).await,
        busy(server.connect().await, &test.token).await,
    ];
    assert_eq!(server.connect().await.get("/healthz").await.status, 200);
    drop(busy_ones);
}
