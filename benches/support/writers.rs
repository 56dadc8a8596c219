//! Attempts that come in while something else is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::incoming::{Incoming, store};
use super::server::Server;

/// Attempts per batch, and the interval of batches: 1,500 a second.
const BATCH: usize = 150;
const BATCH_EVERY: Duration = Duration::from_millis(100);

/// The writers, in the server's process.
pub struct Writers {
    begin: Instant,
    stored: Arc<AtomicUsize>,
    work: tokio::task::JoinHandle<()>,
}

impl Writers {
    pub fn start(server: &Server, incoming: Arc<Mutex<Incoming>>) -> Self {
        let (stored, db, begin) = (
            Arc::new(AtomicUsize::new(0)),
            server.db.clone(),
            Instant::now(),
        );
        let counted = stored.clone();
        let work = server.spawn(async move {
            for batch in 0.. {
                sleep_until(begin + BATCH_EVERY * batch).await;
                let lines = incoming.lock().await.lines(BATCH, TimeDelta::minutes(30));
                store(&db, &lines).await;
                counted.fetch_add(BATCH, Ordering::Relaxed);
            }
        });
        Self {
            begin,
            stored,
            work,
        }
    }

    /// Stops them. Returns the attempts stored per second.
    pub async fn stop(self) -> f64 {
        let rate = self.stored.load(Ordering::Relaxed) as f64 / self.begin.elapsed().as_secs_f64();
        self.work.abort();
        let _ = self.work.await;
        rate
    }
}
