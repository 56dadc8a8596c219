//! Test fixtures: a real Postgres, a real server on a real socket, and worlds of calls.

pub mod browser;
pub mod database;
pub mod disk;
pub mod documents;
pub mod program;
pub mod side_connection;
pub mod switch;
pub mod world;

use std::io::Write;
use std::ops::Deref;
use std::time::Duration;

use callboard::app::App;
use callboard::auth::session::{self, TokenRequest};
use callboard::auth::tenant::{DEFAULT_TIMEZONE, Tenant};
use callboard::auth::token::Keys;
use callboard::auth::user::{self, NewUser};
use callboard::auth::{Permission, Role};
use callboard::db::Database;
use callboard::exports::settings::Settings as Exports;
use callboard::rollups::Edition;
use callboard::store::Store;
use callboard::time::Clock;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The default tenant of tests.
pub const TENANT: i64 = 1;
/// The time of the server's clock in tests.
pub const NOW: &str = "2026-06-30T08:00:00Z";

/// A server on its own database, with one tenant and its admin's token.
pub struct TestApp {
    pub app: App,
    client: Client,
    /// Directory of the exports.
    pub files: TempDir,
}

/// An HTTP client with a token.
#[derive(Clone)]
pub struct Client {
    pub url: String,
    pub token: String,
    http: reqwest::Client,
}

/// A response, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }
}

impl TestApp {
    /// Starts a server with its clock held at [`NOW`].
    pub async fn new() -> Self {
        Self::at(NOW.parse().expect("an instant")).await
    }

    pub async fn at(now: DateTime<Utc>) -> Self {
        Self::start(database::create().await, now, Duration::ZERO).await
    }

    /// Like [`TestApp::new`], with that cache lifetime.
    pub async fn keeping(keep: Duration) -> Self {
        Self::start(
            database::create().await,
            NOW.parse().expect("an instant"),
            keep,
        )
        .await
    }

    /// Starts a server on a database with existing tenants; the client has no token.
    pub async fn on(database: PgConnectOptions) -> Self {
        Self::over(database, NOW.parse().expect("an instant"), Duration::ZERO).await
    }

    /// Like [`TestApp::new`], on a database without tenants.
    pub async fn new_on(database: PgConnectOptions) -> Self {
        Self::start(database, NOW.parse().expect("an instant"), Duration::ZERO).await
    }

    async fn start(database: PgConnectOptions, now: DateTime<Utc>, keep: Duration) -> Self {
        let mut this = Self::over(database, now, keep).await;
        this.client.token = this.account(TENANT).await;
        this
    }

    async fn over(database: PgConnectOptions, now: DateTime<Utc>, keep: Duration) -> Self {
        let db = Database::open(database, Edition::own().schema())
            .await
            .expect("a database");
        let keys = Keys::new(&[7; 32]).expect("long enough");
        let files = TempDir::new().expect("a directory");
        let exports = Exports::new(
            Store::directory(files.path()).expect("a store"),
            2,
            Duration::from_secs(3600),
        );
        let app = App::new(db, Clock::Fixed(now), keys, keep, exports);
        Self {
            client: Client::new(serve(&app).await, String::new()),
            app,
            files,
        }
    }

    /// An instance of another version on the same database: its roll-ups are the same but for their fingerprint.
    pub async fn upgraded(&self, salt: &str) -> Self {
        let edition = Edition::salted(salt);
        let options = self.app.db.unscoped().connect_options().as_ref().clone();
        callboard::boot::migrate_to(&options, &edition)
            .await
            .expect("migrated");
        let mut app = self.app.clone();
        app.db = Database::open(options, edition.schema())
            .await
            .expect("a database");
        Self {
            client: Client::new(serve(&app).await, self.token.clone()),
            app,
            files: TempDir::new().expect("a directory"),
        }
    }

    /// Another instance on the same database with another clock, and a client with the same token.
    pub async fn instance(&self, now: DateTime<Utc>, keep: Duration) -> Client {
        let (db, keys, exports) = (
            self.app.db.clone(),
            self.app.keys.clone(),
            self.app.exports.clone(),
        );
        let app = App::new(db, Clock::Fixed(now), keys, keep, exports);
        Client::new(serve(&app).await, self.token.clone())
    }

    /// Another instance on the same database with changed settings, and a client with the same
    /// token.
    pub async fn changed(&self, change: impl FnOnce(&mut App)) -> Client {
        let mut app = self.app.clone();
        change(&mut app);
        Client::new(serve(&app).await, self.token.clone())
    }

