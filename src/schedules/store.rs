//! Schedules as rows: list, create, change, delete.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;

use super::request::{self, SETTABLE, Wanted};
use super::runs::ScheduleRun;
use super::shape::{ScheduleAt, ScheduleDeliver};
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::{Error, Faults, Result};
use crate::input::Choice;
use crate::page::PageRequest;
use crate::resources::ids;
use crate::time::{Instant, Zone};
use crate::words::Language;

/// Maximum number of schedules of a tenant.
const MAX: i64 = 100;

/// A report that is made at certain times, and delivered.
#[derive(Debug, Clone, Serialize, FromRow, ToSchema)]
pub struct Schedule {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The product and the name of a report.
    pub report: String,
    /// Parameters of the report, without its window.
    #[schema(value_type = Object)]
    pub params: Json<Map<String, Value>>,
    /// The window of the report, by name, at the due time.
    #[sqlx(rename = "window_name")]
    pub window: String,
    /// Format of the file.
    pub format: String,
    /// Name of an export template; null if the file has the report's own layout.
    pub template: Option<String>,
    /// Language of the file; null if it is the account's.
    #[schema(example = "vi")]
    pub lang: Option<String>,
    /// The due times.
    #[schema(value_type = ScheduleAt)]
    pub at: Json<Value>,
    /// Receivers.
    #[schema(value_type = ScheduleDeliver)]
    pub deliver: Json<Value>,
    /// The webhook of `deliver` by its description, or the host of its URL where it has none; null without one, or if it is gone.
    #[schema(example = "example.com")]
    pub webhook_name: Option<String>,
    /// False if it is not run at its times: it was put out of action, or its maker may no longer have the report.
    pub active: bool,
    /// The next due time.
    pub next_run_at: Option<Instant>,
    /// The run with the latest due time.
    #[schema(value_type = Option<ScheduleRun>)]
    pub last_run: Option<Json<ScheduleRun>>,
    /// Id of the user who made it, whose permissions its runs have.
    pub created_by: i64,
    /// Time of creation.
    pub created_at: Instant,
    /// Time of the last change by a client.
    pub updated_at: Instant,
}

impl Schedule {
    /// The schedule as clients see it.
    pub fn shown(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(Error::internal)
    }

    /// Reads the stored members. `Internal` if another version wrote what this one does not know.
    pub fn wanted(&self) -> Result<Wanted> {
        let shown = self.shown()?;
        let members = SETTABLE.map(|name| (name.to_owned(), shown[name].clone()));
        let mut faults = Faults::default();
        let wanted = request::parse(&members.into_iter().collect(), Zone::UTC, &mut faults);
        let unknown = || Error::internal(format!("schedule {}: {faults:?}", self.id));
        wanted.ok_or_else(unknown)
    }

    /// Settable members that differ from another version, with both values.
    pub fn changes(&self, before: Option<&Self>) -> Result<Vec<(&'static str, Value, Value)>> {
        let (before, after) = (before.map(Self::shown).transpose()?, self.shown()?);
        let old = |name: &str| {
            before
                .as_ref()
                .map_or(Value::Null, |shown| shown[name].clone())
        };
        let all = SETTABLE.map(|name| (name, old(name), after[name].clone()));
        Ok(all.into_iter().filter(|(_, old, new)| old != new).collect())
    }
}

/// The tenant's schedules, newest first.
pub async fn page(scope: &mut Scope, wanted: PageRequest) -> Result<Page<Schedule>> {
    let rows = read(scope, None, (wanted.per_page, wanted.offset())).await?;
    Ok(wanted.page(rows, count(scope).await?))
}

/// One schedule, or with `None` as many as the limit says, after the offset.
async fn read(
    scope: &mut Scope,
    id: Option<i64>,
    (limit, offset): (i64, i64),
) -> Result<Vec<Schedule>> {
    let rows = scope
        .select::<Schedule>(include_str!("sql/schedules.sql"))
        .bind(id)
        .bind(limit)
        .bind(offset);
    Ok(rows.fetch_all(scope.connection()).await?)
}

