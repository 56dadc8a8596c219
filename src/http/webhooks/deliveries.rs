//! Deliveries of a webhook: list, test and replay.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::record;
use crate::app::App;
use crate::auth::Tenant;
use crate::auth::audit::Event;
use crate::closed::DeliveryStatus;
use crate::envelope::{Data, Page};
use crate::error::{Error, Result};
use crate::http::context::Client;
use crate::http::extract::{Permitted, WebhookTest, WebhooksManage, path_id};
use crate::http::{body, error, openapi, paths};
use crate::input::{Ends, Kind, Parameter, Query, ZONE_OF_ACCOUNT};
use crate::page::{PAGE, PER_PAGE, PageRequest};
use crate::webhooks::deliveries::{self, Filter, Wanted, WebhookDelivery, WebhookReplay};
use crate::webhooks::event::catalogue::{NAMES, WebhookEventName};
use crate::webhooks::{request, store};

const STATUS: Parameter = Parameter::optional(
    "status",
    Kind::Choice(DeliveryStatus::VALUES),
    "Only deliveries in this state.",
);
const EVENT: Parameter = Parameter::optional(
    "event",
    Kind::Choice(NAMES),
    "Only deliveries of this event.",
);
const FROM: Parameter = Parameter::required(
    "from",
    Kind::Moment,
    "Deliveries whose events were written from then on.",
);
const TO: Parameter = Parameter::optional(
    "to",
    Kind::Moment,
    "Deliveries whose events were written before then. Default: now.",
);
const REPLAY_STATUS: Parameter = Parameter::optional(
    "status",
    Kind::Choice(DeliveryStatus::VALUES),
    "Only deliveries in this state, failed by default.",
);
/// The members of a replay.
const REPLAY: &[Parameter] = &[FROM, TO, REPLAY_STATUS, ZONE_OF_ACCOUNT];

const REPLAY_MEMBERS: [&str; 4] = ["from", "to", "status", "timezone"];

/// A window of deliveries to send again.
pub struct WebhookReplayOrder;

impl PartialSchema for WebhookReplayOrder {
    fn schema() -> RefOr<Schema> {
        let mut order = openapi::object("A window of deliveries to send again.", REPLAY);
        if let RefOr::T(Schema::Object(object)) = &mut order {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        order
    }
}

impl ToSchema for WebhookReplayOrder {}

/// The ids in a path. Ids that no webhook or delivery can have are not found.
fn webhook_and_delivery(
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(i64, Uuid)> {
    let Path((webhook, delivery)) = path.map_err(|_| Error::NotFound)?;
    let webhook = webhook.parse().map_err(|_| Error::NotFound)?;
    Ok((webhook, delivery.parse().map_err(|_| Error::NotFound)?))
}

/// The deliveries of a webhook, newest first, at most 100,000. They are kept for 30 days.
#[utoipa::path(get, path = paths::WEBHOOK_DELIVERIES, tag = "Webhooks", operation_id = "webhook_deliveries",
    params(
        ("id" = i64, Path, description = "The webhook."),
        ("status" = Option<DeliveryStatus>, Query, description = STATUS.about),
        ("event" = Option<WebhookEventName>, Query, description = EVENT.about),
        PageRequest,
    ),
    responses(
        (status = 200, description = "A page of deliveries.", body = Page<WebhookDelivery>,
            example = json!({"current_page": 1, "data": [{"id": "019da1f0-0000-7000-8000-000000000001", "event": "webhook.test",
                "status": "pending", "attempts": 1, "response_status": 500, "response_body": "Internal Server Error",
                "error": "The receiver answered 500.", "next_attempt_at": "2026-06-30T08:00:30+00:00",
                "created_at": "2026-06-30T08:00:00+00:00", "delivered_at": null}], "last_page": 1, "per_page": 50, "total": 1})),
        (status = 404, description = "The account has no such webhook.", body = error::Body),
        (status = 422, description = "An invalid page or filter.", body = error::Body),
    ))]
