//! Rows, against the reference and one by one.

use callboard::auth::Permission;
use callboard::rollups::{Module, compact};
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{OVERVIEW, TELESALES, calls, campaign, now};
use crate::reference::{ZONES, reference};
use crate::support::world::Size;
use crate::support::{NOW, TENANT, TestApp, world};

/// A row without its warnings.
fn plain(row: &Value) -> Value {
    let mut row = row.clone();
    row.as_object_mut().expect("a row").remove("warnings");
    row
}

/// From sums and from rows, before and after compaction.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_the_reference() {
    let size = Size {
        attempts: 6_000,
        calls: 6_000,
        from: now() - TimeDelta::days(45),
        to: now() + TimeDelta::hours(3),
    };
    let lines = world::random(31, size);
    let test = TestApp::new().await;
    test.ingest(&lines).await;
    let mut requests = Vec::new();
    for zone in ZONES {
        for module in Module::ALL {
            let query = json!({"module": module.name(), "timezone": zone});
            requests.push(json!({"path": OVERVIEW, "query": query, "now": NOW, "timezone": "Asia/Ho_Chi_Minh"}));
        }
    }
    let expected = reference(&lines, &requests);
    for state in ["journal", "compacted", "stale"] {
        match state {
            "compacted" => {
                let compacted = compact::compact_until_idle(&test.app.db).await;
                compacted.expect("compacted");
            }
            "stale" => {
                for module in Module::ALL {
                    let stale = compact::mark_stale(&test.app.db, TENANT, module, None);
                    stale.await.expect("stale");
                }
            }
            _ => {}
        }
        for (request, expected) in requests.iter().zip(&expected) {
            let query = &request["query"];
            let (module, zone) = (&query["module"], &query["timezone"]);
            let (module, zone) = (module.as_str().expect("text"), zone.as_str().expect("text"));
            let answer = test
                .ok(&format!("{OVERVIEW}?module={module}&timezone={zone}"))
                .await;
            let mut rows = answer.json()["data"].as_array().expect("rows").clone();
            rows.sort_by_key(|row| row["id"].as_i64());
            let rows: Vec<Value> = rows.iter().map(plain).collect();
            let told: Value = serde_json::from_str(expected).expect("JSON");
            assert_eq!(json!(rows), told["data"], "{module} {zone} {state}");
        }
    }
}

#[tokio::test]
async fn one_campaign_is_told_as_among_all() {
    let test = TestApp::new().await;
    let mut lines = Vec::new();
    for (id, status) in [(1, "active"), (2, "active"), (3, "completed")] {
        lines.extend(campaign(id, status));
    }
    lines.push(json!({"kind": "autocall_campaign", "id": 4, "name": "Other"}));
    for id in 1..=2 {
        lines.extend(calls(id, "2026-06-30T06:00:00Z", 100, 1, &|n| {
            json!(if n < 4 { "abandoned" } else { "answered" })
        }));
    }
    test.ingest(&lines).await;
    let all = test.ok(TELESALES).await;
    for stale in [false, true] {
        if stale {
            let stale = compact::mark_stale(&test.app.db, TENANT, Module::Telesales, None);
            stale.await.expect("stale");
        }
        for id in 1..=2 {
            let one = test.ok(&format!("{TELESALES}&campaign_id={id}")).await;
            let body = one.json();
            let rows = all.json()["data"].as_array().expect("rows").clone();
            let row = rows.into_iter().find(|row| row["id"] == id);
            assert_eq!(body["data"], json!([row]));
            assert_eq!((&body["total"], &body["warnings"]), (&json!(1), &json!([])));
            assert_eq!(
                one.header("callboard-window"),
                "2026-06-29T17:00:00Z/2026-06-30T08:15:00Z"
            );
        }
    }
    let ended = test.ok(&format!("{TELESALES}&campaign_id=3")).await;
    assert_eq!(ended.json()["data"], json!([]));
    let both = format!("{TELESALES}&campaign_id=2&q=1");
    assert_eq!(test.ok(&both).await.json()["total"], 0);
    for id in [4, 9] {
        let answer = test.get(&format!("{TELESALES}&campaign_id={id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
    }
    let wrong = test.get(&format!("{TELESALES}&campaign_id=x")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_token_sees_the_products_that_it_may_read() {
    let test = TestApp::new().await;
    let only = test
        .issue(TENANT, "admin-1", &[Permission::TelesalesApiAccess])
        .await;
    let get = async |path: &str| test.request(Method::GET, path, Some(&only)).await.status;
    assert_eq!(get(OVERVIEW).await, StatusCode::OK, "Telesales by default");
    assert_eq!(get(TELESALES).await, StatusCode::OK);
    assert_eq!(
        get("/api/overview?module=autocall").await,
        StatusCode::FORBIDDEN
    );
    let neither = test
        .issue(TENANT, "admin-1", &[Permission::AnalyticsApiAccess])
        .await;
    let refused = test.request(Method::GET, OVERVIEW, Some(&neither)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let tag = test.ok(TELESALES).await.header("etag").to_owned();
    let again = test.get_with(TELESALES, "if-none-match", &tag).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}
