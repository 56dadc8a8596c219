//! The plan: moves schedules on that are due, and adds their runs.
//!
//! Both happen in one transaction, under a lock on the schedule, so that each due time has one run, whichever instance
//! comes first and whenever one dies.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::clock::At;
use super::{request, runs};
use crate::db::{Database, Lane, Scope};
use crate::error::Result;

/// Time after which a run is late: no server was there when it was due.
const LATE_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Time for which runs are kept. Due times before that are not recorded.
pub const KEPT: TimeDelta = TimeDelta::days(90);

/// Plans every run of a tenant that is due.
pub async fn plan(db: &Database, tenant: i64, now: DateTime<Utc>) -> Result<()> {
    let mut scope = db.lane(Lane::Queue).write(tenant).await?;
    let due = scope
        .select::<(i64, Json<Value>, DateTime<Utc>)>(include_str!("sql/due_schedules.sql"))
        .bind(now);
    let due = due.fetch_all(scope.connection()).await?;
    for (schedule, Json(at), next) in due {
        match request::clock(&at) {
            Some(at) => move_on(&mut scope, schedule, &at, next, now).await?,
            None => {
                tracing::warn!(
                    tenant,
                    schedule,
                    "schedule is unknown to this version; leaving it"
                )
            }
        }
    }
    scope.commit().await
}

/// The latest due time is run, with its own window; those before it, which nothing was there to run, are skipped.
async fn move_on(
    scope: &mut Scope,
    schedule: i64,
    at: &At,
    next: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let first = Some(next).filter(|next| *next >= now - KEPT);
    let first = first.or_else(|| at.next(now - KEPT)).unwrap_or(next);
    let due: Vec<DateTime<Utc>> = at.due(first, now).collect();
    let is_latest = |index: usize| index + 1 == due.len();
    let all = || 0..due.len();
    let ids: Vec<String> = all().map(|_| runs::new_id(now)).collect();
    let status = all().map(|index| {
        if is_latest(index) {
            "queued"
        } else {
            "skipped"
        }
    });
    let late = all().map(|index| is_latest(index) && now - due[index] > LATE_AFTER);
    let (status, late): (Vec<&str>, Vec<bool>) = (status.collect(), late.collect());
    let add = scope
        .query(include_str!("sql/add_runs.sql"))
        .bind(schedule)
        .bind(ids)
        .bind(due)
        .bind(status)
        .bind(late)
        .bind(now);
    add.execute(scope.connection()).await?;
    let move_on = scope
        .query(include_str!("sql/move_on.sql"))
        .bind(schedule)
        .bind(at.next(now));
    move_on.execute(scope.connection()).await?;
    Ok(())
}
