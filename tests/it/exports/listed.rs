//! The list of all exports of an account.

use callboard::auth::{Permission, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{june, order, settle};
use crate::support::{Client, TENANT, TestApp};

const LIST: &str = "/api/exports";

/// A campaign with an export that is ready by the admin, and a list of calls ordered by a supervisor.
async fn with_exports() -> (TestApp, String) {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "Renewal"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "Sales"}),
    ])
    .await;
    order(&test, &june("kpis", "csv")).await;
    settle(&test.app).await;
    let supervisor = test.user(TENANT, "minh", Role::Supervisor).await;
    let calls = json!({"format": "csv", "lang": "vi"});
    let client = Client::new(test.url.clone(), supervisor.clone());
    let ordered = client.post("/api/telesales/calls/export").json(&calls);
    let ordered = client.send(ordered).await;
    assert_eq!(ordered.status, StatusCode::ACCEPTED, "{}", ordered.text());
    (test, supervisor)
}

async fn listed(client: &Client, token: &str, query: &str) -> Vec<Value> {
    let path = format!("{LIST}{query}");
    let answer = client.request(Method::GET, &path, Some(token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    let body = answer.json();
    let rows = body["data"].as_array().expect("rows").clone();
    assert_eq!(body["total"], rows.len(), "{path}");
    rows
}

#[tokio::test]
async fn exports_of_both_products_are_listed_with_what_was_ordered() {
    let (test, supervisor) = with_exports().await;
    let rows = listed(&test, &test.token, "").await;
    assert_eq!(rows.len(), 2);
    let of = |kind: &str| rows.iter().find(|row| row["kind"] == kind).expect("a row");
    let (kpis, calls) = (of("autocall"), of("telesales"));
    for (row, member, value) in [
        (kpis, "status", json!("ready")),
        (kpis, "report_type", json!("kpis")),
        (kpis, "campaign_name", json!("Renewal")),
        (kpis, "format", json!("csv")),
        (kpis, "lang", Value::Null),
        (kpis, "created_by_username", json!("admin-1")),
        (kpis, "from", json!("2026-05-31T17:00:00+00:00")),
        (kpis, "to", json!("2026-06-07T17:00:00+00:00")),
        (kpis, "expires_in_seconds", json!(3600)),
        (kpis, "estimated_seconds", Value::Null),
        (calls, "report_type", json!("calls")),
        (calls, "campaign_id", Value::Null),
        (calls, "lang", json!("vi")),
        (calls, "created_by_username", json!("minh")),
        (calls, "from", Value::Null),
    ] {
        assert_eq!(row[member], value, "{member}: {row}");
    }
    assert!(kpis["size_bytes"].as_i64() > Some(0) && kpis["download_url"].is_string());

    let kinds = async |token: &str, query: &str| {
        let rows = listed(&test, token, query).await;
        let kind = |row: &Value| row["kind"].as_str().expect("a kind").to_owned();
        rows.iter().map(kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&supervisor, "?mine=true").await, ["telesales"]);
    assert_eq!(kinds(&test.token, "?mine=true").await, ["autocall"]);
    assert_eq!(kinds(&test.token, "?status=ready").await, ["autocall"]);
    assert_eq!(kinds(&test.token, "?status=expired").await, [""; 0]);
    let later = "2026-06-30T09:00:00Z".parse().expect("an instant");
    let later = test.instance(later, std::time::Duration::ZERO).await;
    let expired = listed(&later, &later.token, "?status=expired").await;
    assert_eq!(
        (&expired[0]["status"], &expired[0]["download_url"]),
        (&json!("expired"), &Value::Null)
    );
    let refused = test
        .get(&format!("{LIST}?status=done&mine=perhaps&page=0"))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        refused.json()["errors"].as_object().map(|it| it.len()),
        Some(3)
    );
}

#[tokio::test]
async fn a_token_lists_what_it_may_order() {
    use Permission::{AutocallApiAccess, AutocallExportReport, CallsRead, TelesalesApiAccess};
    let (test, _) = with_exports().await;
    for (permissions, kinds) in [
        (
            &[AutocallApiAccess, AutocallExportReport][..],
            &["autocall"][..],
        ),
        (&[TelesalesApiAccess, CallsRead], &["telesales"]),
        (&[AutocallApiAccess, TelesalesApiAccess], &[]),
    ] {
        let token = test.issue(TENANT, "admin-1", permissions).await;
        let rows = listed(&test, &token, "").await;
        let seen: Vec<&str> = rows.iter().filter_map(|row| row["kind"].as_str()).collect();
        assert_eq!(seen, kinds, "{permissions:?}");
    }
    let neighbour = test.account(2).await;
    assert!(listed(&test, &neighbour, "").await.is_empty());
}
