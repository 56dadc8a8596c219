//! Ends of sessions.

use std::time::Duration;

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::super::login::{PASSWORD, credentials};
use super::{ME, SESSION, SESSIONS};
use crate::support::browser::Browser;
use crate::support::{TENANT, TestApp};

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
