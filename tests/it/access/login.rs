//! Logging in and out with a name and a password.

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Client, TENANT, TestApp};

const ME: &str = "/api/auth/me";
/// The password of users that tests create.
pub const PASSWORD: &str = "correct horse";

pub async fn login(client: &Client, body: &Value) -> Answer {
    client.send(client.post("/api/auth/login").json(body)).await
}

pub fn credentials(username: &str, password: &str) -> Value {
    json!({"username": username, "password": password})
}

#[tokio::test]
async fn a_login_token_grants_the_roles_permissions() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "team", "id": 3, "name": "North"})])
        .await;
    test.user(TENANT, "An.Nguyen", Role::Supervisor).await;
    test.execute(
        TENANT,
        "update users set email = 'an@example.com', team_id = 3 where username = 'An.Nguyen'",
    )
    .await;
    let answer = login(
        &test,
        &json!({"username": " AN.nguyen", "password": PASSWORD, "device_name": "Reception"}),
    )
    .await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let body = answer.json();
    let user = json!({"id": 2, "username": "An.Nguyen", "email": "an@example.com", "role": "supervisor", "team_id": 3});
    assert_eq!(body["data"], json!({"user": user}));
    assert_eq!(
        body.as_object()
            .expect("an object")
            .keys()
            .collect::<Vec<_>>(),
        ["data", "token"]
    );

    let token = body["token"].as_str().expect("a token");
    let me = test.request(Method::GET, ME, Some(token)).await;
    let tenant = json!({"id": 1, "name": "Account 1", "timezone": "Asia/Ho_Chi_Minh"});
    let permissions = [
        "autocall_api_access",
        "autocall_export_report",
        "autocall_manage_campaign",
        "telesales_api_access",
        "analytics_api_access",
        "exports_manage",
        "calls_read",
    ];
    assert_eq!(
        me.json(),
        json!({"data": {"user": user, "tenant": tenant, "permissions": permissions, "language": "auto",
            "settings": test.data("/api/me/settings").await,
            "thresholds": test.data("/api/meta").await["thresholds"]}})
    );
    let devices = test
        .query(
            TENANT,
            "select to_jsonb(device_name) from sessions where device_name is not null",
        )
        .await;
    assert_eq!(devices, [json!("Reception")]);
}

#[tokio::test]
async fn a_limited_token_lists_only_its_own_permissions() {
    let test = TestApp::new().await;
    let token = test
        .issue(
            TENANT,
            "admin-1",
            &[callboard::auth::Permission::TelesalesApiAccess],
        )
        .await;
    let me = test.request(Method::GET, ME, Some(&token)).await.json();
    assert_eq!(me["data"]["permissions"], json!(["telesales_api_access"]));
}

