//! What stands around every request: its id, and what the log has to say of it.

use reqwest::StatusCode;

use crate::support::beside::Beside;
use crate::support::program::{Program, eventually};
use crate::support::{Client, TestApp};

const KPIS: &str = "/api/autocall/campaigns/1/reports/kpis";

#[tokio::test]
async fn every_answer_has_the_id_that_was_brought_or_one_of_its_own() {
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
async fn a_failure_is_logged_with_the_id_that_the_client_was_given_and_nothing_else_is() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    assert_eq!(client.get(KPIS).await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/healthz").await.status, StatusCode::OK);

    let mut beside = Beside::of(&test).await;
    beside.lock("autocall_campaigns").await;
    let asking = tokio::spawn(async move { client.get(KPIS).await });
    beside.until_waiting(1).await;
    beside.break_off().await;
    let broken = asking.await.expect("no panic");
    beside.unlock().await;
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
async fn every_request_is_logged_where_that_is_asked_for() {
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
