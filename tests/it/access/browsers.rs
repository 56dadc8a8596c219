//! Security headers and CORS.

use reqwest::{Method, StatusCode};

use super::operations;
use crate::support::{Answer, Client, TestApp};

const KPIS: &str = "/api/autocall/campaigns/1/reports/kpis";

#[tokio::test]
async fn responses_forbid_sniffing_and_framing() {
    let test = TestApp::new().await;
    let mut answers = vec![
        test.get("/nothing").await,
        test.request(Method::PATCH, "/healthz", None).await,
    ];
    for operation in operations() {
        answers.push(
            test.request(
                operation.method.clone(),
                &operation.target(),
                Some(&test.token),
            )
            .await,
        );
    }
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'"
        );
        assert_eq!(
            (answer.header("server"), answer.header("x-powered-by")),
            ("", "")
        );
    }
}

async fn preflight(client: &Client, origin: &str) -> Answer {
    let request = reqwest::Client::new().request(Method::OPTIONS, format!("{}{KPIS}", client.url));
    let request = request
        .header("origin", origin)
        .header("access-control-request-method", "GET");
    client
        .send(request.header("access-control-request-headers", "authorization"))
        .await
}

#[tokio::test]
async fn cors_allows_only_configured_origins() {
    let test = TestApp::new().await;
    let origin = "https://reports.example.com";
    let closed = preflight(&test, origin).await;
    assert_eq!(
        (closed.status, closed.header("access-control-allow-origin")),
        (StatusCode::METHOD_NOT_ALLOWED, "")
    );
    assert_eq!(
        test.get_with(KPIS, "origin", origin)
            .await
            .header("access-control-allow-origin"),
        ""
    );

    let named = test
        .changed(|app| app.cors_origins = ["https://a.example".into(), origin.into()].into())
        .await;
    let allowed = preflight(&named, origin).await;
    assert_eq!(
        (
            allowed.status,
            allowed.header("access-control-allow-origin")
        ),
        (StatusCode::OK, origin)
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("authorization")
    );
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
    for other in [
        "https://evil.example",
        "http://reports.example.com",
        "https://reports.example.com.evil.example",
        "null",
    ] {
        assert_eq!(
            preflight(&named, other)
                .await
                .header("access-control-allow-origin"),
            "",
            "{other}"
        );
    }
    let answer = named.get_with(KPIS, "origin", origin).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (StatusCode::NOT_FOUND, origin)
    );
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("x-ratelimit-remaining")
    );
    let refused = named
        .send(
            reqwest::Client::new()
                .get(format!("{}{KPIS}", named.url))
                .header("origin", origin),
        )
        .await;
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (StatusCode::UNAUTHORIZED, origin)
    );

    let cased = test
        .changed(|app| app.cors_origins = ["HTTPS://Reports.Example.com".into()].into())
        .await;
    let allowed = preflight(&cased, origin).await;
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        origin,
        "origins compare without case"
    );
    for (header, names) in [
        (
            "access-control-allow-headers",
            &["authorization", "content-encoding", "range"][..],
        ),
        (
            "access-control-allow-methods",
            &["GET", "POST", "PUT", "PATCH", "DELETE"],
        ),
    ] {
        let said: Vec<&str> = allowed.header(header).split(',').collect();
        assert!(
            names.iter().all(|name| said.contains(name)),
            "{header}: {said:?}"
        );
    }

    let any = test
        .changed(|app| app.cors_origins = ["*".into()].into())
        .await;
    assert_eq!(
        preflight(&any, "https://anywhere.example")
            .await
            .header("access-control-allow-origin"),
        "*"
    );
}
