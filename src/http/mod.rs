//! The whole API on one page: every route, and the middleware around them.
//!
//! Owns everything that is HTTP: extractors, statuses, headers. Must not compute a figure or contain SQL.

mod account_exports;
mod all_exports;
mod analytics;
mod answers;
mod audit;
mod auth;
mod body;
mod breaches;
mod caching;
mod call_exports;
mod call_files;
mod calls;
mod choices;
mod compression;
mod connections;
mod context;
mod cookie;
mod cors;
mod dialers;
mod downloads;
mod error;
mod evidence;
mod exports;
mod extract;
mod headers;
mod health;
mod ingest;
mod language;
mod leads;
mod lists;
mod me;
mod measured;
mod meta;
mod metrics;
mod middleware;
mod named;
mod once;
pub mod openapi;
mod orders;
mod overview;
pub mod paths;
mod reports;
mod resources;
mod schedules;
mod serve;
mod sessions;
mod templates;
mod together;
mod web;
mod webhooks;
mod window;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::limit::Group;
use crate::error::Error;
use crate::resources::telesales::TelesalesCampaign;
use connections::Bodies;
pub use connections::{Limits, raise_descriptors};
use extract::{AnyToken, AutocallExportReport, TelesalesApiAccess};
pub use measured::expected as expected_requests;
use middleware::Middleware;
use openapi::{guard, limit_by_address};
pub use serve::{serve, serve_probes, serve_within, stop_signal};

/// Every route with its OpenAPI operation, in the document's order.
fn routes() -> OpenApiRouter<Arc<App>> {
    let router = probe_routes(OpenApiRouter::with_openapi(openapi::base()))
        .routes(routes!(openapi::document))
        .routes(routes!(auth::login))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me));
    let login = [Group::LoginAddress, Group::LoginName];
    let router = limit_by_address(router, (HttpMethod::Post, paths::LOGIN), &login);
    let router = guard::<AnyToken>(router, paths::LOGOUT);
    let router = guard::<AnyToken>(router, paths::ME);
    let router = meta::add(me::add(sessions::add(router)));

    let router = resources::add(router);
    let telesales = lists::add::<TelesalesApiAccess, TelesalesCampaign>;
    let router = choices::add(telesales(router, paths::TELESALES_CAMPAIGNS));
    let router = breaches::add(together::add_all(reports::add_all(router)));
    let router = overview::add(evidence::add(router));
    let router = leads::add_all(call_exports::add(calls::add_all(router)));
    let router = analytics::add(router, paths::ANALYTICS)
        .routes(routes!(exports::order, exports::list))
        .routes(routes!(exports::show, exports::cancel))
        .routes(routes!(downloads::download));
    let mut router = guard::<AutocallExportReport>(router, paths::EXPORTS);
    orders::describe(router.get_openapi_mut(), paths::EXPORTS);
    let router = guard::<AutocallExportReport>(router, paths::EXPORT);
    let router = all_exports::add(router);
    let router = limit_by_address(router, (HttpMethod::Get, paths::DOWNLOAD), &[Group::Link]);
    let router = webhooks::add(dialers::add(ingest::add(router)));
    audit::add(schedules::add(templates::add(router)))
}

/// Routes for probes, without a token.
fn probe_routes(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    router
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

/// Paths that take as long as their body.
const UNBOUNDED: &[&str] = &[
    paths::INGEST,
    paths::INGEST_ASTERISK,
    paths::INGEST_VICIDIAL,
    paths::INGEST_CSV,
];

/// The service.
fn service(app: App, limits: &Limits) -> Middleware {
    let (router, _) = routes().split_for_parts();
    let (cors, bodies) = (cors::policy(&app.cors_origins), Bodies::new(*limits));
    Middleware::new(complete(web::add(router), app), UNBOUNDED, bodies).with_cors(cors)
}

/// The service of the probe listener: liveness, readiness and metrics only.
fn probes(app: App, limits: &Limits) -> Middleware {
    let (router, _) = probe_routes(OpenApiRouter::new()).split_for_parts();
    let router = router.route(paths::METRICS_OF_PROCESS, get(metrics::scrape));
    Middleware::new(complete(router, app), &[], Bodies::new(*limits))
}

fn complete(router: Router<Arc<App>>, app: App) -> Router {
    let router = router.fallback(|| async { Error::NotFound });
    router
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .with_state(Arc::new(app))
}
