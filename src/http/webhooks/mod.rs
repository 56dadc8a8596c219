//! `/api/webhooks`: webhooks and their secrets (contract, section 9).

mod deliveries;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::context::Client;
use super::extract::{Permitted, WebhookTest, WebhooksManage, path_id};
use super::openapi::guard;
use super::{body, paths};
use crate::app::App;
use crate::auth::audit::{self, Actor, Event, Target};
use crate::closed::WebhookSettableStatus;
use crate::db::Scope;
use crate::envelope::{Data, Page};
use crate::error::Result;
use crate::page::PageRequest;
use crate::webhooks::event::catalogue::{self, WebhookEvent};
use crate::webhooks::request;
use crate::webhooks::store::{self, Webhook};

/// Adds all of these routes.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router
        .routes(routes!(create, list))
        .routes(routes!(events))
        .routes(routes!(show, change, delete))
        .routes(routes!(rotate_secret))
        .routes(routes!(deliveries::test))
        .routes(routes!(deliveries::replay_many))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::show))
        .routes(routes!(deliveries::replay));
    for path in [
        paths::WEBHOOKS,
        paths::WEBHOOK_EVENTS,
        paths::WEBHOOK,
        paths::WEBHOOK_SECRET,
        paths::WEBHOOK_DELIVERIES,
        paths::WEBHOOK_DELIVERY,
    ] {
        router = guard::<WebhooksManage>(router, path);
    }
    for path in [
        paths::WEBHOOK_TEST,
        paths::WEBHOOK_REPLAY,
        paths::WEBHOOK_DELIVERY_REPLAY,
    ] {
        router = guard::<WebhookTest>(router, path);
    }
    router
}

/// A new webhook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "members are read by name, to report every fault; this is their schema"
)]
pub struct WebhookCreate {
    /// Receiver of the events: https, and a public address.
    #[schema(
        max_length = 2048,
        pattern = r"^https?://[^\s]+$",
        example = "https://example.com/hooks"
    )]
    url: String,
    /// Subscriptions: names of events, prefixes that end in `.*`, or `*`.
    #[schema(min_items = 1, max_items = 50, example = json!(["autocall.call.*", "report.export.ready"]))]
    events: Vec<String>,
    /// Free text.
    #[schema(max_length = 255, pattern = r"^[^\x00]*$", example = "CRM")]
    description: Option<String>,
}

/// A change of a webhook: the members that it names. Null puts one back to its default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "members are read by name, to report every fault; this is their schema"
)]
pub struct WebhookChange {
    /// Receiver of the events. Pending deliveries go there too.
    #[schema(max_length = 2048, pattern = r"^https?://[^\s]+$", nullable = false)]
    url: Option<String>,
    /// Subscriptions.
    #[schema(min_items = 1, max_items = 50, nullable = false)]
    events: Option<Vec<String>>,
    /// Free text.
    #[schema(max_length = 255, pattern = r"^[^\x00]*$")]
    description: Option<String>,
    /// State. A suspended webhook resumes when it is set to active; what is pending is then sent.
    #[schema(value_type = Option<WebhookSettableStatus>)]
    status: Option<String>,
}

/// All events.
#[derive(Serialize, ToSchema)]
pub struct WebhookEvents {
    /// Events in the order of the catalogue.
    data: Vec<WebhookEvent>,
}

