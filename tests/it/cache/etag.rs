//! ETags: they change when a figure changes, and only then.

use std::time::Duration;

use callboard::reports;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{KPIS, LONG, attempt, with_an_attempt};
use crate::support::{Client, NOW, TestApp, world};

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// The path of each report with only its required parameters. The default window ends now.
fn paths() -> Vec<String> {
    let required = "from=2026-06-01&date_from=2026-06-01&date_to=2026-07-03&campaign_ids=1,2";
    reports::ALL
        .iter()
        .map(|report| format!("{}?{required}", report.path().replace("{id}", "1")))
        .collect()
}

async fn tags(client: &Client) -> Vec<String> {
    let mut tags = Vec::new();
    for path in paths() {
        tags.push(client.ok(&path).await.header("etag").to_owned());
    }
    tags
}

/// A world of an hour in which every report counts something.
async fn with_a_world(keep: Duration) -> TestApp {
    let test = TestApp::keeping(keep).await;
    let (from, to) = (now() - TimeDelta::hours(2), now() - TimeDelta::hours(1));
    test.ingest(&world::random(
        5,
        world::Size {
            attempts: 60,
            calls: 60,
            from,
            to,
        },
    ))
    .await;
    test
}

#[tokio::test]
async fn every_report_has_a_weak_etag_and_answers_304() {
    for keep in [Duration::ZERO, LONG] {
        let test = with_a_world(keep).await;
        for path in paths() {
            let whole = test.ok(&path).await;
            let tag = whole.header("etag");
            assert!(
                tag.starts_with("W/\"") && tag.ends_with('"') && tag.len() == 36,
                "{path}: {tag}"
            );
            for known in [
                tag,
                tag.trim_start_matches("W/"),
                &format!("\"other\", {tag}"),
                "*",
            ] {
                let unchanged = test.get_with(&path, "if-none-match", known).await;
                assert_eq!(
                    (unchanged.status, unchanged.bytes.len()),
                    (StatusCode::NOT_MODIFIED, 0),
                    "{path} {known}"
                );
                for name in ["etag", "cache-control", "vary"] {
                    assert_eq!(unchanged.header(name), whole.header(name), "{path} {name}");
                }
                for name in ["content-type", "content-length"] {
                    assert!(
                        !unchanged.headers.contains_key(name),
                        "{path}: {:?}",
                        unchanged.headers
                    );
                }
                assert!(!unchanged.header("x-request-id").is_empty());
            }
            let changed = test
                .get_with(&path, "if-none-match", "W/\"0123\", \"abc\"")
                .await;
            assert_eq!(
                (changed.status, changed.bytes),
                (StatusCode::OK, whole.bytes.clone()),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn an_etag_is_stable_while_no_figure_changes() {
    let test = with_a_world(Duration::ZERO).await;
    let before = tags(&test).await;
    for later in [
        TimeDelta::microseconds(1),
        TimeDelta::seconds(1),
        TimeDelta::minutes(30),
    ] {
        let later = test.instance(now() + later, Duration::ZERO).await;
        assert_eq!(tags(&later).await, before);
    }
    let bodies = |client: &Client| {
        let client = client.clone();
        async move { client.ok(KPIS).await.bytes }
    };
    let later = test
        .instance(now() + TimeDelta::seconds(1), Duration::ZERO)
        .await;
    assert_ne!(
        bodies(&test).await,
        bodies(&later).await,
        "computed_at has moved"
    );
}

#[tokio::test]
async fn an_etag_changes_with_a_figure() {
    let test = with_a_world(Duration::ZERO).await;
    let (tags_before, mut before) = (tags(&test).await, Vec::new());
    for path in paths() {
        before.push(test.data(&path).await);
    }
    let (from, to) = (now() - TimeDelta::hours(1), now());
    test.ingest(&world::random(
        6,
        world::Size {
            attempts: 90,
            calls: 90,
            from,
            to,
        },
    ))
    .await;
    let all = paths();
    let all = all.iter().zip(&tags_before).zip(&before);
    // Typical days are before today.
    for ((path, tag), before) in all.filter(|((path, _), _)| !path.contains("typical-day")) {
        let answer = test.ok(path).await;
        assert_ne!(
            &answer.json()["data"],
            before,
            "{path}: nothing changed in this test"
        );
        assert_ne!(answer.header("etag"), tag, "{path}");
        let polled = test.get_with(path, "if-none-match", tag).await;
        assert_eq!(polled.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn an_etag_changes_with_a_breach_and_its_window() {
    let test = with_a_world(Duration::ZERO).await;
    let path = "/api/telesales/reports/abandon-rate";
    let record = "insert into abandon_breaches
        (tenant_id, campaign_id, campaign_name, limit_pct, attempts_total, attempts_abandoned, window_minutes, window_from, window_to, detected_at)
        values ($1, 1, 'C', 3, 10, 5, 60, '2026-06-30 06:00Z', '2026-06-30 07:00Z', '2026-06-30 07:00Z')";
    let change = "update abandon_breaches set window_from = window_from - interval '1 minute' where tenant_id = $1";
    let mut seen = vec![test.ok(path).await.header("etag").to_owned()];
    for sql in [record, change] {
        let mut scope = test.app.db.write(1).await.expect("a scope");
        scope
            .query(sql)
            .execute(scope.connection())
            .await
            .expect("done");
        scope.commit().await.expect("committed");
        let tag = test.ok(path).await.header("etag").to_owned();
        assert!(!seen.contains(&tag));
        seen.push(tag);
    }
}

#[tokio::test]
async fn instances_compute_equal_etags() {
    let test = with_a_world(LONG).await;
    let other = test.instance(now(), LONG).await;
    assert_eq!(tags(&test).await, tags(&other).await);
    assert_eq!(tags(&test).await, tags(&other).await, "kept or not");
}

#[tokio::test]
async fn a_304_from_the_cache_reports_its_age() {
    let test = with_an_attempt(LONG).await;
    let tag = test.ok(KPIS).await.header("etag").to_owned();
    test.ingest(&[attempt("b")]).await;
    let unchanged = test.get_with(KPIS, "if-none-match", &tag).await;
    assert_eq!(
        (unchanged.status, unchanged.header("age")),
        (StatusCode::NOT_MODIFIED, "0")
    );
}

#[tokio::test]
async fn failures_have_no_etag_and_never_answer_304() {
    let test = TestApp::keeping(LONG).await;
    let missing = test.get_with(KPIS, "if-none-match", "*").await;
    assert_eq!(
        (missing.status, missing.header("etag")),
        (StatusCode::NOT_FOUND, "")
    );
    let bad = test
        .get_with("/api/telesales/reports/dashboard", "if-none-match", "*")
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nobody = test.request(Method::GET, KPIS, None).await;
    assert_eq!(
        (nobody.status, nobody.header("etag")),
        (StatusCode::UNAUTHORIZED, "")
    );
    let body: Value = missing.json();
    assert_eq!(body["message"], "Resource not found");
}
