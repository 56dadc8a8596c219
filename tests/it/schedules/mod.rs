//! Schedules and their runs.

mod instances;
mod layouts;
mod mail;
mod requests;
mod runs;

use std::time::Duration;

use callboard::app::App;
use callboard::schedules::worker;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::Answer;
use crate::webhooks::hooks::Hooks;
use crate::webhooks::receiver::Receiver;

const SCHEDULES: &str = "/api/schedules";

/// Running workers of an instance; they stop when this is dropped.
struct Workers(#[expect(dead_code, reason = "held")] DropGuard);

fn work(app: &App) -> Workers {
    let stop = CancellationToken::new();
    tokio::spawn(worker::run(app.clone(), stop.clone()));
    Workers(stop.drop_guard())
}

/// A server with a webhook, a call of yesterday, and a clock that the test sets.
struct Schedules {
    hooks: Hooks,
    receiver: Receiver,
    webhook: i64,
}

impl Schedules {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Like [`Schedules::new`], with changed settings.
    async fn with(change: impl FnOnce(&mut App)) -> Self {
        let hooks = Hooks::with(|app| {
            app.schedules.pace.look_every = Duration::from_millis(20);
            change(app);
        })
        .await;
        let receiver = Receiver::start().await;
        let webhook = hooks.create(&receiver.url(), &["webhook.test"]).await;
        let started = hooks.app.clock.now() - TimeDelta::days(1);
        hooks
            .client
            .ingest(&[
                json!({"kind": "telesales_campaign", "id": 1, "name": "Sales"}),
                json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
                json!({"kind": "telesales_call", "uuid": "call", "campaign_id": 1, "lead_id": 1,
                    "started_at": started.to_rfc3339(), "result": "answered", "talk_sec": 30}),
            ])
            .await;
        Self {
            webhook: webhook["id"].as_i64().expect("an id"),
            hooks,
            receiver,
        }
    }

    /// A schedule of yesterday's dashboard as CSV, with other members put over it.
    fn wanted(&self, over: &Value) -> Value {
        let mut wanted = json!({"name": "Dashboard", "report": "telesales.dashboard", "window": "yesterday", "format": "csv",
            "at": {"time": "07:30", "timezone": "UTC"}, "deliver": {"webhook": self.webhook}});
        for (name, value) in over.as_object().expect("members") {
            wanted[name] = value.clone();
        }
        wanted
    }

    async fn create(&self, over: &Value) -> Value {
        let answer = self.hooks.post(SCHEDULES, &self.wanted(over)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["data"].take()
    }

    async fn patch(&self, schedule: &Value, body: &Value) -> Answer {
        let client = &self.hooks.client;
        let request = client.with_method(Method::PATCH, &path(schedule));
        client.send(request.json(body)).await
    }

    /// The runs of a schedule, oldest first.
    async fn runs(&self, schedule: &Value) -> Vec<Value> {
        let path = format!("{}/runs?per_page=200", path(schedule));
        let mut runs = self.hooks.client.data(&path).await;
        let runs = runs.as_array_mut().expect("runs");
        runs.reverse();
        runs.clone()
    }

    /// Waits until a schedule has that many runs, all of them finished.
    async fn finished(&self, schedule: &Value, count: usize) -> Vec<Value> {
        self.hooks
            .until(&format!("{count} runs"), async || {
                let runs = self.runs(schedule).await;
                runs.len() >= count && runs.iter().all(|run| !run["finished_at"].is_null())
            })
            .await;
        let runs = self.runs(schedule).await;
        assert_eq!(runs.len(), count, "{runs:#?}");
        runs
    }
}

fn path(schedule: &Value) -> String {
    format!("{SCHEDULES}/{}", schedule["id"])
}
