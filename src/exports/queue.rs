//! The queue: rows of `exports`, each statement in `sql/`.
//!
//! Owns how jobs are ordered, claimed, renewed, finished and shown. Every statement of a worker names its claim; with a
//! lost claim it changes nothing and reports it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::entry::Entry;
use super::estimate::estimate;
use super::job::{Job, Stored, Work};
use super::make::Made;
use crate::app::App;
use crate::db::{Database, Lane, Scope};
use crate::envelope::Page;
use crate::error::{Error, Result};
use crate::input::Choice as _;
use crate::page::PageRequest;

/// Notification channel for new jobs.
pub const CHANNEL: &str = "callboard_exports";
/// Maximum number of attempts at a job.
pub const TRIES: i16 = 3;
/// Time that a job waits for an unreachable store or database.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// Pause before a job that this version does not know is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Error of a cancelled job.
const CANCELLED: &str = "Cancelled.";

/// A submitted job.
#[derive(Debug)]
pub struct Submitted {
    pub id: String,
    pub status: String,
    pub report_type: String,
    pub estimated_seconds: i64,
}

/// Keys of the files of a campaign's exports.
pub async fn files(scope: &mut Scope, campaign: i64) -> Result<Vec<String>> {
    let files = scope.select::<(String,)>(include_str!("sql/files.sql"));
    let files = files.bind(campaign).fetch_all(scope.connection()).await?;
    Ok(files.into_iter().map(|(key,)| key).collect())
}

/// Adds an order of user `by` to the queue.
pub async fn submit(
    scope: &mut Scope,
    order: Entry,
    by: i64,
    at: DateTime<Utc>,
) -> Result<Submitted> {
    let id = format!("export_{}", Uuid::new_v4().simple());
    let (window, rows) = (order.window, order.rows);
    let (report_type, format) = (order.report_type, order.format.name());
    let submit = scope
        .query(include_str!("sql/submit.sql"))
        .bind(id.clone())
        .bind(order.campaign);
    let submit = submit
        .bind(report_type)
        .bind(format)
        .bind(window.from)
        .bind(window.to)
        .bind(window.zone.name());
    let submit = submit.bind(at).bind(by).bind(order.asked).bind(rows);
    submit.execute(scope.connection()).await?;
    let notify = sqlx::query("select pg_notify($1, '')").bind(CHANNEL);
    notify.execute(scope.connection()).await?;
    let estimated_seconds = estimate(scope, order.format, rows).await?;
    Ok(Submitted {
        id,
        status: "queued".into(),
        report_type: report_type.into(),
        estimated_seconds,
    })
}

/// The exports among which one is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Those of a campaign.
    Campaign(i64),
    /// Those of the account of this report.
    Account(&'static str),
}

impl Among {
    /// The campaign, and the report.
    const fn parts(self) -> (Option<i64>, Option<&'static str>) {
        match self {
            Self::Campaign(id) => (Some(id), None),
            Self::Account(report_type) => (None, Some(report_type)),
        }
    }
}

/// One export. `NotFound` if there is none with that id among them.
pub async fn find(scope: &mut Scope, among: Among, id: &str) -> Result<Stored> {
    let (campaign, report_type) = among.parts();
    let find = scope
        .select::<Stored>(include_str!("sql/find.sql"))
        .bind(campaign)
        .bind(id.to_owned())
        .bind(report_type);
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}

/// The account's exports of a report, newest first.
pub async fn page_of_account(
    scope: &mut Scope,
    report_type: &'static str,
    wanted: PageRequest,
) -> Result<Page<Stored>> {
    let count = "select count(*) from exports where tenant_id = $1 and campaign_id is null and report_type = $2";
    let count = scope.select::<(i64,)>(count).bind(report_type);
    let (total,) = count.fetch_one(scope.connection()).await?;
    let rows = scope.select::<Stored>(include_str!("sql/page_of_account.sql"));
    let rows = rows.bind(wanted.per_page).bind(wanted.offset());
    let rows = rows.bind(report_type);
    Ok(wanted.page(rows.fetch_all(scope.connection()).await?, total))
}

