//! Cached responses: scope, lifetime, and requests that bypass the cache.

use std::time::{Duration, Instant};

use callboard::auth::{Permission, Role};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{KPIS, LONG, SHORT, attempt, campaign, with_an_attempt};
use crate::support::{Answer, Client, NOW, TENANT, TestApp};

fn dialed(answer: &Answer) -> i64 {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["data"]["dialed"].as_i64().expect("a count")
}

fn age(answer: &Answer) -> Option<u64> {
    answer
        .headers
        .get("age")
        .map(|age| age.to_str().expect("text").parse().expect("whole seconds"))
}

async fn ask(client: &Client) -> (i64, Option<u64>) {
    let answer = client.get(KPIS).await;
    (dialed(&answer), age(&answer))
}

#[tokio::test]
async fn a_cached_answer_reports_its_age() {
    let test = with_an_attempt(LONG).await;
    let first = Instant::now();
    assert_eq!(ask(&test).await, (1, None), "read for this request");
    test.ingest(&[attempt("b")]).await;
    let (figure, aged) = ask(&test).await;
    assert_eq!((figure, aged.is_some()), (1, true));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let aged = ask(&test).await.1.expect("an age");
    assert!((1..=first.elapsed().as_secs()).contains(&aged), "{aged}");
}

#[tokio::test]
async fn an_answer_expires_after_its_ttl() {
    let test = with_an_attempt(SHORT).await;
    assert_eq!(ask(&test).await.0, 1);
    test.ingest(&[attempt("b")]).await;
    tokio::time::sleep(SHORT).await;
    assert_eq!(ask(&test).await, (2, None));
}

#[tokio::test]
async fn no_cache_bypasses_and_refreshes_the_cache() {
    let test = with_an_attempt(LONG).await;
    assert_eq!(ask(&test).await.0, 1);
    for (number, demand) in (2..).zip(["no-cache", "max-age=0", "no-store", "private, No-Cache"]) {
        test.ingest(&[attempt(demand)]).await;
        let answer = test.get_with(KPIS, "cache-control", demand).await;
        assert_eq!((dialed(&answer), age(&answer)), (number, None), "{demand}");
        let (figure, age) = ask(&test).await;
        assert_eq!((figure, age.is_some()), (number, true), "{demand}");
    }
    test.ingest(&[attempt("last")]).await;
    assert_eq!(
        dialed(&test.get_with(KPIS, "cache-control", "max-age=60").await),
        5
    );
}

#[tokio::test]
async fn a_ttl_of_zero_disables_the_cache() {
    let test = with_an_attempt(Duration::ZERO).await;
    for number in 2..5 {
        test.ingest(&[attempt(&number.to_string())]).await;
        assert_eq!(ask(&test).await, (number, None));
    }
}

#[tokio::test]
async fn equivalent_requests_share_a_cache_entry() {
    let test = with_an_attempt(LONG).await;
    let asked = |query: &str| format!("{KPIS}?{query}");
    assert_eq!(
        age(&test.get(&asked("from=2026-06-01&to=2026-06-30")).await),
        None
    );
    for query in [
        "to=2026-06-30&from=2026-06-01",
        "from=2026-06-01&_=17&to=2026-06-30&timezone=",
        "&from=2026-06-01&to=2026-06-30",
    ] {
        assert!(age(&test.get(&asked(query)).await).is_some(), "{query}");
    }
    for query in [
        "from=2026-06-02&to=2026-06-30",
        "from=2026-06-01&to=2026-06-30&timezone=UTC",
    ] {
        assert_eq!(age(&test.get(&asked(query)).await), None, "{query}");
    }
}

#[tokio::test]
async fn cache_keys_distinguish_reports_and_campaigns() {
    let test = with_an_attempt(LONG).await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 2, "name": "D"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "D"}),
    ])
    .await;
    let range = "date_from=2026-06-01&date_to=2026-06-30";
    let mut seen = Vec::new();
    for path in [
        format!("/api/autocall/campaigns/1/reports/funnel?{range}"),
        format!("/api/autocall/campaigns/2/reports/funnel?{range}"),
        format!("/api/telesales/reports/funnel?{range}"),
        format!("/api/telesales/reports/funnel?{range}&campaign_id=1"),
    ] {
        let answer = test.ok(&path).await;
        assert_eq!(age(&answer), None, "{path}");
        seen.push(answer.bytes);
    }
    assert_ne!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}

