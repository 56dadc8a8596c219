//! `callboard serve`

use tokio::net::TcpListener;

use crate::app::{Running, Sharing};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::http;

pub async fn run(config: &Config) -> Result<()> {
    let stop = http::stop_signal()?;
    let running = Running::start(config, Sharing::Alone).await?;
    let served = match listen(config).await {
        Ok(listener) => http::serve(running.app.clone(), listener, stop).await,
        Err(error) => Err(error),
    };
    running.stop().await;
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
