//! Supervision of Postgres: restarts it with back-off when it exits or stops accepting connections.

use std::thread;
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::cluster::{Cluster, START_TIMEOUT};
use super::keeper::Keeper;
use super::postmaster::Postmaster;
use super::{Settings, connect_options, sockets};
use crate::error::{Error, Result};
use crate::supervise::{self, Backoff, STEADY};

/// Task name under which restarts are counted.
pub const TASK: &str = "embedded Postgres";

/// Timing of the supervision.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Interval between checks of the process.
    pub poll_interval: Duration,
    /// Interval between test connections.
    pub probe_interval: Duration,
    /// Time without a successful connection after which Postgres is restarted.
    pub unresponsive_after: Duration,
    /// Timeout of a clean shutdown before it is killed.
    pub stop_timeout: Duration,
    /// Back-off between attempts to start it.
    pub backoff: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_millis(100),
            probe_interval: Duration::from_secs(2),
            unresponsive_after: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(10),
            backoff: Backoff::DEFAULT,
        }
    }
}

/// Keeps Postgres running until `stop`, then stops it. The returned receiver resolves when it has
/// stopped. A volatile cluster is not restarted, because its data is gone.
///
/// Runs on a thread of its own, independent of the caller's runtime and its load.
pub fn spawn(
    cluster: Cluster,
    keeper: Keeper,
    settings: Settings,
    stop: CancellationToken,
) -> Result<oneshot::Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::internal)?;
    let (stopped_sender, stopped) = oneshot::channel();
    let supervise = move || {
        runtime.block_on(run(cluster, keeper, settings, stop));
        let _ = stopped_sender.send(()); // fails if the receiver was dropped
    };
    thread::Builder::new()
        .name("postgres".into())
        .spawn(supervise)
        .map_err(Error::internal)?;
    Ok(stopped)
}

async fn run(cluster: Cluster, mut keeper: Keeper, settings: Settings, stop: CancellationToken) {
    let (pace, mut failures) = (settings.pace, 0);
    loop {
        let started = Instant::now();
        let fault = tokio::select! {
            () = stop.cancelled() => break,
            fault = exited(&mut keeper, pace) => fault,
            fault = unresponsive(&cluster, pace), if !settings.volatile => fault,
        };
        failures = if started.elapsed() >= STEADY {
            0
        } else {
            failures
        };
        tracing::error!(cause = %fault, "embedded Postgres failed");
        if let Err(error) = keeper.stop_within(pace.stop_timeout).await {
            tracing::error!(%error, "embedded Postgres could not be stopped");
        }
        if settings.volatile {
            return;
        }
        match restart(&cluster, pace, &mut failures, &stop).await {
            Some(started) => keeper = started,
            None => break,
        }
    }
    if let Err(error) = keeper.stop().await {
        tracing::warn!(%error, "Postgres may not have stopped");
    }
    sockets::remove(&cluster.sockets);
}

/// Starts Postgres, retrying without limit. Returns `None` if `stop` is cancelled first.
async fn restart(
    cluster: &Cluster,
    pace: Pace,
    failures: &mut u32,
    stop: &CancellationToken,
) -> Option<Keeper> {
    loop {
        // No pause after the first failure, which may be accidental.
        if *failures > 0 {
            tokio::select! {
                () = stop.cancelled() => return None,
                () = sleep(pace.backoff.after(*failures)) => {}
            }
        }
        *failures = failures.saturating_add(1);
        match cluster.start(Duration::ZERO, stop).await {
            Ok(keeper) => {
                supervise::count_restart(TASK);
                tracing::info!(attempts = *failures, "embedded Postgres is running again");
                return Some(keeper);
            }
            Err(_) if stop.is_cancelled() => return None,
            Err(error) => {
                let pause = pace.backoff.after(*failures);
                tracing::error!(%error, ms = pause.as_millis(), "embedded Postgres did not start; will retry");
            }
        }
    }
}

/// Resolves with the reason when Postgres has exited.
async fn exited(keeper: &mut Keeper, pace: Pace) -> String {
    loop {
        match keeper.has_ended() {
            Ok(false) => sleep(pace.poll_interval).await,
            Ok(true) => return "the process exited or was killed".to_owned(),
            Err(error) => return error.to_string(),
        }
    }
}

/// Resolves when Postgres has not accepted connections for too long.
async fn unresponsive(cluster: &Cluster, pace: Pace) -> String {
    let mut last_success = Instant::now();
    loop {
        sleep(pace.probe_interval).await;
        let (error, max_wait) = match timeout(pace.unresponsive_after, probe(cluster)).await {
            Ok(Ok(())) => {
                last_success = Instant::now();
                continue;
            }
            Ok(Err(error)) if is_recovering(&error, cluster) => (error.to_string(), START_TIMEOUT),
            Ok(Err(error)) => (error.to_string(), pace.unresponsive_after),
            Err(_) => ("no answer".to_owned(), pace.unresponsive_after),
        };
        if last_success.elapsed() >= max_wait {
            return format!(
                "no connection accepted for {} ms: {error}",
                last_success.elapsed().as_millis()
            );
        }
    }
}

/// SQLSTATE of a server whose connections are all in use; it is healthy.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// SQLSTATE of a server that is starting, recovering or stopping.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// Connects as superuser, for which Postgres reserves connections.
async fn probe(cluster: &Cluster) -> sqlx::Result<()> {
    let options = connect_options(&cluster.sockets)
        .username("postgres")
        .database("postgres");
    match PgConnection::connect_with(&options).await {
        Ok(connection) => connection.close().await,
        Err(error) if code(&error).as_deref() == Some(TOO_MANY_CONNECTIONS) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Returns true if Postgres recovers from a crash of one of its processes, which takes as long as a
/// start.
fn is_recovering(error: &sqlx::Error, cluster: &Cluster) -> bool {
    let is_stopping = || Postmaster::read(&cluster.dir).is_some_and(|found| found.is_stopping);
    code(error).as_deref() == Some(CANNOT_CONNECT_NOW) && !is_stopping()
}

fn code(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .map(Into::into)
}
