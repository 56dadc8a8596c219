//! Webhooks as rows: list, create, change, delete, and their secrets.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::request::Change;
use super::secret::{Owner, Secret};
use crate::auth::token::Keys;
use crate::closed::WebhookStatus;
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::{Error, Result};
use crate::page::PageRequest;
use crate::resources::ids;
use crate::time::Instant;

/// Maximum number of webhooks of a tenant.
const MAX: i64 = 20;
/// Time for which an old secret signs after a rotation.
const OLD_SIGNS: TimeDelta = TimeDelta::hours(24);

/// A URL to which events are sent.
#[derive(Debug, Clone, Serialize, FromRow, ToSchema)]
pub struct Webhook {
    /// Its id.
    pub id: i64,
    /// Receiver of the events.
    pub url: String,
    /// Subscriptions: names of events, prefixes that end in `.*`, or `*`.
    pub events: Vec<String>,
    /// Free text.
    pub description: Option<String>,
    /// State. A suspended webhook has failed for too long, or its receiver is gone; set it to active to resume.
    #[schema(value_type = WebhookStatus)]
    pub status: String,
    /// Time of the suspension.
    pub suspended_at: Option<Instant>,
    /// Time of the last 2xx.
    pub last_success_at: Option<Instant>,
    /// Time of the last failed try.
    pub last_failure_at: Option<Instant>,
    /// Reason of the last failed try.
    pub last_error: Option<String>,
    /// Failed tries since the last 2xx.
    pub failures_in_a_row: i32,
    /// Time of creation.
    pub created_at: Instant,
    /// Time of the last change by a client.
    pub updated_at: Instant,
    /// Secret that signs deliveries. Shown once: when it is made.
    #[sqlx(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
    /// Time until which the secret before it signs too. Shown when the secret is rotated.
    #[sqlx(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub old_secret_until: Option<Instant>,
}

impl Webhook {
    /// Values of the members that clients set, for the audit log.
    fn members(&self) -> [(&'static str, Value); 4] {
        [
            ("url", self.url.clone().into()),
            ("events", self.events.clone().into()),
            ("description", self.description.clone().into()),
            ("status", self.status.clone().into()),
        ]
    }

    /// Members that differ from another version, with both values.
    pub fn changes(&self, before: &Self) -> Vec<(&'static str, Value, Value)> {
        let pairs = before.members().into_iter().zip(self.members());
        pairs
            .filter(|((_, old), (_, new))| old != new)
            .map(|((name, old), (_, new))| (name, old, new))
            .collect()
    }

    /// Members of a new webhook, each with null as its value before.
    pub fn first_values(&self) -> Vec<(&'static str, Value, Value)> {
        let members = self.members().into_iter();
        members
            .map(|(name, value)| (name, Value::Null, value))
            .collect()
    }
}

/// The tenant's webhooks, newest first.
pub async fn page(scope: &mut Scope, wanted: PageRequest) -> Result<Page<Webhook>> {
    let rows = scope
        .select::<Webhook>(include_str!("sql/page.sql"))
        .bind(wanted.per_page)
        .bind(wanted.offset());
    let rows = rows.fetch_all(scope.connection()).await?;
    Ok(wanted.page(rows, count(scope).await?))
}

async fn count(scope: &mut Scope) -> Result<i64> {
    let count = scope.select::<(i64,)>("select count(*) from webhooks where tenant_id = $1");
    let (count,) = count.fetch_one(scope.connection()).await?;
    Ok(count)
}

/// One webhook. `NotFound` if the tenant has none with that id.
pub async fn find(scope: &mut Scope, id: i64) -> Result<Webhook> {
    let found = scope
        .select::<Webhook>(include_str!("sql/find.sql"))
        .bind(id);
    let found = found.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}

/// Like [`find`], and locks it: changes follow each other, and the workers, which lock it too, do not deadlock with a
/// writer of many of its deliveries.
pub async fn lock(scope: &mut Scope, id: i64) -> Result<Webhook> {
    let lock = scope
        .query("select from webhooks where tenant_id = $1 and id = $2 for no key update")
        .bind(id);
    lock.execute(scope.connection()).await?;
    find(scope, id).await
}

/// Adds a webhook, and shows its secret. `Conflict` if the tenant has too many.
pub async fn create(
    scope: &mut Scope,
    keys: &Keys,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<Webhook> {
    // Locks the tenant's counter of ids, so that the count holds until the end of the transaction.
    let id = ids::next(scope, 1).await?;
    let id = *id.first().ok_or_else(|| Error::internal("bug: no id"))?;
    if count(scope).await? >= MAX {
        return Err(Error::conflict(format!(
            "An account has at most {MAX} webhooks."
        )));
    }
    let (secret, owner) = (Secret::random(), owner(scope, id));
    let create = scope
        .query(include_str!("sql/create.sql"))
        .bind(id)
        .bind(change.url.clone())
        .bind(change.events.clone())
        .bind(change.description.clone().flatten())
        .bind(secret.seal(keys, owner)?)
        .bind(now);
    create.execute(scope.connection()).await?;
    let webhook = find(scope, id).await?;
    Ok(Webhook {
        secret: Some(secret.shown()),
        ..webhook
    })
}

fn owner(scope: &Scope, webhook: i64) -> Owner {
    Owner {
        tenant: scope.tenant(),
        webhook,
    }
}

/// Changes a webhook; returns it before and after. `NotFound` if the tenant has none with that id.
pub async fn change(
    scope: &mut Scope,
    id: i64,
    change: Change,
    now: DateTime<Utc>,
) -> Result<(Webhook, Webhook)> {
    let before = lock(scope, id).await?;
    if change == Change::default() {
        return Ok((before.clone(), before));
    }
    let update = scope
        .query(include_str!("sql/change.sql"))
        .bind(id)
        .bind(change.url.unwrap_or_else(|| before.url.clone()))
        .bind(change.events.unwrap_or_else(|| before.events.clone()))
        .bind(
            change
                .description
                .unwrap_or_else(|| before.description.clone()),
        )
        .bind(change.status.unwrap_or_else(|| before.status.clone()))
        .bind(now);
    update.execute(scope.connection()).await?;
    let after = find(scope, id).await?;
    if after.status == "active" && before.status != "active" {
        super::wake(scope).await?;
    }
    Ok((before, after))
}

/// Deletes a webhook with its pending deliveries; the others are pruned later.
pub async fn delete(scope: &mut Scope, id: i64) -> Result<Webhook> {
    let webhook = lock(scope, id).await?;
    for sql in [
        "delete from webhooks where tenant_id = $1 and id = $2",
        "delete from webhook_deliveries where tenant_id = $1 and webhook_id = $2 and status = 'pending'",
    ] {
        scope
            .query(sql)
            .bind(id)
            .execute(scope.connection())
            .await?;
    }
    Ok(webhook)
}

/// Gives a webhook a new secret, and shows it. The one before it signs too for a day.
pub async fn rotate(
    scope: &mut Scope,
    keys: &Keys,
    id: i64,
    now: DateTime<Utc>,
) -> Result<Webhook> {
    lock(scope, id).await?;
    let (secret, until) = (Secret::random(), now + OLD_SIGNS);
    let rotate = scope
        .query(include_str!("sql/rotate.sql"))
        .bind(id)
        .bind(secret.seal(keys, owner(scope, id))?)
        .bind(until)
        .bind(now);
    rotate.execute(scope.connection()).await?;
    let webhook = find(scope, id).await?;
    Ok(Webhook {
        secret: Some(secret.shown()),
        old_secret_until: Some(Instant(until)),
        ..webhook
    })
}
