//! The whole API on one page: which path is answered by what, and what every request passes through.
//!
//! Owns everything that is HTTP: extracting, statuses, headers. Must not compute a figure or write SQL.

mod analytics;
mod around;
mod auth;
mod body;
mod caching;
mod campaigns;
mod compression;
mod connections;
mod cors;
mod downloads;
mod error;
mod exports;
mod extract;
mod headers;
mod health;
mod ingest;
mod lines;
pub mod openapi;
mod questions;
mod reports;
mod serve;
mod shape;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Error;
use around::Around;
use connections::Bodies;
pub use connections::{Limits, raise_descriptors};
pub use serve::{serve, serve_probes, serve_within, stop_signal};

/// Every route, with its operation of the OpenAPI document.
fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(openapi::document))
        .merge(auth::routes())
        .merge(campaigns::routes())
        .merge(reports::routes())
        .merge(analytics::routes())
        .merge(exports::routes())
        .routes(routes!(downloads::download))
        .merge(ingest::routes())
}

/// The service.
fn service(app: App, limits: &Limits) -> Around {
    let (router, _) = routes().split_for_parts();
    let (cors, bodies) = (cors::policy(&app.cors_origins), Bodies::new(*limits));
    Around::new(complete(router, app), ingest::PATH, bodies).with_cors(cors)
}

/// The service of those who watch over the server: whether it lives, whether it is ready, and nothing else.
fn probes(app: App, limits: &Limits) -> Around {
    let router = OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz));
    let (router, _) = router.split_for_parts();
    Around::new(complete(router, app), "", Bodies::new(*limits))
}

fn complete(router: Router<Arc<App>>, app: App) -> Router {
    let router = router.fallback(|| async { Error::NotFound });
    router
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .with_state(Arc::new(app))
}
