//! Sessions in cookies, and attacks on them.

use std::time::Duration;

use callboard::auth::Role;
use callboard::auth::token::Keys;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::limits::Counting;
use super::login::{PASSWORD, credentials};
use super::{guarded, with_one_of_each};
use crate::support::browser::Browser;
use crate::support::side_connection::SideConnection;
use crate::support::{Answer, Client, TENANT, TestApp, database};

const SESSION: &str = "/api/auth/session";
const SESSIONS: &str = "/api/auth/sessions";
const ME: &str = "/api/auth/me";
const DAY: i64 = 24 * 3_600_000;

/// A page on another port of the same host, which gets the same cookies.
const OTHER_PORT: &str = "http://127.0.0.1:9";

fn refused(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN
        && answer.json() == json!({"message": "This action is unauthorized."})
        && answer.header("www-authenticate").is_empty()
}

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

/// A form is sent with the cookie from any page of the same host, whatever its port.
#[tokio::test]
async fn no_route_changes_anything_for_a_page_of_another_origin() {
    let test = with_one_of_each().await;
    let mut browser = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    let url = test.url.as_str();
    let strange: [&[(&str, &str)]; 7] = [
        &[],
        &[("origin", url), ("sec-fetch-site", "same-origin")],
        &[("origin", OTHER_PORT), ("sec-fetch-site", "same-site")],
        &[("x-callboard-page", "1"), ("origin", OTHER_PORT)],
        &[
            ("x-callboard-page", "1"),
            ("origin", "https://evil.example"),
        ],
        &[("x-callboard-page", "1"), ("origin", "null")],
        &[("x-callboard-page", "1"), ("sec-fetch-site", "same-site")],
    ];
    let (mut read, mut changing) = (0, 0);
    for operation in guarded() {
        let (method, path) = (&operation.method, operation.target());
        let ask = || {
            let request = browser.ask(method.clone(), &path);
            request.header("content-type", "application/x-www-form-urlencoded")
        };
        for headers in strange {
            let request = headers.iter().fold(ask(), |request, (name, value)| {
                request.header(*name, *value)
            });
            let answer = test.send(request.body("a=b")).await;
            if *method == Method::GET {
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{path}");
                read += 1;
            } else {
                assert!(
                    refused(&answer),
                    "{method} {path} {headers:?}: {}",
                    answer.text()
                );
                changing += 1;
            }
        }
        if ["/api/auth/logout", SESSIONS].contains(&operation.path.as_str()) {
            continue; // they end the session
        }
        let answer = browser
            .send(browser.ask_as_page(method.clone(), &path))
            .await;
        assert!(
            ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status),
            "{method} {path}: {}",
            answer.text()
        );
    }
    assert!(read > 300 && changing > 200, "{read} {changing}");
    for headers in strange {
        for (method, path) in [(Method::DELETE, SESSION), (Method::POST, SESSION)] {
            let request = browser
                .ask(method, path)
                .json(&credentials("admin-1", PASSWORD));
            let request = headers.iter().fold(request, |request, (name, value)| {
                request.header(*name, *value)
            });
            assert!(refused(&test.send(request).await), "{path} {headers:?}");
        }
    }
    assert_eq!(
        browser.get(ME).await.status,
        StatusCode::OK,
        "nothing ended it"
    );
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_form_of_another_origin() {
    let counting = Counting::new().await;
    let browser = Browser::at(&counting.client);
    let url = counting.client.url.as_str();
    for headers in [
        &[("origin", OTHER_PORT)][..],
        &[("origin", "null")],
        &[
            ("origin", "https://evil.example"),
            ("x-callboard-page", "1"),
        ],
        &[("origin", url), ("sec-fetch-site", "cross-site")],
    ] {
        let request = browser
            .ask(Method::POST, SESSION)
            .json(&credentials("admin-1", PASSWORD));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let answer = counting.client.send(request).await;
        assert!(refused(&answer), "{headers:?}: {}", answer.text());
        assert_eq!(
            (
                answer.header("set-cookie"),
                answer.header("x-ratelimit-limit")
            ),
            ("", ""),
            "before anything is done"
        );
    }
    let form = browser.ask(Method::POST, SESSION).header("origin", url);
    let form = form
        .header("content-type", "text/plain")
        .body(credentials("admin-1", PASSWORD).to_string());
    assert_eq!(
        counting.client.send(form).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let sessions = "select to_jsonb(count(*)) from sessions where cookie_digest is not null";
    assert_eq!(counting.test.query(TENANT, sessions).await, [json!(0)]);
}

#[tokio::test]
async fn credentials_are_never_allowed_to_other_origins() {
    let test = TestApp::new().await;
    let origin = "https://reports.example.com";
    for allowed in [origin, "*"] {
        let server = test
            .changed(|app| app.cors_origins = [allowed.into()].into())
            .await;
        let browser = Browser::signed_in(&server, "admin-1", PASSWORD).await;
        let preflight = browser.ask(Method::OPTIONS, ME).header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "GET");
        let preflight = preflight.header("access-control-request-headers", "x-callboard-page");
        let read = browser.ask(Method::GET, ME).header("origin", origin);
        for request in [preflight, read] {
            let answer = server.send(request).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header("access-control-allow-credentials"), "");
            assert!(
                !answer
                    .header("access-control-allow-headers")
                    .contains("callboard")
            );
        }
    }
}

