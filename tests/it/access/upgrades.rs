//! Users, sessions and audit entries of the first release after later migrations.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use reqwest::StatusCode;
use serde_json::json;

use super::login::{credentials, login};
use crate::support::{TENANT, TestApp, database};

/// A user as created by the first release: name and password in the form they were typed.
fn user(id: i64, name: &str, password: &str) -> String {
    let (key, hash) = (
        name.to_lowercase(),
        Argon2::default()
            .hash_password(password.as_bytes())
            .expect("a hash"),
    );
    format!(
        "insert into users (tenant_id, id, username, username_key, role, password_hash) overriding system value
         values (1, {id}, '{name}', '{key}', 'admin', '{hash}');"
    )
}

const ACCOUNT: &str = "insert into tenants (id, name) values (1, 'Account');";

async fn upgraded(statements: &str) -> TestApp {
    let database = database::released(&format!("{ACCOUNT}{statements}")).await;
    callboard::boot::migrate(&database).await.expect("migrated");
    TestApp::on(database).await
}

#[tokio::test]
async fn users_of_the_first_release_log_in_with_either_text_form() {
    let [composed, decomposed] = ["\u{c9}ric", "E\u{301}ric"];
    let [taken, twin] = ["ng\u{1ecd}c", "ngo\u{323}c"];
    let secret = "tru\u{31b}\u{301}ng ga\u{300}";
    let users = [
        user(1, decomposed, secret),
        user(2, taken, "the first"),
        user(3, twin, "the second"),
    ];
    let test = upgraded(&users.concat()).await;
    for (name, password, id) in [
        (composed, secret, 1),
        (decomposed, secret, 1),
        ("e\u{301}RIC", secret, 1),
        (taken, "the first", 2),
        (twin, "the second", 3),
        ("NGO\u{323}C", "the second", 3),
    ] {
        let answer = login(&test, &credentials(name, password)).await;
        assert_eq!(
            (answer.status, &answer.json()["data"]["user"]["id"]),
            (StatusCode::OK, &json!(id)),
            "{name:?}"
        );
    }
    assert_eq!(
        login(&test, &credentials(taken, "the second")).await.status,
        StatusCode::UNAUTHORIZED
    );
    let stored = test
        .query(TENANT, "select to_jsonb(username) from users order by id")
        .await;
    assert_eq!(
        stored,
        [composed, taken, twin],
        "normalised, unless that is another user's name"
    );
}

#[tokio::test]
async fn old_login_tokens_expire_when_idle_and_issued_tokens_do_not() {
    let session = |number: i64| format!("00000000-0000-0000-0000-00000000000{number}");
    let sessions = format!(
        "insert into sessions (tenant_id, id, user_id) values (1, '{0}', 1), (1, '{1}', 1);
         insert into audit_log (tenant_id, at, event, user_id, session_id)
         values (1, now(), 'login', 1, '{0}'), (1, now(), 'token_issued', 1, '{1}');",
        session(1),
        session(2)
    );
    let test = upgraded(&(user(1, "ann", "correct horse") + &sessions)).await;
    let ends = test
        .query(
            TENANT,
            "select to_jsonb(last_used_at is not null) from sessions order by id",
        )
        .await;
    assert_eq!(ends, [json!(true), json!(false)]);
}

#[tokio::test]
async fn the_upgrade_removes_typed_names_of_unknown_users() {
    let strangers = "insert into audit_strangers (at, event, username, address)
                     values (now(), 'login_failed', 'hunter2-sesame', '192.0.2.1');";
    let test = upgraded(strangers).await;
    let mut transaction = test.app.db.unknown_logins().await.expect("a transaction");
    let rows: Vec<String> = sqlx::query_scalar("select s::text from audit_strangers s")
        .fetch_all(&mut *transaction)
        .await
        .expect("rows");
    assert!(
        rows.len() == 1 && rows[0].contains("192.0.2.1") && !rows[0].contains("sesame"),
        "{rows:?}"
    );
}