#[tokio::test]
async fn cached_answers_are_shared_within_a_tenant_only() {
    let test = with_an_attempt(LONG).await;
    assert_eq!(ask(&test).await, (1, None));
    let neighbour = Client::new(test.url.clone(), test.account(2).await);
    assert_eq!(neighbour.get(KPIS).await.status, StatusCode::NOT_FOUND);
    neighbour.ingest(&campaign()).await;
    assert_eq!(ask(&neighbour).await, (0, None));
    let reader = Client::new(
        test.url.clone(),
        test.user(TENANT, "reader", Role::ReadOnly).await,
    );
    let (figure, age) = ask(&reader).await;
    assert_eq!((figure, age.is_some()), (1, true));
}

#[tokio::test]
async fn cached_answers_require_permission() {
    let test = with_an_attempt(LONG).await;
    assert_eq!(ask(&test).await.0, 1);
    let agent = test.user(TENANT, "agent", Role::Agent).await;
    let limited = test
        .issue(TENANT, "admin-1", &[Permission::TelesalesApiAccess])
        .await;
    for (token, status) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some("nonsense"), StatusCode::UNAUTHORIZED),
        (Some(agent.as_str()), StatusCode::FORBIDDEN),
        (Some(limited.as_str()), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(test.request(Method::GET, KPIS, token).await.status, status);
    }
}

#[tokio::test]
async fn failures_are_not_cached() {
    let test = TestApp::keeping(LONG).await;
    assert_eq!(test.get(KPIS).await.status, StatusCode::NOT_FOUND);
    test.ingest(&campaign()).await;
    assert_eq!(ask(&test).await, (0, None));
    for _ in 0..2 {
        let refused = test.get(&format!("{KPIS}?from=x")).await;
        assert_eq!(
            (refused.status, age(&refused)),
            (StatusCode::UNPROCESSABLE_ENTITY, None)
        );
    }
}

#[tokio::test]
async fn files_are_not_cached() {
    let test = TestApp::keeping(LONG).await;
    let call = |uuid: &str| json!({"kind": "telesales_call", "uuid": uuid, "campaign_id": 1, "lead_id": 1, "started_at": "2026-06-10T00:00:00Z"});
    test.ingest(&[
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
        call("0"),
    ])
    .await;
    let range = "date_from=2026-06-01&date_to=2026-06-30";
    let dashboard = "/api/telesales/reports/dashboard";
    test.ok(&format!("{dashboard}?{range}")).await;
    let files = ["?format=csv&", "?%66ormat=csv&", "/export?format=csv&"];
    for (number, file) in (2..).zip(files) {
        test.ingest(&[call(file)]).await;
        let file = test.ok(&format!("{dashboard}{file}{range}")).await;
        assert!(
            file.text()
                .lines()
                .nth(1)
                .expect("a row")
                .starts_with(&format!("{number},")),
            "{}",
            file.text()
        );
        assert!(!file.headers.contains_key("age") && !file.headers.contains_key("etag"));
        assert_eq!(
            (file.header("cache-control"), file.header("vary")),
            ("private, no-cache", "Authorization")
        );
    }
    let kept = test.ok(&format!("{dashboard}?{range}&format=json")).await;
    let dials = &kept.json()["data"]["total_dials"];
    assert_eq!(
        dials, 1,
        "one request in another spelling, with its cached answer"
    );
}

#[tokio::test]
async fn tenant_settings_are_read_in_the_same_snapshot_as_the_figures() {
    let test = with_an_attempt(LONG).await;
    let trend = "/api/autocall/campaigns/1/reports/trend";
    assert_eq!(test.data(trend).await[0]["bucket"], "2026-06-10");
    let change =
        callboard::auth::tenant::Change::parse("timezone", "America/New_York").expect("a change");
    callboard::auth::Tenant::change(&test.app.db, TENANT, &[change])
        .await
        .expect("changed");
    let anew = test
        .get_with(trend, "cache-control", "no-cache")
        .await
        .json();
    assert_eq!(anew["data"][0]["bucket"], "2026-06-09");
}

#[tokio::test]
async fn requests_without_a_body_are_cached_too() {
    let test = with_an_attempt(LONG).await;
    let whole = test.get(KPIS).await;
    let head = test.request(Method::HEAD, KPIS, Some(&test.token)).await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
    for name in [
        "content-type",
        "content-length",
        "etag",
        "cache-control",
        "vary",
    ] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    assert!(age(&head).is_some());
}

#[tokio::test]
async fn each_instance_has_its_own_cache() {
    let test = with_an_attempt(LONG).await;
    let other = test.instance(NOW.parse().expect("an instant"), LONG).await;
    assert_eq!(
        (ask(&test).await, ask(&other).await),
        ((1, None), (1, None))
    );
}
