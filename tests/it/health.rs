//! Liveness and readiness probes.

use callboard::time::zone::database::Database;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn a_server_without_its_migrations_is_alive_but_not_ready() {
    let test = TestApp::new().await;
    let alive = test.request(Method::GET, "/healthz", None).await.json();
    assert_eq!(alive, json!({"data": {"status": "ok"}}));
    let ready = test.request(Method::GET, "/readyz", None).await.json();
    let release = Database::current().release().as_str();
    assert_eq!(
        ready,
        json!({"data": {"status": "ok", "tz_database": release}})
    );
    for sql in [
        "update _sqlx_migrations set success = $1 < 0",
        "alter table _sqlx_migrations rename to gone",
    ] {
        let mut scope = test.app.db.write(TENANT).await.expect("a scope");
        let query = if sql.contains("$1") {
            scope.query(sql)
        } else {
            sqlx::query(sql)
        };
        query.execute(scope.connection()).await.expect("done");
        scope.commit().await.expect("committed");
        let ready = test.request(Method::GET, "/readyz", None).await;
        assert_eq!(
            (ready.status, ready.json()),
            (
                StatusCode::SERVICE_UNAVAILABLE,
                json!({"message": "Service unavailable"})
            )
        );
        assert_eq!(
            test.request(Method::GET, "/healthz", None).await.status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_that_clients_may_choose() {
    let test = TestApp::new().await;
    let request = || test.post("/healthz").header("x-request-id", "mine-1");
    assert_eq!(test.send(request()).await.header("x-request-id"), "mine-1");
    assert_eq!(
        test.request(Method::GET, "/healthz", None)
            .await
            .header("x-request-id")
            .len(),
        36
    );
}
