//! A receiver of webhooks in the test process.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// A request that has come in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub at: Instant,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The number of the event, as `events` of a test gave it.
    pub fn number(&self) -> i64 {
        self.json()["data"]["lead_id"].as_i64().expect("a number")
    }
}

/// Reaction of a receiver to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    /// A status with a header and a body.
    Full(u16, &'static str, String, Vec<u8>),
    /// A status after a time.
    Late(u16, Duration),
    /// Never answers.
    Hang,
    /// Begins a 200 and closes the connection.
    Truncate,
}

type Choose = Arc<dyn Fn(&Seen, usize) -> Reply + Send + Sync>;

/// State of a receiver, which outlives its server.
struct Inner {
    seen: Mutex<Vec<Seen>>,
    choose: Mutex<Choose>,
}

pub struct Receiver {
    inner: Arc<Inner>,
    port: u16,
    server: Option<AbortOnDropHandle<()>>,
}

impl Receiver {
    /// A receiver that answers 204.
    pub async fn start() -> Self {
        let inner = Arc::new(Inner {
            seen: Mutex::default(),
            choose: Mutex::new(Arc::new(|_, _| Reply::Status(204))),
        });
        let mut this = Self {
            inner,
            port: 0,
            server: None,
        };
        this.up().await;
        this
    }

    /// Listens again on the same port.
    pub async fn up(&mut self) {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("set");
        let address = ([127, 0, 0, 1], self.port).into();
        socket.bind(address).expect("the port is free");
        let listener: TcpListener = socket.listen(1_024).expect("it listens");
        self.port = listener.local_addr().expect("an address").port();
        let app = axum::Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&self.inner));
        let serving = async move { axum::serve(listener, app).await.expect("no end") };
        self.server = Some(AbortOnDropHandle::new(tokio::spawn(serving)));
    }

    /// Stops listening. Connections that are open stay open.
    pub fn down(&mut self) {
        self.server = None;
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Chooses replies from now on, by the request and the number of requests before it.
    pub fn reply(&self, choose: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) {
        *self.inner.choose.lock().expect("no panic") = Arc::new(choose);
    }

    pub fn always(&self, reply: Reply) {
        self.reply(move |_, _| reply.clone());
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().expect("no panic").clone()
    }

    pub fn count(&self) -> usize {
        self.inner.seen.lock().expect("no panic").len()
    }

    /// The numbers of the events, in the order of arrival.
    pub fn numbers(&self) -> Vec<i64> {
        self.seen().iter().map(Seen::number).collect()
    }
}

async fn receive(
    State(inner): State<Arc<Inner>>,
    request: Request,
) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let seen = Seen {
        at: Instant::now(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
    };
    let before = {
        let mut all = inner.seen.lock().expect("no panic");
        all.push(seen.clone());
        all.len() - 1
    };
    let choose = Arc::clone(&inner.choose.lock().expect("no panic"));
    let status = |status| StatusCode::from_u16(status).expect("a status");
    let mut response = Response::new(Body::empty());
    match choose(&seen, before) {
        Reply::Status(code) => *response.status_mut() = status(code),
        Reply::Full(code, name, value, body) => {
            *response.status_mut() = status(code);
            response
                .headers_mut()
                .insert(name, value.parse().expect("a value"));
            *response.body_mut() = body.into();
        }
        Reply::Late(code, time) => {
            tokio::time::sleep(time).await;
            *response.status_mut() = status(code);
        }
        Reply::Hang => std::future::pending().await,
        Reply::Truncate => {
            let parts = [
                Ok(Bytes::from_static(b"half")),
                Err(io::ErrorKind::Other.into()),
            ];
            let parts: [io::Result<Bytes>; 2] = parts;
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, 100.into());
            *response.body_mut() = Body::from_stream(futures_util::stream::iter(parts));
        }
    }
    Ok(response)
}
