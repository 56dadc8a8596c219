//! Listening, and leaving in order: no new connections, those under way answered, then the database.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use super::around::Around;
use crate::app::App;
use crate::error::{Error, Result};

/// How long requests under way may still take once the server is to stop.
const DRAIN: Duration = Duration::from_secs(30);
/// How long a connection may take to send the head of a request, or be idle. Longer than proxies keep theirs, so that
/// it is they who close them.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// The largest head of a request that is read, in bytes. One much smaller is refused in words (see `around`).
const HEAD: usize = 256 << 10;

/// Serves until `stop` resolves, then until the requests under way are answered, or long enough was waited.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    accept(super::service(app), connections(HEAD_TIMEOUT), listener, stop).await;
    Ok(())
}

/// What every connection is held to.
fn connections(head_timeout: Duration) -> http1::Builder {
    let mut connections = http1::Builder::new();
    connections.timer(TokioTimer::new()).header_read_timeout(head_timeout).max_header_size(HEAD);
    connections
}

async fn accept(
    around: Around,
    connections: http1::Builder,
    mut listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let (under_way, mut stop) = (GracefulShutdown::new(), pin!(stop));
    loop {
        let (stream, peer): (TcpStream, SocketAddr) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stop => break,
        };
        let around = around.clone();
        let answer = service_fn(move |request: Request<Incoming>| around.answer(request.map(Body::new), peer));
        let connection = under_way.watch(connections.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            // What goes wrong with a connection is its client's business.
            let _: Result<(), hyper::Error> = connection.await;
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, under_way.shutdown()).await.is_err() {
        tracing::warn!("requests under way were broken off");
    }
}

/// Resolves on SIGINT or SIGTERM.
pub fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Sends that, and returns what comes back until the server closes the connection.
    async fn said(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await; // broken off where it did not read to the end
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn who_sends_its_head_slowly_or_too_much_of_it_is_cut_off() {
        let router = Router::new().route("/", get(|| async { "here" }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = connections(Duration::from_millis(100));
        tokio::spawn(accept(Around::new(router, ""), connections, listener, std::future::pending()));
        assert_eq!(said(address, b"").await, "", "one that says nothing is closed");
        assert_eq!(said(address, b"GET / HTTP/1.1\r\nHost: x\r\nX: ").await, "");
        let answered = said(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answered.starts_with("HTTP/1.1 200 ") && answered.ends_with("here"), "{answered}");
        for (bytes, status, words) in [
            (60 << 10, "200 OK", "here"),
            (65 << 10, "431 Request", "{\"message\":\"Request Header Fields Too Large\"}"),
            (HEAD, "431 Request", ""),
        ] {
            let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(bytes));
            let answered = said(address, long.as_bytes()).await;
            assert!(answered.starts_with(&format!("HTTP/1.1 {status}")), "{bytes}: {answered}");
            assert!(answered.ends_with(words), "{bytes}: {answered}");
        }
    }
}
