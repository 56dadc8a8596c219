//! The whole API on one page: which path is answered by what, and what every request passes through.
//!
//! Owns everything that is HTTP: extracting, statuses, headers. Must not compute a figure or write SQL.

mod caching;
mod campaigns;
mod error;
mod extract;
mod health;
mod ingest;
mod lines;
pub mod openapi;
mod reports;
mod serve;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Error;
pub use serve::{serve, stop_signal};

/// How long a request may take. Ingest takes as long as its body does.
const TIMEOUT: Duration = Duration::from_secs(60);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Every route, with its operation of the OpenAPI document.
fn routes() -> OpenApiRouter<App> {
    let bounded = OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(openapi::document))
        .merge(campaigns::routes())
        .merge(reports::routes())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT));
    let unbounded = OpenApiRouter::new().routes(routes!(ingest::post));
    bounded.merge(unbounded)
}

/// The service. Requests pass the layers from the last to the first: the request id is set before anything
/// can log it; the log line sees the final status; below it, bodies of the framework and panics become ours.
pub fn router(app: App) -> Router {
    let tracing = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(log).on_failure(()));
    let (router, _) = routes().split_for_parts();
    router
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(CatchPanicLayer::custom(|_| Error::internal("a handler panicked").into_response()))
        .layer(axum::middleware::map_response(error::as_json))
        .layer(tracing)
        .with_state(app)
}

fn span(request: &Request) -> tracing::Span {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    // At the level of errors, so that whatever is logged has the id that the client was given.
    tracing::error_span!("request", id, method = %request.method(), path = request.uri().path())
}

fn log(response: &Response, latency: Duration, _: &tracing::Span) {
    tracing::info!(status = response.status().as_u16(), ms = latency.as_secs_f64() * 1000.0, "answered");
}