    /// Creates another tenant and returns its admin's token.
    pub async fn account(&self, tenant: i64) -> String {
        Tenant::create(
            &self.app.db,
            tenant,
            &format!("Account {tenant}"),
            *DEFAULT_TIMEZONE,
            None,
        )
        .await
        .expect("an account");
        self.user(tenant, &format!("admin-{tenant}"), Role::Admin)
            .await
    }

    /// Creates a user and returns a token with all permissions of its role.
    pub async fn user(&self, tenant: i64, username: &str, role: Role) -> String {
        let user = NewUser {
            tenant,
            username,
            password: "correct horse",
            role,
            email: None,
            team: None,
        };
        user::create(&self.app.db, user).await.expect("a user");
        self.issue(tenant, username, &[]).await
    }

    pub async fn issue(&self, tenant: i64, username: &str, permissions: &[Permission]) -> String {
        let session = TokenRequest {
            tenant,
            username,
            permissions,
            expires: None,
        };
        session::issue(&self.app.db, &self.app.keys, session, self.app.clock.now())
            .await
            .expect("a token")
    }

    /// Runs SQL on the rows of one tenant.
    pub async fn execute(&self, tenant: i64, sql: &str) {
        let mut scope = self.app.db.write(tenant).await.expect("a scope");
        scope
            .connection()
            .execute(AssertSqlSafe(sql.to_owned()))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        scope.commit().await.expect("committed");
    }

    /// Rows of an SQL query as one tenant, one JSON value each.
    pub async fn query(&self, tenant: i64, sql: &str) -> Vec<Value> {
        let mut scope = self.app.db.read(tenant).await.expect("a scope");
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::query_scalar(sql)
            .fetch_all(scope.connection())
            .await
            .expect("rows")
    }
}

/// Serves on a free port and returns the address.
async fn serve(app: &App) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let app = app.clone();
    tokio::spawn(
        async move { callboard::http::serve(app, listener, std::future::pending()).await },
    );
    url
}

impl Deref for TestApp {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Client {
    pub fn new(url: String, token: String) -> Self {
        Self {
            url,
            token,
            http: http(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, Some(&self.token)).await
    }

    /// Like [`Client::get`]; asserts 200.
    pub async fn ok(&self, path: &str) -> Answer {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer
    }

    /// The response's `data`.
    pub async fn data(&self, path: &str) -> Value {
        self.ok(path).await.json()["data"].take()
    }

    /// Like [`Client::get`], with an extra header.
    pub async fn get_with(&self, path: &str, header: &str, value: &str) -> Answer {
        let request = self
            .http
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        self.send(request.header(header, value)).await
    }

    pub async fn request(&self, method: Method, path: &str, token: Option<&str>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.send(request).await
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.with_method(Method::POST, path)
    }

    pub fn with_method(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
    }

    /// Sends an analytics query.
    pub async fn ask(&self, question: &Value) -> Answer {
        self.send(self.post("/analytics").json(question)).await
    }

    /// Like [`Client::ask`]; asserts 200 and returns the rows.
    pub async fn rows(&self, question: &Value) -> Vec<Value> {
        let answer = self.ask(question).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{question}: {}",
            answer.text()
        );
        answer.json()["data"].as_array().expect("rows").clone()
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer {
            status,
            headers,
            bytes: response.bytes().await.expect("a body").to_vec(),
        }
    }

    /// Sends a raw ingest body.
    pub async fn ingest_text(&self, lines: impl Into<reqwest::Body>) -> Answer {
        self.send(
            self.post("/api/ingest")
                .header("content-type", "application/x-ndjson")
                .body(lines),
        )
        .await
    }

    /// Ingests lines; asserts that all are stored.
    pub async fn ingest(&self, lines: &[Value]) {
        self.ingest_as(&self.token, lines).await;
    }

    pub async fn ingest_as(&self, token: &str, lines: &[Value]) {
        let request = self
            .http
            .post(format!("{}/api/ingest", self.url))
            .bearer_auth(token);
        let answer = self
            .send(
                request
                    .header("content-type", "application/x-ndjson")
                    .body(body(lines)),
            )
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.json()["data"]["errors"], serde_json::json!([]));
        assert_eq!(answer.json()["data"]["stored"], lines.len());
    }
}

/// An HTTP client that follows no redirects. It uses only the TLS a program installs.
pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

/// Lines as an NDJSON body.
pub fn body(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).expect("packed");
    packed.finish().expect("packed")
}
