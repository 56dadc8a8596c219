//! Deliveries as their owner sees them: lists, one with its body, tests and replays.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt::{self, Answer, Message};
use super::{event, health, plan, target};
use crate::app::App;
use crate::closed::DeliveryStatus;
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::{Error, Result};
use crate::page::PageRequest;
use crate::time::Instant;

/// Maximum number of pending deliveries of a webhook.
pub const MAX_PENDING: i64 = 100_000;

/// Maximum number of deliveries in a list, the newest. They are counted for each page, and pages are found by counting.
pub const MAX_LISTED: i64 = 100_000;

/// An event on its way to a webhook.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub struct WebhookDelivery {
    /// Its id: `webhook-id` of every try.
    id: String,
    /// Name of the event.
    event: String,
    /// State. A failed delivery has come to the end of its plan.
    #[schema(value_type = DeliveryStatus)]
    status: String,
    /// Number of tries.
    attempts: i32,
    /// HTTP status of the last answer; null if there was none.
    response_status: Option<i16>,
    /// First 1,024 bytes of the last answer, as text.
    response_body: Option<String>,
    /// Reason why the last try failed.
    error: Option<String>,
    /// Time of the next try; null if there is none.
    next_attempt_at: Option<Instant>,
    /// Time at which the event was written.
    created_at: Instant,
    /// Time of the 2xx.
    delivered_at: Option<Instant>,
    /// Body as it would be sent now. Shown for a single delivery.
    #[sqlx(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    body: Option<Box<RawValue>>,
}

/// The end of a replay of many deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookReplay {
    /// Number of deliveries that are sent again.
    pub replayed: i64,
    /// True if there are more: so many are pending that they have to wait. Repeat the request later.
    pub has_more: bool,
}

/// Deliveries of a list.
#[derive(Debug, Default)]
pub struct Filter {
    pub status: Option<&'static str>,
    pub event: Option<&'static str>,
}

/// The newest [`MAX_LISTED`] deliveries of a webhook, newest first.
pub async fn page(
    scope: &mut Scope,
    webhook: i64,
    filter: &Filter,
    wanted: PageRequest,
) -> Result<Page<WebhookDelivery>> {
    let count = scope
        .select::<(i64,)>(include_str!("sql/count.sql"))
        .bind(webhook)
        .bind(filter.status)
        .bind(filter.event)
        .bind(MAX_LISTED);
    let (total,) = count.fetch_one(scope.connection()).await?;
    let rows = scope
        .select::<WebhookDelivery>(include_str!("sql/page.sql"))
        .bind(webhook)
        .bind(filter.status)
        .bind(filter.event)
        .bind(
            wanted
                .per_page
                .min(total.saturating_sub(wanted.offset()).max(0)),
        )
        .bind(wanted.offset().min(MAX_LISTED));
    Ok(wanted.page(rows.fetch_all(scope.connection()).await?, total))
}

/// A delivery with what its body is made of.
#[derive(FromRow)]
struct Whole {
    #[sqlx(flatten)]
    delivery: WebhookDelivery,
    data: Json<Value>,
    written_at: DateTime<Utc>,
}

/// One delivery with its body. `NotFound` if the webhook has none with that id.
pub async fn find(app: &App, scope: &mut Scope, webhook: i64, id: Uuid) -> Result<WebhookDelivery> {
    let find = scope
        .select::<Whole>(include_str!("sql/find.sql"))
        .bind(webhook)
        .bind(id);
    let found = find.fetch_optional(scope.connection()).await?;
    let Whole {
        mut delivery,
        data,
        written_at,
    } = found.ok_or(Error::NotFound)?;
    let body = event::body(app, &delivery.event, &data, scope.tenant(), written_at)?;
    delivery.body = Some(RawValue::from_string(body).map_err(Error::internal)?);
    Ok(delivery)
}

