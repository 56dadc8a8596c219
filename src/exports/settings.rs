//! Settings of exports: the store, the number and the intervals of workers, and how long files are kept.

use std::time::Duration;

use crate::config::{Config, MOST_WORKERS};
use crate::db::EXPORTING;
use crate::error::Result;
use crate::files::sheet;
use crate::store::Store;

/// Settings of exports.
#[derive(Debug, Clone)]
pub struct Settings {
    pub store: Store,
    /// Exports that this instance makes at a time.
    pub workers: u64,
    /// Time that a finished export can be downloaded.
    pub ttl: Duration,
    /// What links begin with; None: where the server listens.
    pub public_url: Option<String>,
    pub pace: Pace,
    /// Rows on a sheet of a workbook, the header not counted.
    pub rows_a_sheet: u32,
}

/// Intervals of the workers. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time until a job whose worker sends no sign of life is given to another.
    pub lease: Duration,
    /// Interval of signs of life.
    pub renew_every: Duration,
    /// Interval of looks for jobs that no notification came for.
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

    /// Fails with a sentence for the operator where the store cannot be opened.
    pub fn of(config: &Config) -> Result<Self> {
        let store = Store::open(&config.export_store(), &config.data_dir)?;
        Ok(Self {
            public_url: config.public_url.clone(),
            ..Self::new(store, config.export_workers, config.export_ttl)
        })
    }
}

const _: () = assert!(
    MOST_WORKERS < EXPORTING as u64,
    "a connection for each worker and one more"
);
