//! Settings of exports: the store, the workers and their intervals, and the lifetime of files.

use std::net::SocketAddr;
use std::time::Duration;

use crate::config::{Config, MAX_WORKERS};
use crate::db::EXPORT_CONNECTIONS;
use crate::error::Result;
use crate::files::sheet;
use crate::store::Store;

/// Settings of exports.
#[derive(Debug, Clone)]
pub struct Settings {
    pub store: Store,
    /// Exports made at a time by this instance.
    pub workers: u64,
    /// Lifetime of a finished export.
    pub ttl: Duration,
    /// Base URL of links; `None` for the listen address.
    pub public_url: Option<String>,
    pub pace: Pace,
    /// Rows per sheet of a workbook, without the header.
    pub rows_a_sheet: u32,
}

/// Intervals of the workers. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time without a heartbeat after which another worker takes over a job.
    pub lease: Duration,
    /// Interval of heartbeats.
    pub renew_every: Duration,
    /// Interval of polling for jobs without a notification.
    pub look_every: Duration,
    /// Pause after a first try that failed; after the next one, twice as long.
    pub wait: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            renew_every: Duration::from_secs(1),
            look_every: Duration::from_secs(5),
            wait: Duration::from_secs(5),
        }
    }
}

impl Settings {
    pub fn new(store: Store, workers: u64, ttl: Duration) -> Self {
        Self {
            store,
            workers,
            ttl,
            public_url: None,
            pace: Pace::default(),
            rows_a_sheet: sheet::MAX_ROWS,
        }
    }

    /// Makes links lead to the listen address unless there is a base URL.
    pub fn listen_at(&mut self, address: SocketAddr) {
        self.public_url
            .get_or_insert_with(|| format!("http://{address}"));
    }

    /// Settings of a server. `Setup` if the store cannot be opened.
    pub fn of(config: &Config) -> Result<Self> {
        let store = Store::open(&config.export_store(), &config.data_dir)?;
        Ok(Self::with_store(store, config))
    }

    /// Settings of a command, which makes no exports and needs no store.
    pub fn of_command(config: &Config) -> Self {
        let store = Store::without_files(&config.export_store(), &config.data_dir);
        Self::with_store(store, config)
    }

    fn with_store(store: Store, config: &Config) -> Self {
        Self {
            public_url: config.public_url.clone(),
            ..Self::new(store, config.export_workers, config.export_ttl)
        }
    }
}

const _: () = assert!(
    MAX_WORKERS + 2 <= EXPORT_CONNECTIONS as u64,
    "a connection for each worker and for each listener"
);
