//! What is nobody's to see is in no log and no answer, however much is logged.

use reqwest::StatusCode;
use serde_json::json;
use sqlx::ConnectOptions;

use crate::support::program::Program;
use crate::support::{Client, TestApp};

#[tokio::test]
async fn no_secret_is_logged_however_much_is() {
    let test = TestApp::new().await;
    let secret = "the-first-of-two-secrets-that-are-set";
    let secrets = format!("{secret},{}", "\x07".repeat(32));
    let mut database = test.app.db.unscoped().connect_options().to_url_lossy();
    database.query_pairs_mut().append_pair("password", "database-sesame");
    let program = Program::beside(&test).with("RUST_LOG", "trace").with("DATABASE_URL", database.as_str());
    let program = program.with("CALLBOARD_SECRET", &secrets);
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let attempt = json!({"username": "admin-1", "password": "sesame-opens"});
    let wrong = client.send(client.post("/api/auth/login").json(&attempt)).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let mistyped = json!({"username": "typed-as-a-name", "password": "sesame-opens"});
    let stranger = client.send(client.post("/api/auth/login").json(&mistyped)).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let attempt = json!({"username": "admin-1", "password": "correct horse"});
    let body = client.send(client.post("/api/auth/login").json(&attempt)).await.json();
    let issued = body["token"].as_str().expect("a token").to_owned();
    assert_eq!(client.get("/api/auth/me").await.status, StatusCode::OK);
    let hash = test.query(1, "select to_jsonb(password_hash) from users").await.remove(0);
    let hash = hash.as_str().expect("a hash").rsplit('$').next().expect("a hash").to_owned();

    let log = server.log();
    assert!(log.contains("insert into sessions") && log.contains("/api/auth/me"), "it logs everything: {log}");
    let signature = |token: &str| token.rsplit('.').next().expect("a signature").to_owned();
    let tokens = [signature(&test.token), signature(&issued)];
    let passwords = ["sesame-opens", "typed-as-a-name", "correct horse", "database-sesame"];
    for hidden in [secret, &hash].into_iter().chain(passwords).chain(tokens.iter().map(String::as_str)) {
        assert!(
            !log.contains(hidden),
            "{hidden}: {}",
            log.lines().find(|line| line.contains(hidden)).unwrap_or_default()
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_told_without_its_password() {
    for url in ["postgres://user:sesame@127.0.0.1:1/nothing", "postgres://user:sesame@/nowhere:x/", "sesame"] {
        let told = Program::new().with("DATABASE_URL", url).refused(&["migrate"], "").await;
        assert!(!told.contains("sesame"), "{told}");
    }
}