#[tokio::test]
async fn a_refused_login_gives_no_reason() {
    let test = TestApp::new().await;
    for name in ["ann", "gone"] {
        test.user(TENANT, name, Role::Admin).await;
    }
    test.execute(
        TENANT,
        "update users set disabled_at = now() where username = 'gone'",
    )
    .await;
    let long = "x".repeat(1000);
    for (username, password) in [
        ("ann", "Correct horse"),
        ("ann", " correct horse"),
        ("ann", &long),
        ("gone", PASSWORD),
        ("nobody", PASSWORD),
        ("'", "' or 1=1"),
    ] {
        let answer = login(&test, &credentials(username, password)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{username}");
        assert_eq!(
            answer.text(),
            r#"{"message":"Invalid username or password."}"#,
            "{username}"
        );
    }
    assert_eq!(
        login(&test, &credentials("ann", PASSWORD)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_invalid_login_body_reports_each_field() {
    let test = TestApp::new().await;
    for (body, faulty) in [
        (json!({}), &["password", "username"][..]),
        (
            json!({"username": "", "password": null}),
            &["password", "username"],
        ),
        (
            json!({"username": 1, "password": [], "device_name": {}}),
            &["device_name", "password", "username"],
        ),
        (
            json!({"username": "a\u{0}", "password": "b\u{0}", "device_name": "\u{0}"}),
            &["device_name", "password", "username"],
        ),
        (
            json!({"username": "é".repeat(256), "password": "x".repeat(1001)}),
            &["password", "username"],
        ),
        (
            json!({"username": "a", "password": "b", "device_name": "x".repeat(256)}),
            &["device_name"],
        ),
    ] {
        let answer = login(&test, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let errors = answer.json()["errors"]
            .as_object()
            .expect("errors")
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        assert_eq!(errors, faulty, "{body}");
    }
    let post = |body: &'static [u8]| test.post("/api/auth/login").body(body);
    for (request, status) in [
        (post(b"{"), StatusCode::BAD_REQUEST),
        (post(b"[]"), StatusCode::BAD_REQUEST),
        (post(b""), StatusCode::BAD_REQUEST),
        (post(b"{\"username\":\"\xff\"}"), StatusCode::BAD_REQUEST),
        (
            post(b"{}").header("content-type", "text/plain"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            post(b"username=a").header("content-type", "application/x-www-form-urlencoded"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        let answer = test.send(request).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.json()["message"].is_string());
    }
}

#[tokio::test]
async fn an_oversized_login_body_is_refused_unread() {
    let test = TestApp::new().await;
    let fits = json!({"username": "a", "password": "b", "x": "x".repeat(65_000)});
    assert_eq!(login(&test, &fits).await.status, StatusCode::UNAUTHORIZED);
    let large = login(
        &test,
        &json!({"username": "a", "password": "b", "x": "x".repeat(70_000)}),
    )
    .await;
    assert_eq!(
        (large.status, large.text()),
        (
            StatusCode::PAYLOAD_TOO_LARGE,
            r#"{"message":"Payload too large"}"#
        )
    );
}

#[tokio::test]
async fn logout_revokes_only_its_own_token() {
    let test = TestApp::keeping(std::time::Duration::from_secs(5)).await;
    test.user(TENANT, "ann", Role::Admin).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let token = login(&test, &credentials("ann", PASSWORD)).await.json()["token"]
            .as_str()
            .expect("a token")
            .to_owned();
        assert_eq!(
            test.request(Method::GET, ME, Some(&token)).await.status,
            StatusCode::OK
        );
        tokens.push(token);
    }
    let answer = test
        .request(Method::POST, "/api/auth/logout", Some(&tokens[0]))
        .await;
    assert_eq!(
        (answer.status, answer.bytes.len()),
        (StatusCode::NO_CONTENT, 0)
    );
    assert_eq!(
        test.request(Method::GET, ME, Some(&tokens[0])).await.status,
        StatusCode::UNAUTHORIZED,
        "at once here"
    );
    assert_eq!(
        test.request(Method::GET, ME, Some(&tokens[1])).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn concurrent_logins_queue_and_do_not_delay_other_requests() {
    let test = TestApp::new().await;
    test.user(TENANT, "ann", Role::Admin).await;
    let logins = (0..12).map(|number| {
        let (client, name) = (
            Client::clone(&test),
            if number % 2 == 0 { "ann" } else { "nobody" },
        );
        tokio::spawn(async move { login(&client, &credentials(name, PASSWORD)).await.status })
    });
    let logins: Vec<_> = logins.collect();
    assert_eq!(test.get("/healthz").await.status, StatusCode::OK);
    let mut answered = Vec::new();
    for status in logins {
        answered.push(status.await.expect("no panic"));
    }
    let count = |wanted| answered.iter().filter(|status| **status == wanted).count();
    assert_eq!(
        (count(StatusCode::OK), count(StatusCode::UNAUTHORIZED)),
        (6, 6)
    );
}

/// More logins from several networks than the server verifies at once, with two real users among
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn users_can_log_in_during_a_login_flood() {
    let test = TestApp::new().await;
    let client = test
        .changed(|app| app.trusted_proxies = ["127.0.0.0/8".parse().expect("a network")].into())
        .await;
    for name in ["regular", "newcomer"] {
        test.user(TENANT, name, Role::Admin).await;
    }
    let from = |client: &Client, address: String, name: &str, password: &str| {
        let (client, body) = (client.clone(), credentials(name, password));
        let request = client
            .post("/api/auth/login")
            .header("x-forwarded-for", address)
            .json(&body);
        async move { client.send(request).await.status }
    };
    assert_eq!(
        from(&client, "192.0.2.1".into(), "regular", PASSWORD).await,
        StatusCode::OK
    );
    let mut flood = tokio::task::JoinSet::new();
    for number in 0..60 {
        for network in 0..15 {
            flood.spawn(from(
                &client,
                format!("198.51.{network}.7"),
                &format!("nobody-{number}"),
                "a guess",
            ));
        }
    }
    flood
        .join_next()
        .await
        .expect("the first answer")
        .expect("no panic"); // all verification slots are in use
    let (regular, newcomer) = tokio::join!(
        from(&client, "192.0.2.1".into(), "regular", PASSWORD),
        from(&client, "203.0.113.1".into(), "newcomer", PASSWORD)
    );
    while flood.try_join_next().is_some() {}
    assert!(
        !flood.is_empty(),
        "the flood was over before they were answered"
    );
    assert_eq!((regular, newcomer), (StatusCode::OK, StatusCode::OK));
}
