//! Rate limits and their headers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use callboard::auth::limit::Limits;
use callboard::auth::settings::Settings;
use callboard::auth::{Permission, Role};
use callboard::time::Clock;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::login::{PASSWORD, credentials, login};
use super::{OPEN, guarded, operations};
use crate::support::{Answer, Client, NOW, TENANT, TestApp};

const KPIS: &str = "/api/autocall/campaigns/1/reports/kpis";

/// A server with a clock that the test moves.
pub struct Counting {
    pub test: TestApp,
    pub client: Client,
    micros: &'static AtomicI64,
}

impl Counting {
    pub async fn new() -> Self {
        let test = TestApp::new().await;
        let now: chrono::DateTime<chrono::Utc> = NOW.parse().expect("an instant");
        let micros = &*Box::leak(Box::new(AtomicI64::new(now.timestamp_micros())));
        let client = test
            .changed(|app| {
                app.clock = Clock::Set(micros);
                app.limits = Limits::on(app.clock);
            })
            .await;
        Self {
            test,
            client,
            micros,
        }
    }

    pub fn wait(&self, ms: i64) {
        self.micros.fetch_add(ms * 1000, Ordering::Relaxed);
    }

    /// A time as Unix seconds, rounded up.
    fn in_ms(&self, ms: i64) -> i64 {
        (self.micros.load(Ordering::Relaxed) + ms * 1000 + 999_999) / 1_000_000
    }
}

/// Limit, remaining requests, and time of the full reset.
fn limit_headers(answer: &Answer) -> Option<(i64, i64, i64)> {
    let number = |name| answer.header(name).parse().ok();
    Some((
        number("x-ratelimit-limit")?,
        number("x-ratelimit-remaining")?,
        number("x-ratelimit-reset")?,
    ))
}

#[tokio::test]
async fn requests_over_the_rate_limit_get_429_with_retry_after() {
    let counting = Counting::new().await;
    let Counting { client, .. } = &counting;
    for asked in 1..=120 {
        let answer = client.get(KPIS).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{asked}");
        assert_eq!(
            limit_headers(&answer),
            Some((120, 120 - asked, counting.in_ms(500 * asked)))
        );
    }
    let refused = client.get(KPIS).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        refused.json(),
        json!({"message": "Too many requests. Retry after 1 seconds."})
    );
    assert_eq!(
        (refused.header("retry-after"), limit_headers(&refused)),
        ("1", Some((120, 0, counting.in_ms(60_000))))
    );
    counting.wait(500);
    assert_eq!(client.get(KPIS).await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get(KPIS).await.status, StatusCode::TOO_MANY_REQUESTS);
    counting.wait(60_000);
    let answer = client.get(KPIS).await;
    assert_eq!(
        (answer.header("retry-after"), limit_headers(&answer)),
        ("", Some((120, 119, counting.in_ms(500))))
    );
}

/// Gives every rate-limit group of a tenant a limit of its own. Returns the limits by group.
async fn distinct_limits(test: &TestApp) -> BTreeMap<&'static str, i64> {
    let settings = Settings::ALL.iter().map(|(setting, ..)| *setting);
    let groups = settings.filter_map(|setting| setting.strip_prefix("rate_limit_"));
    let limits: BTreeMap<&str, i64> = groups.zip(1_001..).collect();
    let set = limits
        .iter()
        .map(|(group, limit)| format!("rate_limit_{group}={limit}"));
    let set: Vec<String> = set.collect();
    let tenant = ["tenant", "set", "--id", "1"].into_iter();
    let arguments: Vec<&str> = tenant.chain(set.iter().map(String::as_str)).collect();
    crate::support::program::Program::beside(test)
        .ok(&arguments, "")
        .await;
    limits
}

#[tokio::test]
async fn each_route_is_counted_in_its_documented_group() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    let limits = distinct_limits(test).await;
    for operation in guarded() {
        let token = test.issue(TENANT, "admin-1", &[]).await;
        let (method, path) = (&operation.method, operation.path_for("999"));
        let answer = client.request(method.clone(), &path, Some(&token)).await;
        let (limit, remaining, _) =
            limit_headers(&answer).unwrap_or_else(|| panic!("{path} is not counted"));
        let documented = limits[operation.rate_groups[0].as_str()];
        assert_eq!(
            (limit, remaining),
            (documented, documented - 1),
            "{method} {path}"
        );
        let without = client.request(method.clone(), &path, None).await;
        assert_eq!(
            (without.status, limit_headers(&without)),
            (StatusCode::UNAUTHORIZED, None),
            "nobody's bucket"
        );
    }
    for operation in operations()
        .iter()
        .filter(|operation| operation.permissions.is_none())
    {
        let answer = client
            .request(operation.method.clone(), &operation.path, None)
            .await;
        let documented = operation
            .rate_groups
            .first()
            .map(|group| match group.as_str() {
                "login_address" => 30,
                "link" => 120,
                other => panic!("{}: {other} is counted by token", operation.path),
            });
        let limit = limit_headers(&answer).map(|limits| limits.0);
        assert_eq!(limit, documented, "{}", operation.path);
    }
    assert!(OPEN.len() > 3);
}