pub async fn list(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<WebhookDelivery>>> {
    let webhook = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    store::find(&mut scope, webhook).await?;
    let known = [&STATUS, &EVENT, &PAGE, &PER_PAGE];
    let mut query = Query::parse(query.as_deref().unwrap_or_default(), known);
    let wanted = PageRequest::read(&mut query);
    let filter = Filter {
        status: query.listed(&STATUS),
        event: query.listed(&EVENT),
    };
    let wanted = query.finish(Some(wanted))?;
    let page = deliveries::page(&mut scope, webhook, &filter, wanted).await?;
    Ok(Json(page))
}

/// A delivery with its body.
#[utoipa::path(get, path = paths::WEBHOOK_DELIVERY, tag = "Webhooks", operation_id = "webhook_delivery",
    params(
        ("id" = i64, Path, description = "The webhook."),
        ("delivery" = String, Path, description = "The delivery."),
    ),
    responses(
        (status = 200, description = "The delivery.", body = Data<WebhookDelivery>,
            example = json!({"data": {"id": "019da1f0-0000-7000-8000-000000000001", "event": "webhook.test",
                "status": "delivered", "attempts": 1, "response_status": 204, "response_body": "", "error": null,
                "next_attempt_at": null, "created_at": "2026-06-30T08:00:00+00:00", "delivered_at": "2026-06-30T08:00:00+00:00",
                "body": {"event": "webhook.test", "timestamp": "2026-06-30T08:00:00+00:00", "tenant_id": 1,
                    "data": {"webhook_id": 1099511627776_i64}}}})),
        (status = 404, description = "The webhook has no such delivery.", body = error::Body),
    ))]
pub async fn show(
    Permitted { caller, .. }: Permitted<WebhooksManage>,
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Data<WebhookDelivery>>> {
    let (webhook, delivery) = webhook_and_delivery(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    // Deliveries of a deleted webhook are stored until they are pruned.
    store::find(&mut scope, webhook).await?;
    let data = deliveries::find(&app, &mut scope, webhook, delivery).await?;
    Ok(Json(Data { data }))
}

/// Send the event `webhook.test`, also to a paused or suspended webhook, and wait for the receiver.
///
/// It is tried once. The response is 200 whatever the receiver said: the delivery tells.
#[utoipa::path(post, path = paths::WEBHOOK_TEST, tag = "Webhooks", operation_id = "webhook_test",
    params(("id" = i64, Path, description = "The webhook.")),
    responses(
        (status = 200, description = "The delivery.", body = Data<WebhookDelivery>,
            example = json!({"data": {"id": "019da1f0-0000-7000-8000-000000000001", "event": "webhook.test",
                "status": "failed", "attempts": 1, "response_status": null, "response_body": null,
                "error": "No answer within 5 seconds.", "next_attempt_at": null, "created_at": "2026-06-30T08:00:00+00:00",
                "delivered_at": null, "body": {"event": "webhook.test", "timestamp": "2026-06-30T08:00:00+00:00", "tenant_id": 1,
                    "data": {"webhook_id": 1099511627776_i64}}}})),
        (status = 404, description = "The account has no such webhook.", body = error::Body),
    ))]
pub async fn test(
    Permitted { caller, .. }: Permitted<WebhookTest>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<WebhookDelivery>>> {
    let data = deliveries::test(&app, caller.tenant.id, path_id(path)?).await?;
    Ok(Json(Data { data }))
}

/// Send a delivery again, with the same id and outside its plan.
///
/// If the new try fails too, a delivery that was pending goes on with its plan, any other is failed. To a paused or suspended
/// webhook it goes when that is active again.
#[utoipa::path(post, path = paths::WEBHOOK_DELIVERY_REPLAY, tag = "Webhooks", operation_id = "webhook_delivery_replay",
    params(
        ("id" = i64, Path, description = "The webhook."),
        ("delivery" = String, Path, description = "The delivery."),
    ),
    responses(
        (status = 202, description = "The delivery is sent again.", body = Data<WebhookDelivery>,
            example = json!({"data": {"id": "019da1f0-0000-7000-8000-000000000001", "event": "webhook.test",
                "status": "pending", "attempts": 8, "response_status": 500, "response_body": "", "error": "The receiver answered 500.",
                "next_attempt_at": "2026-06-30T08:00:00+00:00", "created_at": "2026-06-29T08:00:00+00:00",
                "delivered_at": null}})),
        (status = 404, description = "The webhook has no such delivery.", body = error::Body),
    ))]
