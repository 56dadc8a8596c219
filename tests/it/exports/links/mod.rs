//! Download links: scope, expiry, ranges, logging and limits.

mod kept;
mod served;
mod signed;

use std::path::Path;

use callboard::time::Clock;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{june, order, path, settle, show};
use crate::support::{Answer, Client, TestApp};

/// A campaign with a name in many scripts, and a ready export of it.
async fn with_export(format: &str) -> (TestApp, Value) {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "../Gia hạn \"quý\" 3/4 — 顧客 😀"}),
    ])
    .await;
    let id = order(&test, &june("funnel", format)).await;
    settle(&test.app).await;
    let ready = show(&test, &id).await;
    (test, ready)
}

async fn follow(client: &Client, path: &str) -> Answer {
    client.request(Method::GET, path, None).await
}

fn link(ready: &Value) -> String {
    path(ready["download_url"].as_str().expect("a link")).to_owned()
}

async fn at(test: &TestApp, seconds: i64) -> Client {
    let then = test.app.clock.now() + TimeDelta::seconds(seconds);
    test.changed(|app| app.clock = Clock::Fixed(then)).await
}

fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()))
        } else {
            found.push(entry.path().display().to_string())
        }
    }
    found
}