/// The exports of a campaign, newest first.
pub async fn page(scope: &mut Scope, campaign: i64, wanted: PageRequest) -> Result<Page<Stored>> {
    let count = "select count(*) from exports where tenant_id = $1 and campaign_id = $2";
    let (total,) = scope
        .select::<(i64,)>(count)
        .bind(campaign)
        .fetch_one(scope.connection())
        .await?;
    let rows = scope
        .select::<Stored>(include_str!("sql/page.sql"))
        .bind(campaign);
    let rows = rows.bind(wanted.per_page).bind(wanted.offset());
    Ok(wanted.page(rows.fetch_all(scope.connection()).await?, total))
}

/// Cancels a queued or running job. `NotFound` as in [`find`], `Conflict` if it is finished.
pub async fn cancel(scope: &mut Scope, among: Among, id: &str, now: DateTime<Utc>) -> Result<()> {
    let (campaign, report_type) = among.parts();
    let cancel = scope
        .query(include_str!("sql/cancel.sql"))
        .bind(id.to_owned())
        .bind(campaign);
    let cancelled = cancel
        .bind(CANCELLED)
        .bind(now)
        .bind(report_type)
        .execute(scope.connection())
        .await?
        .rows_affected();
    if cancelled == 0 {
        let Stored { status, .. } = find(scope, among, id).await?;
        return Err(Error::conflict(format!(
            "This export is {status} and can no longer be cancelled."
        )));
    }
    Ok(())
}

/// Claims an unclaimed job of any tenant. `None` if there is none.
pub async fn claim(db: &Database, lease: Duration, now: DateTime<Utc>) -> Result<Option<Job>> {
    let claim = Uuid::new_v4();
    let db = db.lane(Lane::Queue);
    let mut queue = db.queue().await?;
    let taken = sqlx::query_as(include_str!("sql/claim.sql"))
        .bind(claim)
        .bind(lease.as_secs_f64());
    let taken: Option<(i64, String)> = taken.fetch_optional(&mut *queue).await?;
    queue.commit().await?;
    match taken {
        Some((tenant, id)) => claimed(&db, tenant, id, claim, now).await,
        None => Ok(None),
    }
}

/// Claims a job that was submitted in this transaction, so that no worker sees it unclaimed.
pub async fn claim_submitted(scope: &mut Scope, id: &str, lease: Duration) -> Result<Uuid> {
    let claim = Uuid::new_v4();
    let sql = scope.query(include_str!("sql/claim_submitted.sql"));
    let sql = sql.bind(id.to_owned()).bind(claim);
    let sql = sql.bind(lease.as_secs_f64());
    sql.execute(scope.connection()).await?;
    Ok(claim)
}

/// The job that a claim holds. `None` if it was cancelled, or is unknown to this version.
pub async fn claimed(
    db: &Database,
    tenant: i64,
    id: String,
    claim: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Job>> {
    let mut scope = db.read(tenant).await?;
    let work = scope
        .select::<Work>(include_str!("sql/work.sql"))
        .bind(id.clone())
        .bind(claim);
    let Some(work) = work.fetch_optional(scope.connection()).await? else {
        return Ok(None);
    };
    drop(scope);
    match work.job(tenant, id.clone(), claim) {
        Ok(job) => Ok(Some(job)),
        Err(error) => {
            // A newer version ordered it: leave it to an instance of that version.
            tracing::warn!(tenant, job = id, %error, "export is unknown to this version; leaving it queued");
            let reason = "No server knew how to make it.";
            let holder = Holder {
                tenant,
                id: &id,
                claim,
            };
            wait(db, holder, reason, LOOK_AGAIN, now).await?;
            Ok(None)
        }
    }
}

/// A worker's claim on a job.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    pub tenant: i64,
    pub id: &'a str,
    pub claim: Uuid,
}

/// Renews the claim and stores the progress. False if the claim is lost.
pub async fn renew(db: &Database, job: &Job, lease: Duration, progress_pct: i16) -> Result<bool> {
    let mut scope = db.lane(Lane::Queue).write(job.tenant).await?;
    let renew = scope
        .query(include_str!("sql/renew.sql"))
        .bind(job.id.clone())
        .bind(job.claim);
    let renewed = renew
        .bind(lease.as_secs_f64())
        .bind(progress_pct)
        .execute(scope.connection())
        .await?;
    scope.commit().await?;
    Ok(renewed.rows_affected() == 1)
}

