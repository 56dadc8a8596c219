//! Authentication, permissions and tenant isolation on every route.

mod audit;
mod browsers;
mod cookies;
mod isolation;
mod limits;
mod links;
mod login;
mod pressure;
mod secrets;
mod sessions;
mod settings;
mod signing;
mod tokens;
mod upgrades;

use callboard::auth::{Permission, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TENANT, TestApp};

/// An operation as the OpenAPI document describes it.
struct Operation {
    method: Method,
    path: String,
    /// Required permissions; `None` for open routes.
    permissions: Option<Vec<Permission>>,
    /// A permission that suffices instead of them.
    instead: Option<Permission>,
    /// Rate-limit groups in which a request may be counted; empty if it is not counted.
    rate_groups: Vec<String>,
    /// Parameter names.
    parameters: Vec<String>,
    /// Accepted media types of the body; empty without a body.
    accepts: Vec<String>,
}

impl Operation {
    /// The path for campaign 1, with required parameters.
    fn target(&self) -> String {
        self.path_for("1")
    }

    fn path_for(&self, id: &str) -> String {
        let required = "date_from=2026-06-01&date_to=2026-06-02&campaign_ids=1";
        let path = self.path.replace("{id}", id).replace("{uuid}", id);
        let path = path.replace("{name}", id);
        format!("{path}?{required}")
    }
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(callboard::http::openapi::generate()).expect("JSON");
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let named = |name: &Value| {
                Permission::ALL
                    .into_iter()
                    .find(|permission| permission.name() == name)
            };
            let wanted = operation["security"][0]["token"].as_array();
            let permissions = wanted.map(|names| {
                names
                    .iter()
                    .map(|name| named(name).expect("a permission"))
                    .collect()
            });
            let instead = named(&operation["security"][1]["token"][0]);
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters =
                parameters.map(|parameter| parameter["name"].as_str().expect("a name").to_owned());
            let rate_groups = operation["x-rate-groups"].as_array().into_iter().flatten();
            let rate_groups = rate_groups.map(|name| name.as_str().expect("a name").to_owned());
            let rate_groups = rate_groups.collect();
            let method = method.to_uppercase().parse().expect("a method");
            let (path, parameters) = (path.clone(), parameters.collect());
            let accepts = operation["requestBody"]["content"]
                .as_object()
                .into_iter()
                .flat_map(|types| types.keys());
            let accepts = accepts.cloned().collect();
            operations.push(Operation {
                method,
                path,
                permissions,
                instead,
                rate_groups,
                parameters,
                accepts,
            });
        }
    }
    assert!(
        operations.len() > callboard::reports::ALL.len(),
        "every report and more"
    );
    operations
}

fn guarded() -> Vec<Operation> {
    operations()
        .into_iter()
        .filter(|operation| operation.permissions.is_some())
        .collect()
}

/// A tenant with a row of each kind that routes name by `{id}`, with the id 1.
pub async fn with_one_of_each() -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&one_of_each()).await;
    let webhook =
        "insert into webhooks (tenant_id, id, url, events, secret, created_at, updated_at)
                   values (1, 1, 'https://example.com', '{*}', '', now(), now())";
    test.execute(TENANT, webhook).await;
    let schedule = "insert into schedules (tenant_id, id, name, report, params, window_name, format, at, deliver, active,
                                           created_by, created_at, updated_at)
                    values (1, 1, 'S', 'telesales.dashboard', '{}', 'yesterday', 'csv', '{\"time\": \"07:30\"}',
                            '{\"webhook\": 1}', false, 1, now(), now())";
    test.execute(TENANT, schedule).await;
    let template = "insert into export_templates (tenant_id, name, report, layout, created_at, updated_at)
                    values (1, '1', 'telesales.dashboard',
                            '{\"columns\": [], \"sort\": [], \"conditional\": [], \"about\": true}', now(), now())";
    test.execute(TENANT, template).await;
    let mapping = "insert into sheet_mappings (tenant_id, name, mapping, created_at, updated_at)
                   values (1, '1', '{\"kind\": \"team\", \"timezone\": null, \"date_format\": null, \"columns\": {}, \"values\": {}}',
                           now(), now())";
    test.execute(TENANT, mapping).await;
    test
}

