//! Warnings that a user puts aside.

use std::time::Duration;

use callboard::auth::Role;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{TELESALES, calls, campaign, codes, now};
use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn a_user_puts_a_warning_aside_for_a_day() {
    let test = TestApp::new().await;
    let mut lines = campaign(1, "active");
    lines.extend(calls(1, "2026-06-30T05:00:00Z", 3, 1, &|_| Value::Null));
    test.ingest(&lines).await;
    let put = async |body: Value| {
        let request = test.post("/api/overview/put-aside").json(&body);
        test.send(request).await
    };
    let warning = json!({"module": "telesales", "code": "calls_without_result", "campaign_id": 1});
    for _ in 0..2 {
        let aside = put(warning.clone()).await;
        assert_eq!(aside.status, StatusCode::OK, "{}", aside.text());
        assert_eq!(aside.json()["data"]["until"], "2026-07-01T08:00:00+00:00");
    }
    assert_eq!(codes(&test.ok(TELESALES).await), [(1, vec![])]);
    test.user(TENANT, "another", Role::Admin).await;
    let another = test.issue(TENANT, "another", &[]).await;
    let told = codes(&test.request(Method::GET, TELESALES, Some(&another)).await);
    assert_eq!(told, [(1, vec!["calls_without_result".to_owned()])]);
    let later = test
        .instance(now() + TimeDelta::hours(24), Duration::ZERO)
        .await;
    assert_eq!(
        codes(&later.get(TELESALES).await),
        told,
        "it is back after a day"
    );

    for (body, status, fields) in [
        (json!({}), 422, vec!["code", "module"]),
        (
            json!({"module": "telesales", "code": "nothing"}),
            422,
            vec!["code"],
        ),
        (
            json!({"module": "telesales", "code": "no_calls", "subject": "x".repeat(256)}),
            422,
            vec!["subject"],
        ),
        (
            json!({"module": "telesales", "code": "no_calls", "campaign_id": 77}),
            404,
            vec!["campaign_id"],
        ),
        (
            json!({"module": "autocall", "code": "no_calls", "campaign_id": 1}),
            404,
            vec!["campaign_id"],
        ),
    ] {
        let answer = put(body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text());
        let errors = answer.json()["errors"].take();
        let named: Vec<&String> = errors.as_object().expect("errors").keys().collect();
        assert_eq!(named, fields, "{body}");
    }
}
