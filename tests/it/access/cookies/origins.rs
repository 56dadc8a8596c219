//! Requests of pages of other origins.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::super::limits::Counting;
use super::super::login::{PASSWORD, credentials};
use super::super::{guarded, with_one_of_each};
use super::{ME, SESSION, SESSIONS, refused};
use crate::support::browser::Browser;
use crate::support::{TENANT, TestApp};

/// A page on another port of the same host, which gets the same cookies.
const OTHER_PORT: &str = "http://127.0.0.1:9";

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
