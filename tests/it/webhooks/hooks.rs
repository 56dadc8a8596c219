//! A server with a worker, whose webhooks may lead to this machine, and whose clock is set by the test.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use callboard::app::App;
use callboard::time::Clock;
use callboard::webhooks::guard::Guard;
use callboard::webhooks::worker;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::program::eventually;
use crate::support::{Answer, Client, TENANT, TestApp};

pub const WEBHOOKS: &str = "/api/webhooks";

pub struct Hooks {
    pub test: TestApp,
    pub app: App,
    pub client: Client,
    micros: &'static AtomicI64,
}

/// A running worker; it stops when this is dropped.
pub struct Worker(#[expect(dead_code, reason = "held")] DropGuard);

impl Hooks {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Like [`Hooks::new`], with changed settings.
    pub async fn with(change: impl FnOnce(&mut App)) -> Self {
        let test = TestApp::new().await;
        let now: Value = test.query(TENANT, "select to_jsonb(now())").await.remove(0);
        let now: DateTime<Utc> = now.as_str().expect("text").parse().expect("an instant");
        let micros: &AtomicI64 = Box::leak(Box::new(AtomicI64::new(now.timestamp_micros())));
        let mut app = test.app.clone();
        app.clock = Clock::Set(micros);
        let here = Guard::new(["127.0.0.0/8".parse().expect("a network")]);
        app.webhooks = app.webhooks.with_guard(here);
        app.webhooks.pace.look_every = Duration::from_millis(50);
        change(&mut app);
        let client = test.changed(|changed| *changed = app.clone()).await;
        Self {
            test,
            app,
            client,
            micros,
        }
    }

    /// Advances the clock.
    pub fn pass(&self, time: TimeDelta) {
        let micros = time.num_microseconds().expect("not too long");
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub fn work(&self) -> Worker {
        work(&self.app)
    }

    /// Creates a webhook and returns it.
    pub async fn create(&self, url: &str, events: &[&str]) -> Value {
        let answer = self
            .post(WEBHOOKS, &json!({"url": url, "events": events}))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["data"].take()
    }

    /// Creates a webhook for all events and returns its id.
    pub async fn hook(&self, url: &str) -> i64 {
        let webhook = self.create(url, &["*"]).await;
        webhook["id"].as_i64().expect("an id")
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.client.send(self.client.post(path).json(body)).await
    }

    pub async fn patch(&self, webhook: i64, body: &Value) -> Answer {
        let url = format!("{}{WEBHOOKS}/{webhook}", self.client.url);
        let request = reqwest::Client::new()
            .patch(url)
            .bearer_auth(&self.client.token);
        self.client.send(request.json(body)).await
    }

    pub async fn delete(&self, webhook: i64) -> Answer {
        let path = format!("{WEBHOOKS}/{webhook}");
        let token = Some(self.client.token.as_str());
        self.client.request(Method::DELETE, &path, token).await
    }

    pub async fn show(&self, webhook: i64) -> Value {
        self.client.data(&format!("{WEBHOOKS}/{webhook}")).await
    }

    /// The deliveries of a webhook, oldest first.
    pub async fn deliveries(&self, webhook: i64) -> Vec<Value> {
        let list = self
            .client
            .data(&format!("{WEBHOOKS}/{webhook}/deliveries?per_page=200"))
            .await;
        let mut rows = list.as_array().expect("rows").clone();
        rows.reverse();
        rows
    }

    /// Writes events, each with its subject and its number.
    pub async fn events(&self, events: &[(&str, i64)]) {
        let rows: Vec<String> = events
            .iter()
            .map(|(subject, number)| {
                let data = json!({"lead_id": number, "campaign_id": 1, "phone": "0900000001",
                    "external_ref": null, "final_status": "completed", "total_attempts": 1});
                let subject = if subject.is_empty() {
                    "null".to_owned()
                } else {
                    format!("'{subject}'")
                };
                format!("('autocall.lead.completed', {subject}, '{data}')::callboard_event")
            })
            .collect();
        let rows = rows.join(", ");
        let sql = format!("select callboard_deliver({TENANT}, array[{rows}], clock_timestamp())");
        self.test.execute(TENANT, &sql).await;
    }

    /// Waits until no delivery of a webhook is pending and due.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        eventually(what, holds).await;
    }

    /// Waits until all deliveries of a webhook have that status.
    pub async fn all_are(&self, webhook: i64, status: &str, count: usize) {
        let what = format!("{count} deliveries are {status}");
        self.until(&what, async || {
            let rows = self.deliveries(webhook).await;
            rows.len() == count && rows.iter().all(|row| row["status"] == status)
        })
        .await;
    }

    /// Waits until the only delivery of a webhook has had that many tries.
    pub async fn tried(&self, webhook: i64, attempts: i64) -> Value {
        self.until(&format!("{attempts} tries"), async || {
            let rows = self.deliveries(webhook).await;
            rows.len() == 1 && rows[0]["attempts"] == attempts
        })
        .await;
        self.deliveries(webhook).await.remove(0)
    }
}

pub fn work(app: &App) -> Worker {
    let stop = CancellationToken::new();
    tokio::spawn(worker::run(app.clone(), stop.clone()));
    Worker(stop.drop_guard())
}
