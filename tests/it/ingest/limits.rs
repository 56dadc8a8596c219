//! Limits of a body: disk space, size of atomic bodies, statement and lock timeouts.

use serde_json::{Value, json};
use sqlx::Executor;

use super::{count, fail_writes, send, team};
use crate::support::program::{Program, Server};
use crate::support::{Client, TENANT, TestApp, body, gzip};

#[tokio::test]
async fn database_failures_map_to_their_status() {
    let test = TestApp::new().await;
    for (sqlstate, status, message, retry_after) in [
        ("53100", 507, "Out of storage", ""),
        ("57014", 503, "Service unavailable", "1"),
        ("55P03", 503, "Service unavailable", "1"),
    ] {
        for query in ["", "atomic=true"] {
            fail_writes(&test, "teams", sqlstate, 1).await;
            let answer = send(&test, query, body(&[team(1)])).await;
            assert_eq!(
                (
                    answer.status.as_u16(),
                    answer.json(),
                    answer.header("retry-after")
                ),
                (status, json!({"message": message}), retry_after),
                "{sqlstate} {query}"
            );
            assert_eq!(count(&test, "teams").await, 0, "{sqlstate} {query}");
        }
    }
    assert_eq!(send(&test, "", body(&[team(1)])).await.status, 200);
}

/// A file size limit of 512 bytes acts like a full disk; its signal is ignored.
const SMALL_FILES: &str = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";

#[tokio::test]
async fn a_full_server_disk_returns_507_and_is_logged() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let server = Server::start(program.limited(SMALL_FILES, &["serve"])).await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let lines: Vec<Value> = (1..=100).map(team).collect();
    let array = client
        .post("/api/ingest")
        .header("content-type", "application/json")
        .body(json!(lines).to_string());
    for answer in [
        send(&client, "atomic=true", body(&lines)).await,
        client.send(array).await,
        client
            .get("/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-30&format=xlsx")
            .await,
    ] {
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (507, json!({"message": "Out of storage"})),
            "{}",
            server.log()
        );
        let logged = server.logged("failed").expect("a line in the log");
        assert_eq!(logged["status"], 507, "{logged}");
    }
    assert_eq!(count(&test, "teams").await, 0);
    assert_eq!(send(&client, "", body(&lines)).await.status, 200, "no file");
    server.stop().await;
}

#[tokio::test]
async fn oversized_atomic_bodies_are_refused() {
    let test = TestApp::new().await;
    assert_eq!(test.app.atomic_limit, 1024 * 1024 * 1024);
    let limit = 1 << 20;
    let small = test.changed(|app| app.atomic_limit = limit).await;
    let line = body(&[team(1)]);
    let of = |bytes: u64| {
        let blank = usize::try_from(bytes).expect("small") - line.len();
        gzip(&(line.clone() + &"\n".repeat(blank)))
    };
    for (query, bytes, status) in [
        ("atomic=true", limit + 1, 413),
        ("atomic=true", limit, 200),
        ("", limit + 1, 200),
    ] {
        let post = small
            .post(&format!("/api/ingest?{query}"))
            .header("content-type", "application/x-ndjson")
            .header("content-encoding", "gzip");
        let answer = small.send(post.body(of(bytes))).await;
        assert_eq!(answer.status.as_u16(), status, "{query} {bytes}");
        if status == 413 {
            assert_eq!(answer.json(), json!({"message": "Payload too large"}));
            assert_eq!(count(&test, "teams").await, 0);
        }
    }
}

#[tokio::test]
async fn writers_time_out_after_ten_seconds_for_a_lock_and_sixty_for_a_statement() {
    let test = TestApp::new().await;
    test.ingest(&[team(1)]).await;
    let mut holder = test.app.db.write(TENANT).await.expect("a scope");
    let settings: (String, String) = sqlx::query_as(
        "select current_setting('lock_timeout'), current_setting('statement_timeout')",
    )
    .fetch_one(holder.connection())
    .await
    .expect("settings");
    assert_eq!(settings, ("10s".into(), "1min".into()));
    let held = "update teams set name = 'held' where id = 1";
    holder.connection().execute(held).await.expect("locked");
    let renamed = json!({"kind": "team", "id": 1, "name": "renamed"});
    for query in ["", "atomic=true"] {
        let answer = send(&test, query, body(std::slice::from_ref(&renamed))).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.json(),
                answer.header("retry-after")
            ),
            (503, json!({"message": "Service unavailable"}), "1"),
            "{query}"
        );
    }
    holder.commit().await.expect("committed");
    test.ingest(&[renamed]).await;
}

#[tokio::test]
async fn a_body_is_retried_after_one_deadlock() {
    let test = TestApp::new().await;
    for (id, query) in (1..).zip(["", "atomic=true"]) {
        fail_writes(&test, "teams", "40P01", 1).await;
        let answer = send(&test, query, body(&[team(id)])).await;
        assert_eq!(answer.status.as_u16(), 200, "{query}: {}", answer.text());
    }
    assert_eq!(count(&test, "teams").await, 2);
}
