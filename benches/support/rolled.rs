//! The benchmarks' interface to the roll-ups: nothing else here knows them.

use std::time::Duration;

use callboard::db::Database;
pub use callboard::rollups::Source;
use callboard::rollups::compact;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinHandle;

/// The server's default interval of compaction.
const EVERY: Duration = Duration::from_secs(5);

/// Installs the roll-ups' tables and triggers if they are missing or outdated.
pub async fn install(options: &PgConnectOptions) {
    callboard::boot::migrate(options).await.expect("roll-ups");
}

/// Rebuilds and compacts until nothing is pending.
pub async fn settle(db: &Database) {
    compact::compact_until_idle(db).await.expect("compacted");
}

/// A running compactor. It stops when this is dropped.
pub fn compactor(db: &Database) -> Compactor {
    Compactor(tokio::spawn(compact::run(db.clone(), EVERY)))
}

pub struct Compactor(JoinHandle<()>);

impl Drop for Compactor {
    fn drop(&mut self) {
        self.0.abort();
    }
}
