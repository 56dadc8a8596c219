//! Pruning: entries of the audit log and ended sessions are removed when they are old enough.
//!
//! Any number of instances may prune; one at a time does, in small transactions, so that nobody waits for it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::secret;
use super::session::IDLE;
use super::token::Keys;
use crate::db::Database;
use crate::error::Result;
use crate::time::Clock;

const EVERY: Duration = Duration::from_secs(3600);
/// Names the pruning among Postgres' advisory locks.
pub const LOCK: i64 = 0x6361_6c6c_0011;
/// Rows removed in one transaction.
const BATCH: i64 = 1_000;

/// How long what is over is kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Entries of the audit log, after the event.
    pub audit: Duration,
    /// Sessions, after their end.
    pub sessions: Duration,
}

/// Prunes each hour, and confirms the secrets of this server, for as long as it is polled. A run that fails is logged;
/// the next one tries again.
pub async fn run(db: Database, clock: Clock, keys: Keys, keep: Keep) {
    let mut hours = tokio::time::interval(EVERY);
    hours.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        if let Err(error) = secret::record(&db, &keys, clock.now()).await {
            tracing::warn!(%error, "could not confirm the secrets in use; will retry");
        }
        match prune(&db, keep, clock.now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "pruned the audit log and ended sessions"),
            Err(error) => tracing::warn!(%error, "could not prune the audit log and ended sessions; will retry"),
        }
    }
}

/// Removes what is old enough by now, of all accounts and of none; returns how many rows. 0 as well where another
/// instance is at it.
pub async fn prune(db: &Database, keep: Keep, now: DateTime<Utc>) -> Result<u64> {
    let Some(turn) = db.turn(LOCK).await? else { return Ok(0) };
    let pruned = prune_in_turn(db, keep, now).await;
    turn.end().await?;
    pruned
}

async fn prune_in_turn(db: &Database, keep: Keep, now: DateTime<Utc>) -> Result<u64> {
    let before = |keep| TimeDelta::from_std(keep).ok().and_then(|keep| now.checked_sub_signed(keep));
    let (Some(audit), Some(sessions)) = (before(keep.audit), before(keep.sessions)) else { return Ok(0) };
    let mut rows = 0;
    for tenant in db.tenants().await? {
        rows += remove(db, Rows::Audit(tenant), audit).await?;
        rows += remove(db, Rows::Sessions(tenant), sessions).await?;
    }
    Ok(rows + remove(db, Rows::Strangers, audit).await?)
}

/// Rows that are pruned alike, of one account or of none.
#[derive(Debug, Clone, Copy)]
enum Rows {
    Audit(i64),
    Sessions(i64),
    Strangers,
}

const AUDIT: &str = "
    delete from audit_log where tenant_id = $1 and id = any (array (
        select id from audit_log where tenant_id = $1 and at < $2 order by at limit $3))";

/// `$4`: logins' tokens that were last used before then ended before `$2`.
const SESSIONS: &str = "
    delete from sessions where tenant_id = $1 and id = any (array (
        select id from sessions
        where tenant_id = $1 and (least(revoked_at, expires_at) < $2 or last_used_at < $4) limit $3))";

const STRANGERS: &str = "
    delete from audit_strangers where id = any (array (
        select id from audit_strangers where at < $1 order by at limit $2))";

/// Removes those from before then, a batch after the other; returns how many.
async fn remove(db: &Database, rows: Rows, before: DateTime<Utc>) -> Result<u64> {
    let mut removed = 0;
    loop {
        let batch = remove_batch(db, rows, before).await?;
        removed += batch;
        if batch < BATCH.unsigned_abs() {
            return Ok(removed);
        }
    }
}

async fn remove_batch(db: &Database, rows: Rows, before: DateTime<Utc>) -> Result<u64> {
    let (tenant, sql) = match rows {
        Rows::Audit(tenant) => (tenant, AUDIT),
        Rows::Sessions(tenant) => (tenant, SESSIONS),
        Rows::Strangers => {
            let mut transaction = db.strangers().await?;
            let delete = sqlx::query(STRANGERS).bind(before).bind(BATCH).execute(&mut *transaction).await?;
            transaction.commit().await?;
            return Ok(delete.rows_affected());
        }
    };
    let mut scope = db.write(tenant).await?;
    let mut delete = scope.query(sql).bind(before).bind(BATCH);
    if matches!(rows, Rows::Sessions(_)) {
        delete = delete.bind(before.checked_sub_signed(IDLE).unwrap_or(before));
    }
    let deleted = delete.execute(scope.connection()).await?.rows_affected();
    scope.commit().await?;
    Ok(deleted)
}
