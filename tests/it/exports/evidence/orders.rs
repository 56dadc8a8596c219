//! Orders of evidence.

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::{download, settle};
use super::{EXPORT, checked, file, now, order, order_of, post, rows, world};
use crate::support::{Client, TENANT, TestApp};

/// An order tells what it would make, and is made again for the same window or for another.
#[tokio::test]
async fn evidence_is_told_before_and_ordered_again() {
    let (test, _) = world().await;
    let mut asked = order_of("csv");
    asked["campaign_id"] = 2.into();
    let dry = test.post(&format!("{EXPORT}?dry_run=true"));
    let dry = test.send(dry.json(&asked)).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.text());
    let dry = dry.json()["data"].clone();
    assert_eq!(test.data("/api/exports").await, json!([]));
    let first = checked(&file(&test, &asked).await);
    let all = test.data("/api/exports").await;
    assert_eq!(dry["rows"], all[0]["rows"]);
    let id = all[0]["job_id"].as_str().expect("an id");
    let again = async |body: Value| {
        let post = test.post(&format!("/api/exports/{id}/again"));
        let answer = test.send(post.json(&body)).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        let id = answer.json()["data"]["job_id"].clone();
        settle(&test.app).await;
        let path = format!("{EXPORT}/{}", id.as_str().expect("an id"));
        checked(&download(&test, &test.data(&path).await).await.bytes)
    };
    let same = again(json!({})).await;
    assert_eq!(same["SHA256SUMS"], first["SHA256SUMS"]);
    let other = again(json!({"from": "2026-06-01", "to": "2026-06-02"})).await;
    assert_eq!(rows(&other["days"]).len(), 2);
}

#[tokio::test]
async fn every_fault_of_an_order_of_evidence_is_named() {
    let test = TestApp::new().await;
    let faulty = json!({"campaign_id": "a", "window_minutes": 0, "window_to": "x", "format": "pdf", "lang": "de", "timezone": "Mars"});
    let answer = post(&test, &faulty).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let errors = answer.json()["errors"].clone();
    let names: Vec<&String> = errors.as_object().expect("faults").keys().collect();
    assert_eq!(
        names,
        [
            "campaign_id",
            "format",
            "lang",
            "timezone",
            "window_minutes",
            "window_to"
        ]
    );
    let early = post(&test, &json!({"window_to": "1970-01-02"})).await;
    assert_eq!(early.status, 422, "{}", early.text());
    assert!(early.json()["errors"]["window_to"].is_array());
    assert_eq!(post(&test, &json!({"campaign_id": 9})).await.status, 404);
    assert_eq!(post(&test, &json!([])).await.status, 400);
    for body in [
        json!({"window_from": "2026-06-01", "window_minutes": 60}),
        json!({"window_from": "2026-07-01"}),
        json!({"window_from": "2026-01-01"}),
    ] {
        let answer = post(&test, &body).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.json()["errors"]["window_from"].is_array(), "{body}");
    }
    let id = order(&test, &json!({"window_from": "2026-06-30T07:59:30Z"})).await;
    let listed = test.data("/api/exports").await;
    assert_eq!(listed[0]["job_id"], id.as_str());
    assert_eq!(listed[0]["from"], "2026-06-30T07:59:00+00:00");
    // A later time is now.
    let id = order(&test, &json!({"window_to": "2999-01-01"})).await;
    let listed = test.data("/api/exports").await;
    let mut listed = listed.as_array().expect("rows").iter();
    let row = listed.find(|row| row["job_id"] == id.as_str());
    let row = row.expect("an export");
    assert_eq!(row["to"], now().to_rfc3339());
    assert_eq!(row["kind"], "telesales");
}

#[tokio::test]
async fn evidence_is_listed_cancelled_logged_and_nobody_else_s() {
    let (test, _) = world().await;
    let (first, second) = (
        order(&test, &json!({})).await,
        order(&test, &json!({"lang": "vi"})).await,
    );
    let exports = "/api/telesales/reports/compliance/exports";
    let listed = test.ok(exports).await.json();
    assert_eq!(listed["total"], 2);
    assert_eq!(
        test.ok("/api/telesales/calls/exports").await.json()["total"],
        0
    );
    let of_calls = format!("/api/telesales/calls/export/{first}");
    assert_eq!(test.get(&of_calls).await.status, 404);
    let path = format!("{EXPORT}/{first}");
    let cancel = async |client: &Client| {
        let cancel = client.request(Method::DELETE, &path, Some(&client.token));
        cancel.await.status
    };
    let theirs = Client::new(test.url.clone(), test.account(2).await);
    let reader = test.user(TENANT, "reader", Role::ReadOnly).await;
    let reader = Client::new(test.url.clone(), reader);
    for (client, status) in [(&theirs, 404), (&reader, 403)] {
        assert_eq!(client.get(&path).await.status, status);
        assert_eq!(cancel(client).await, status);
    }
    assert_eq!(post(&reader, &json!({})).await.status, 403);
    assert_eq!(theirs.ok(exports).await.json()["total"], 0);
    assert_eq!(cancel(&test).await, 204);
    assert_eq!(test.data(&path).await["error"], "Cancelled.");
    assert_eq!(cancel(&test).await, 409);
    settle(&test.app).await;
    assert_eq!(
        test.data(&format!("{EXPORT}/{second}")).await["status"],
        "ready"
    );
    let all = test.data("/api/exports?status=ready").await;
    assert_eq!(
        (&all[0]["lang"], &all[0]["report_type"]),
        (&json!("vi"), &json!("compliance"))
    );

    let log = test.ok("/api/audit?action=calls.downloaded").await.json();
    assert_eq!(log["total"], 2);
    assert_eq!(log["data"][0]["target"]["kind"], "compliance");
    let repeated = test.post(EXPORT).header("Idempotency-Key", "k");
    let repeated = test.send(repeated.json(&json!({}))).await.json();
    let again = test.post(EXPORT).header("Idempotency-Key", "k");
    assert_eq!(test.send(again.json(&json!({}))).await.json(), repeated);
}