pub async fn replay(
    Permitted { caller, .. }: Permitted<WebhookTest>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(StatusCode, Json<Data<WebhookDelivery>>)> {
    let (id, delivery) = webhook_and_delivery(path)?;
    let now = app.clock.now();
    let mut scope = app.db.write(caller.tenant.id).await?;
    let webhook = store::lock(&mut scope, id).await?;
    let data = deliveries::replay(&mut scope, id, delivery, now).await?;
    let told = vec![("delivery", Value::Null, delivery.to_string().into())];
    let actor = caller.actor(address, now);
    record(&mut scope, actor, Event::WebhookReplayed, &webhook, told).await?;
    scope.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(Data { data })))
}

/// Send many deliveries again, the oldest first, with the same ids and outside their plans.
///
/// At most 100,000 deliveries of a webhook are pending: if there are more, `has_more` is true.
#[utoipa::path(post, path = paths::WEBHOOK_REPLAY, tag = "Webhooks", operation_id = "webhook_replay",
    params(("id" = i64, Path, description = "The webhook.")),
    request_body(content = WebhookReplayOrder, example = json!({"from": "2026-06-29T08:00:00Z", "to": "2026-06-30T08:00:00Z", "status": "failed"})),
    responses(
        (status = 202, description = "The deliveries are sent again.", body = Data<WebhookReplay>,
            example = json!({"data": {"replayed": 1_204, "has_more": false}})),
        (status = 400, description = "The body is not a JSON object.", body = error::Body),
        (status = 404, description = "The account has no such webhook.", body = error::Body),
        (status = 413, description = "The body is larger than 16 MiB.", body = error::Body),
        (status = 415, description = "The body is not application/json.", body = error::Body),
        (status = 422, description = "Missing or invalid members, all of them listed.", body = error::Body),
    ))]
pub async fn replay_many(
    Permitted { caller, .. }: Permitted<WebhookTest>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Data<WebhookReplay>>)> {
    let (id, now, tenant) = (path_id(path)?, app.clock.now(), &caller.tenant);
    store::find(&mut app.db.read(tenant.id).await?, id).await?;
    let bytes = body::read(&headers, body, body::LARGE).await?;
    let others = request::others(&body::members(&bytes)?, &REPLAY_MEMBERS);
    let wanted = others.combine(wanted(&body::map(&bytes)?, tenant, now))?;
    let mut scope = app.db.write(tenant.id).await?;
    let webhook = store::lock(&mut scope, id).await?;
    let data = deliveries::replay_many(&mut scope, id, wanted, now).await?;
    let told = vec![("deliveries", Value::Null, json!(data.replayed))];
    let actor = caller.actor(address, now);
    record(&mut scope, actor, Event::WebhookReplayed, &webhook, told).await?;
    scope.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(Data { data })))
}

/// Reads the window and the status of a replay.
fn wanted(
    members: &Map<String, Value>,
    tenant: &Tenant,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Wanted> {
    let mut query = Query::of_members(members, REPLAY);
    let zone = query.zone().unwrap_or(tenant.timezone);
    let Ends { from, to } = Ends::read(&mut query, &FROM, &TO, zone);
    let status = query.listed(&REPLAY_STATUS).unwrap_or("failed");
    let wanted = from.map(|from| Wanted {
        status,
        from: from.start(zone),
        to: to.map_or(now, |to| to.end(zone)),
    });
    query.finish(wanted)
}
