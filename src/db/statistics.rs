//! Statistics of tables that were filled and that Postgres has not looked at yet.
//!
//! Postgres gathers statistics by itself within a minute or two of a large change. Until it does so for the first time, it
//! plans a join of calls with leads as if both had few rows, and compares each with each: an answer of 0.1 s takes more than
//! the deadline. Owns when statistics are gathered early. Must not know what a table holds.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor};

use super::{Database, Lane};
use crate::error::Result;
use crate::supervise;

const INTERVAL: Duration = Duration::from_secs(5);

/// Gathers statistics of new tables every five seconds, for as long as it is polled.
pub async fn run(db: Database) {
    let db = db.lane(Lane::Upkeep);
    supervise::every("statistics of new tables", INTERVAL, async || {
        gather(&db).await.map(drop)
    })
    .await;
}

/// Gathers statistics of every table that has rows and no statistics. Returns these tables,
/// with their schema.
pub async fn gather(db: &Database) -> Result<Vec<String>> {
    let list = sqlx::query_scalar(include_str!("sql/without_statistics.sql"));
    let tables: Vec<String> = list.fetch_all(db.lane_pool(Lane::Upkeep)).await?;
    if tables.is_empty() {
        return Ok(tables);
    }
    let mut connection = db.owner().await?;
    for table in &tables {
        // Postgres or another server may be at it.
        let analyze = AssertSqlSafe(format!("analyze (skip_locked) {table}"));
        connection.execute(analyze).await?;
    }
    connection.close().await?;
    tracing::info!(?tables, "gathered the first statistics");
    Ok(tables)
}
