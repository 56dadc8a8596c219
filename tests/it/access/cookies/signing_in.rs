//! Signing in.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::login::{PASSWORD, credentials};
use super::{ME, SESSION};
use crate::support::browser::Browser;
use crate::support::{Client, TENANT, TestApp, database};

#[tokio::test]
async fn an_installation_without_accounts_says_so_until_there_is_one() {
    let test = TestApp::on(database::create().await).await;
    let mut browser = Browser::at(&test);
    let new = json!({"data": null, "has_accounts": false});
    assert_eq!(browser.get(SESSION).await.json(), new);
    assert_eq!(browser.get(SESSION).await.json(), new);
    test.account(TENANT).await;
    assert_eq!(browser.get(SESSION).await.json(), json!({"data": null}));
}

#[tokio::test]
async fn signing_in_sets_a_cookie_and_shows_no_token() {
    let test = TestApp::new().await;
    let mut browser = Browser::at(&test);
    let none = browser.get(SESSION).await;
    assert_eq!(
        (none.status, none.json()),
        (StatusCode::OK, json!({"data": null}))
    );
    let answer = browser.sign_in(&credentials("ADMIN-1", PASSWORD)).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let set = answer.header("set-cookie").to_owned();
    let (pair, attributes) = set.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict");
    let (name, value) = pair.split_once('=').expect("a pair");
    let digits = name.strip_prefix("__Host-callboard-").expect(name);
    assert!(
        digits.len() == 6 && u32::from_str_radix(digits, 16).is_ok(),
        "{name}"
    );
    let shown = browser.get(SESSION).await;
    assert_eq!(answer.json(), shown.json());
    assert_eq!(answer.json(), browser.get(ME).await.json());
    assert_eq!(answer.json(), test.get(ME).await.json());
    assert!(!answer.text().contains("token"), "{}", answer.text());

    let stored = "select to_jsonb(s) from sessions s where cookie_digest is not null";
    let stored = test.query(TENANT, stored).await.remove(0).to_string();
    for part in value.split('.').filter(|part| part.len() > 1) {
        assert!(!stored.contains(part), "only a digest is stored");
    }
    let listed = crate::support::program::Program::beside(&test)
        .ok(&["token", "list", "--tenant", "1"], "")
        .await;
    let carriers: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["carrier"].take())
        .collect();
    assert_eq!(carriers.len(), 2);
    assert!(carriers.contains(&json!("token")) && carriers.contains(&json!("cookie")));

    let other = test.changed(|_| ()).await;
    let other = Browser::signed_in(&other, "admin-1", PASSWORD).await;
    let name = |browser: &Browser| {
        browser
            .cookie
            .clone()
            .expect("one")
            .split('=')
            .next()
            .map(str::to_owned)
    };
    assert_ne!(name(&other), name(&browser), "two servers on one host");
}

#[tokio::test]
async fn without_encryption_a_cookie_of_another_host_is_not_secure() {
    let test = TestApp::new().await;
    let host = "reports.example.com";
    let at = async |url: String| test.changed(|app| app.exports.public_url = Some(url)).await;
    let plain = at(format!("http://{host}")).await;
    let browser = Browser::at(&plain);
    let post = browser.ask(Method::POST, SESSION).header("host", host);
    let signed_in = test
        .send(post.json(&credentials("admin-1", PASSWORD)))
        .await;
    let set = signed_in.header("set-cookie");
    let (pair, attributes) = set.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict");
    assert!(pair.starts_with("callboard="), "{pair}");
    for (at, expected) in [
        (host, StatusCode::OK),
        ("127.0.0.1", StatusCode::UNAUTHORIZED),
    ] {
        let get = browser.ask(Method::GET, ME).header("host", at);
        assert_eq!(
            test.send(get.header("cookie", pair)).await.status,
            expected,
            "{at}"
        );
    }
    let public = at(format!("https://{host}")).await;
    let post = Browser::at(&public)
        .ask(Method::POST, SESSION)
        .header("host", "backend:8080");
    let post = post.header("origin", format!("https://{host}"));
    let signed_in = public
        .send(post.json(&credentials("admin-1", PASSWORD)))
        .await;
    let set = signed_in.header("set-cookie");
    assert!(
        set.starts_with("__Host-callboard=") && set.contains("; Secure;"),
        "{set}"
    );
}

#[tokio::test]
async fn invalid_bodies_are_refused_by_field() {
    let test = TestApp::new().await;
    let mut browser = Browser::at(&test);
    for (body, fields) in [
        (json!({}), &["password", "username"][..]),
        (json!({"username": "a"}), &["password"]),
        (json!({"code": 5}), &["code"]),
        (json!({"code": ""}), &["code"]),
        (json!({"code": "x".repeat(201)}), &["code"]),
        (json!({"code": "a\u{0}"}), &["code"]),
        (
            json!({"code": "1.x", "username": "a", "password": "b"}),
            &["password", "username"],
        ),
    ] {
        let answer = browser.sign_in(&body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let errors = answer.json()["errors"].clone();
        let named: Vec<&String> = errors.as_object().expect("errors").keys().collect();
        assert_eq!(named, fields, "{body}");
    }
}

/// A client of the API is not bothered.
#[tokio::test]
async fn a_login_for_a_token_does_not_mind_cookies() {
    let test = TestApp::new().await;
    let browser = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    let login = browser.ask(Method::POST, "/api/auth/login");
    let answer = test
        .send(login.json(&credentials("admin-1", PASSWORD)))
        .await;
    assert_eq!(
        (answer.status, answer.header("set-cookie")),
        (StatusCode::OK, "")
    );
    let client = Client::new(
        test.url.clone(),
        answer.json()["token"].as_str().expect("one").into(),
    );
    assert_eq!(client.get(ME).await.status, StatusCode::OK);
}
