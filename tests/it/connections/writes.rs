//! Clients that read slowly or not at all.

use std::time::{Duration, Instant};

use callboard::http::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use super::{Limited, PATIENCE};
use crate::support::TestApp;
use crate::support::program::eventually;

const PIPELINED: &str = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_stalled_write_closes_the_connection() {
    let test = TestApp::new().await;
    let write_timeout = Duration::from_millis(400);
    let limits = Limits {
        connections: 1,
        connections_per_address: 1,
        write_timeout,
        ..Limits::default()
    };
    let server = Limited::new(&test, limits).await;
    let mut stuck = server.connect().await;
    // The client never reads, so the server soon stops reading and writing, and the client's writes
    // block too.
    let broken_off = async { while stuck.0.write_all(PIPELINED.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, broken_off)
        .await
        .expect("an end");
    eventually("its place is free", async || {
        server.connect().await.get("/healthz").await.status == 200
    })
    .await;
}

/// With a small receive window, each client read frees less space than the kernel requires before
/// it accepts new bytes.
#[tokio::test]
async fn a_slow_download_is_not_timed_out() {
    let test = TestApp::new().await;
    let write_timeout = Duration::from_millis(500);
    let server = Limited::new(
        &test,
        Limits {
            write_timeout,
            ..Limits::default()
        },
    )
    .await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(8 << 10).expect("set");
    let mut slow = socket.connect(server.address).await.expect("a connection");
    let last = PIPELINED.replace("host: x", "host: x\r\nconnection: close");
    slow.write_all((PIPELINED.repeat(3) + &last).as_bytes())
        .await
        .expect("sent");
    let (started, mut read) = (Instant::now(), Vec::new());
    while started.elapsed() < 5 * write_timeout {
        let mut piece = [0; 1 << 10];
        let length = slow.read(&mut piece).await.expect("not broken off");
        assert!(length > 0, "ended after {} bytes", read.len());
        read.extend_from_slice(&piece[..length]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    slow.read_to_end(&mut read).await.expect("not broken off");
    assert_eq!(
        String::from_utf8(read)
            .expect("UTF-8")
            .matches("HTTP/1.1 200 OK")
            .count(),
        4
    );
}