/// Secrets must not be cached.
const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];
type NoStore = [(HeaderName, &'static str); 1];

/// Records a change in the audit log.
async fn record(
    scope: &mut Scope,
    actor: Actor,
    event: Event,
    webhook: &Webhook,
    changes: Vec<(&'static str, serde_json::Value, serde_json::Value)>,
) -> Result<()> {
    let target = Target {
        kind: "webhook",
        id: webhook.id,
        name: Some(&webhook.url),
    };
    let changes = changes
        .into_iter()
        .map(|(name, old, new)| (name.to_owned(), (old, new)))
        .collect();
    audit::record_change(scope, actor, event, target, changes).await
}

/// Create a webhook.
///
/// The response alone shows its `secret`, which signs every delivery. An account has at most 20 webhooks.
#[utoipa::path(post, path = paths::WEBHOOKS, tag = "Webhooks", operation_id = "webhook_create",
    request_body(content = WebhookCreate, example = json!({"url": "https://example.com/hooks", "events": ["autocall.call.*"], "description": "CRM"})),
    responses(
        (status = 201, description = "The webhook with its secret.", body = Data<Webhook>,
            example = json!({"data": {"id": 1099511627776_i64, "url": "https://example.com/hooks", "events": ["autocall.call.*"],
                "description": "CRM", "status": "active", "suspended_at": null, "last_success_at": null, "last_failure_at": null,
                "last_error": null, "failures_in_a_row": 0, "created_at": "2026-06-30T08:00:00+00:00",
                "updated_at": "2026-06-30T08:00:00+00:00", "secret": "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 409, description = "The account has 20 webhooks.", body = super::error::Body,
            example = json!({"message": "An account has at most 20 webhooks."})),
        (status = 413, description = "The body is larger than 16 MiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Missing or invalid members, all of them listed.", body = super::error::Body),
    ))]
async fn create(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, NoStore, Json<Data<Webhook>>)> {
    let now = app.clock.now();
    let members = body::members(&body::read(&headers, body, body::LARGE).await?)?;
    let change = request::read(&members, None, &app.webhooks.guard).await?;
    let mut scope = app.db.write(caller.tenant.id).await?;
    let data = store::create(&mut scope, &app.keys, &change, now).await?;
    let (actor, values) = (caller.actor(address, now), data.first_values());
    record(&mut scope, actor, Event::WebhookCreated, &data, values).await?;
    scope.commit().await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(Data { data })))
}

/// The webhooks of the account, newest first.
#[utoipa::path(get, path = paths::WEBHOOKS, tag = "Webhooks", operation_id = "webhooks",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of webhooks.", body = Page<Webhook>,
            example = json!({"current_page": 1, "data": [{"id": 1099511627776_i64, "url": "https://example.com/hooks",
                "events": ["*"], "description": null, "status": "active", "suspended_at": null,
                "last_success_at": "2026-06-30T08:00:00+00:00", "last_failure_at": null, "last_error": null,
                "failures_in_a_row": 0, "created_at": "2026-06-30T07:00:00+00:00", "updated_at": "2026-06-30T07:00:00+00:00"}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "An invalid page.", body = super::error::Body),
    ))]
async fn list(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Webhook>>> {
    let wanted = PageRequest::of_query(query.as_deref())?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(store::page(&mut scope, wanted).await?))
}

/// Every event, with its meaning and a sample of its body.
#[utoipa::path(get, path = paths::WEBHOOK_EVENTS, tag = "Webhooks", operation_id = "webhook_events",
    responses(
        (status = 200, description = "All events.", body = WebhookEvents,
            example = json!({"data": [{"name": "webhook.test", "description": "A test of this webhook.",
                "sample": {"event": "webhook.test", "timestamp": "2026-06-30T08:00:00+00:00", "tenant_id": 1,
                    "data": {"webhook_id": 1099511627776_i64}}}]})),
    ))]
async fn events(_: Permitted<WebhooksManage>) -> Json<WebhookEvents> {
    Json(WebhookEvents {
        data: catalogue::list(),
    })
}

/// A webhook.
#[utoipa::path(get, path = paths::WEBHOOK, tag = "Webhooks", operation_id = "webhook_show",
    params(("id" = i64, Path, description = "The webhook.")),
    responses(
        (status = 200, description = "The webhook.", body = Data<Webhook>,
            example = json!({"data": {"id": 1099511627776_i64, "url": "https://example.com/hooks", "events": ["*"],
                "description": null, "status": "suspended", "suspended_at": "2026-06-30T08:00:00+00:00", "last_success_at": null,
                "last_failure_at": "2026-06-30T08:00:00+00:00", "last_error": "The receiver answered 410.",
                "failures_in_a_row": 1, "created_at": "2026-06-30T07:00:00+00:00", "updated_at": "2026-06-30T07:00:00+00:00"}})),
        (status = 404, description = "The account has no such webhook.", body = super::error::Body),
    ))]
