//! Upkeep of editions: servers state every minute which one they use, and one that none has used for an hour is removed.
//!
//! Any number of instances may run this. Versions before editions state nothing: their tables, in schema `public`, are in use
//! as long as one of their sessions is seen.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::edition::{LOCK, VISIBLE};
use super::template::sql;
use crate::db::{Database, Lane};
use crate::error::{Error, Result};
use crate::supervise;
use crate::time::Clock;

const INTERVAL: Duration = Duration::from_secs(60);

/// Time after its last use at which an edition is removed.
const UNUSED: TimeDelta = TimeDelta::hours(1);

/// The schema of the tables of versions before editions.
const BEFORE_EDITIONS: &str = "public";

/// States the use of this server's edition and removes unused ones, for as long as it is polled. A failed run is logged and
/// retried.
pub async fn run(db: Database, clock: Clock) {
    let db = db.lane(Lane::Upkeep);
    supervise::every("upkeep of roll-ups", INTERVAL, async || {
        keep(&db, clock.now()).await.map(drop)
    })
    .await;
}

/// Does both once. Returns the schemas removed.
pub async fn keep(db: &Database, now: DateTime<Utc>) -> Result<Vec<String>> {
    state_use(db, now).await?;
    let mut removed = Vec::new();
    for schema in unused(db, now).await? {
        match remove(db, &schema, now).await {
            Ok(true) => {
                tracing::info!(schema, "removed the roll-ups of a version no longer used");
                removed.push(schema);
            }
            Ok(false) => {}
            // A report or a writer holds a table. Whoever comes after waits for us, so we do not wait long.
            Err(Error::Unavailable(cause) | Error::GaveWay(cause)) => {
                tracing::info!(schema, %cause, "could not remove unused roll-ups yet; will retry");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

async fn state_use(db: &Database, now: DateTime<Utc>) -> Result<()> {
    let mut transaction = db.editions().await?;
    transaction
        .execute("set local callboard.roll_call = 'on'")
        .await?;
    let stated: Vec<(bool,)> = sqlx::query_as(sql!("state_use"))
        .bind(now)
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    if stated.contains(&(true,)) {
        return Ok(());
    }
    Err(Error::internal(
        "the roll-ups of this version were removed while it did not state their use: restart the server",
    ))
}

async fn unused(db: &Database, now: DateTime<Utc>) -> Result<Vec<String>> {
    let mut transaction = db.editions().await?;
    let list = sqlx::query_scalar(sql!("unused")).bind(now - UNUSED);
    Ok(list.fetch_all(&mut *transaction).await?)
}

/// Removes an edition, unless another instance does or it is used again.
async fn remove(db: &Database, schema: &str, now: DateTime<Utc>) -> Result<bool> {
    let mut connection = db.owner().await?;
    let mut transaction = connection.begin().await?;
    let lock = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(LOCK);
    let is_taken: bool = lock.fetch_one(&mut *transaction).await?;
    if !is_taken {
        return Ok(false);
    }
    transaction.execute(VISIBLE).await?;
    transaction.execute("set local lock_timeout = '1s'").await?;
    let forget = "delete from rollup_editions where schema_name = $1 and used_at < $2";
    let forgotten = sqlx::query(forget).bind(schema).bind(now - UNUSED);
    if forgotten.execute(&mut *transaction).await?.rows_affected() == 0 {
        return Ok(false);
    }
    if schema == BEFORE_EDITIONS {
        transaction.execute(sql!("drop_before_editions")).await?;
    } else {
        let drop = AssertSqlSafe(format!("drop schema {schema} cascade"));
        transaction.execute(drop).await?;
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(true)
}