#[tokio::test]
async fn a_cookie_beside_authorization_is_not_read() {
    let test = TestApp::new().await;
    let ann = test.user(TENANT, "ann", Role::Agent).await;
    let browser = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    let me = browser.ask(Method::GET, ME).bearer_auth(&ann);
    assert_eq!(
        test.send(me).await.json()["data"]["user"]["username"],
        "ann"
    );
    for path in [ME, SESSION] {
        for wrong in ["Bearer nonsense", "Bearer", "", "Basic YTpi", "Token x"] {
            let request = browser
                .ask(Method::GET, path)
                .header("authorization", wrong);
            let answer = test.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {wrong:?}");
        }
    }
    // A client with a token needs no header of the page, and its cookie stays as it is.
    let sign_out = browser.ask(Method::DELETE, SESSION).bearer_auth(&ann);
    let signed_out = test.send(sign_out).await;
    assert_eq!(
        (signed_out.status, signed_out.header("set-cookie")),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(
        test.request(Method::GET, ME, Some(&ann)).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(browser.clone().get(ME).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_value_in_the_wrong_place_is_nobody() {
    let test = TestApp::new().await;
    let browser = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    let pair = browser.cookie.clone().expect("a cookie");
    let (name, value) = pair.split_once('=').expect("a pair");
    let as_token = test.request(Method::GET, ME, Some(value)).await;
    assert_eq!(as_token.status, StatusCode::UNAUTHORIZED);
    // A token of the cookie's own session, which no server makes.
    let id = "select to_jsonb(id) from sessions where cookie_digest is not null";
    let id = test.query(TENANT, id).await.remove(0);
    let id = id.as_str().expect("an id").parse().expect("an id");
    let claims = callboard::auth::token::Claims::new(TENANT, id, test.app.clock.now(), None);
    let token = test.app.keys.sign(&claims).expect("a token");
    assert_eq!(
        test.request(Method::GET, ME, Some(&token)).await.status,
        StatusCode::UNAUTHORIZED
    );
    let (id, seal) = value.rsplit_once('.').expect("a seal");
    for wrong in [
        test.token.as_str(),
        id,
        &format!("2{}.{seal}", &id[1..]),
        "",
    ] {
        let mut forger = browser.clone();
        forger.cookie = Some(format!("{name}={wrong}"));
        assert_eq!(
            forger.get(ME).await.status,
            StatusCode::UNAUTHORIZED,
            "{wrong}"
        );
        assert_eq!(forger.get(SESSION).await.json(), json!({"data": null}));
    }
}

#[tokio::test]
async fn a_forged_cookie_is_refused_without_a_lookup() {
    let test = TestApp::new().await;
    let browser = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    let pair = browser.cookie.clone().expect("a cookie");
    let name = pair.split('=').next().expect("a name");
    let forged = Keys::new(&[8; 32]).expect("long enough");
    let forged = callboard::auth::opaque::OpaqueId::random(TENANT)
        .sealed(&forged)
        .expect("a value");
    let mut side = SideConnection::of(&test).await;
    side.lock("tenants, users, sessions").await;
    let mut forger = browser.clone();
    forger.cookie = Some(format!("{name}={forged}"));
    let answer = tokio::time::timeout(Duration::from_secs(10), forger.get(ME));
    assert_eq!(
        answer.await.expect("no wait").status,
        StatusCode::UNAUTHORIZED
    );
    side.unlock().await;
}

/// Answers are cached for a long time, the session is not.
#[tokio::test]
async fn signing_out_in_one_tab_signs_the_others_out() {
    let test = TestApp::keeping(Duration::from_secs(3600)).await;
    let mut tab = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    let mut other = tab.clone();
    let mut elsewhere = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    assert_eq!(other.get(ME).await.status, StatusCode::OK);
    let signed_out = tab.delete(SESSION).await;
    assert_eq!(signed_out.status, StatusCode::NO_CONTENT);
    let removed = signed_out.header("set-cookie");
    assert!(
        removed.contains("=; Path=/; Secure;") && removed.ends_with("; Max-Age=0"),
        "{removed}"
    );
    assert_eq!(tab.cookie, None);
    assert_eq!(other.get(ME).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(other.get(SESSION).await.json(), json!({"data": null}));
    assert_eq!(
        other.delete(SESSION).await.status,
        StatusCode::NO_CONTENT,
        "nothing to end"
    );
    assert_eq!(
        elsewhere.get(ME).await.status,
        StatusCode::OK,
        "a session of its own"
    );
    let actions = "select to_jsonb(event) from audit_log where event <> 'token_issued' order by id";
    assert_eq!(
        test.query(TENANT, actions).await,
        ["login", "login", "logout"]
    );
}

#[tokio::test]
async fn a_user_can_end_all_own_sessions() {
    let test = TestApp::keeping(Duration::from_secs(3600)).await;
    let ann = test.user(TENANT, "ann", Role::Admin).await;
    let mut tab = Browser::signed_in(&test, "ann", PASSWORD).await;
    let mut elsewhere = Browser::signed_in(&test, "ann", PASSWORD).await;
    for browser in [&mut tab, &mut elsewhere] {
        assert_eq!(browser.get(ME).await.status, StatusCode::OK);
    }
    let me = async |token: &str| test.request(Method::GET, ME, Some(token)).await.status;
    assert_eq!(me(&ann).await, StatusCode::OK);
    assert_eq!(tab.delete(SESSIONS).await.status, StatusCode::NO_CONTENT);
    assert_eq!(tab.cookie, None);
    assert_eq!(elsewhere.get(ME).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&ann).await, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&test.token).await, StatusCode::OK, "another user's");
    let log = test.data("/api/audit?action=user.sessions_ended").await;
    assert_eq!(log[0]["actor"]["username"], "ann");
    assert_eq!(
        log[0]["target"],
        json!({"kind": "user", "id": "2", "name": "ann"})
    );
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Agent).await;
    let mut browser = Browser::signed_in(&test, "admin-1", PASSWORD).await;
    let mut before = browser.clone();
    let wrong = browser.sign_in(&credentials("ann", "a guess")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        before.get(ME).await.status,
        StatusCode::OK,
        "nobody signed in"
    );
    let answer = browser.sign_in(&credentials("ann", PASSWORD)).await;
    assert_eq!(answer.json()["data"]["user"]["username"], "ann");
    assert_eq!(before.get(ME).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_cookies_session_is_limited_and_expires_like_a_tokens() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    let mut browser = Browser::signed_in(client, "admin-1", PASSWORD).await;
    for asked in 1..=30 {
        let answer = browser.get(if asked % 2 == 0 { ME } else { SESSION }).await;
        assert_eq!(
            answer.header("x-ratelimit-remaining"),
            (30 - asked).to_string()
        );
    }
    assert_eq!(
        browser.get(SESSION).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    let mut stranger = Browser::at(client);
    for tried in 1..=5 {
        let answer = stranger.sign_in(&credentials("ann", "a guess")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{tried}");
    }
    let refused = stranger.sign_in(&credentials("ann", PASSWORD)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    test.execute(TENANT, "update users set role = 'read_only'")
        .await;
    let answer = browser
        .send(browser.ask_as_page(Method::POST, "/api/ingest"))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.header("www-authenticate").contains("ingest_write"),
        "the role at each request"
    );
    counting.wait(29 * DAY);
    assert_eq!(browser.get(ME).await.status, StatusCode::OK);
    counting.wait(31 * DAY);
    assert_eq!(browser.get(ME).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get(SESSION).await.json(), json!({"data": null}));
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
