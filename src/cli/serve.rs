//! `callboard serve`

use std::pin::{Pin, pin};

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Running, Sharing};
use crate::auth::prune::{self, Keep};
use crate::auth::secret;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::exports::worker;
use crate::http;
use crate::reports::telesales::abandon_check;
use crate::rollups::compact;

pub async fn run(config: &Config) -> Result<()> {
    run_with(config, async |app, stop| serve(config, app.clone(), listen(config).await?, stop).await).await
}

/// Starts, works until told to stop, and stops what it started. May be told so while it is still starting.
pub async fn run_with(config: &Config, work: impl AsyncFnOnce(&App, Stop) -> Result<()>) -> Result<()> {
    let mut stop: Stop = Box::pin(http::stop_signal()?);
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
    let worked = work(&running.app, stop).await;
    running.stop().await;
    worked
}

/// Resolves when the operator wants the server to stop.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Serves, with the work that goes on beside it, until `stop`.
pub async fn serve(config: &Config, app: App, listener: TcpListener, stop: Stop) -> Result<()> {
    secret::record(&app.db, &app.keys, app.clock.now()).await?;
    let mut beside = JoinSet::new();
    let keep = Keep { audit: config.audit_keep, sessions: config.sessions_keep };
    beside.spawn(prune::run(app.db.clone(), app.clock, app.keys.clone(), keep));
    beside.spawn(abandon_check::run(app.clone()));
    beside.spawn(compact::run(app.db.clone(), config.compact_every));
    // Exports under way are given back at once, while requests are still answered: other instances go on with them.
    let stopping = CancellationToken::new();
    let workers = tokio::spawn(worker::run(app.clone(), stopping.clone()));
    let stopping = stopping.drop_guard();
    let stop = async move {
        stop.await;
        drop(stopping);
    };
    let served = http::serve(app, listener, stop).await;
    workers.await.map_err(Error::internal)?;
    beside.shutdown().await;
    served
}

/// Takes the address to listen on. Says which it is where the port was left to the system.
pub async fn listen(config: &Config) -> Result<TcpListener> {
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| Error::Internal(format!("cannot listen on {}: {error}", config.listen)))?;
    let address = listener.local_addr().map_err(Error::internal)?;
    tracing::info!(%address, "listening");
    Ok(listener)
}