async fn count(scope: &mut Scope) -> Result<i64> {
    let count = scope.select::<(i64,)>("select count(*) from schedules where tenant_id = $1");
    let (count,) = count.fetch_one(scope.connection()).await?;
    Ok(count)
}

/// One schedule. `NotFound` if the tenant has none with that id.
pub async fn find(scope: &mut Scope, id: i64) -> Result<Schedule> {
    let found = read(scope, Some(id), (1, 0)).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// Like [`find`], and locks it until the end of the transaction.
pub async fn lock(scope: &mut Scope, id: i64) -> Result<Schedule> {
    let lock = scope
        .query("select from schedules where tenant_id = $1 and id = $2 for update")
        .bind(id);
    lock.execute(scope.connection()).await?;
    find(scope, id).await
}

/// Adds a schedule of user `by`. `Conflict` if the tenant has too many.
pub async fn create(
    scope: &mut Scope,
    wanted: &Wanted,
    by: i64,
    now: DateTime<Utc>,
) -> Result<Schedule> {
    // Locks the tenant's counter of ids, so that the count holds until the end of the transaction.
    let id = ids::next(scope, 1).await?;
    let id = *id.first().ok_or_else(|| Error::internal("bug: no id"))?;
    if count(scope).await? >= MAX {
        return Err(Error::conflict(format!(
            "An account has at most {MAX} schedules."
        )));
    }
    let next = wanted.at.next(now).filter(|_| wanted.active);
    write(
        scope,
        include_str!("sql/create.sql"),
        (id, wanted, next),
        by,
        now,
    )
    .await?;
    find(scope, id).await
}

/// Changes a schedule that is locked. A changed clock counts anew from now.
pub async fn change(
    scope: &mut Scope,
    before: &Schedule,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Schedule> {
    let is_same_clock = before.active && before.at.0 == wanted.at_shown();
    let next = match before.next_run_at.filter(|_| is_same_clock) {
        Some(Instant(next)) => Some(next),
        None => wanted.at.next(now),
    };
    let next = next.filter(|_| wanted.active);
    let row = (before.id, wanted, next);
    write(
        scope,
        include_str!("sql/change.sql"),
        row,
        before.created_by,
        now,
    )
    .await?;
    find(scope, before.id).await
}

async fn write(
    scope: &mut Scope,
    sql: &'static str,
    (id, wanted, next): (i64, &Wanted, Option<DateTime<Utc>>),
    by: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let subject = &wanted.subject;
    let write = scope
        .query(sql)
        .bind(id)
        .bind(wanted.name.clone())
        .bind(subject.report.name())
        .bind(Json(subject.params.clone()))
        .bind(subject.window.name())
        .bind(subject.format.name())
        .bind(subject.layout.template.clone())
        .bind(subject.layout.language.map(Language::name));
    let write = write
        .bind(Json(wanted.at_shown()))
        .bind(Json(wanted.deliver_shown()))
        .bind(next.is_some())
        .bind(next)
        .bind(by)
        .bind(now);
    write.execute(scope.connection()).await?;
    Ok(())
}

/// Keys of the files of a schedule that is locked. They are removed before [`delete`].
pub async fn files(scope: &mut Scope, id: i64) -> Result<Vec<String>> {
    let files = scope.select::<(String,)>(include_str!("sql/files.sql"));
    let files = files.bind(id).fetch_all(scope.connection()).await?;
    Ok(files.into_iter().map(|(key,)| key).collect())
}

/// Deletes a schedule with its runs.
pub async fn delete(scope: &mut Scope, id: i64) -> Result<()> {
    for sql in [
        "delete from schedule_runs where tenant_id = $1 and schedule_id = $2",
        "delete from schedules where tenant_id = $1 and id = $2",
    ] {
        let delete = scope.query(sql).bind(id);
        delete.execute(scope.connection()).await?;
    }
    Ok(())
}
