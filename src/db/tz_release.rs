//! Releases of the tz database in use: each server states its own, and one with older data than another's warns.
//!
//! Owns the table `tz_releases`. Must not know which zones differ.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Database;
use crate::error::Result;
use crate::time::Clock;
use crate::time::zone::database::{self, Release};

const EVERY: Duration = Duration::from_secs(60);

/// A release that no server has stated for this long is in use no more.
const IN_USE: TimeDelta = TimeDelta::minutes(5);

/// Rows this old are removed.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(1);

/// States the release of this server each minute, and warns once of each newer one that another server uses, for as
/// long as it is polled.
pub async fn run(db: Database, clock: Clock) {
    let own = database::Database::current().release();
    let mut warned_of: Option<Release> = None;
    let mut minutes = tokio::time::interval(EVERY);
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        match state(&db, own, clock.now()).await {
            Ok(Some(newest)) if newest > *own && warned_of.as_ref() != Some(&newest) => {
                tracing::warn!(
                    %newest, release = %own,
                    "another server has newer time zone data, and answers differently where rules changed"
                );
                warned_of = Some(newest);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "could not state the release of the time zone data; will retry")
            }
        }
    }
}

/// States that a server uses that release; returns the newest in use by any.
pub async fn state(db: &Database, own: &Release, now: DateTime<Utc>) -> Result<Option<Release>> {
    let mut transaction = db.tz_releases().await?;
    let upsert = sqlx::query(
        "insert into tz_releases (release, seen_at) values ($1, $2)
         on conflict (release) do update set seen_at = greatest(tz_releases.seen_at, excluded.seen_at)",
    );
    upsert
        .bind(own.as_str())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    let delete = sqlx::query("delete from tz_releases where seen_at < $1");
    delete
        .bind(now - FORGOTTEN_AFTER)
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
