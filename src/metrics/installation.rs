//! Figures of the installation: read every 15 seconds by one of the instances that have metrics, which alone tells them.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::metrics;
use crate::db::{Database, Lane};
use crate::error::Result;
use crate::rollups::Module;
use crate::supervise;
use crate::template::fill;

const EVERY: Duration = Duration::from_secs(15);

/// Name in the count of panics.
const TASK: &str = "metrics reader";

static BACKLOG: LazyLock<String> = LazyLock::new(|| {
    let families = Module::ALL.into_iter().flat_map(Module::families);
    let counts = families.map(|family| {
        let journal = family.journal();
        format!("(select count(*) from {journal} j where j.tenant_id = t.id)")
    });
    let journals = counts.collect::<Vec<_>>().join(" + ");
    fill(include_str!("sql/backlog.sql"), |hole| {
        (hole == "journals").then(|| journals.clone())
    })
});

#[derive(FromRow)]
struct Backlog {
    journal: f64,
    stale: f64,
    queued: f64,
    running: f64,
    oldest: f64,
}

/// Reads them as long as it is polled.
pub async fn run(db: Database) {
    let (db, own) = (db.lane(Lane::Upkeep), Uuid::new_v4());
    supervise::every(TASK, EVERY, async || {
        let read = read(&db, own).await;
        // A figure that is not read is not told: an old one would look like a quiet installation.
        if !matches!(read, Ok(true)) {
            clear();
        }
        read.map(drop)
    })
    .await;
}

/// Reads them for this instance. False if another one does.
pub async fn read(db: &Database, own: Uuid) -> Result<bool> {
    let mut transaction = db.metrics_reader().await?;
    let claim = sqlx::query_scalar::<_, bool>(include_str!("sql/read_by.sql")).bind(own);
    let is_reader = claim.fetch_optional(&mut *transaction).await?.is_some();
    transaction.commit().await?;
    if !is_reader {
        return Ok(false);
    }
    let mut transaction = db.backlog().await?;
    let backlog = sqlx::query_as::<_, Backlog>(AssertSqlSafe(BACKLOG.as_str()));
    let backlog = backlog.fetch_one(&mut *transaction).await?;
    let database = sqlx::query_as::<_, (f64, Option<f64>)>(include_str!("sql/database.sql"));
    let (size, lag) = database.fetch_one(&mut *transaction).await?;
    transaction.rollback().await?;
    let metrics = metrics();
    metrics.journal_rows.set([], backlog.journal);
    metrics.rollups_stale.set([], backlog.stale);
    metrics.exports.set(["queued"], backlog.queued);
    metrics.exports.set(["running"], backlog.running);
    metrics.export_oldest.set([], backlog.oldest);
    metrics.db_size.set([], size);
    match lag {
        Some(lag) => metrics.replica_lag.set([], lag),
        None => metrics.replica_lag.clear(),
    }
    Ok(true)
}

fn clear() {
    let metrics = metrics();
    metrics.exports.clear();
    let single = [
        &metrics.journal_rows,
        &metrics.rollups_stale,
        &metrics.export_oldest,
        &metrics.db_size,
        &metrics.replica_lag,
    ];
    single.into_iter().for_each(|gauge| gauge.clear());
}
