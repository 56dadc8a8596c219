//! The sweep: bounds the queue, prunes old deliveries, and encrypts secrets under the current key.
//!
//! Every instance runs it. Each step is small and right whoever runs it, so there is no lease.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::deliveries::{MAX_PENDING, first_id};
use super::secret::{Owner, Secret};
use crate::app::App;
use crate::db::{Database, Lane, Scope};
use crate::error::Result;
use crate::supervise;

/// Interval of the check for too many pending deliveries.
const BOUND_EVERY: Duration = Duration::from_secs(10);
/// Interval of pruning.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
/// Time for which deliveries are kept.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Error of a delivery that gave way to newer ones.
const DROPPED: &str = "Given up: more than 100,000 deliveries were pending.";

/// Name in the count of panics.
pub const TASK: &str = "webhook sweep";

/// Sweeps as long as it is polled. Failures are logged and retried.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    let bound_all = || {
        let app = app.clone();
        async move { bound(&app).await }
    };
    let prune_all = || {
        let app = app.clone();
        async move { prune(&app).await }
    };
    tokio::join!(
        supervise::every(TASK, BOUND_EVERY, bound_all),
        supervise::every(TASK, PRUNE_EVERY, prune_all),
    );
}

/// Fails the oldest deliveries of webhooks with more than [`MAX_PENDING`].
pub async fn bound(app: &App) -> Result<()> {
    let mut queue = app.db.queue().await?;
    let overfull = sqlx::query_as(include_str!("sql/overfull.sql")).bind(MAX_PENDING);
    let overfull: Vec<(i64, i64)> = overfull.fetch_all(&mut *queue).await?;
    drop(queue);
    for (tenant, webhook) in overfull {
        let mut scope = app.db.write(tenant).await?;
        // Serializes the sweeps of instances, each of which would fail the excess.
        scope
            .query("select from webhooks where tenant_id = $1 and id = $2 for no key update")
            .bind(webhook)
            .execute(scope.connection())
            .await?;
        let dropped = scope
            .query(include_str!("sql/drop_oldest.sql"))
            .bind(webhook)
            .bind(MAX_PENDING)
            .bind(DROPPED);
        let dropped = dropped.execute(scope.connection()).await?.rows_affected();
        scope.commit().await?;
        tracing::warn!(tenant, webhook, dropped, "too many pending deliveries");
    }
    Ok(())
}

/// Prunes each tenant's deliveries, and encrypts its secrets under the current key.
pub async fn prune(app: &App) -> Result<()> {
    for tenant in tenants_to_prune(&app.db).await? {
        // One tenant's failure must not affect the others.
        supervise::attempt(TASK, prune_tenant(app, tenant)).await;
    }
    Ok(())
}

/// Tenants with a webhook, or with deliveries of a deleted one, in order.
pub async fn tenants_to_prune(db: &Database) -> Result<Vec<i64>> {
    db.tenants_listed(sqlx::query_scalar(include_str!("sql/tenants_to_prune.sql")))
        .await
}

async fn prune_tenant(app: &App, tenant: i64) -> Result<()> {
    reseal(app, tenant).await?;
    let before = first_id(app.clock.now() - KEPT);
    while delete(app, tenant, |scope| {
        scope.query(include_str!("sql/prune.sql")).bind(before)
    })
    .await?
    {}
    let mut scope = app.db.read(tenant).await?;
    let orphans = scope.select::<(i64,)>(include_str!("sql/orphans.sql"));
    let orphans = orphans.fetch_all(scope.connection()).await?;
    drop(scope);
    for (webhook,) in orphans {
        let step = |scope: &Scope| {
            scope
                .query(include_str!("sql/prune_orphans.sql"))
                .bind(webhook)
        };
        while delete(app, tenant, step).await? {}
    }
    Ok(())
}

type Statement = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// Runs one bounded step. False if there was nothing to delete.
async fn delete(app: &App, tenant: i64, step: impl Fn(&Scope) -> Statement) -> Result<bool> {
    let mut scope = app.db.write(tenant).await?;
    let deleted = step(&scope).execute(scope.connection()).await?;
    scope.commit().await?;
    Ok(deleted.rows_affected() > 0)
}

/// A webhook with its stored secrets.
type Stored = (i64, Vec<u8>, Option<Vec<u8>>, Option<DateTime<Utc>>);

/// Encrypts the secrets of a tenant's webhooks under the current key, and drops old ones that sign no more.
pub async fn reseal(app: &App, tenant: i64) -> Result<()> {
    let mut scope = app.db.write(tenant).await?;
    let stored = scope.select::<Stored>(
        "select id, secret, old_secret, old_secret_until from webhooks where tenant_id = $1",
    );
    let stored = stored.fetch_all(scope.connection()).await?;
    for (webhook, secret, old_secret, old_secret_until) in stored {
        let owner = Owner { tenant, webhook };
        // A secret that no key decrypts stays as it is: the key may come back.
        let renewed = |sealed: &Vec<u8>| match Secret::open(sealed, &app.keys, owner) {
            Some((secret, false)) => secret.seal(&app.keys, owner),
            _ => Ok(sealed.clone()),
        };
        let is_over = old_secret_until.is_none_or(|until| until <= app.clock.now());
        let new = renewed(&secret)?;
        let new_old = match &old_secret {
            Some(sealed) if !is_over => Some(renewed(sealed)?),
            _ => None,
        };
        if new == secret && new_old == old_secret {
            continue;
        }
        let update = scope
            .query(include_str!("sql/reseal.sql"))
            .bind(webhook)
            .bind(secret)
            .bind(old_secret)
            .bind(new)
            .bind(new_old);
        update.execute(scope.connection()).await?;
    }
    scope.commit().await
}
