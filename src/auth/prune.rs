//! Pruning: entries of the audit log and ended sessions are removed when they are old enough, and entries that strangers
//! can make as many of as they like when there are too many.
//!
//! Any number of instances may prune; one at a time does, in small transactions, so that nobody waits for it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::secret;
use super::session::IDLE;
use super::token::Keys;
use crate::db::{Database, Lane};
use crate::error::Result;
use crate::supervise;
use crate::time::Clock;

const EVERY: Duration = Duration::from_secs(3600);
/// Names the pruning among Postgres' advisory locks.
pub const LOCK: i64 = 0x6361_6c6c_0011;
/// Rows removed in one transaction.
const BATCH: i64 = 1_000;

/// The most entries of failed logins that are kept of an account, and of no account: at two checks of a password at a
/// time, millions come in a day.
pub const FAILED_LOGINS: u32 = 1_000_000;

/// How long what is over is kept, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Entries of the audit log, after the event.
    pub audit: Duration,
    /// Sessions, after their end.
    pub sessions: Duration,
    /// Entries of failed logins, of each account and of none: the newest.
    pub failed_logins: u32,
}

/// Prunes each hour, and confirms the secrets of this server, for as long as it is polled. A run that fails is logged;
/// the next one tries again.
pub async fn run(db: Database, clock: Clock, keys: Keys, keep: Keep) {
    let db = db.lane(Lane::Upkeep);
    let confirm = supervise::every("confirmation of secrets", EVERY, async || {
        secret::record(&db, &keys, clock.now()).await
    });
    let prune = supervise::every("pruning", EVERY, async || {
        match prune(&db, keep, clock.now()).await? {
            0 => {}
            rows => tracing::info!(rows, "pruned the audit log and ended sessions"),
        }
        Ok(())
    });
    tokio::join!(confirm, prune);
}

/// Removes what is old enough by now, of all accounts and of none; returns how many rows. 0 as well where another
/// instance is at it.
pub async fn prune(db: &Database, keep: Keep, now: DateTime<Utc>) -> Result<u64> {
    let Some(turn) = db.turn(LOCK).await? else {
        return Ok(0);
    };
    let pruned = prune_in_turn(db, keep, now).await;
    turn.end().await?;
    pruned
}

async fn prune_in_turn(db: &Database, keep: Keep, now: DateTime<Utc>) -> Result<u64> {
    let mut rows = 0;
    for tenant in db.tenants().await? {
        match prune_tenant(db, tenant, keep, now).await {
            Ok(removed) => rows += removed,
            // The accounts behind it are not to suffer for this one.
            Err(error) => tracing::warn!(tenant, %error, "could not prune an account; will retry"),
        }
    }
    Ok(rows + prune_strangers(db, keep, now).await?)
}

async fn prune_tenant(db: &Database, tenant: i64, keep: Keep, now: DateTime<Utc>) -> Result<u64> {
    let mut scope = db.read(tenant).await?;
    scope.take_your_time().await?;
    let over = scope
        .select::<(i64,)>(FAILED_OVER)
        .bind(i64::from(keep.failed_logins));
    let over = over.fetch_optional(scope.connection()).await?;
    drop(scope);
    let of = Some(tenant);
    let mut rows = remove(
        db,
        Rows {
            sql: AUDIT,
            of,
            until: Until::Time(start(now, keep.audit)),
        },
    )
    .await?;
    rows += remove(
        db,
        Rows {
            sql: SESSIONS,
            of,
            until: Until::Time(start(now, keep.sessions)),
        },
    )
    .await?;
    if let Some((id,)) = over {
        rows += remove(
            db,
            Rows {
                sql: FAILED,
                of,
                until: Until::Id(id),
            },
        )
        .await?;
    }
    Ok(rows)
}

async fn prune_strangers(db: &Database, keep: Keep, now: DateTime<Utc>) -> Result<u64> {
    let mut transaction = db.strangers().await?;
    let over = sqlx::query_scalar(STRANGERS_OVER).bind(i64::from(keep.failed_logins));
    let over: Option<i64> = over.fetch_optional(&mut *transaction).await?;
    transaction.commit().await?;
    let of = None;
    let mut rows = remove(
        db,
        Rows {
            sql: STRANGERS,
            of,
            until: Until::Time(start(now, keep.audit)),
        },
    )
    .await?;
    if let Some(id) = over {
        rows += remove(
            db,
            Rows {
                sql: STRANGERS_UP_TO,
                of,
                until: Until::Id(id),
            },
        )
        .await?;
    }
    Ok(rows)
}

/// The instant before which rows are removed that are kept for so long.
fn start(now: DateTime<Utc>, keep: Duration) -> DateTime<Utc> {
    let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
    now.checked_sub_signed(keep).unwrap_or(DateTime::UNIX_EPOCH)
}

/// Rows to remove: a statement that removes a batch of them, of an account or of none.
#[derive(Debug, Clone, Copy)]
struct Rows {
    sql: &'static str,
    of: Option<i64>,
    until: Until,
}

#[derive(Debug, Clone, Copy)]
enum Until {
    /// Exclusive.
    Time(DateTime<Utc>),
    /// Inclusive.
    Id(i64),
}

const AUDIT: &str = "
    delete from audit_log where tenant_id = $1 and id = any (array (
        select id from audit_log where tenant_id = $1 and at < $3 order by at limit $2))";

const SESSIONS: &str = "
    delete from sessions where tenant_id = $1 and id = any (array (
        select id from sessions
        where tenant_id = $1 and (least(revoked_at, expires_at) < $3 or last_used_at + interval '30 days' < $3) limit $2))";
const _: () = assert!(IDLE.num_days() == 30, "the interval of SESSIONS");

/// The newest failed login that is one too many.
const FAILED_OVER: &str = "
    select id from audit_log where tenant_id = $1 and event = 'login_failed' order by id desc offset $2 limit 1";

const FAILED: &str = "
    delete from audit_log where tenant_id = $1 and id = any (array (
        select id from audit_log where tenant_id = $1 and event = 'login_failed' and id <= $3 order by id limit $2))";

const STRANGERS: &str = "
    delete from audit_strangers where id = any (array (
        select id from audit_strangers where at < $2 order by at limit $1))";

/// The newest that is one too many.
const STRANGERS_OVER: &str = "select id from audit_strangers order by id desc offset $1 limit 1";

const STRANGERS_UP_TO: &str = "
    delete from audit_strangers where id = any (array (
        select id from audit_strangers where id <= $2 order by id limit $1))";

/// Removes those, a batch after the other; returns how many.
async fn remove(db: &Database, rows: Rows) -> Result<u64> {
    let mut removed = 0;
    loop {
        let batch = remove_batch(db, rows).await?;
        removed += batch;
        if batch < BATCH.unsigned_abs() {
            return Ok(removed);
        }
    }
}

async fn remove_batch(db: &Database, Rows { sql, of, until }: Rows) -> Result<u64> {
    let bound = |delete: Query<'static, Postgres, PgArguments>| {
        let delete = delete.bind(BATCH);
        match until {
            Until::Time(before) => delete.bind(before),
            Until::Id(last) => delete.bind(last),
        }
    };
    if let Some(tenant) = of {
        let mut scope = db.write(tenant).await?;
        let deleted = bound(scope.query(sql))
            .execute(scope.connection())
            .await?
            .rows_affected();
        scope.commit().await?;
        return Ok(deleted);
    }
    let mut transaction = db.strangers().await?;
    let deleted = bound(sqlx::query(sql))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    transaction.commit().await?;
    Ok(deleted)
}
