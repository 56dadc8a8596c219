//! The OpenAPI 3.1 document, generated from the routes and the reports themselves.

mod analytics;
mod bounds;
mod calls;
mod events;
mod guard;
mod ingest;
mod lists;
mod mappings;
mod marks;
mod overview;
mod parameters;
mod reports;
pub mod resources;
mod responses;
mod schedules;
mod shape;
mod templates;
mod together;

use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response as HttpResponse;
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
};

use super::{compression, error, paths};
use crate::app::App;
use crate::closed;
use crate::encoded::{Coding, Encoded};
use crate::error::Result;
use crate::webhooks::event::catalogue::WebhookEventName;

pub use analytics::add as add_analytics;
pub use calls::{add_calls, add_calls_file, add_leads, add_single_call};
pub use guard::{guard, guard_methods, limit_by_address};
pub use ingest::{IngestItems, property};
pub use lists::add_list;
pub use overview::add_overview;
pub use parameters::{Binary, add_parameters, add_query, described, header_parameter, object};
pub use reports::{add_export, add_report};
pub use together::add_together;

/// The whole document.
pub fn generate() -> Value {
    let mut document = json!(super::routes().into_openapi());
    document[shape::WEBHOOKS] = events::requests();
    shape::finish(&mut document);
    marks::add(&mut document);
    schedules::add(&mut document);
    templates::add(&mut document);
    mappings::add(&mut document);
    document
}

/// The OpenAPI document.
#[utoipa::path(get, path = paths::OPENAPI, tag = "Running", operation_id = "openapi_document",
    responses((status = 200, description = "The OpenAPI 3.1 document of this server.", body = serde_json::Value)))]
pub async fn document(State(_): State<Arc<App>>, headers: HeaderMap) -> Result<HttpResponse> {
    /// Generated once, so that all connections share the same bytes.
    static DOCUMENT: LazyLock<Encoded> =
        LazyLock::new(|| Encoded::from(Bytes::from(generate().to_string())));
    let document = &*DOCUMENT;
    let coding = Coding::accepted(&headers);
    if let Some(coding) = coding {
        document.coded(coding).await?;
    }
    let mut response = HttpResponse::<()>::default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    let body = compression::body(document, coding, headers);
    Ok(response.map(|_| body))
}

/// The document before any route is added.
pub fn base() -> OpenApi {
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"))
        .build();
    let info = InfoBuilder::new()
        .title("Callboard")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Reports on outbound-call campaigns. Windows are half-open; dates are read in the request's zone; an end written \
             23:59:59, with or without a fraction, takes in that whole second, and 24:00:00 is the next midnight; \
             percentages are rounded half away from zero. Every failure has the body `{\"message\": …}`; a 422 lists \
             every faulty field under `errors`. Every response of a limited operation, once its token is known, has \
             the X-RateLimit headers.",
        ))
        .license(Some(license))
        .build();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token from login or from `callboard token issue`."))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("token", SecurityScheme::Http(token))
        .schema_from::<error::Body>()
        .schema_from::<WebhookEventName>()
        .schemas_from_iter(ingest::schemas())
        .schemas_from_iter(events::schemas())
        .schemas_from_iter(closed::ALL.iter().map(|set| (set.name, set.schema())))
        .build();
    let servers = [ServerBuilder::new()
        .url("/")
        .description(Some("The server of this document."))
        .build()];
    let tag = |(name, about): (&str, &str)| {
        TagBuilder::new()
            .name(name)
            .description(Some(about))
            .build()
    };
    OpenApiBuilder::new()
        .info(info)
        .servers(Some(servers))
        .components(Some(components))
        .tags(Some(TAGS.map(tag)))
        .build()
}

/// Groups of operations, in the order of the document.
const TAGS: [(&str, &str); 17] = [
    (
        "Running",
        "State of the server, and this document. No token required.",
    ),
    (
        "Access",
        "Login, logout, sessions of the page, the current user and the user's settings.",
    ),
    (
        "Meaning",
        "What the account is, and what every figure means.",
    ),
    (
        "Overview",
        "Campaigns at work: today, pace, and what is wrong.",
    ),
    (
        "Campaigns",
        "AutoCall campaigns, from draft to completed, and the list of Telesales campaigns.",
    ),
    (
        "AutoCall resources",
        "Scripts, leads, voices and media. Callboard keeps them for a dialer and dials nobody.",
    ),
    (
        "Choices",
        "Teams, agents, dispositions and caller IDs to choose from, and a search over names.",
    ),
    ("Audit", "The audit log of the account."),
    (
        "AutoCall reports",
        "Reports on automated calls, most of them of one campaign.",
    ),
    (
        "AutoCall exports",
        "Exports of a campaign's reports, made in the background: order, poll, download.",
    ),
    (
        "Telesales reports",
        "Reports on agents' calls, over the whole account; most of them also as files.",
    ),
    ("Calls", "The calls behind the figures, one by one."),
    (
        "Analytics",
        "Queries over AutoCall attempts and leads, in one request body.",
    ),
    (
        "Webhooks",
        "URLs to which events are sent, signed and repeated until they are taken.",
    ),
    (
        "Export templates",
        "Layouts of files, by name: columns, labels, formats, colors.",
    ),
    (
        "Schedules",
        "Reports that are made at certain times, and delivered.",
    ),
    (
        "Ingest",
        "Ingest of call data: one JSON object a line, or a JSON array.",
    ),
];
