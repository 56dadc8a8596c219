//! Releases of the tz database in use. Each server records its own and warns if another server has
//! newer data.
//!
//! Owns the table `tz_releases`. Must not know which zones differ.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Database;
use crate::error::Result;
use crate::time::Clock;
use crate::time::zone::database::{self, Release};

const INTERVAL: Duration = Duration::from_secs(60);

/// Age at which a recorded release is no longer in use.
const IN_USE: TimeDelta = TimeDelta::minutes(5);

/// Age at which rows are removed.
const EXPIRES_AFTER: TimeDelta = TimeDelta::days(1);

/// Records the release of this server every minute, and warns once of each newer one in use by
/// another server, for as long as it is polled.
pub async fn run(db: Database, clock: Clock) {
    let own = database::Database::current().release();
    let mut warned_about: Option<Release> = None;
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match record(&db, own, clock.now()).await {
            Ok(Some(newest)) if newest > *own && warned_about.as_ref() != Some(&newest) => {
                tracing::warn!(
                    %newest, release = %own,
                    "another server has newer time zone data, and answers differently where rules changed"
                );
                warned_about = Some(newest);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "could not record the time zone data release; will retry")
            }
        }
    }
}

/// Records that a server uses a release. Returns the newest release in use.
pub async fn record(db: &Database, own: &Release, now: DateTime<Utc>) -> Result<Option<Release>> {
    let mut transaction = db.tz_releases().await?;
    let upsert = sqlx::query(include_str!("sql/record_tz_release.sql"));
    upsert
        .bind(own.as_str())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    let delete = sqlx::query("delete from tz_releases where seen_at < $1");
    delete
        .bind(now - EXPIRES_AFTER)
        .execute(&mut *transaction)
        .await?;
    let newest = sqlx::query_scalar(
        r#"select max(release collate "C") from tz_releases where seen_at >= $1"#,
    );
    let newest: Option<String> = newest
        .bind(now - IN_USE)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(newest.and_then(|newest| Release::parse(&newest)))
}
