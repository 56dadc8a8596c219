//! Operations that need a token: permissions, rate limits and refusals.

use std::sync::Arc;

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{HttpMethod, RefOr};
use utoipa_axum::router::OpenApiRouter;

use super::responses::{failed, header};
use crate::app::App;
use crate::auth::limit::Group;
use crate::auth::settings::Settings;
use crate::http::extract::Grant;

/// Documents, for every operation of a path, what [`crate::http::extract::Permitted`] enforces: a token, its permissions (as
/// roles of the security requirement), the rate limit and its group, and the refusals.
///
/// Operations that another grant has documented stay as they are ([`guard_methods`]).
pub fn guard<G: Grant>(router: OpenApiRouter<Arc<App>>, path: &str) -> OpenApiRouter<Arc<App>> {
    use HttpMethod::{Delete, Get, Patch, Post, Put};
    guard_methods::<G>(router, path, &[Get, Post, Put, Delete, Patch])
}

/// Like [`guard`], for some methods of a path.
pub fn guard_methods<G: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    path: &str,
    methods: &[HttpMethod],
) -> OpenApiRouter<Arc<App>> {
    let names: Vec<&str> = G::PERMISSIONS
        .iter()
        .map(|permission| permission.name())
        .collect();
    let often = G::GROUP.limit(&Settings::default());
    let instead = G::INSTEAD.map(|permission| permission.name());
    let wanted = match (names.as_slice(), instead) {
        ([], _) => "any token".to_owned(),
        (names, None) => format!("`{}`", names.join("` and `")),
        (names, Some(instead)) => {
            let others = names[1..].iter().map(|name| format!(", and `{name}`"));
            let others: String = others.collect();
            format!("`{}` or `{instead}`{others}", names[0])
        }
    };
    let wanted = format!(
        "Requires {wanted}; {often} requests a minute unless the account has another limit."
    );
    let item = router.get_openapi_mut().paths.paths.get_mut(path);
    let operations = item.map(|item| {
        [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Delete, &mut item.delete),
            (HttpMethod::Patch, &mut item.patch),
        ]
    });
    let operations = operations.into_iter().flatten();
    let operations = operations.filter(|(method, _)| methods.contains(method));
    for operation in operations.filter_map(|(_, operation)| operation.as_mut()) {
        if operation.security.is_some() {
            continue;
        }
        let about = operation
            .description
            .take()
            .map_or_else(String::new, |about| format!("{about}\n\n"));
        operation.description = Some(about + &wanted);
        name_groups(operation, &[G::GROUP, G::LIST_GROUP]);
        let instead = instead.map(|name| {
            let others = names.iter().skip(1).copied();
            let all: Vec<&str> = [name].into_iter().chain(others).collect();
            SecurityRequirement::new("token", all)
        });
        let required = SecurityRequirement::new("token", names.clone());
        operation.security = Some([required].into_iter().chain(instead).collect());
        let has_body = operation.request_body.is_some();
        let responses = &mut operation.responses.responses;
        for (status, response) in refusals() {
            if status != "408" || has_body {
                responses.entry(status.to_owned()).or_insert(response);
            }
        }
        for (status, response) in responses {
            if let (RefOr::T(response), true) =
                (response, status.starts_with('2') || status == "429")
            {
                response.headers.extend(limit_headers());
            }
        }
    }
    router
}

/// Documents the rate-limit groups of an operation without a token, whose requests are counted by client address.
pub fn limit_by_address(
    mut router: OpenApiRouter<Arc<App>>,
    (method, path): (HttpMethod, &str),
    groups: &[Group],
) -> OpenApiRouter<Arc<App>> {
    let item = router.get_openapi_mut().paths.paths.get_mut(path);
    let operation = item.and_then(|item| match method {
        HttpMethod::Get => item.get.as_mut(),
        HttpMethod::Post => item.post.as_mut(),
        _ => None,
    });
    if let Some(operation) = operation {
        name_groups(operation, groups);
    }
    router
}

/// Adds `x-rate-groups`: the groups in which a request may be counted.
fn name_groups(operation: &mut Operation, groups: &[Group]) {
    let mut names: Vec<&str> = groups.iter().map(|group| group.name()).collect();
    names.dedup();
    let named = operation.extensions.get_or_insert_with(Extensions::default);
    named.insert("x-rate-groups".to_owned(), names.into());
}

/// Failures of every operation with a token.
fn refusals() -> [(&'static str, RefOr<Response>); 7] {
    let refusals = [
        ("401", "No valid token."),
        ("403", "The token lacks a permission."),
        ("408", "The body made no progress for a minute."),
        (
            "414",
            "The path with its query is longer than 65,000 bytes. A much longer one gets a response without a body.",
        ),
        ("429", "The token asks too often."),
        (
            "431",
            "The head of the request is larger than 64 KiB or 100 lines.",
        ),
        (
            "503",
            "The database is unreachable, or the server is overloaded.",
        ),
    ];
    refusals.map(|(status, description)| {
        let mut response = ResponseBuilder::new().description(description);
        if status != "414" {
            response = response.content("application/json", failed(status));
        }
        if matches!(status, "429" | "503") {
            response = response.header(
                "Retry-After",
                header(Type::Integer, "Seconds until a retry can succeed."),
            );
        }
        (status, response.into())
    })
}

/// Rate-limit headers. Every response of a limited operation has them; documented for 2xx and 429.
fn limit_headers() -> impl Iterator<Item = (String, RefOr<Header>)> {
    let headers = [
        (
            "X-RateLimit-Limit",
            "Requests a minute; also the maximum burst.",
        ),
        ("X-RateLimit-Remaining", "Remaining requests."),
        (
            "X-RateLimit-Reset",
            "Time at which all requests are available again, in seconds since 1970.",
        ),
    ];
    headers
        .into_iter()
        .map(|(name, about)| (name.to_owned(), header(Type::Integer, about).into()))
}