async fn show(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Webhook>>> {
    let id = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = store::find(&mut scope, id).await?;
    Ok(Json(Data { data }))
}

/// Change a webhook: the members that the body names.
///
/// Setting the status to active resumes a paused or suspended webhook and counts its failures from zero.
#[utoipa::path(patch, path = paths::WEBHOOK, tag = "Webhooks", operation_id = "webhook_change",
    params(("id" = i64, Path, description = "The webhook.")),
    request_body(content = WebhookChange, example = json!({"status": "paused"})),
    responses(
        (status = 200, description = "The webhook.", body = Data<Webhook>,
            example = json!({"data": {"id": 1099511627776_i64, "url": "https://example.com/hooks", "events": ["*"],
                "description": null, "status": "paused", "suspended_at": null, "last_success_at": null, "last_failure_at": null,
                "last_error": null, "failures_in_a_row": 0, "created_at": "2026-06-30T07:00:00+00:00",
                "updated_at": "2026-06-30T08:00:00+00:00"}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 404, description = "The account has no such webhook.", body = super::error::Body),
        (status = 413, description = "The body is larger than 16 MiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Invalid members, all of them listed.", body = super::error::Body),
    ))]
async fn change(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<Webhook>>> {
    let (id, now, tenant) = (path_id(path)?, app.clock.now(), caller.tenant.id);
    let stored = store::find(&mut app.db.read(tenant).await?, id).await?;
    let members = body::members(&body::read(&headers, body, body::LARGE).await?)?;
    let shown = request::shown(&stored)?;
    let change = request::read(&members, Some(&shown), &app.webhooks.guard).await?;
    let mut scope = app.db.write(tenant).await?;
    let (before, data) = store::change(&mut scope, id, change, now).await?;
    let changes = data.changes(&before);
    if !changes.is_empty() {
        let actor = caller.actor(address, now);
        record(&mut scope, actor, Event::WebhookChanged, &data, changes).await?;
    }
    scope.commit().await?;
    Ok(Json(Data { data }))
}

/// Delete a webhook with its deliveries.
#[utoipa::path(delete, path = paths::WEBHOOK, tag = "Webhooks", operation_id = "webhook_delete",
    params(("id" = i64, Path, description = "The webhook.")),
    responses(
        (status = 204, description = "The webhook is deleted."),
        (status = 404, description = "The account has no such webhook.", body = super::error::Body),
    ))]
async fn delete(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let (id, now) = (path_id(path)?, app.clock.now());
    let mut scope = app.db.write(caller.tenant.id).await?;
    let webhook = store::delete(&mut scope, id).await?;
    let actor = caller.actor(address, now);
    record(
        &mut scope,
        actor,
        Event::WebhookDeleted,
        &webhook,
        Vec::new(),
    )
    .await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook a new secret.
///
/// For 24 hours deliveries are signed with the old secret too. A second rotation within that time ends the first secret at once.
#[utoipa::path(post, path = paths::WEBHOOK_SECRET, tag = "Webhooks", operation_id = "webhook_rotate_secret",
    params(("id" = i64, Path, description = "The webhook.")),
    responses(
        (status = 200, description = "The webhook with its new secret.", body = Data<Webhook>,
            example = json!({"data": {"id": 1099511627776_i64, "url": "https://example.com/hooks", "events": ["*"],
                "description": null, "status": "active", "suspended_at": null, "last_success_at": null, "last_failure_at": null,
                "last_error": null, "failures_in_a_row": 0, "created_at": "2026-06-30T07:00:00+00:00",
                "updated_at": "2026-06-30T08:00:00+00:00", "secret": "whsec_CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=",
                "old_secret_until": "2026-07-01T08:00:00+00:00"}})),
        (status = 404, description = "The account has no such webhook.", body = super::error::Body),
    ))]
async fn rotate_secret(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
) -> Result<(NoStore, Json<Data<Webhook>>)> {
    let (id, now) = (path_id(path)?, app.clock.now());
    let mut scope = app.db.write(caller.tenant.id).await?;
    let data = store::rotate(&mut scope, &app.keys, id, now).await?;
    let actor = caller.actor(address, now);
    record(
        &mut scope,
        actor,
        Event::WebhookSecretRotated,
        &data,
        Vec::new(),
    )
    .await?;
    scope.commit().await?;
    Ok((NO_STORE, Json(Data { data })))
}
