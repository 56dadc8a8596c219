//! Workers: each runs one job at a time to completion.
//!
//! Owns retries, lost leases and shutdown. Any number of instances share the queue: a worker that cannot renew its lease
//! stops making the file before another worker may claim the job.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::failure::Failure;
use super::job::Job;
use super::make::{Made, make};
use super::progress::Progress;
use super::queue::{self, Holder, TRIES};
use super::sweep;
use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::{FAILED, READY, metrics};
use crate::supervise;

/// Delay before listening again after a lost connection.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

/// Runs jobs until `stop`; running jobs are then requeued.
pub async fn run(app: App, stop: CancellationToken) {
    let wake = Arc::<Notify>::default();
    let mut beside = JoinSet::new();
    beside.spawn(sweep::run(app.clone()));
    beside.spawn({
        let (app, wake) = (app.clone(), Arc::clone(&wake));
        async move {
            supervise::keep("export listener", || listen(app.clone(), Arc::clone(&wake))).await
        }
    });
    let mut workers = JoinSet::new();
    for _ in 0..app.exports.workers {
        let (app, wake, stop) = (app.clone(), Arc::clone(&wake), stop.clone());
        workers.spawn(async move {
            supervise::keep(super::TASK, || {
                work(app.clone(), Arc::clone(&wake), stop.clone())
            })
            .await;
        });
    }
    stop.cancelled().await;
    while workers.join_next().await.is_some() {}
    beside.shutdown().await;
}

/// Wakes the workers when an instance notifies of a job.
async fn listen(app: App, wake: Arc<Notify>) {
    loop {
        if let Ok(mut listener) = app.db.listen(queue::CHANNEL).await {
            while listener.recv().await.is_ok() {
                wake.notify_waiters();
            }
        }
        // They also poll.
        sleep(LISTEN_AGAIN).await;
    }
}

async fn work(app: App, wake: Arc<Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let woken = wake.notified();
        match next(&app, &stop).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "could not poll the export queue; will retry")
            }
        }
        tokio::select! {
            () = woken => {}
            () = sleep(app.exports.pace.look_every) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Claims the next job and runs it to completion. False if there is none.
pub async fn next(app: &App, stop: &CancellationToken) -> Result<bool> {
    let Some(job) = queue::claim(&app.db, app.exports.pace.lease, app.clock.now()).await? else {
        return Ok(false);
    };
    if job.tries > TRIES {
        let reason = format!(
            "Given up after {TRIES} tries: each time the server stopped while it made the file."
        );
        queue::fail(app, &job, &reason, TRIES).await?;
        return Ok(true);
    }
    tracing::info!(
        tenant = job.tenant,
        job = job.id,
        tries = job.tries,
        "export begun"
    );
    let ended = run_job(app, &job, stop).await;
    write_down(app, &job, &ended, stop).await?;
    Ok(true)
}

/// End of an attempt.
enum JobEnd {
    Made(Result<Made, Failure>),
    /// The claim was lost.
    Lost,
    Stopped,
}

/// Makes the file while the claim holds.
async fn run_job(app: &App, job: &Job, stop: &CancellationToken) -> JobEnd {
    let watch = Arc::new(Progress::new(job.rows_expected));
    let making = {
        let (app, job, watch) = (app.clone(), job.clone(), Arc::clone(&watch));
        // In a task of its own, so that a panic is a failed attempt.
        AbortOnDropHandle::new(tokio::spawn(async move { make(&app, &job, &watch).await }))
    };
    let ended = renew_until_done(app, job, &watch, making, stop).await;
    watch.stop();
    ended
}

/// Renews the lease until the file is made, the attempt fails, or the claim is lost.
async fn renew_until_done(
    app: &App,
    job: &Job,
    watch: &Progress,
    mut making: Making,
    stop: &CancellationToken,
) -> JobEnd {
    let pace = app.exports.pace;
    let mut until = Instant::now() + pace.lease;
    while Instant::now() < until {
        tokio::select! {
            made = &mut making => return JobEnd::Made(made.unwrap_or_else(|panic| Err(Failure::panicked(panic)))),
            () = stop.cancelled() => return JobEnd::Stopped,
            () = sleep(pace.renew_every) => {}
        }
        let asked = Instant::now();
        match timeout_at(
            until,
            queue::renew(&app.db, job, pace.lease, watch.progress_pct()),
        )
        .await
        {
            Ok(Ok(true)) => until = asked + pace.lease,
            Ok(Ok(false)) => return JobEnd::Lost,
            Ok(Err(error)) => {
                tracing::warn!(job = job.id, %error, "could not renew the lease of an export; will retry")
            }
            Err(_) => break,
        }
    }
    // Another worker may claim the job from now on.
    JobEnd::Made(Err(Failure::lease()))
}

type Making = AbortOnDropHandle<Result<Made, Failure>>;

/// Records the end of an attempt, retrying until the database is reachable: otherwise an outage would look like a dead
/// worker and count as an attempt. Gives up after `stop`; the lease then expires.
async fn write_down(app: &App, job: &Job, ended: &JobEnd, stop: &CancellationToken) -> Result<()> {
    let mut is_logged = false;
    loop {
        match end(app, job, ended).await {
            Err(error @ (Error::Unavailable(_) | Error::GaveWay(_) | Error::TimedOut))
                if !stop.is_cancelled() =>
            {
                if !is_logged {
                    tracing::warn!(job = job.id, %error, "could not record the end of an export; will retry");
                    is_logged = true;
                }
            }
            ended => return ended,
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(app.exports.pace.renew_every) => {}
        }
    }
}

async fn end(app: &App, job: &Job, ended: &JobEnd) -> Result<()> {
    match ended {
        JobEnd::Made(Ok(made)) => {
            if !queue::finish(app, job, made).await? {
                tracing::info!(
                    job = job.id,
                    "lost the lease on an export; discarding its file"
                );
                return app.exports.store.remove(&made.key).await;
            }
            let Made {
                size,
                rows,
                seconds,
                ..
            } = made;
            metrics().exports_finished.add([READY], 1);
            tracing::info!(
                tenant = job.tenant,
                job = job.id,
                size,
                rows,
                seconds,
                "export ready"
            );
        }
        JobEnd::Made(Err(failure)) => {
            let gave_up = fail(app, job, failure).await?;
            if gave_up == Some(true) {
                metrics().exports_finished.add([FAILED], 1);
            }
            tracing::warn!(tenant = job.tenant, job = job.id, tries = job.tries, %failure, ?gave_up, "export attempt failed");
        }
        JobEnd::Lost => tracing::info!(
            job = job.id,
            "lost the lease on an export; discarding its file"
        ),
        JobEnd::Stopped => queue::requeue(&app.db, job).await?,
    }
    Ok(())
}

/// True if the job has failed for good; `None` if the claim was lost.
async fn fail(app: &App, job: &Job, failure: &Failure) -> Result<Option<bool>> {
    match failure {
        Failure::Permanent(reason) => queue::fail(app, job, reason, 1).await,
        Failure::Transient(reason, _) => {
            queue::fail(
                app,
                job,
                &format!("Given up after {TRIES} tries. {reason}"),
                TRIES,
            )
            .await
        }
        Failure::Outage(reason, _) => {
            let holder = Holder {
                tenant: job.tenant,
                id: &job.id,
                claim: job.claim,
            };
            queue::wait(
                &app.db,
                holder,
                reason,
                app.exports.pace.wait,
                app.clock.now(),
            )
            .await
        }
    }
}
