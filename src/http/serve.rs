//! Listening and graceful shutdown: no new connections, then the requests in progress, then the database.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use axum::serve::Listener;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::connections::{Closing, Connection, Limits, Occasionally, Registry, Socket};
use super::middleware::Middleware;
use crate::app::App;
use crate::error::{Error, Result};

/// Largest request head that the HTTP codec reads, in bytes and in header lines. The middleware refuses smaller heads
/// with a JSON response.
const HEAD: usize = 128 << 10;
const HEADERS: usize = 256;
/// Maximum buffer of the HTTP codec per connection and direction, in bytes.
const BUFFER: usize = 192 << 10;
/// Time to wait for an evicted connection to close.
const EVICTION: Duration = Duration::from_millis(100);
/// Maximum number of refusals in progress, and the timeout of each. Further connections are closed without a response.
const REFUSALS: usize = 64;
const REFUSAL: Duration = Duration::from_secs(5);

/// Serves until `stop` resolves, then until the requests in progress are answered or their time is over.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    serve_within(app, listener, Limits::of_process(), stop).await
}

/// Like [`serve`], with given limits.
pub async fn serve_within(
    mut app: App,
    listener: TcpListener,
    limits: Limits,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let address = listener.local_addr().map_err(Error::internal)?;
    app.exports.listen_at(address);
    tracing::debug!(
        connections = limits.connections,
        each = limits.connections_per_address,
        "connections are limited"
    );
    let registry = Registry::new(&limits, Arc::clone(&app.trusted_proxies));
    Server::new(super::service(app, &limits), registry, limits)
        .run(listener, stop)
        .await;
    Ok(())
}

/// Serves `/healthz` and `/readyz` on a listener with limits of its own. Never returns.
pub async fn serve_probes(app: App, listener: TcpListener) {
    let limits = Limits::default().for_probes();
    let registry = Registry::new(&limits, Arc::default());
    Server::new(super::probes(app, &limits), registry, limits)
        .run(listener, pending())
        .await;
}

/// The HTTP server of a listener.
struct Server {
    middleware: Middleware,
    registry: Registry,
    limits: Limits,
    codec: http1::Builder,
    refusals: Arc<Semaphore>,
    log: Occasionally,
}

impl Server {
    fn new(middleware: Middleware, registry: Registry, limits: Limits) -> Arc<Self> {
        let mut codec = http1::Builder::new();
        codec
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout);
        codec
            .max_buf_size(BUFFER)
            .max_header_size(HEAD)
            .max_headers(HEADERS);
        let (refusals, log) = (Arc::new(Semaphore::new(REFUSALS)), Occasionally::default());
        Arc::new(Self {
            middleware,
            registry,
            limits,
            codec,
            refusals,
            log,
        })
    }

    async fn run(
        self: Arc<Self>,
        mut listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) {
        let (tasks, mut stop) = (TaskTracker::new(), pin!(stop));
        loop {
            let (stream, peer): (TcpStream, SocketAddr) = tokio::select! {
                accepted = Listener::accept(&mut listener) => accepted,
                () = &mut stop => break,
            };
            let Some((connection, evicted)) = Connection::admit(&self.registry, peer.ip()) else {
                self.refuse(stream, peer);
                continue;
            };
            tasks.spawn(drive(Arc::clone(&self), stream, peer, connection));
            if let Some(evicted) = evicted {
                // Open descriptors must never exceed the count.
                let _ = tokio::time::timeout(EVICTION, evicted.closed()).await;
            }
        }
        drop(listener);
        self.middleware.stop();
        self.registry.stop();
        tasks.close();
        if tokio::time::timeout(self.limits.stop_requests, tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                requests = tasks.len(),
                "aborted in-flight requests at shutdown"
            );
            self.registry.abort();
            tasks.wait().await;
        }
    }

    /// Answers a connection beyond the limit with a 503.
    fn refuse(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        if self.log.is_due() {
            let (all, each) = (self.limits.connections, self.limits.connections_per_address);
            tracing::warn!(all, each, %peer, "connection limit reached and none idle: refusing new connections");
        }
        let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() else {
            return;
        };
        let server = Arc::clone(self);
        tokio::spawn(async move {
            let _permit = permit;
            let answer = service_fn(|request: Request<Incoming>| {
                server.middleware.refuse(request.map(Body::new), peer)
            });
            let mut codec = server.codec.clone();
            let refusing = codec
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), answer);
            let _ = tokio::time::timeout(REFUSAL, refusing).await;
        });
    }
}

/// Serves a connection until it ends. Its I/O errors are the client's and not logged.
async fn drive(server: Arc<Server>, stream: TcpStream, peer: SocketAddr, connection: Connection) {
    let connection = Arc::new(connection);
    let answer = service_fn(|request: Request<Incoming>| {
        let busy = Busy::begin(&connection);
        let answering = busy
            .is_some()
            .then(|| server.middleware.answer(request.map(Body::new), peer));
        async move {
            let (Some(busy), Some(answering)) = (busy, answering) else {
                return pending::<Result<_, Infallible>>().await; // the connection is being closed
            };
            let response: Response = answering.await?;
            Ok(response.map(|body| Sent { body, _busy: busy }))
        }
    });
    let socket = Socket::new(stream, Arc::clone(&connection), server.limits.write_timeout);
    let mut serving = pin!(server.codec.serve_connection(TokioIo::new(socket), answer));
    loop {
        tokio::select! {
            _ = serving.as_mut() => return,
            closing = connection.closing() => match closing {
                Closing::Now => return,
                Closing::AfterRequest => serving.as_mut().graceful_shutdown(),
            },
        }
    }
}

/// A request in progress, until its response is handed to the socket or dropped.
struct Busy(Arc<Connection>);

impl Busy {
    /// `None` if the connection is being closed.
    fn begin(connection: &Arc<Connection>) -> Option<Self> {
        connection
            .begin_request()
            .then(|| Self(Arc::clone(connection)))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.end_request();
    }
}

/// The body of a response; keeps its connection busy until it is sent.
struct Sent {
    body: Body,
    _busy: Busy,
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Resolves on SIGINT or SIGTERM. A second signal ends the process at once.
pub fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::warn!("ended at once by a second signal");
            std::process::exit(1);
        });
    })
}
