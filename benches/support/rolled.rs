//! The benchmarks' interface to the roll-ups: nothing else here knows them.

use std::time::Duration;

use callboard::db::Database;
pub use callboard::rollups::Source;
use callboard::rollups::{Edition, Module, compact};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::task::JoinHandle;

use super::incoming::Kind;

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

/// Returns once a compactor has built everything that is stale.
pub async fn built(db: &Database) {
    let stale = async || {
        let tenants = compact::tenants_with_work(db, compact::Work::Rebuild);
        !tenants.await.expect("tenants").is_empty()
    };
    while stale().await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Builds the sums of that kind's module again from a tenant's rows.
pub async fn rebuild(db: &Database, tenant: i64, kind: Kind) {
    rebuild_in_slices(db, tenant, kind, compact::SLICE).await;
    settle(db).await;
}

/// The same in transactions of about that many calls. Returns the number of transactions.
pub async fn rebuild_in_slices(db: &Database, tenant: i64, kind: Kind, slice: i64) -> usize {
    let module = match kind {
        Kind::Attempt => Module::Autocall,
        Kind::Call => Module::Telesales,
    };
    compact::mark_stale(db, tenant, module, None)
        .await
        .expect("marked");
    let mut transactions = 1;
    while compact::turn(db, tenant, module, slice)
        .await
        .expect("built")
        == compact::Done::Building
    {
        transactions += 1;
    }
    transactions
}

/// The table of changes that are not in the sums yet.
pub fn journal(kind: Kind) -> String {
    format!("{}.{}_journal", Edition::own().schema(), kind.table())
}

/// Number of such changes.
pub async fn entries(connection: &mut PgConnection, kind: Kind) -> i64 {
    let count = format!("select count(*) from {}", journal(kind));
    sqlx::query_scalar(AssertSqlSafe(count))
        .fetch_one(connection)
        .await
        .expect("a count")
}

/// Bytes on disk of the derived tables and of the tables of calls, indexes included, and the number of calls.
pub struct Disk {
    pub derived: i64,
    pub raw: i64,
    pub rows: i64,
}

pub async fn disk(connection: &mut PgConnection) -> Disk {
    let sizes = sqlx::query_as(
        "select (select sum(pg_total_relation_size(c.oid))::bigint from pg_class c
                 where c.relkind = 'r' and c.relnamespace = $1::regnamespace),
                pg_total_relation_size('autocall_attempts') + pg_total_relation_size('telesales_calls'),
                (select count(*) from autocall_attempts) + (select count(*) from telesales_calls)",
    );
    let sizes = sizes.bind(Edition::own().schema());
    let (derived, raw, rows) = sizes.fetch_one(connection).await.expect("sizes");
    Disk { derived, raw, rows }
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
