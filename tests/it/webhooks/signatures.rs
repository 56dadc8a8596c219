//! Signatures, checked by code that is not Callboard's.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::hooks::{Hooks, WEBHOOKS};
use super::receiver::{Receiver, Seen};

const STRANGER: &str = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// Checks a request with these secrets, the current one first.
async fn check(seen: &Seen, secrets: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/webhooks/bin/python3");
    assert!(
        python.exists(),
        "there is no {}: script/test installs it",
        python.display()
    );
    let headers: BTreeMap<&str, &str> = seen
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().expect("text")))
        .collect();
    let body = std::str::from_utf8(&seen.body).expect("text");
    let delivery =
        json!({"headers": headers, "body": body, "secrets": secrets, "stranger": STRANGER});
    let mut checker = Command::new(python)
        .arg(root.join("tests/it/webhooks/signatures.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut stdin = checker.stdin.take().expect("piped");
    stdin
        .write_all(delivery.to_string().as_bytes())
        .await
        .expect("sent");
    drop(stdin);
    let output = checker.wait_with_output().await.expect("an output");
    assert_eq!(
        output.stdout,
        b"ok\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn secret(webhook: &Value) -> &str {
    webhook["secret"].as_str().expect("a secret")
}

#[tokio::test]
async fn both_signatures_are_verified_by_others_and_the_old_secret_signs_for_a_day() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let first = hooks.create(&receiver.url(), &["*"]).await;
    let id = first["id"].as_i64().expect("an id");
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    hooks.all_are(id, "delivered", 1).await;
    check(&receiver.seen()[0], &[secret(&first)]).await;

    let rotate = async || {
        let answer = hooks
            .post(&format!("{WEBHOOKS}/{id}/rotate-secret"), &json!({}))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.json()["data"].take()
    };
    let second = rotate().await;
    assert_ne!(secret(&first), secret(&second));
    let until = second["old_secret_until"].as_str().expect("a time");
    let until: chrono::DateTime<chrono::Utc> = until.parse().expect("an instant");
    assert_eq!((until - hooks.app.clock.now()).num_minutes(), 24 * 60 - 1);
    hooks
        .post(&format!("{WEBHOOKS}/{id}/test"), &json!({}))
        .await;
    check(&receiver.seen()[1], &[secret(&second), secret(&first)]).await;

    // The clock of the checker does not pass: only the old signature is looked for.
    hooks.pass(TimeDelta::hours(25));
    hooks
        .post(&format!("{WEBHOOKS}/{id}/test"), &json!({}))
        .await;
    let seen = &receiver.seen()[2];
    assert_eq!(seen.header("x-callboard-signature-old"), "");
    assert_eq!(seen.header("webhook-signature").split(' ').count(), 1);
}