/// Marks the job ready with its file. False if the claim is lost: the file must then be discarded.
pub async fn finish(app: &App, job: &Job, made: &Made) -> Result<bool> {
    let now = app.clock.now();
    let ttl = TimeDelta::from_std(app.exports.ttl).map_err(Error::internal)?;
    let mut scope = app
        .db
        .lane(Lane::Queue)
        .write_with_events(job.tenant)
        .await?;
    let finish = scope
        .query(include_str!("sql/finish.sql"))
        .bind(job.id.clone())
        .bind(job.claim);
    let finish = finish
        .bind(made.key.clone())
        .bind(made.name.clone())
        .bind(i64::try_from(made.size).unwrap_or(i64::MAX));
    let finish = finish
        .bind(i64::try_from(made.rows).unwrap_or(i64::MAX))
        .bind(made.seconds)
        .bind(now)
        .bind(now + ttl);
    let mut finished = finish.execute(scope.connection()).await?.rows_affected() == 1;
    if !finished {
        // Stored by an earlier statement whose response was lost.
        let written = "select exists (select from exports where tenant_id = $1 and id = $2 and file_key = $3)";
        let written = scope
            .select::<(bool,)>(written)
            .bind(job.id.clone())
            .bind(made.key.clone());
        (finished,) = written.fetch_one(scope.connection()).await?;
    }
    scope.commit().await?;
    Ok(finished)
}

/// Records a failed attempt with a reason for the client. True if it was the last attempt; `None` if the claim is lost.
pub async fn fail(app: &App, job: &Job, reason: &str, tries: i16) -> Result<Option<bool>> {
    let mut scope = app
        .db
        .lane(Lane::Queue)
        .write_with_events(job.tenant)
        .await?;
    let fail = scope
        .select::<(String,)>(include_str!("sql/fail.sql"))
        .bind(job.id.clone())
        .bind(job.claim);
    let fail = fail
        .bind(reason.to_owned())
        .bind(tries)
        .bind(app.exports.pace.wait.as_secs_f64())
        .bind(app.clock.now());
    let status = fail.fetch_optional(scope.connection()).await?;
    scope.commit().await?;
    Ok(status.map(|(status,)| status == "failed"))
}

/// Requeues a job whose store or database is unreachable, for at least `pause`; after too long a wait it fails for that
/// reason. True if it has failed; `None` if the claim is lost.
pub async fn wait(
    db: &Database,
    holder: Holder<'_>,
    reason: &str,
    pause: Duration,
    now: DateTime<Utc>,
) -> Result<Option<bool>> {
    let mut scope = db
        .lane(Lane::Queue)
        .write_with_events(holder.tenant)
        .await?;
    let wait = scope
        .select::<(String,)>(include_str!("sql/wait.sql"))
        .bind(holder.id.to_owned())
        .bind(holder.claim);
    let wait = wait
        .bind(format!("Given up after a day. {reason}"))
        .bind(now);
    let status = wait
        .bind(PATIENCE.as_secs_f64())
        .bind(pause.as_secs_f64())
        .fetch_optional(scope.connection())
        .await?;
    scope.commit().await?;
    Ok(status.map(|(status,)| status == "failed"))
}

/// Requeues a job without counting the attempt.
pub async fn requeue(db: &Database, job: &Job) -> Result<()> {
    let mut scope = db.lane(Lane::Queue).write(job.tenant).await?;
    let requeued = scope
        .query(include_str!("sql/requeue.sql"))
        .bind(job.id.clone())
        .bind(job.claim);
    requeued.execute(scope.connection()).await?;
    sqlx::query("select pg_notify($1, '')")
        .bind(CHANNEL)
        .execute(scope.connection())
        .await?;
    scope.commit().await
}

/// The file of a link.
#[derive(Debug, sqlx::FromRow)]
pub struct File {
    pub tenant: i64,
    pub key: String,
    pub name: String,
    pub size: i64,
    pub expires_at: DateTime<Utc>,
}

/// The file of a job named by a valid link. `Expired` if it is deleted.
pub async fn file_for_link(db: &Database, id: &str) -> Result<File> {
    let file = linked(db, include_str!("sql/file_for_link.sql"), id).await?;
    file.ok_or(Error::Expired)
}

/// The file that a statement finds by an id, whose row is the only one that it sees.
pub async fn linked(db: &Database, sql: &'static str, id: &str) -> Result<Option<File>> {
    let mut transaction = db.lane(Lane::Tokens).unscoped().begin().await?;
    sqlx::query("select set_config('callboard.link', $1, true)")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    let file = sqlx::query_as(sql).bind(id);
    Ok(file.fetch_optional(&mut *transaction).await?)
}
