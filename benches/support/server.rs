//! A complete server, a bare one to compare with, and a cheap client over a kept-alive connection. Servers have a runtime
//! of their own, like `callboard serve`; the client has another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use callboard::app::App;
use callboard::auth::Role;
use callboard::auth::limit::Limits;
use callboard::auth::session::{self, TokenRequest};
use callboard::auth::tenant::{Change, Tenant};
use callboard::auth::token::Keys;
use callboard::auth::user::{self, NewUser};
use callboard::db::Database;
use callboard::exports::settings::Settings as Exports;
use callboard::store::Store;
use callboard::time::Clock;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::windows::end;
use super::{TENANT, rolled};

pub const USER: &str = "bench";
/// The server's default.
const CACHE_TTL: Duration = Duration::from_secs(5);

/// The complete server, with its compactor.
pub struct Server {
    pub address: SocketAddr,
    pub db: Database,
    token: String,
    runtime: Runtime,
}

impl Server {
    /// Starts it with a clock stopped at the end of the data. Nothing is logged.
    pub async fn start(options: &PgConnectOptions) -> Self {
        let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
            .await
            .expect("a database");
        Self::on(options, db).await
    }

    /// Like [`Server::start`], with that many reader connections.
    pub async fn with_pool(options: &PgConnectOptions, reading: u32) -> Self {
        let db = Database::open_pools(
            options.clone(),
            callboard::rollups::Edition::own().schema(),
            reading,
        )
        .await
        .expect("a database");
        Self::on(options, db).await
    }

    async fn on(options: &PgConnectOptions, db: Database) -> Self {
        let keys = Keys::new(&[7; 32]).expect("long enough");
        let token = token(options, &keys).await;
        // Rate limits count requests, but refuse none.
        let limit = [
            "rate_limit_autocall",
            "rate_limit_telesales",
            "rate_limit_lead_import",
            "rate_limit_ingest",
        ]
        .map(|name| Change::parse(name, "1000000000").expect("a setting"));
        Tenant::change(&db, TENANT, &limit).await.expect("changed");
        let store = Store::directory(&std::env::temp_dir().join("callboard-bench-exports"))
            .expect("a store");
        let mut app = App::new(
            db.clone(),
            Clock::Fixed(end()),
            keys,
            CACHE_TTL,
            Exports::new(store, 2, Duration::from_secs(3600)),
        );
        app.limits = Limits::on(Clock::System);
        let runtime = runtime();
        let beside = db.clone();
        let started = runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            tokio::spawn(async move {
                let _compactor = rolled::compactor(&beside);
                callboard::http::serve(app, listener, std::future::pending()).await
            });
            address
        });
        Self {
            address: started.await.expect("a server"),
            db,
            token,
            runtime,
        }
    }

    /// The request for that path, as bytes.
    pub fn get(&self, path: &str) -> Vec<u8> {
        format!(
            "GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n",
            self.token
        )
        .into_bytes()
    }

    /// The POST of a body to that path, as bytes.
    pub fn post(&self, path: &str, content_type: &str, body: &str) -> Vec<u8> {
        format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\nContent-Type: {content_type}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .into_bytes()
    }

    /// Runs a future on the server's runtime.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(work)
    }

    pub async fn stop(self) {
        self.db.close().await;
        self.runtime.shutdown_background();
    }
}

/// Answers every request with the same bytes.
pub struct Bare {
    pub address: SocketAddr,
    runtime: Runtime,
}

impl Bare {
    pub async fn start(body: String) -> Self {
        let runtime = runtime();
        let body: Arc<str> = body.into();
        let answer = move || {
            let body = body.clone();
            async move { ([(CONTENT_TYPE, "application/json")], body.to_string()) }
        };
        let started = runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            tokio::spawn(async {
                axum::serve(listener, axum::Router::new().fallback(get(answer))).await
            });
            address
        });
        Self {
            address: started.await.expect("a server"),
            runtime,
        }
    }

    pub fn stop(self) {
        self.runtime.shutdown_background();
    }
}

/// A runtime like that of `callboard serve`.
fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// The tenant's user, created if missing.
pub async fn user(options: &PgConnectOptions) {
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    if !user::exists(&db, TENANT, USER).await.expect("an answer") {
        let user = NewUser {
            tenant: TENANT,
            username: USER,
            password: "correct horse",
            role: Role::Admin,
            email: None,
            team: None,
        };
        user::create(&db, user).await.expect("a user");
    }
    db.close().await;
}

async fn token(options: &PgConnectOptions, keys: &Keys) -> String {
    user(options).await;
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    let session = TokenRequest {
        tenant: TENANT,
        username: USER,
        permissions: &[],
        expires: None,
    };
    let token = session::issue(&db, keys, session, end())
        .await
        .expect("a token");
    db.close().await;
    token
}

/// One connection. Understands just enough HTTP: a status, a length, a body.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("set");
        Self {
            stream,
            buffer: Vec::with_capacity(1 << 16),
        }
    }

    /// Sends a request and reads its response: the body of a 200, or `None` if the server was at its limits. Panics on any
    /// other status.
    pub async fn send(&mut self, request: &[u8]) -> Option<&[u8]> {
        let (status, body) = self.ask(request).await;
        assert!(
            matches!(status, b"200" | b"503" | b"504"),
            "{}",
            String::from_utf8_lossy(body)
        );
        (status == b"200").then_some(body)
    }

    /// Sends a request and reads its response: status and body.
    pub async fn ask(&mut self, request: &[u8]) -> (&[u8], &[u8]) {
        self.stream.write_all(request).await.expect("sent");
        self.buffer.clear();
        loop {
            let read = self
                .stream
                .read_buf(&mut self.buffer)
                .await
                .expect("an answer");
            assert!(read > 0, "the server hung up");
            let Some(head) = find(&self.buffer, b"\r\n\r\n") else {
                continue;
            };
            let body = head + 4;
            let whole = body + length(&self.buffer[..head]);
            if self.buffer.len() >= whole {
                return (&self.buffer[9..12], &self.buffer[body..whole]);
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length: ";
    let from = find(&head.to_ascii_lowercase(), NAME).expect("a length") + NAME.len();
    let digits = head[from..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}

/// Clients on that many connections, each sending the next request after its response.
pub struct Clients(Runtime);

impl Clients {
    pub fn new() -> Self {
        Self(
            Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime"),
        )
    }

    /// Responses a second, without refused ones.
    pub async fn rate(
        &self,
        address: SocketAddr,
        connections: usize,
        time: Duration,
        ask: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    ) -> f64 {
        let ask = Arc::new(ask);
        let started = Instant::now();
        let asking: Vec<_> = (0..connections)
            .map(|_| {
                let ask = ask.clone();
                self.0.spawn(async move {
                    let mut client = Client::connect(address).await;
                    let (mut answered, mut refused) = (0, 0);
                    while started.elapsed() < time {
                        let answer = client.send(&ask()).await;
                        *(if answer.is_some() {
                            &mut answered
                        } else {
                            &mut refused
                        }) += 1;
                    }
                    (answered, refused)
                })
            })
            .collect();
        let (mut answered, mut refused) = (0, 0);
        for asked in asking {
            let counted = asked.await.expect("answers");
            (answered, refused) = (answered + counted.0, refused + counted.1);
        }
        if refused > 0 {
            println!("  {refused} refused, {answered} answered");
        }
        answered as f64 / started.elapsed().as_secs_f64()
    }

    pub fn stop(self) {
        self.0.shutdown_background();
    }
}
