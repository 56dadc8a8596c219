//! Request heads: slow, large and invalid ones.

use std::time::Duration;

use callboard::http::Limits;
use serde_json::json;
use tokio::io::AsyncReadExt;

use super::{Limited, PATIENCE};
use crate::support::TestApp;

const ORIGIN: &str = "https://reports.example.com";

/// A request with one header of that many bytes, that many headers, and a query of that many bytes.
fn request(bytes: usize, headers: usize, query: usize) -> String {
    let headers: String = (0..headers)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let (query, long) = ("q".repeat(query), "x".repeat(bytes));
    format!(
        "GET /healthz?{query} HTTP/1.1\r\nhost: x\r\norigin: {ORIGIN}\r\n{headers}x: {long}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_slow_request_head_times_out() {
    let test = TestApp::new().await;
    let server = Limited::new(
        &test,
        Limits {
            head_timeout: Duration::from_millis(100),
            ..Limits::default()
        },
    )
    .await;
    for begun in ["", "GET / HTTP/1.1\r\nhost: x\r\nx: "] {
        let mut wire = server.connect().await;
        wire.send(begun).await;
        wire.closed().await;
    }
}

/// Each unfinished head holds memory until its timeout.
#[tokio::test]
async fn the_oldest_unfinished_head_is_evicted() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, Limits::default()).await;
    let mut unfinished = Vec::new();
    for _ in 0..66 {
        let mut wire = server.connect().await;
        wire.send(request(20 << 10, 0, 0).trim_end()).await;
        unfinished.push(wire);
    }
    let mut small = server.connect().await;
    assert_eq!(small.get("/healthz").await.status, 200);
    let mut open = unfinished.split_off(2);
    for wire in unfinished {
        wire.closed().await;
    }
    for wire in &mut open {
        wire.send("\r\n\r\n").await;
        assert_eq!(wire.seen().await.status, 200);
    }
}

/// Large requests, such as batches of calls, come over a connection that is kept alive.
#[tokio::test]
async fn a_connection_may_send_any_number_of_large_requests() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, Limits::default()).await;
    let mut wire = server.connect().await;
    for _ in 0..130 {
        wire.send(&request(20 << 10, 0, 0)).await;
        assert_eq!(wire.seen().await.status, 200);
    }
}

#[tokio::test]
async fn an_oversized_head_is_refused_in_json_with_cors_headers() {
    let test = TestApp::new().await;
    let mut app = test.app.clone();
    app.cors_origins = [ORIGIN.to_owned()].into();
    let server = Limited::of(app, Limits::default()).await;
    for (head, status, message) in [
        (request(60 << 10, 0, 0), 200, ""),
        (request(0, 97, 0), 200, ""),
        (request(0, 0, 40_000), 200, ""),
        (
            request(65 << 10, 0, 0),
            431,
            "Request Header Fields Too Large",
        ),
        (
            request(120 << 10, 0, 0),
            431,
            "Request Header Fields Too Large",
        ),
        (request(0, 98, 0), 431, "Request Header Fields Too Large"),
        (request(0, 200, 0), 431, "Request Header Fields Too Large"),
        (request(0, 0, 65_200), 414, "URI Too Long"),
    ] {
        let mut wire = server.connect().await;
        wire.send(head).await;
        let seen = wire.seen().await;
        assert_eq!(
            (seen.status, seen.header("access-control-allow-origin")),
            (status, ORIGIN),
            "{seen:?}"
        );
        assert_eq!(seen.header("x-request-id").len(), 36);
        if status != 200 {
            assert_eq!(seen.json(), json!({"message": message}));
        }
    }
    // Heads beyond the codec's limits get a bare status, and the connection is closed.
    for (head, status) in [
        (request(128 << 10, 0, 0), 431),
        (request(0, 300, 0), 431),
        (request(0, 0, 66_000), 414),
        ("GET / HTTP/9\r\n\r\n".to_owned(), 400),
    ] {
        let mut wire = server.connect().await;
        wire.send(head).await;
        let seen = wire.seen().await;
        assert_eq!((seen.status, seen.body.as_str()), (status, ""), "{seen:?}");
        wire.closed().await;
    }
}

#[tokio::test]
async fn head_equals_get_without_a_body() {
    let test = TestApp::new().await;
    let server = Limited::new(&test, Limits::default()).await;
    for path in ["/healthz", "/openapi.json", "/nothing"] {
        let get = server.connect().await.get(path).await;
        let mut wire = server.connect().await;
        wire.send(format!(
            "HEAD {path} HTTP/1.1\r\nhost: x\r\nrange: bytes=0-1\r\nconnection: close\r\n\r\n"
        ))
        .await;
        let mut head = String::new();
        tokio::time::timeout(PATIENCE, wire.0.read_to_string(&mut head))
            .await
            .expect("an end")
            .expect("read");
        assert!(head.ends_with("\r\n\r\n"), "no body: {head}");
        let comparable = |head: &str| {
            let lines = head
                .lines()
                .filter(|line| !line.starts_with("date:") && !line.starts_with("x-request-id:"));
            lines
                .filter(|line| !line.starts_with("connection:"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(comparable(&head), comparable(&get.head), "{path}");
    }
}
