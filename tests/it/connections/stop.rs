//! Shutdown: connections and bodies that end at once, and those with a grace period.

use std::time::Duration;

use callboard::http::Limits;
use serde_json::json;

use super::{INGEST, Limited, NDJSON, post};
use crate::support::TestApp;
use crate::support::program::eventually;

fn teams(numbers: std::ops::Range<u32>) -> String {
    numbers
        .map(|id| format!("{{\"kind\":\"team\",\"id\":{id},\"name\":\"T\"}}\n"))
        .collect()
}

/// A grace period of a minute, so that the server ends in time only if everything closes at once.
fn limits() -> Limits {
    Limits {
        stop_requests: Duration::from_secs(60),
        stop_bodies: Duration::from_millis(100),
        ..Limits::default()
    }
}

#[tokio::test]
async fn shutdown_closes_idle_connections_at_once() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, limits()).await;
    let silent = server.connect().await;
    let mut half_a_head = server.connect().await;
    half_a_head
        .send("GET /healthz HTTP/1.1\r\nhost: x\r\nx: ")
        .await;
    let mut kept_alive = server.connect().await;
    assert_eq!(kept_alive.get("/healthz").await.status, 200);
    let mut second_head = server.connect().await;
    assert_eq!(second_head.get("/healthz").await.status, 200);
    second_head.send("GET /healthz HTT").await;
    let mut refused = server.connect().await;
    refused
        .send(post(INGEST, "nonsense", NDJSON, 1 << 20))
        .await;
    assert_eq!(refused.seen().await.status, 401);
    server.stop.cancel();
    for wire in [silent, half_a_head, kept_alive, second_head, refused] {
        wire.closed().await;
    }
    server.ended().await;
}

#[tokio::test]
async fn shutdown_ends_an_ingest_body_after_its_chunk_with_503() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, limits()).await;
    let mut wire = server.connect().await;
    wire.send(post(INGEST, &test.token, NDJSON, 100 << 20))
        .await;
    wire.send(teams(0..10_000)).await;
    let stored = async || test.query(1, "select to_jsonb(count(*)) from teams").await[0].clone();
    eventually("the first chunk is stored", async || {
        stored().await == 10_000
    })
    .await;
    server.stop.cancel();
    wire.send(teams(10_000..10_001)).await;
    let seen = wire.seen().await;
    assert_eq!(
        (seen.status, seen.json()),
        (503, json!({"message": "Service unavailable"}))
    );
    server.ended().await;
    assert_eq!(
        stored().await,
        10_000,
        "what is not acknowledged is sent again"
    );
}

/// A body that always has bytes never waits, and must end too.
#[tokio::test]
async fn shutdown_ends_a_body_that_never_pauses() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, limits()).await;
    let wire = server.connect().await;
    let (mut reading, mut writing) = wire.0.into_split();
    let head = post(INGEST, &test.token, NDJSON, 1 << 40);
    let sending = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        writing.write_all(head.as_bytes()).await.expect("sent");
        let blank = vec![b'\n'; 64 << 10];
        while writing.write_all(&blank).await.is_ok() {}
    });
    let seen = tokio::spawn(async move {
        use tokio::io::AsyncReadExt;
        let mut seen = Vec::new();
        let _ = reading.read_to_end(&mut seen).await; // the connection may be aborted after the response
        String::from_utf8(seen).expect("UTF-8")
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.stop.cancel();
    server.ended().await;
    sending.await.expect("no panic");
    let seen = seen.await.expect("no panic");
    assert!(seen.starts_with("HTTP/1.1 503 "), "{seen}");
}

#[tokio::test]
async fn shutdown_aborts_requests_after_the_grace_period() {
    let test = TestApp::new().await;
    let server = Limited::new(
        &test,
        Limits {
            stop_requests: Duration::from_millis(200),
            ..limits()
        },
    )
    .await;
    let mut stuck = server.connect().await;
    stuck
        .send("GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200))
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.stop.cancel();
    server.ended().await;
}