/// The document names two groups for this route; a list is counted in the second.
#[tokio::test]
async fn a_list_of_leads_is_counted_as_an_import() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    let limits = distinct_limits(test).await;
    let path = "/api/autocall/campaigns/999/leads";
    for (group, body) in [
        ("autocall", json!({"phone": "0987654321"})),
        ("lead_import", json!({"leads": [{"phone": "0987654321"}]})),
    ] {
        let request = client.with_method(Method::POST, path).json(&body);
        let answer = client.send(request).await;
        let limit = limit_headers(&answer).map(|limits| limits.0);
        assert_eq!(
            (answer.status, limit),
            (StatusCode::NOT_FOUND, Some(limits[group]))
        );
    }
}

#[tokio::test]
async fn a_new_login_does_not_reset_the_rate_limit() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    let neighbour = test.account(2).await;
    let me = async |token: &str| {
        client
            .request(Method::GET, "/api/auth/me", Some(token))
            .await
    };
    for number in 0..10 {
        let token = test.issue(TENANT, "admin-1", &[]).await;
        for asked in 1..=30 {
            let answer = me(&token).await;
            assert_eq!(
                (answer.status, limit_headers(&answer).map(|limits| limits.1)),
                (StatusCode::OK, Some(30 - asked)),
                "{number}"
            );
        }
    }
    let fresh = test.issue(TENANT, "admin-1", &[]).await;
    let refused = me(&fresh).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (StatusCode::TOO_MANY_REQUESTS, "1")
    );
    assert_eq!(
        limit_headers(&refused),
        Some((300, 0, counting.in_ms(60_000))),
        "the limit that refused"
    );
    assert_eq!(me(&neighbour).await.status, StatusCode::OK);
    assert_eq!(
        client.request(Method::GET, KPIS, Some(&fresh)).await.status,
        StatusCode::NOT_FOUND,
        "another group"
    );
    counting.wait(200);
    let answer = me(&fresh).await;
    assert_eq!(
        (
            answer.status,
            limit_headers(&answer).map(|limits| (limits.0, limits.1))
        ),
        (StatusCode::OK, Some((30, 29)))
    );
}

#[tokio::test]
async fn errors_carry_rate_limit_headers_and_keep_their_precedence() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    let token = test
        .issue(TENANT, "admin-1", &[Permission::TelesalesApiAccess])
        .await;
    let get = async |path: &str| client.request(Method::GET, path, Some(&token)).await;
    let forbidden = get(KPIS).await;
    assert_eq!(
        (
            forbidden.status,
            limit_headers(&forbidden).map(|limits| limits.1)
        ),
        (StatusCode::FORBIDDEN, Some(119))
    );
    let invalid = get("/api/telesales/reports/dashboard").await;
    assert_eq!(
        (
            invalid.status,
            limit_headers(&invalid).map(|limits| limits.1)
        ),
        (StatusCode::UNPROCESSABLE_ENTITY, Some(119))
    );
    let unknown = get("/api/telesales/reports/nothing").await;
    assert_eq!(
        (unknown.status, limit_headers(&unknown)),
        (StatusCode::NOT_FOUND, None)
    );
    let method = client
        .request(
            Method::PUT,
            "/api/telesales/reports/dashboard",
            Some(&token),
        )
        .await;
    assert_eq!(
        (method.status, limit_headers(&method)),
        (StatusCode::METHOD_NOT_ALLOWED, None)
    );
    for _ in 0..119 {
        get(KPIS).await;
    }
    assert_eq!(
        get(KPIS).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "before 403"
    );
    assert_eq!(
        get("/api/autocall/nothing").await.status,
        StatusCode::NOT_FOUND,
        "after 404 of the route"
    );
    assert_eq!(
        client
            .request(Method::GET, KPIS, Some("nonsense"))
            .await
            .status,
        StatusCode::UNAUTHORIZED,
        "after 401"
    );
}

