//! The cookie of a request: where it is read, and for how long.

use std::time::Duration;

use callboard::auth::Role;
use callboard::auth::token::Keys;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::super::limits::Counting;
use super::super::login::{PASSWORD, credentials};
use super::{DAY, ME, SESSION};
use crate::support::browser::Browser;
use crate::support::side_connection::SideConnection;
use crate::support::{TENANT, TestApp};

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