/// Sends a delivery again, whatever its state. `NotFound` if the webhook has none with that id.
pub async fn replay(
    scope: &mut Scope,
    webhook: i64,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<WebhookDelivery> {
    let replay = scope
        .select::<WebhookDelivery>(include_str!("sql/replay.sql"))
        .bind(webhook)
        .bind(id)
        .bind(now)
        .bind(plan::TRIES);
    let replayed = replay.fetch_optional(scope.connection()).await?;
    super::wake(scope).await?;
    replayed.ok_or(Error::NotFound)
}

/// Deliveries to replay: those of one status, written in a window.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub status: &'static str,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Sends deliveries again, the oldest first, as many as may be pending.
pub async fn replay_many(
    scope: &mut Scope,
    webhook: i64,
    wanted: Wanted,
    now: DateTime<Utc>,
) -> Result<WebhookReplay> {
    // Deliveries that are pending already take no room.
    let pending = Filter {
        status: Some("pending").filter(|status| *status != wanted.status),
        event: None,
    };
    let room = match pending.status {
        None => MAX_PENDING,
        Some(_) => {
            let count = scope
                .select::<(i64,)>(include_str!("sql/count.sql"))
                .bind(webhook)
                .bind(pending.status)
                .bind(pending.event)
                .bind(MAX_PENDING);
            let (count,) = count.fetch_one(scope.connection()).await?;
            MAX_PENDING - count
        }
    };
    let Wanted { status, from, to } = wanted;
    let replay = scope
        .query(include_str!("sql/replay_many.sql"))
        .bind(webhook)
        .bind(status)
        .bind(now)
        .bind(plan::TRIES)
        .bind(from)
        .bind(to)
        .bind(first_id(from))
        .bind(room)
        .bind(first_id(to + chrono::TimeDelta::milliseconds(1)));
    let replayed = replay.execute(scope.connection()).await?.rows_affected();
    super::wake(scope).await?;
    let replayed = i64::try_from(replayed).unwrap_or(i64::MAX);
    Ok(WebhookReplay {
        replayed,
        has_more: replayed >= room,
    })
}

/// The least id of a delivery written at that instant: ids begin with the milliseconds since 1970 (UUIDv7).
pub fn first_id(at: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}

/// Sends a test to a webhook, whatever its state, and records it. `NotFound` if the tenant has none with that id.
pub async fn test(app: &App, tenant: i64, webhook: i64) -> Result<WebhookDelivery> {
    let mut scope = app.db.read(tenant).await?;
    let row = target::find(&mut scope, webhook).await?;
    drop(scope); // the receiver may take its time
    let now = app.clock.now();
    let target = row.target(app, tenant, now);
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let message = Message {
        id: uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid(),
        event: event::TEST.to_owned(),
        data: event::test_data(webhook),
        created_at: now,
    };
    let answer = attempt::send(app, &target, &message).await;
    let mut scope = app.db.write(tenant).await?;
    // It may have been deleted.
    target::find(&mut scope, webhook).await?;
    record_test(&mut scope, webhook, &message, &answer).await?;
    health::record(&mut scope, [(webhook, &answer)], app.clock.now()).await?;
    let delivery = find(app, &mut scope, webhook, message.id).await?;
    scope.commit().await?;
    Ok(delivery)
}

async fn record_test(
    scope: &mut Scope,
    webhook: i64,
    message: &Message,
    answer: &Answer,
) -> Result<()> {
    let status = if answer.is_success() {
        "delivered"
    } else {
        "failed"
    };
    let record = scope
        .query(include_str!("sql/record_test.sql"))
        .bind(webhook)
        .bind(message.id)
        .bind(message.event.clone())
        .bind(Json(message.data.clone()))
        .bind(message.created_at)
        .bind(status);
    let response_status = answer.status.and_then(|status| i16::try_from(status).ok());
    let record = record
        .bind(response_status)
        .bind(answer.body.clone())
        .bind(answer.error.clone())
        .bind(answer.at);
    record.execute(scope.connection()).await?;
    Ok(())
}
