//! Runs: rows of `schedule_runs`, which are the queue and what clients see, each statement in `sql/`.
//!
//! Every statement of a worker names its claim; with a lost claim it changes nothing and reports it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::closed::ScheduleRunStatus;
use crate::db::{Database, Lane, Scope};
use crate::envelope::Page;
use crate::error::{Error, Result};
use crate::exports::queue::{self, File};
use crate::page::PageRequest;
use crate::time::Instant;

/// Times of the tries after the first (contract, section 14).
const OFFSETS: [TimeDelta; 3] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
];
/// Maximum number of tries.
pub const TRIES: i16 = 4;
const _: () = assert!(OFFSETS.len() + 1 == TRIES as usize);
/// Start of the ids of runs, which tells their files from those of exports.
pub const PREFIX: &str = "run_";

/// A run of a schedule.
#[derive(Debug, Clone, Serialize, Deserialize, FromRow, ToSchema)]
pub struct ScheduleRun {
    /// Its id.
    pub id: String,
    /// The time for which it is made.
    pub due_at: Instant,
    /// Begin of its first try.
    pub started_at: Option<Instant>,
    /// Time at which it was delivered, skipped or given up.
    pub finished_at: Option<Instant>,
    /// State of the run.
    #[schema(value_type = ScheduleRunStatus)]
    pub status: String,
    /// True if no server ran at its due time, and it was made up afterwards.
    pub late: bool,
    /// True if a client asked for it.
    pub manual: bool,
    /// Rows of the file; null if it has several tables and no attempts.
    pub rows: Option<i64>,
    /// Size of the file, bytes.
    pub bytes: Option<i64>,
    /// Reason of the last failed try.
    pub error: Option<String>,
}

/// A claimed run.
#[derive(Debug, Clone)]
pub struct Job {
    pub tenant: i64,
    pub id: String,
    pub claim: Uuid,
    pub schedule: i64,
    pub due_at: DateTime<Utc>,
    /// Tries, including this one.
    pub tries: i16,
}

/// A new id. Ids sort by their time.
pub fn new_id(now: DateTime<Utc>) -> String {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid();
    format!("{PREFIX}{}", id.simple())
}

/// Adds a run of a schedule outside its times.
pub async fn order(scope: &mut Scope, schedule: i64, now: DateTime<Utc>) -> Result<ScheduleRun> {
    let id = new_id(now);
    let order = scope
        .query(include_str!("sql/order.sql"))
        .bind(schedule)
        .bind(id.clone())
        .bind(now);
    order.execute(scope.connection()).await?;
    let find = scope
        .select::<ScheduleRun>(include_str!("sql/find_run.sql"))
        .bind(schedule)
        .bind(id);
    Ok(find.fetch_one(scope.connection()).await?)
}

/// The runs of a schedule, newest first.
pub async fn page(
    scope: &mut Scope,
    schedule: i64,
    wanted: PageRequest,
) -> Result<Page<ScheduleRun>> {
    let count = "select count(*) from schedule_runs where tenant_id = $1 and schedule_id = $2";
    let count = scope.select::<(i64,)>(count).bind(schedule);
    let (total,) = count.fetch_one(scope.connection()).await?;
    let rows = scope
        .select::<ScheduleRun>(include_str!("sql/page_runs.sql"))
        .bind(schedule)
        .bind(wanted.per_page)
        .bind(wanted.offset());
    Ok(wanted.page(rows.fetch_all(scope.connection()).await?, total))
}

/// The workers that a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Those that make files.
    Making,
    /// Those that mail files that are made.
    Mailing,
}

/// Claims a run of a tenant that is due. `None` if there is none.
pub async fn claim(
    db: &Database,
    tenant: i64,
    queue: Queue,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<Option<Job>> {
    let claim = Uuid::new_v4();
    let mut scope = db.lane(Lane::Queue).write(tenant).await?;
    let taken = scope
        .select::<(String, i64, DateTime<Utc>, i16)>(include_str!("sql/claim.sql"))
        .bind(claim)
        .bind(now)
        .bind(lease.as_secs_f64())
        .bind(queue == Queue::Mailing);
    let taken = taken.fetch_optional(scope.connection()).await?;
    scope.commit().await?;
    Ok(taken.map(|(id, schedule, due_at, tries)| Job {
        tenant,
        id,
        claim,
        schedule,
        due_at,
        tries,
    }))
}

/// Time to wait after a failed try. `None` after the last one.
pub fn wait_after(job: &Job) -> Option<TimeDelta> {
    let again = usize::try_from(job.tries - 1).ok();
    again.and_then(|tried| OFFSETS.get(tried)).copied()
}

/// Records a failed try. It is tried again by the plan unless it `is_final`.
pub async fn fail(
    scope: &mut Scope,
    job: &Job,
    reason: &str,
    is_final: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let again = wait_after(job).filter(|_| !is_final);
    let fail = scope
        .query(include_str!("sql/fail.sql"))
        .bind(job.id.clone())
        .bind(job.claim)
        .bind(reason.to_owned());
    let fail = fail.bind(again.map(|wait| now + wait)).bind(now);
    fail.execute(scope.connection()).await?;
    Ok(())
}

/// Gives a run back without counting the try.
pub async fn release(db: &Database, job: &Job) -> Result<()> {
    let mut scope = db.lane(Lane::Queue).write(job.tenant).await?;
    let release = scope
        .query(include_str!("sql/release.sql"))
        .bind(job.id.clone())
        .bind(job.claim);
    release.execute(scope.connection()).await?;
    scope.commit().await
}

/// True if that is the id of a run, and not of an export.
pub fn is_run(id: &str) -> bool {
    id.starts_with(PREFIX)
}

/// The file of a run named by a valid link. `Expired` if it is deleted.
pub async fn file_for_link(db: &Database, id: &str) -> Result<File> {
    let file = queue::linked(db, include_str!("sql/file_for_link.sql"), id).await?;
    file.ok_or(Error::Expired)
}
