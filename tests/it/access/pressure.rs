//! More than there is room for, and longer than anybody waits.

use callboard::db::Database;
use reqwest::StatusCode;

use crate::support::beside::Beside;
use crate::support::{Client, TENANT, TestApp};

const CAMPAIGNS: &str = "/api/autocall/campaigns";

#[tokio::test]
async fn a_statement_that_takes_too_long_is_a_504() {
    let test = TestApp::new().await;
    let limit = test
        .query(
            TENANT,
            "select to_jsonb(current_setting('statement_timeout'))",
        )
        .await;
    assert_eq!(limit, ["30s"]);
    let mut beside = Beside::of(&test).await;
    beside.lock("autocall_campaigns").await;
    let client = Client::clone(&test);
    let asking = tokio::spawn(async move { client.get(CAMPAIGNS).await });
    beside.until_waiting(1).await;
    beside.cancel().await;
    let answer = asking.await.expect("no panic");
    beside.unlock().await;
    assert_eq!(
        (answer.status, answer.text()),
        (StatusCode::GATEWAY_TIMEOUT, r#"{"message":"Timed out"}"#)
    );
}

#[tokio::test]
async fn who_finds_no_connection_free_is_told_to_come_again_and_health_is_unharmed() {
    let test = TestApp::new().await;
    let options = test.app.db.unscoped().connect_options();
    let small = Database::open_pools(options.as_ref().clone(), 2)
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
