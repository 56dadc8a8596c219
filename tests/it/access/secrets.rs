//! Secrets and personal data appear in no log or response at any log level.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use sqlx::ConnectOptions;

use crate::support::browser::Browser;
use crate::support::program::{Program, eventually};
use crate::support::side_connection::SideConnection;
use crate::support::{Client, TestApp};

#[tokio::test]
async fn secrets_are_never_logged_at_any_level() {
    let test = TestApp::new().await;
    let secret = "the-first-of-two-secrets-that-are-set";
    let secrets = format!("{secret},{}", "\x07".repeat(32));
    let mut database = test.app.db.unscoped().connect_options().to_url_lossy();
    database
        .query_pairs_mut()
        .append_pair("password", "database-sesame");
    let program = Program::beside(&test)
        .with("RUST_LOG", "trace")
        .with("DATABASE_URL", database.as_str());
    let program = program.with("CALLBOARD_SECRET", &secrets);
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let attempt = json!({"username": "admin-1", "password": "sesame-opens"});
    let wrong = client
        .send(client.post("/api/auth/login").json(&attempt))
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let mistyped = json!({"username": "typed-as-a-name", "password": "sesame-opens"});
    let stranger = client
        .send(client.post("/api/auth/login").json(&mistyped))
        .await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let attempt = json!({"username": "admin-1", "password": "correct horse"});
    let body = client
        .send(client.post("/api/auth/login").json(&attempt))
        .await
        .json();
    let issued = body["token"].as_str().expect("a token").to_owned();
    assert_eq!(client.get("/api/auth/me").await.status, StatusCode::OK);
    let link = program
        .ok(&["link", "--tenant", "1", "--username", "admin-1"], "")
        .await;
    let (_, code) = link.trim_end().split_once('=').expect("a code");
    let mut browser = Browser::at(&client);
    let signed_in = browser.sign_in(&json!({"code": code})).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.text());
    assert_eq!(browser.get("/api/auth/me").await.status, StatusCode::OK);
    let cookie = browser.cookie.expect("a cookie");
    let hash = test
        .query(1, "select to_jsonb(password_hash) from users")
        .await
        .remove(0);
    let hash = hash
        .as_str()
        .expect("a hash")
        .rsplit('$')
        .next()
        .expect("a hash")
        .to_owned();

    let log = server.log();
    assert!(
        log.contains("insert into sessions") && log.contains("/api/auth/me"),
        "it logs everything: {log}"
    );
    let signature = |token: &str| token.rsplit('.').next().expect("a signature").to_owned();
    let id = |sealed: &str| sealed.split('.').nth(1).expect("an id").to_owned();
    let tokens = [
        signature(&test.token),
        signature(&issued),
        signature(&cookie),
        id(&cookie),
        id(code),
    ];
    let passwords = [
        "sesame-opens",
        "typed-as-a-name",
        "correct horse",
        "database-sesame",
    ];
    for hidden in [secret, &hash]
        .into_iter()
        .chain(passwords)
        .chain(tokens.iter().map(String::as_str))
    {
        assert!(
            !log.contains(hidden),
            "{hidden}: {}",
            log.lines()
                .find(|line| line.contains(hidden))
                .unwrap_or_default()
        );
    }
    server.stop().await;
}

/// Filter values may be personal. A slow query is logged by the name of its request.
#[tokio::test]
async fn filter_values_are_not_logged_with_slow_queries() {
    let test = TestApp::new().await;
    let lead = json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321",
        "created_at": "2026-06-01T00:00:00Z", "payload": {"illness": "nothing-serious"}});
    let campaign = json!({"kind": "autocall_campaign", "id": 1, "name": "C", "started_at": "2026-06-01T00:00:00Z"});
    test.ingest(&[campaign, lead]).await;
    let program = Program::beside(&test).with("RUST_LOG", "trace");
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());

    let mut side = SideConnection::of(&test).await;
    side.lock("autocall_leads, autocall_attempts").await;
    let filters = json!({"payload_filters": {"illness": "nothing-serious"}});
    let question = json!({"query_type": "call_count", "filters": filters});
    let (answer, ()) = tokio::join!(client.ask(&question), async {
        // Longer than what is slow: the compactor may wait for the same tables before the question does.
        side.until_waited(Duration::from_millis(3000)).await;
        side.unlock().await;
    });
    assert_eq!(answer.status, StatusCode::OK);

    eventually("the slow reading is logged", async || {
        server.logged("slow read").is_some()
    })
    .await;
    let slow = server.logged("slow read").expect("logged");
    assert_eq!(
        slow["span"],
        json!({"name": "read", "tenant": 1, "query": "call_count"})
    );
    let log = server.log();
    assert!(
        log.contains("autocall_leads"),
        "statements are logged: {log}"
    );
    let leak = log.lines().find(|line| line.contains("nothing-serious"));
    assert!(leak.is_none(), "{leak:?}");
    server.stop().await;
}

#[tokio::test]
async fn an_unreachable_database_is_reported_without_its_password() {
    for url in [
        "postgres://user:sesame@127.0.0.1:1/nothing",
        "postgres://user:sesame@/nowhere:x/",
        "sesame",
    ] {
        let printed = Program::new()
            .with("DATABASE_URL", url)
            .refused(&["migrate"], "")
            .await;
        assert!(!printed.contains("sesame"), "{printed}");
    }
}
