//! Workers: plan what is due, make one run at a time, and mail one at a time, in every instance.
//!
//! Owns tries, lost leases and shutdown. A try that takes as long as its lease is given up before another instance may
//! take the run over.

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::make;
use super::runs::{self, Job, Queue, TRIES};
use super::{TASK, deliver, mail, plan, sweep};
use crate::app::App;
use crate::auth::audit::{self, Details, Event};
use crate::db::Lane;
use crate::error::{Error, Result};
use crate::metrics::{DONE, FAILED, metrics};
use crate::supervise;

/// Workers of an instance: a mail server that does not answer holds up no file.
const WORKERS: [Queue; 4] = [Queue::Making, Queue::Mailing, Queue::Making, Queue::Mailing];

/// Runs schedules until `stop`; running runs are then given back.
pub async fn run(app: App, stop: CancellationToken) {
    let mut beside = JoinSet::new();
    beside.spawn(sweep::run(app.clone()));
    let mut workers = JoinSet::new();
    for queue in WORKERS {
        let (app, stop) = (app.clone(), stop.clone());
        workers.spawn(async move {
            supervise::keep(TASK, || work(app.clone(), queue, stop.clone())).await;
        });
    }
    while workers.join_next().await.is_some() {}
    beside.shutdown().await;
}

async fn work(app: App, queue: Queue, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if supervise::attempt(TASK, pass(&app, queue, &stop)).await == Some(true) {
            continue;
        }
        tokio::select! {
            () = sleep(app.schedules.pace.look_every) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Takes one run of each account that has one. False if there was none.
async fn pass(app: &App, queue: Queue, stop: &CancellationToken) -> Result<bool> {
    let mut has_run = false;
    for tenant in due(app, queue, app.clock.now()).await? {
        if stop.is_cancelled() {
            break;
        }
        let turn = async {
            match queue {
                Queue::Making => turn(app, tenant, stop).await,
                Queue::Mailing => mail::worker::turn(app, tenant, stop).await,
            }
        };
        // One account's failure must not affect the others.
        has_run |= supervise::attempt(TASK, turn).await == Some(true);
    }
    Ok(has_run)
}

/// Accounts with something to do.
async fn due(app: &App, queue: Queue, now: DateTime<Utc>) -> Result<Vec<i64>> {
    let sql = match queue {
        Queue::Making => include_str!("sql/due.sql"),
        Queue::Mailing => include_str!("sql/due_mails.sql"),
    };
    let mut connection = app.db.queue().await?;
    let due = sqlx::query_scalar(sql).bind(now);
    Ok(due.fetch_all(&mut *connection).await?)
}

/// Plans what is due, and makes one run.
async fn turn(app: &App, tenant: i64, stop: &CancellationToken) -> Result<bool> {
    plan::plan(&app.db, tenant, app.clock.now()).await?;
    let lease = app.schedules.pace.lease;
    let Some(job) = runs::claim(&app.db, tenant, Queue::Making, lease, app.clock.now()).await?
    else {
        return Ok(false);
    };
    let made = tokio::select! {
        made = timeout(lease, attempt(app, &job)) => made,
        () = stop.cancelled() => {
            runs::release(&app.db, &job).await?;
            return Ok(false);
        }
    };
    let late = || Failure::Transient("The report took too long", Error::TimedOut);
    match made.unwrap_or_else(|_| Err(late())) {
        Ok(()) => {
            metrics().schedule_runs.add([DONE], 1);
            tracing::info!(
                tenant,
                run = job.id,
                schedule = job.schedule,
                "schedule run"
            );
        }
        Err(failure) => {
            metrics().schedule_runs.add([FAILED], 1);
            fail(app, &job, &failure).await?;
        }
    }
    Ok(true)
}

/// One try of a run.
async fn attempt(app: &App, job: &Job) -> Result<(), Failure> {
    if job.tries > TRIES {
        let reason = format!("Given up after {TRIES} tries: each time the server stopped.");
        return Err(Failure::Permanent(reason));
    }
    let schedule = match make::schedule(app, job).await {
        // Deleted meanwhile, and its runs with it.
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };
    let made = make::make(app, job, &schedule).await?;
    let delivered = deliver::deliver(app, job, &schedule, &made).await;
    if matches!(delivered, Ok(false) | Err(Failure::Permanent(_))) {
        // Nothing refers to it.
        tracing::info!(
            run = job.id,
            "a run was lost or refused; discarding its file"
        );
        app.exports.store.remove(&made.key).await?;
    }
    delivered.map(drop)
}

/// Records a failed try. A schedule whose maker may not have the report stops, which is in the audit log.
async fn fail(app: &App, job: &Job, failure: &Failure) -> Result<()> {
    let now = app.clock.now();
    tracing::warn!(tenant = job.tenant, run = job.id, tries = job.tries, %failure, "run failed");
    let mut scope = app.db.lane(Lane::Queue).write(job.tenant).await?;
    let is_final = !matches!(failure, Failure::Transient(..));
    runs::fail(&mut scope, job, &failure.reason(), is_final, now).await?;
    if let Failure::Forbidden(_) = failure {
        let stop = scope.query(
            "update schedules set active = false, next_run_at = null where tenant_id = $1 and id = $2 and active",
        );
        let stop = stop.bind(job.schedule);
        if stop.execute(scope.connection()).await?.rows_affected() == 1 {
            let schedule = job.schedule.to_string();
            let details = Details {
                subject: Some(&schedule),
                ..Details::default()
            };
            audit::record(&mut scope, Event::ScheduleStopped, details, now).await?;
        }
    }
    scope.commit().await
}
