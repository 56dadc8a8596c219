//! Exhausted pools and statement timeouts.

use callboard::db::Database;
use reqwest::StatusCode;

use crate::support::side_connection::SideConnection;
use crate::support::{Client, TENANT, TestApp};

const CAMPAIGNS: &str = "/api/autocall/campaigns";

#[tokio::test]
async fn a_statement_timeout_returns_504() {
    let test = TestApp::new().await;
    let limit = test
        .query(
            TENANT,
            "select to_jsonb(current_setting('statement_timeout'))",
        )
        .await;
    assert_eq!(limit, ["30s"]);
    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_campaigns").await;
    let client = Client::clone(&test);
    let asking = tokio::spawn(async move { client.get(CAMPAIGNS).await });
    side.until_waiting(1).await;
    side.cancel().await;
    let answer = asking.await.expect("no panic");
    side.unlock().await;
    assert_eq!(
        (answer.status, answer.text()),
        (StatusCode::GATEWAY_TIMEOUT, r#"{"message":"Timed out"}"#)
    );
}

#[tokio::test]
async fn an_exhausted_pool_returns_503_and_leaves_health_working() {
    let test = TestApp::new().await;
    let options = test.app.db.unscoped().connect_options();
    let small = Database::open_pools(
        options.as_ref().clone(),
        callboard::rollups::Edition::own().schema(),
        2,
    )
    .await
    .expect("a database");
    let client = test.changed(|app| app.db = small.clone()).await;
    assert_eq!(
        client.get(CAMPAIGNS).await.status,
        StatusCode::OK,
        "and its caller is known from now on"
    );
    let taken = [
        small.read(TENANT).await.expect("a scope"),
        small.read(TENANT).await.expect("a scope"),
    ];
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get(CAMPAIGNS).await })
        })
        .collect();
    assert_eq!(client.get("/healthz").await.status, StatusCode::OK);
    for asked in asking {
        let refused = asked.await.expect("no panic");
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (StatusCode::SERVICE_UNAVAILABLE, "1")
        );
        assert_eq!(refused.text(), r#"{"message":"Service unavailable"}"#);
    }
    drop(taken);
    assert_eq!(client.get(CAMPAIGNS).await.status, StatusCode::OK);
}
