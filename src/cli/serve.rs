//! `callboard serve`

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::auth::prune::{self, Retention};
use crate::auth::secret;
use crate::boot::{Running, Sharing};
use crate::config::Config;
use crate::db::{statistics, tz_release};
use crate::dialers::{raw, remap, sweep};
use crate::error::{Cause, Error, Result};
use crate::exports::worker;
use crate::http;
use crate::ingest::normal;
use crate::metrics;
use crate::overview::raise;
use crate::reports::telesales::abandon_check;
use crate::rollups::{compact, upkeep};
use crate::schedules;
use crate::time::zone;
use crate::webhooks;

pub async fn run(config: &Config) -> Result<()> {
    run_with(config, async |app, work| {
        serve(config, app.clone(), work).await
    })
    .await
}

/// A server's sockets, bound before anything else, and the stop signal.
pub struct Work {
    pub listener: TcpListener,
    /// For `/healthz` and `/readyz` only.
    probes: Option<TcpListener>,
    stop: Stop,
}

/// Starts the app, runs `work` until the stop signal, and stops the app. The signal may arrive
/// during the start.
pub async fn run_with(
    config: &Config,
    work: impl AsyncFnOnce(&App, Work) -> Result<()>,
) -> Result<()> {
    http::raise_descriptors();
    let (mut stop, signalled_at) = with_time(http::stop_signal()?);
    let listener = bind("CALLBOARD_LISTEN", &config.listen).await?;
    let probes = match config.metrics_listen.0 {
        Some(address) => Some(bind_metrics(config, address).await?),
        None => None,
    };
    let mut starting = pin!(Running::start(config, Sharing::Alone));
    let running = tokio::select! {
        started = &mut starting => started?,
        // A remote database may never answer, so the start is abandoned; the embedded one is
        // awaited to stop it cleanly.
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
    let elapsed = signalled_at.get().map(Instant::elapsed).unwrap_or_default();
    running
        .stop_within((config.drain + STOP_TIMEOUT).saturating_sub(elapsed))
        .await;
    worked
}

/// Timeout of the whole shutdown, from the end of the drain on: supervisors kill after ten seconds (`docker
/// stop`).
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// Timeout for releasing running exports and deliveries, after the requests are answered.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// Resolves when the server has to stop.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Wraps a signal to record its time.
fn with_time(signal: impl Future<Output = ()> + Send + 'static) -> (Stop, Arc<OnceLock<Instant>>) {
    let received = Arc::<OnceLock<Instant>>::default();
    let recorder = Arc::clone(&received);
    let stop = Box::pin(async move {
        signal.await;
        recorder.get_or_init(Instant::now);
    });
    (stop, received)
}

/// Serves requests and runs background tasks until `stop`.
pub async fn serve(
    config: &Config,
    mut app: App,
    Work {
        listener,
        probes,
        stop,
    }: Work,
) -> Result<()> {
    let address = listener.local_addr().map_err(Error::internal)?; // the system may have chosen the port
    tracing::info!(%address, "listening");
    app.exports.listen_at(address);
    if secret::status(&app.db, &app.keys).await? == secret::SecretStatus::Unknown {
        tracing::warn!(
            "another server used this database with a different secret within the last day: each accepts only its own tokens"
        );
    }
    secret::record(&app.db, &app.keys, app.clock.now()).await?;
    let tz = zone::database::Database::current();
    tracing::info!(release = %tz.release(), place = tz.place(), "time zone data");
    let mut tasks = JoinSet::new();
    tasks.spawn(tz_release::run(app.db.clone(), app.clock));
    let (audit, sessions, failed_logins) = (
        config.audit_keep,
        config.sessions_keep,
        prune::FAILED_LOGINS,
    );
    let retention = Retention {
        audit,
        sessions,
        failed_logins,
    };
    tasks.spawn(prune::run(
        app.db.clone(),
        app.clock,
        app.keys.clone(),
        retention,
    ));
    tasks.spawn(abandon_check::run(app.clone()));
    tasks.spawn(raise::run(app.clone()));
    tasks.spawn(compact::run(app.db.clone(), config.compact_every));
    tasks.spawn(upkeep::run(app.db.clone(), app.clock));
    tasks.spawn(remap::run(app.clone()));
    tasks.spawn(raw::run(app.clone(), config.keep_raw));
    tasks.spawn(statistics::run(app.db.clone()));
    tasks.spawn(normal::keep_trying(app.db.clone()));
    tasks.spawn(sweep::run(app.clone()));
    // Running exports and deliveries are released at once, while requests are still answered, so that other
    // instances continue them.
    let stopping = CancellationToken::new();
    let mut workers = JoinSet::new();
    workers.spawn(worker::run(app.clone(), stopping.clone()));
    workers.spawn(webhooks::worker::run(app.clone(), stopping.clone()));
    workers.spawn(schedules::worker::run(app.clone(), stopping.clone()));
    let stopping = stopping.drop_guard();
    let (draining, drain) = (Arc::clone(&app.stopping), config.drain);
    let stop = async move {
        stop.await;
        draining.store(true, Ordering::Release);
        // Load balancers ask `/readyz` at intervals, and send requests until they have noticed.
        tokio::time::sleep(drain).await;
        drop(stopping);
    };
    if let Some(probes) = probes {
        let address = probes.local_addr().map_err(Error::internal)?;
        tracing::info!(%address, "listening for probes and metrics");
        metrics::begin::begin(http::expected_requests());
        tasks.spawn(metrics::installation::run(app.db.clone()));
        tasks.spawn(http::serve_probes(app.clone(), probes));
    }
    let served = http::serve(app, listener, stop).await;
    // A job or delivery that was not released, because the database does not answer, is resumed
    // when its lease expires.
    let released = async {
        while let Some(ended) = workers.join_next().await {
            ended.map_err(Error::internal)?;
        }
        Ok::<(), Error>(())
    };
    match tokio::time::timeout(RELEASE_TIMEOUT, released).await {
        Ok(ended) => ended?,
        Err(_) => tracing::warn!("could not release running exports and webhooks at shutdown"),
    }
    tasks.shutdown().await;
    served
}

/// Binds the listener of metrics. Strangers must not read them: on a public address they need a token.
async fn bind_metrics(config: &Config, address: SocketAddr) -> Result<TcpListener> {
    let is_ours = match address.ip().to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    if !is_ours && config.metrics_token.is_none() {
        return Err(Error::setup(format!(
            "CALLBOARD_METRICS_LISTEN {address} may be public: set CALLBOARD_METRICS_TOKEN, or listen on 127.0.0.1 or a \
             private address"
        )));
    }
    bind("CALLBOARD_METRICS_LISTEN", address).await
}

/// Binds a listening socket, to the first free address of a host name.
async fn bind(setting: &str, address: impl ToSocketAddrs + Display) -> Result<TcpListener> {
    let listener = TcpListener::bind(&address).await;
    listener.map_err(|error| {
        Error::Setup(Cause::from(error).context(format!("cannot listen on {address} ({setting})")))
    })
}
