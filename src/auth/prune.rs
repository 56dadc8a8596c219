//! Removes old audit entries, ended sessions, expired links and answers of idempotency keys, and bounds the entries of failed logins, which
//! clients without a token can create.
//!
//! Any number of instances may run this. One at a time prunes, in small transactions, so nothing
//! else waits.

use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};

use super::secret;
use super::session::IDLE;
use super::token::Keys;
use crate::db::{Database, Lane};
use crate::error::Result;
use crate::idempotency;
use crate::supervise;
use crate::template;
use crate::time::Clock;

const INTERVAL: Duration = Duration::from_secs(3600);
/// Advisory lock of pruning.
pub const LOCK: i64 = 0x6361_6c6c_0011;
/// Rows removed in one transaction.
const BATCH: i64 = 1_000;

/// Maximum number of failed logins kept for each tenant, and for unknown user names. With two
/// concurrent password checks, millions can occur in a day.
pub const FAILED_LOGINS: u32 = 1_000_000;

/// Retention of ended sessions and audit entries.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Age at which audit entries are removed.
    pub audit: Duration,
    /// Time after their end at which sessions are removed.
    pub sessions: Duration,
    /// Number of failed logins kept for each tenant and for unknown user names; the newest stay.
    pub failed_logins: u32,
}

/// Prunes and confirms this server's secrets every hour, for as long as it is polled. A failed run
/// is logged and retried.
pub async fn run(db: Database, clock: Clock, keys: Keys, keep: Retention) {
    let db = db.lane(Lane::Upkeep);
    let confirm = supervise::every("confirmation of secrets", INTERVAL, async || {
        secret::record(&db, &keys, clock.now()).await
    });
    let prune = supervise::every("pruning", INTERVAL, async || {
        match prune(&db, keep, clock.now()).await? {
            0 => {}
            rows => tracing::info!(
                rows,
                "pruned the audit log, ended sessions, expired links and idempotency keys"
            ),
        }
        Ok(())
    });
    tokio::join!(confirm, prune);
}

/// Removes expired rows of all tenants and of unknown logins. Returns the number of rows; 0 if
/// another instance is pruning.
pub async fn prune(db: &Database, keep: Retention, now: DateTime<Utc>) -> Result<u64> {
    let Some(lease) = db.lease(LOCK).await? else {
        return Ok(0);
    };
    let pruned = prune_locked(db, keep, now).await;
    lease.release().await?;
    pruned
}

async fn prune_locked(db: &Database, keep: Retention, now: DateTime<Utc>) -> Result<u64> {
    let mut rows = 0;
    for tenant in tenants_to_prune(db, keep, now).await? {
        match prune_tenant(db, tenant, keep, now).await {
            Ok(removed) => rows += removed,
            // One tenant's error must not keep the others from being pruned.
            Err(error) => tracing::warn!(tenant, %error, "could not prune a tenant; will retry"),
        }
    }
    Ok(rows + prune_unknown_logins(db, keep, now).await?)
}

/// Tenants with rows to remove, in order.
pub async fn tenants_to_prune(
    db: &Database,
    keep: Retention,
    now: DateTime<Utc>,
) -> Result<Vec<i64>> {
    let list = sqlx::query_scalar(AssertSqlSafe(TENANTS.as_str()))
        .bind(start(now, keep.audit))
        .bind(start(now, keep.sessions))
        .bind(now - idempotency::KEPT)
        .bind(i64::from(keep.failed_logins))
        .bind(now);
    db.tenants_listed(list).await
}

async fn prune_tenant(
    db: &Database,
    tenant: i64,
    keep: Retention,
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut scope = db.read(tenant).await?;
    scope.disable_statement_timeout().await?;
    let excess = scope
        .select::<(i64,)>(EXCESS_FAILED)
        .bind(i64::from(keep.failed_logins));
    let excess = excess.fetch_optional(scope.connection()).await?;
    drop(scope);
    let tenant = Some(tenant);
    let mut rows = remove(
        db,
        Rows {
            sql: AUDIT,
            tenant,
            until: Until::Time(start(now, keep.audit)),
        },
    )
    .await?;
    rows += remove(
        db,
        Rows {
            sql: &SESSIONS,
            tenant,
            until: Until::Time(start(now, keep.sessions)),
        },
    )
    .await?;
    rows += remove(
        db,
        Rows {
            sql: idempotency::PRUNE,
            tenant,
            until: Until::Time(now - idempotency::KEPT),
        },
    )
    .await?;
    rows += remove(
        db,
        Rows {
            sql: LINKS,
            tenant,
            until: Until::Time(now),
        },
    )
    .await?;
    if let Some((id,)) = excess {
        rows += remove(
            db,
            Rows {
                sql: FAILED,
                tenant,
                until: Until::Id(id),
            },
        )
        .await?;
    }
    Ok(rows)
}

