//! Mails as rows: read by the claim of a worker, and noted after a try.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::types::Json;

use super::content::Content;
use crate::auth::audit::{self, Changes, Event, Target};
use crate::db::{Database, Lane};
use crate::error::{Error, Result};
use crate::schedules::runs::{self, Job};

/// A claimed mail with its file.
#[derive(Debug, FromRow)]
pub struct Parcel {
    mail: Json<Value>,
    pub file_key: String,
    pub file_name: String,
    pub bytes: i64,
    pub expires_at: DateTime<Utc>,
    /// Name and maker of the schedule.
    pub schedule: String,
    pub created_by: i64,
}

impl Parcel {
    /// What it says. `Internal` if another version wrote what this one does not know.
    pub fn content(&self) -> Result<Content> {
        serde_json::from_value(self.mail.0.clone()).map_err(Error::internal)
    }
}

/// The claimed mail of a run. `NotFound` if the run is deleted or the claim lost.
pub async fn find(db: &Database, job: &Job) -> Result<Parcel> {
    let mut scope = db.lane(Lane::Queue).read(job.tenant).await?;
    let find = scope
        .select::<Parcel>(include_str!("../sql/mail.sql"))
        .bind(job.id.clone())
        .bind(job.claim);
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}

/// The end of a try.
#[derive(Debug)]
pub struct Tried<'a> {
    /// `None` if it cannot be read.
    pub content: Option<&'a Content>,
    /// Those that accepted in this try.
    pub accepted: Vec<String>,
    /// True if nobody is tried again.
    pub is_over: bool,
    /// The reason, if not all have accepted.
    pub error: Option<String>,
}

/// Notes a try, and whom it reached in the audit log. False if the claim is lost.
pub async fn note(
    db: &Database,
    job: &Job,
    parcel: &Parcel,
    tried: Tried<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let again: Option<TimeDelta> = runs::wait_after(job).filter(|_| !tried.is_over);
    let is_delivered = tried
        .content
        .is_some_and(|content| content.to.has_accepted());
    let status = match again {
        Some(_) => "queued",
        None if is_delivered => "delivered",
        None => "failed",
    };
    let mut scope = db.lane(Lane::Queue).write(job.tenant).await?;
    let note = scope
        .query(include_str!("../sql/mailed.sql"))
        .bind(job.id.clone())
        .bind(job.claim)
        .bind(status)
        .bind(tried.error)
        .bind(again.map(|wait| now + wait));
    let content = tried.content.filter(|_| again.is_some());
    let note = note.bind(content.map(Json)).bind(now);
    if note.execute(scope.connection()).await?.rows_affected() == 0 {
        return Ok(false);
    }
    if !tried.accepted.is_empty() {
        let told: Changes = [
            ("run".to_owned(), (Value::Null, json!(job.id))),
            ("email".to_owned(), (Value::Null, json!(tried.accepted))),
        ]
        .into();
        let target = Target {
            kind: "schedule",
            id: job.schedule,
            name: Some(&parcel.schedule),
        };
        let event = Event::ScheduleMailed;
        audit::record_own_change(&mut scope, (parcel.created_by, now), event, target, told).await?;
    }
    scope.commit().await?;
    Ok(true)
}
