//! Resources that clients can hold open (connections, writes, heads, bodies), and their limits.

mod bodies;
mod caps;
mod heads;
mod process;
mod refused;
mod stop;
mod writes;

use std::net::SocketAddr;
use std::time::Duration;

use callboard::app::App;
use callboard::http::{Limits, serve_within};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;

/// A timeout far above the duration of any test here.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with its own connection limits.
struct Limited {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Limited {
    async fn new(test: &TestApp, limits: Limits) -> Self {
        Self::of(test.app.clone(), limits).await
    }

    async fn of(app: App, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            serve_within(app, listener, limits, stopped)
                .await
                .expect("served")
        });
        Self {
            address,
            stop,
            serving,
        }
    }

    async fn connect(&self) -> Wire {
        Wire(
            TcpStream::connect(self.address)
                .await
                .expect("a connection"),
        )
    }

    /// Connects from another loopback address.
    async fn connect_from(&self, local: &str) -> Wire {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(format!("{local}:0").parse().expect("an address"))
            .expect("bound");
        Wire(socket.connect(self.address).await.expect("a connection"))
    }

    /// Waits until the server has stopped.
    async fn ended(self) {
        tokio::time::timeout(PATIENCE, self.serving)
            .await
            .expect("an end")
            .expect("no panic");
    }
}

/// A raw connection.
struct Wire(TcpStream);

/// A response read from a raw connection.
#[derive(Debug)]
struct Seen {
    status: u16,
    head: String,
    body: String,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Wire {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.expect("sent");
    }

    async fn get(&mut self, path: &str) -> Seen {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"))
            .await;
        self.seen().await
    }

    /// Reads the next response, which has a content length.
    async fn seen(&mut self) -> Seen {
        self.try_seen().await.expect("an answer")
    }

    /// Like `seen`; `None` if the connection ends first.
    async fn try_seen(&mut self) -> Option<Seen> {
        tokio::time::timeout(PATIENCE, self.read())
            .await
            .expect("an answer or an end")
    }

    async fn read(&mut self) -> Option<Seen> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).expect("UTF-8");
        let status = head[9..12].parse().expect("a status");
        let seen = Seen {
            status,
            head,
            body: String::new(),
        };
        let mut body = vec![0; seen.header("content-length").parse().unwrap_or(0)];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Seen {
            body: String::from_utf8(body).expect("UTF-8"),
            ..seen
        })
    }

    /// Waits for the server to close the connection without sending more.
    async fn closed(mut self) {
        let read = tokio::time::timeout(PATIENCE, self.0.read_u8())
            .await
            .expect("an end");
        assert!(read.is_err(), "{read:?}");
    }
}

/// A request head that announces a body of that many bytes.
fn post(path: &str, token: &str, kind: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
    )
}

const NDJSON: &str = "application/x-ndjson";
const INGEST: &str = "/api/ingest";