fn one_of_each() -> [Value; 5] {
    [
        json!({"kind": "autocall_script", "id": 1, "name": "S"}),
        json!({"kind": "autocall_campaign", "id": 1, "name": "C", "script_id": 1}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
        json!({"kind": "voice", "id": "1", "name": "V"}),
        json!({"kind": "media_file", "id": 1, "name": "M", "url": "https://media.example.com/m.wav"}),
    ]
}

/// Routes that need no token, each with its reason. A test fails for any other route without a
/// permission.
const OPEN: &[(&str, &str)] = &[
    ("/healthz", "asked by what starts and stops servers"),
    ("/readyz", "asked by what sends requests their way"),
    ("/openapi.json", "says nothing of anybody"),
    ("/api/auth/login", "is where tokens come from"),
    (
        "/api/auth/session",
        "is where cookies come from, and tells a page that it has none",
    ),
    (
        "/api/public/exports/{job_id}/{file_name}",
        "is opened by the signature in its link",
    ),
];

#[test]
fn every_route_documents_its_permission_or_is_listed_as_open() {
    for operation in operations() {
        let is_open = OPEN.iter().any(|(path, _)| *path == operation.path);
        assert_eq!(
            operation.permissions.is_none(),
            is_open,
            "{} {}",
            operation.method,
            operation.path
        );
    }
    let named = |path| operations().iter().any(|operation| operation.path == path);
    assert!(
        OPEN.iter().all(|(path, _)| named(*path)),
        "a route that is no longer there"
    );
}

#[tokio::test]
async fn every_guarded_route_requires_a_valid_token() {
    let test = TestApp::new().await;
    let forged = callboard::auth::token::Keys::new(&[8; 32]).expect("long enough");
    let forged = callboard::auth::session::issue(
        &test.app.db,
        &forged,
        callboard::auth::session::TokenRequest {
            tenant: TENANT,
            username: "admin-1",
            permissions: &[],
            expires: None,
        },
        test.app.clock.now(),
    )
    .await
    .expect("a token");
    for operation in guarded() {
        for token in [None, Some("nonsense"), Some(forged.as_str())] {
            let answer = test
                .request(operation.method.clone(), &operation.target(), token)
                .await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{}",
                operation.path
            );
            assert_eq!(answer.json(), json!({"message": "Unauthenticated."}));
        }
    }
    for operation in operations()
        .iter()
        .filter(|operation| operation.permissions.is_none())
    {
        let answer = test
            .request(operation.method.clone(), &operation.path, None)
            .await;
        let expected = match operation.path.as_str() {
            path if path.starts_with("/api/public/") => StatusCode::FORBIDDEN, // without its signature
            _ if operation.method == Method::GET => StatusCode::OK,
            _ if operation.method == Method::DELETE => StatusCode::NO_CONTENT, // nothing to end
            _ => StatusCode::BAD_REQUEST,
        };
        assert_eq!(answer.status, expected, "{}", operation.path);
    }
}

#[tokio::test]
async fn every_route_requires_exactly_its_own_permissions() {
    let test = TestApp::new().await;
    for operation in guarded() {
        let wanted = operation.permissions.clone().expect("guarded");
        for permission in &wanted {
            let others: Vec<Permission> = Permission::ALL
                .into_iter()
                .filter(|other| other != permission && Some(*other) != operation.instead)
                .collect();
            let without = test.issue(TENANT, "admin-1", &others).await;
            let answer = test
                .request(
                    operation.method.clone(),
                    &operation.path_for("999"),
                    Some(&without),
                )
                .await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", operation.path);
            assert_eq!(
                answer.json(),
                json!({"message": "This action is unauthorized."})
            );
            let scope: Vec<&str> = wanted.iter().map(|permission| permission.name()).collect();
            let challenge = format!(
                "Bearer error=\"insufficient_scope\", scope=\"{}\"",
                scope.join(" ")
            );
            assert_eq!(
                answer.header("www-authenticate"),
                challenge,
                "{}",
                operation.path
            );
        }
        // An unrelated permission: an empty list would grant all of the role's.
        let enough = if wanted.is_empty() {
            vec![Permission::IngestWrite]
        } else {
            wanted
        };
        let with = test.issue(TENANT, "admin-1", &enough).await;
        let answer = test
            .request(operation.method.clone(), &operation.target(), Some(&with))
            .await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{}", operation.path);
    }
}

/// Doors that tell by its content which of their forms a body has: switches and scripts name any type, or none.
const BY_CONTENT: [&str; 3] = [
    "/api/ingest/freeswitch",
    "/api/ingest/asterisk",
    "/api/ingest/vicidial",
];