async fn prune_unknown_logins(db: &Database, keep: Retention, now: DateTime<Utc>) -> Result<u64> {
    let mut transaction = db.unknown_logins().await?;
    let excess = sqlx::query_scalar(EXCESS_UNKNOWN).bind(i64::from(keep.failed_logins));
    let excess: Option<i64> = excess.fetch_optional(&mut *transaction).await?;
    transaction.commit().await?;
    let tenant = None;
    let mut rows = remove(
        db,
        Rows {
            sql: UNKNOWN,
            tenant,
            until: Until::Time(start(now, keep.audit)),
        },
    )
    .await?;
    if let Some(id) = excess {
        rows += remove(
            db,
            Rows {
                sql: UNKNOWN_UP_TO,
                tenant,
                until: Until::Id(id),
            },
        )
        .await?;
    }
    Ok(rows)
}

/// Oldest instant whose rows are kept.
fn start(now: DateTime<Utc>, keep: Duration) -> DateTime<Utc> {
    let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
    now.checked_sub_signed(keep).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A statement that removes rows in batches. `tenant` is `None` for unknown logins.
#[derive(Debug, Clone, Copy)]
struct Rows {
    sql: &'static str,
    tenant: Option<i64>,
    until: Until,
}

#[derive(Debug, Clone, Copy)]
enum Until {
    /// Exclusive.
    Time(DateTime<Utc>),
    /// Inclusive.
    Id(i64),
}

const AUDIT: &str = include_str!("sql/prune_audit.sql");

const LINKS: &str = include_str!("sql/prune_sign_in_links.sql");

/// Sessions that ended before the instant of a hole.
const ENDED: &str =
    "least(s.revoked_at, s.expires_at) < {{end}} or s.last_used_at + interval '30 days' < {{end}}";
const _: () = assert!(IDLE.num_days() == 30, "the interval of ENDED");

static SESSIONS: LazyLock<String> =
    LazyLock::new(|| with_ended(include_str!("sql/prune_sessions.sql"), "$3"));

static TENANTS: LazyLock<String> =
    LazyLock::new(|| with_ended(include_str!("sql/tenants_to_prune.sql"), "$2"));

fn with_ended(sql: &str, end: &str) -> String {
    let ended = template::composed(ENDED, &[("end", &end)]);
    template::composed(sql, &[("ended", &ended)])
}

/// Newest failed login beyond the limit.
const EXCESS_FAILED: &str = include_str!("sql/excess_failed_logins.sql");

const FAILED: &str = include_str!("sql/prune_failed_logins.sql");

const UNKNOWN: &str = include_str!("sql/prune_unknown_logins.sql");

/// Newest unknown login beyond the limit.
const EXCESS_UNKNOWN: &str = "select id from audit_strangers order by id desc offset $1 limit 1";

const UNKNOWN_UP_TO: &str = include_str!("sql/prune_unknown_logins_to.sql");

/// Removes the rows batch by batch. Returns the number of rows.
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

async fn remove_batch(db: &Database, Rows { sql, tenant, until }: Rows) -> Result<u64> {
    let bound = |delete: Query<'static, Postgres, PgArguments>| {
        let delete = delete.bind(BATCH);
        match until {
            Until::Time(before) => delete.bind(before),
            Until::Id(last) => delete.bind(last),
        }
    };
    if let Some(tenant) = tenant {
        let mut scope = db.write(tenant).await?;
        let deleted = bound(scope.query(sql))
            .execute(scope.connection())
            .await?
            .rows_affected();
        scope.commit().await?;
        return Ok(deleted);
    }
    let mut transaction = db.unknown_logins().await?;
    let deleted = bound(sqlx::query(sql))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    transaction.commit().await?;
    Ok(deleted)
}