#[tokio::test]
async fn a_tenant_can_override_its_rate_limits() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    let neighbour = test.account(2).await;
    let program = crate::support::program::Program::beside(test);
    program
        .ok(
            &["tenant", "set", "--id", "1", "rate_limit_telesales=2"],
            "",
        )
        .await;
    let dashboard = "/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-02";
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer = client.get(dashboard).await;
        seen.push((answer.status, limit_headers(&answer).map(|limits| limits.0)));
    }
    assert_eq!(
        seen[1..],
        [
            (StatusCode::OK, Some(2)),
            (StatusCode::TOO_MANY_REQUESTS, Some(2))
        ]
    );
    assert_eq!(client.get(dashboard).await.header("retry-after"), "30");
    assert_eq!(
        limit_headers(&client.get(KPIS).await).map(|limits| limits.0),
        Some(120),
        "the others stay as they are"
    );
    let theirs = client
        .request(Method::GET, dashboard, Some(&neighbour))
        .await;
    assert_eq!(limit_headers(&theirs).map(|limits| limits.0), Some(120));
    program
        .ok(
            &[
                "tenant",
                "set",
                "--id",
                "1",
                "rate_limit_telesales=1000000000",
            ],
            "",
        )
        .await;
    assert_eq!(
        limit_headers(&client.get(dashboard).await).map(|limits| (limits.0, limits.1)),
        Some((1_000_000_000, 999_999_999))
    );
    for wrong in ["0", "-1", "1000000001", "many"] {
        let set = program
            .run(&[
                "tenant",
                "set",
                "--id",
                "1",
                &format!("rate_limit_telesales={wrong}"),
            ])
            .await;
        assert!(!set.status.success(), "{wrong}");
    }
}

#[tokio::test]
async fn failed_logins_are_rate_limited() {
    let counting = Counting::new().await;
    let Counting { test, client, .. } = &counting;
    test.user(TENANT, "ann", Role::Admin).await;
    for tried in 1..=5 {
        let answer = login(
            client,
            &credentials(if tried % 2 == 0 { "ANN" } else { " ann" }, "a guess"),
        )
        .await;
        assert_eq!(
            (
                answer.status,
                limit_headers(&answer).map(|limits| (limits.0, limits.1))
            ),
            (StatusCode::UNAUTHORIZED, Some((5, 5 - tried)))
        );
    }
    for right_or_wrong in ["another guess", PASSWORD] {
        let refused = login(client, &credentials("ann", right_or_wrong)).await;
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (StatusCode::TOO_MANY_REQUESTS, "12")
        );
        assert_eq!(
            refused.json(),
            json!({"message": "Too many requests. Retry after 12 seconds."})
        );
    }
    for number in 8..=30 {
        let answer = login(client, &credentials(&format!("nobody-{number}"), PASSWORD)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{number}");
    }
    let refused = login(client, &credentials("somebody else", PASSWORD)).await;
    assert_eq!(
        (
            refused.status,
            limit_headers(&refused).map(|limits| limits.0)
        ),
        (StatusCode::TOO_MANY_REQUESTS, Some(30))
    );
    let unreadable = client.send(client.post("/api/auth/login").body("{")).await;
    assert_eq!(
        unreadable.status,
        StatusCode::TOO_MANY_REQUESTS,
        "before the body is looked at"
    );
    counting.wait(12_000);
    assert_eq!(
        login(client, &credentials("ann", PASSWORD)).await.status,
        StatusCode::OK
    );
    assert_eq!(
        client.get("/api/auth/me").await.status,
        StatusCode::OK,
        "a token is counted by itself"
    );
}

#[tokio::test]
async fn only_trusted_proxies_set_the_client_address_of_a_login() {
    let counting = Counting::new().await;
    let Counting { test, .. } = &counting;
    let behind = |trusted: &'static str| {
        test.changed(move |app| {
            app.limits = Limits::on(app.clock);
            app.trusted_proxies = [trusted.parse().expect("a network")].into();
        })
    };
    for (trusted, last) in [
        ("127.0.0.0/8", StatusCode::UNAUTHORIZED),
        ("192.0.2.0/24", StatusCode::TOO_MANY_REQUESTS),
    ] {
        let client = behind(trusted).await;
        let mut status = StatusCode::OK;
        for number in 0..6 {
            let request = client
                .post("/api/auth/login")
                .json(&credentials("ann", "a guess"));
            status = client
                .send(request.header("x-forwarded-for", format!("1.2.3.4, 198.51.100.{number}")))
                .await
                .status;
        }
        assert_eq!(status, last, "{trusted}");
    }
}

#[tokio::test]
async fn rate_limit_off_disables_all_limits() {
    let test = TestApp::new().await;
    for _ in 0..130 {
        assert_eq!(limit_headers(&test.get(KPIS).await), None);
    }
    assert_eq!(test.get(KPIS).await.status, StatusCode::NOT_FOUND);
}
