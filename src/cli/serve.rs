//! `callboard serve`

use std::fmt::Display;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::auth::prune::{self, Keep};
use crate::auth::secret;
use crate::boot::{Running, Sharing};
use crate::config::Config;
use crate::db::tz_release;
use crate::error::{Cause, Error, Result};
use crate::exports::worker;
use crate::http;
use crate::ingest::normal;
use crate::reports::telesales::abandon_check;
use crate::rollups::compact;
use crate::time::zone;

pub async fn run(config: &Config) -> Result<()> {
    run_with(config, async |app, work| {
        serve(config, app.clone(), work).await
    })
    .await
}

/// A server's sockets, taken before anything else is done, and the signal to stop.
pub struct Work {
    pub listener: TcpListener,
    /// For `/healthz` and `/readyz` alone.
    probes: Option<TcpListener>,
    stop: Stop,
}

/// Starts, works until told to stop, and stops what it started. May be told so while it is still starting.
pub async fn run_with(
    config: &Config,
    work: impl AsyncFnOnce(&App, Work) -> Result<()>,
) -> Result<()> {
    http::raise_descriptors();
    let (mut stop, asked_at) = noting_when(http::stop_signal()?);
    let listener = bind("CALLBOARD_LISTEN", &config.listen).await?;
    let probes = match config.metrics_listen.0 {
        Some(address) => Some(bind("CALLBOARD_METRICS_LISTEN", address).await?),
        None => None,
    };
    let mut starting = pin!(Running::start(config, Sharing::Alone));
    let running = tokio::select! {
        started = &mut starting => started?,
        // Somebody else's database may never answer; our own is waited for, so that it is stopped in order.
        () = &mut stop => match config.database_url() {
            Some(_) => return Ok(()),
            None => {
                starting.await?.stop().await;
                return Ok(());
            }
        },
    };
    let worked = work(
        &running.app,
        Work {
            listener,
            probes,
            stop,
        },
    )
    .await;
    let taken = asked_at.get().map(Instant::elapsed).unwrap_or_default();
    running.stop_within(STOP.saturating_sub(taken)).await;
    worked
}

/// Time for a whole stop, from the signal on: what sends it kills after ten seconds (`docker stop`).
const STOP: Duration = Duration::from_secs(8);

/// Time for giving back exports under way, once requests are answered.
const GIVE_BACK: Duration = Duration::from_secs(1);

/// Resolves when the operator wants the server to stop.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A signal, and when it came.
fn noting_when(
    signal: impl Future<Output = ()> + Send + 'static,
) -> (Stop, Arc<OnceLock<Instant>>) {
    let came = Arc::<OnceLock<Instant>>::default();
    let noted = Arc::clone(&came);
    let stop = Box::pin(async move {
        signal.await;
        noted.get_or_init(Instant::now);
    });
    (stop, came)
}

/// Serves, with the work that goes on beside it, until `stop`.
pub async fn serve(
    config: &Config,
    app: App,
    Work {
        listener,
        probes,
        stop,
    }: Work,
) -> Result<()> {
    let address = listener.local_addr().map_err(Error::internal)?; // the port may have been left to the system
    tracing::info!(%address, "listening");
    if secret::standing(&app.db, &app.keys).await? == secret::Standing::Unknown {
        tracing::warn!(
            "other servers used this database with another secret within a day: each takes only its own tokens"
        );
    }
    secret::record(&app.db, &app.keys, app.clock.now()).await?;
    let tz = zone::database::Database::current();
    tracing::info!(release = %tz.release(), place = tz.place(), "time zone data");
    let mut beside = JoinSet::new();
    beside.spawn(tz_release::run(app.db.clone(), app.clock));
    let (audit, sessions, failed_logins) = (
        config.audit_keep,
        config.sessions_keep,
        prune::FAILED_LOGINS,
    );
    let keep = Keep {
        audit,
        sessions,
        failed_logins,
    };
    beside.spawn(prune::run(
        app.db.clone(),
        app.clock,
        app.keys.clone(),
        keep,
    ));
    beside.spawn(abandon_check::run(app.clone()));
    beside.spawn(compact::run(app.db.clone(), config.compact_every));
    beside.spawn(normal::keep_trying(app.db.clone()));
    // Exports under way are given back at once, while requests are still answered: other instances go on with them.
    let stopping = CancellationToken::new();
    let workers = tokio::spawn(worker::run(app.clone(), stopping.clone()));
    let stopping = stopping.drop_guard();
    let stop = async move {
        stop.await;
        drop(stopping);
    };
    if let Some(probes) = probes {
        let address = probes.local_addr().map_err(Error::internal)?;
        tracing::info!(%address, "listening for probes");
        beside.spawn(http::serve_probes(app.clone(), probes));
    }
    let served = http::serve(app, listener, stop).await;
    // A job that was not given back, for the database does not answer, is taken up again when its lease is over.
    match tokio::time::timeout(GIVE_BACK, workers).await {
        Ok(ended) => ended.map_err(Error::internal)?,
        Err(_) => tracing::warn!("exports under way were not given back"),
    }
    beside.shutdown().await;
    served
}

/// Takes an address to listen on, of a host name's the first that is free.
async fn bind(setting: &str, address: impl ToSocketAddrs + Display) -> Result<TcpListener> {
    let listener = TcpListener::bind(&address).await;
    listener.map_err(|error| {
        Error::Setup(Cause::from(error).context(format!("cannot listen on {address} ({setting})")))
    })
}
