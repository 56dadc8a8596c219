//! Requests as metrics tell them: by the template of their route, never by their path.

use std::sync::LazyLock;

use axum::http::header::AGE;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use utoipa::openapi::path::PathItem;

use super::paths;
use crate::metrics::Cached;

/// Label of routes that do not exist.
const OTHER: &str = "other";
/// Label of methods that no route has.
const OTHER_METHOD: &str = "OTHER";
/// Routes that are not in the OpenAPI document.
const BESIDE: [&str; 3] = [paths::PAGE, paths::ASSET, paths::METRICS_OF_PROCESS];

/// Templates of all routes.
static ROUTES: LazyLock<matchit::Router<&'static str>> = LazyLock::new(|| {
    let mut routes = matchit::Router::new();
    let templates = BESIDE
        .into_iter()
        .chain(DOCUMENTED.iter().map(|(path, _)| path.as_str()));
    for template in templates {
        // Two templates of one route would be a fault of the router too, which does not start then.
        let _ = routes.insert(template, template);
    }
    routes
});

/// Routes of the OpenAPI document.
static DOCUMENTED: LazyLock<Vec<(String, PathItem)>> = LazyLock::new(|| {
    let (_, document) = super::routes().split_for_parts();
    document.paths.paths.into_iter().collect()
});

/// Statuses as labels.
static STATUSES: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..1000).map(|status: u16| status.to_string()).collect());

/// Labels of a request, from its head.
pub fn labels(method: &Method, path: &str) -> [&'static str; 2] {
    let route = ROUTES.at(path).map_or(OTHER, |found| found.value);
    [named(method), route]
}

fn named(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER_METHOD,
    }
}

pub fn status(status: StatusCode) -> &'static str {
    let text = STATUSES.get(usize::from(status.as_u16()));
    text.map_or(OTHER, String::as_str)
}

/// The part of the cache in a response. Takes the mark that a miss has.
pub fn cached(response: &mut Response) -> Cached {
    // Only a kept answer has an age and no mark.
    match response.extensions_mut().remove::<Cached>() {
        Some(cached) => cached,
        None if response.headers().contains_key(AGE) => Cached::Hit,
        None => Cached::None,
    }
}

/// Labels of every documented request that succeeds.
pub fn expected() -> impl Iterator<Item = [&'static str; 4]> {
    let none = Cached::None.name();
    DOCUMENTED.iter().flat_map(move |(path, item)| {
        let methods = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PATCH", &item.patch),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
        ];
        let there = methods
            .into_iter()
            .filter(|(_, operation)| operation.is_some());
        there.map(move |(method, _)| [method, path.as_str(), "200", none])
    })
}
