//! `callboard serve`

use tokio::net::TcpListener;

use crate::app::{App, Running, Sharing};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::http;
use crate::reports::telesales::abandon_check;

pub async fn run(config: &Config) -> Result<()> {
    let stop = http::stop_signal()?;
    let running = Running::start(config, Sharing::Alone).await?;
    let served = match listen(config).await {
        Ok(listener) => serve(running.app.clone(), listener, stop).await,
        Err(error) => Err(error),
    };
    running.stop().await;
    served
}

/// Serves, with the work that goes on beside it, until `stop`.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    let check = tokio::spawn(abandon_check::run(app.clone()));
    let served = http::serve(app, listener, stop).await;
    check.abort();
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
