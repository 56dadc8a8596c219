//! Request ids and the access log.

use reqwest::StatusCode;

use crate::support::program::{Program, eventually};
use crate::support::side_connection::SideConnection;
use crate::support::{Client, TestApp};

const KPIS: &str = "/api/autocall/campaigns/1/reports/kpis";

#[tokio::test]
async fn every_answer_echoes_or_generates_a_request_id() {
    let test = TestApp::new().await;
    let mut made = Vec::new();
    for path in ["/healthz", "/api/nothing", KPIS, KPIS] {
        let answer = test.get_with(path, "x-request-id", "mine").await;
        assert_eq!(answer.header("x-request-id"), "mine", "{path}");
        made.push(test.get(path).await.header("x-request-id").to_owned());
    }
    let long = test
        .get_with("/healthz", "x-request-id", &"x".repeat(129))
        .await;
    assert_eq!(long.header("x-request-id").len(), 36, "longer than any id");
    made.sort();
    made.dedup();
    assert!(
        made.len() == 4 && made.iter().all(|id| id.parse::<uuid::Uuid>().is_ok()),
        "{made:?}"
    );
}

#[tokio::test]
async fn only_failures_are_logged_with_their_request_id_by_default() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    assert_eq!(client.get(KPIS).await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/healthz").await.status, StatusCode::OK);

    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_campaigns").await;
    let asking = tokio::spawn(async move { client.get(KPIS).await });
    side.until_waiting(1).await;
    side.break_off().await;
    let broken = asking.await.expect("no panic");
    side.unlock().await;
    assert_eq!(
        (broken.status, broken.text()),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"message":"Service unavailable"}"#
        )
    );

    eventually("it is logged", async || {
        server.logged("unavailable").is_some()
    })
    .await;
    let line = server.logged("unavailable").expect("a line");
    assert_eq!(line["span"]["id"], broken.header("x-request-id"), "{line}");
    assert_eq!(
        (&line["span"]["path"], &line["status"]),
        (&KPIS.into(), &503.into()),
        "{line}"
    );
    assert!(
        line["cause"]
            .as_str()
            .is_some_and(|cause| cause.contains("terminating connection")),
        "{line}"
    );
    assert_eq!(
        server.log().matches("\"request\"").count(),
        1,
        "{}",
        server.log()
    );
    server.stop().await;
}

#[tokio::test]
async fn access_log_on_logs_every_request() {
    let test = TestApp::new().await;
    let program = Program::beside(&test).with("RUST_LOG", "callboard=debug");
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let answer = client.get(KPIS).await;
    eventually("it is logged", async || server.logged("answered").is_some()).await;
    let line = server.logged("answered").expect("a line");
    assert_eq!(
        (&line["status"], &line["span"]["id"]),
        (&404.into(), &answer.header("x-request-id").into()),
        "{line}"
    );
    server.stop().await;
}
