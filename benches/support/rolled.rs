//! Where the benchmarks meet the roll-ups: all they know of them is in this file.

use std::time::Duration;

use callboard::db::Database;
pub use callboard::rollups::Source;
use callboard::rollups::compact;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinHandle;

/// How often a server compacts unless told otherwise.
const EVERY: Duration = Duration::from_secs(5);

/// Makes the roll-ups' tables and triggers where they are not there yet, or older ones are.
pub async fn install(options: &PgConnectOptions) {
    callboard::boot::migrate(options).await.expect("roll-ups");
}

/// Builds and folds until nothing is pending.
pub async fn settle(db: &Database) {
    compact::settle(db).await.expect("compacted");
}

/// The compactor, as it runs beside a server. It ends when this is dropped.
pub fn compactor(db: &Database) -> Compactor {
    Compactor(tokio::spawn(compact::run(db.clone(), EVERY)))
}

pub struct Compactor(JoinHandle<()>);

impl Drop for Compactor {
    fn drop(&mut self) {
        self.0.abort();
    }
}
