//! The whole API on one page: which path is answered by what, and what every request passes through.
//!
//! Owns everything that is HTTP: extracting, statuses, headers. Must not compute a figure or write SQL.

mod analytics;
mod around;
mod auth;
mod body;
mod caching;
mod campaigns;
mod cors;
mod downloads;
mod error;
mod exports;
mod extract;
mod health;
mod ingest;
mod lines;
pub mod openapi;
mod questions;
mod reports;
mod serve;
mod visit;

use std::sync::Arc;

use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Error;
use around::Around;
pub use serve::{serve, stop_signal};

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
fn service(app: App) -> Around {
    let (router, _) = routes().split_for_parts();
    let mut router = router
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED });
    if let Some(cors) = cors::layer(&app.cors_origins) {
        router = router.layer(cors);
    }
    Around::new(router.with_state(Arc::new(app)), ingest::PATH)
}
