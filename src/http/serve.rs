//! Listening, and leaving in order: no new connections, those under way answered, then the database.

use std::future::{Future, IntoFuture};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tower::make::Shared;

use crate::app::App;
use crate::error::{Error, Result};

/// How long requests under way may still take once the server is to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until `stop` resolves, then until the requests under way are answered, or long enough was waited.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    let stopping = CancellationToken::new();
    let told = stopping.clone();
    let stop = async move {
        stop.await;
        told.cancel();
    };
    let overdue = async {
        stopping.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    let server = axum::serve(listener, Shared::new(super::service(app))).with_graceful_shutdown(stop);
    tokio::select! {
        served = server.into_future() => served.map_err(Error::internal),
        () = overdue => {
            tracing::warn!("requests under way were broken off");
            Ok(())
        }
    }
}

/// Resolves on SIGINT or SIGTERM.
pub fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    })
}