#[tokio::test]
async fn an_unsupported_content_type_is_refused_with_the_accepted_types() {
    let test = with_one_of_each().await;
    let with_body: Vec<Operation> = operations()
        .into_iter()
        .filter(|operation| !operation.accepts.is_empty())
        .filter(|operation| !BY_CONTENT.contains(&operation.path.as_str()))
        .collect();
    assert!(with_body.len() >= 4, "login, order, ingest, analytics");
    for mut operation in with_body {
        let request = test
            .with_method(operation.method.clone(), &operation.target())
            .header("content-type", "image/png")
            .body("x");
        let answer = test.send(request).await;
        let mut accepted: Vec<&str> = answer.header("accept-post").split(", ").collect();
        accepted.sort_unstable();
        operation.accepts.sort_unstable();
        assert_eq!(answer.status.as_u16(), 415, "{}", operation.path);
        assert_eq!(accepted, operation.accepts, "{}", operation.path);
    }
}

#[tokio::test]
async fn roles_grant_the_permissions_of_the_contract() {
    let test = TestApp::new().await;
    let get = [
        (
            "/api/autocall/campaigns/1/reports/kpis",
            Permission::AutocallApiAccess,
        ),
        (
            "/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-02",
            Permission::TelesalesApiAccess,
        ),
    ];
    for (role, name) in [
        (Role::Supervisor, "supervisor"),
        (Role::Agent, "agent"),
        (Role::ReadOnly, "reader"),
    ] {
        let token = test.user(TENANT, name, role).await;
        for (path, permission) in get {
            let answer = test.request(Method::GET, path, Some(&token)).await;
            assert_eq!(
                answer.status == StatusCode::FORBIDDEN,
                !role.may(permission),
                "{name} {path}"
            );
        }
        let answer = test
            .request(Method::POST, "/api/ingest", Some(&token))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} ingest");
    }
    let of = |role: Role| {
        Permission::ALL
            .into_iter()
            .filter(|permission| role.may(*permission))
            .map(Permission::name)
            .collect::<Vec<_>>()
    };
    let all = [
        "autocall_api_access",
        "autocall_export_report",
        "autocall_manage_campaign",
        "telesales_api_access",
        "analytics_api_access",
        "exports_manage",
        "ingest_write",
        "calls_read",
        "webhooks_manage",
        "users_manage",
    ];
    assert_eq!(of(Role::Admin), all);
    let supervisor = [&all[..6], &["calls_read"]].concat();
    assert_eq!(of(Role::Supervisor), supervisor);
    assert_eq!(of(Role::Agent), ["telesales_api_access"]);
    assert_eq!(
        of(Role::ReadOnly),
        [
            "autocall_api_access",
            "telesales_api_access",
            "analytics_api_access"
        ]
    );
}

#[tokio::test]
async fn a_token_ends_when_its_session_or_user_does() {
    let test = TestApp::new().await;
    let path = "/api/autocall/campaigns/1/reports/kpis";
    let until = |token: String| {
        let test = &test;
        async move { test.request(Method::GET, path, Some(&token)).await.status }
    };
    let token = test.user(TENANT, "leaver", Role::Admin).await;
    assert_eq!(until(token.clone()).await, StatusCode::NOT_FOUND);
    for sql in [
        "update sessions set expires_at = '2026-06-30 08:00:00Z'",
        "update sessions set expires_at = null, revoked_at = now()",
        "update sessions set revoked_at = null; update users set disabled_at = now()",
    ] {
        test.execute(TENANT, sql).await;
        assert_eq!(
            until(token.clone()).await,
            StatusCode::UNAUTHORIZED,
            "{sql}"
        );
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_reported_before_authentication() {
    let test = TestApp::new().await;
    let unknown = test
        .request(Method::GET, "/api/autocall/nothing", None)
        .await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (
            StatusCode::NOT_FOUND,
            json!({"message": "Resource not found"})
        )
    );
    for operation in operations() {
        // No route has this one.
        let answer = test.request(Method::TRACE, &operation.target(), None).await;
        assert_eq!(
            answer.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{}",
            operation.path
        );
        assert_eq!(answer.json(), json!({"message": "Method not allowed"}));
        assert!(!answer.header("x-request-id").is_empty());
    }
}
