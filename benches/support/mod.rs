//! Shared by the benchmarks: a database with calls, requests for reports, and statistics.

pub mod ask;
pub mod cluster;
pub mod data;
pub mod incoming;
pub mod memory;
pub mod pgbench;
pub mod process;
pub mod results;
pub mod rolled;
pub mod server;
pub mod spreadsheet;
pub mod stats;
pub mod windows;
pub mod writers;

use std::path::{Path, PathBuf};
use std::time::Instant;

use callboard::db::Database;
use cluster::Cluster;
use data::{Shape, Size};

/// The tenant of most measurements.
pub const TENANT: i64 = 1;
/// Its campaign of 2 M attempts in AutoCall, and of 1 M calls in Telesales.
pub const LARGEST_CAMPAIGN: i64 = 1;

/// The environment of a part.
pub struct World {
    pub cluster: Cluster,
    pub size: Size,
    /// Directory that keeps the data between runs.
    dir: PathBuf,
}

impl World {
    /// Loads missing data and brings the roll-ups up to date.
    pub async fn prepare(dir: &Path, size: Size, shape: Shape) -> Self {
        let cluster = data::cluster(dir, size, shape).await;
        rolled::install(cluster.options()).await;
        let this = Self {
            cluster,
            size,
            dir: dir.to_owned(),
        };
        let (db, started) = (this.open().await, Instant::now());
        rolled::settle(&db).await;
        println!(
            "roll-ups are up to date ({:.1} s)",
            started.elapsed().as_secs_f64()
        );
        db.close().await;
        this
    }

    /// An environment without data, for a part that generates its own.
    pub async fn bare(dir: &Path, size: Size) -> Self {
        Self {
            cluster: Cluster::start(&dir.join("bare")).await,
            size,
            dir: dir.to_owned(),
        }
    }

    /// A second environment of the same size.
    pub async fn beside(&self, shape: Shape) -> Self {
        Self::prepare(&self.dir, self.size, shape).await
    }

    /// Opens the loaded database like the server.
    pub async fn open(&self) -> Database {
        Database::open(
            self.cluster.options().clone(),
            callboard::rollups::Edition::own().schema(),
        )
        .await
        .expect("a database")
    }
}
