//! Keeping Postgres up: one that was killed, gave up or takes no connections is started again, after growing pauses.

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

/// The name that restarts are counted under.
pub const TASK: &str = "embedded Postgres";

/// Times of the supervision.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Pause between looks whether the process lives.
    pub look_every: Duration,
    /// Pause between looks whether it takes connections.
    pub probe_every: Duration,
    /// Time without a connection after which it is stopped and started.
    pub patience: Duration,
    /// Time for it to stop in order before it is killed.
    pub stop_in: Duration,
    /// Pauses between attempts to start it.
    pub backoff: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look_every: Duration::from_millis(100),
            probe_every: Duration::from_secs(2),
            patience: Duration::from_secs(10),
            stop_in: Duration::from_secs(10),
            backoff: Backoff::DEFAULT,
        }
    }
}

/// Keeps Postgres up until `stop`, and stops it then. Returns what is told when it has stopped. A volatile one is over
/// when it ends, for its data is gone.
///
/// On a thread of its own: it lives as long as its owner, whichever runtime made it, and no load keeps it from looking.
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
    let (told, stopped) = oneshot::channel();
    let supervise = move || {
        runtime.block_on(run(cluster, keeper, settings, stop));
        let _ = told.send(()); // nobody may wait for it
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
            fault = ended(&mut keeper, pace) => fault,
            fault = refusing(&cluster, pace), if !settings.volatile => fault,
        };
        failures = if started.elapsed() >= STEADY {
            0
        } else {
            failures
        };
        tracing::error!(cause = %fault, "embedded Postgres failed");
        if let Err(error) = keeper.stop_within(pace.stop_in).await {
            tracing::error!(%error, "embedded Postgres could not be stopped");
        }
        if settings.volatile {
            return;
        }
        match start_again(&cluster, pace, &mut failures, &stop).await {
            Some(started) => keeper = started,
            None => break,
        }
    }
    if let Err(error) = keeper.stop().await {
        tracing::warn!(%error, "Postgres may not have stopped");
    }
    sockets::remove(&cluster.sockets);
}

/// Starts Postgres as often as it takes. None where it is to stop before that.
async fn start_again(
    cluster: &Cluster,
    pace: Pace,
    failures: &mut u32,
    stop: &CancellationToken,
) -> Option<Keeper> {
    loop {
        // A first failure may be a mere accident: no pause after it.
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

/// Resolves when Postgres has ended, with the reason.
async fn ended(keeper: &mut Keeper, pace: Pace) -> String {
    loop {
        match keeper.has_ended() {
            Ok(false) => sleep(pace.look_every).await,
            Ok(true) => return "it ended by itself or was killed".to_owned(),
            Err(error) => return error.to_string(),
        }
    }
}

/// Resolves when Postgres has taken no connection for too long.
async fn refusing(cluster: &Cluster, pace: Pace) -> String {
    let mut taken = Instant::now();
    loop {
        sleep(pace.probe_every).await;
        let (refusal, patience) = match timeout(pace.patience, probe(cluster)).await {
            Ok(Ok(())) => {
                taken = Instant::now();
                continue;
            }
            Ok(Err(refusal)) if is_recovering(&refusal, cluster) => {
                (refusal.to_string(), START_TIMEOUT)
            }
            Ok(Err(refusal)) => (refusal.to_string(), pace.patience),
            Err(_) => ("no answer".to_owned(), pace.patience),
        };
        if taken.elapsed() >= patience {
            return format!(
                "it took no connection for {} ms: {refusal}",
                taken.elapsed().as_millis()
            );
        }
    }
}

/// SQLSTATE of a server whose connections are all in use, which works.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// SQLSTATE of a server that starts, recovers or stops.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// A connection as superuser, for whom some are reserved.
async fn probe(cluster: &Cluster) -> sqlx::Result<()> {
    let options = connect_options(&cluster.sockets)
        .username("postgres")
        .database("postgres");
    match PgConnection::connect_with(&options).await {
        Ok(connection) => connection.close().await,
        Err(refusal) if code(&refusal).as_deref() == Some(TOO_MANY_CONNECTIONS) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Whether it makes good what a process of its own broke off, which takes as long as a start.
fn is_recovering(refusal: &sqlx::Error, cluster: &Cluster) -> bool {
    let is_stopping = || Postmaster::read(&cluster.dir).is_some_and(|found| found.is_stopping);
    code(refusal).as_deref() == Some(CANNOT_CONNECT_NOW) && !is_stopping()
}

fn code(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .map(Into::into)
}
