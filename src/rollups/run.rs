//! Running the statements of a compaction, with a line in the log now and then if they take long.
//!
//! Must not know what the statements do.

use std::time::{Duration, Instant};

use sqlx::AssertSqlSafe;

use super::catalog::Module;
use crate::db::Scope;
use crate::error::Result;

/// Interval of progress in the log. Small tenants are rebuilt without a line.
const PROGRESS: Duration = Duration::from_secs(5);

/// Arguments of statements, after the tenant.
#[derive(Debug, Clone, Copy)]
pub enum Arguments<'a> {
    None,
    /// `$2`.
    Campaigns(&'a [i64]),
    /// `$2` and `$3`, seconds since 1970 of which the second is not in the slice.
    Slice(f64, f64),
}

/// Executes them in order.
pub async fn run(
    scope: &mut Scope,
    module: Module,
    statements: &[String],
    arguments: Arguments<'_>,
) -> Result<()> {
    let tenant = scope.tenant();
    let began = Instant::now();
    let mut reported = began;
    for (done, sql) in (1_u32..).zip(statements) {
        let statement = sqlx::query(AssertSqlSafe(sql.as_str())).bind(tenant);
        let statement = match arguments {
            Arguments::None => statement,
            Arguments::Campaigns(campaigns) => statement.bind(campaigns.to_vec()),
            Arguments::Slice(from, to) => statement.bind(from).bind(to),
        };
        let rows = statement.execute(scope.connection()).await?.rows_affected();
        if reported.elapsed() >= PROGRESS {
            reported = Instant::now();
            tracing::info!(
                module = module.name(),
                done,
                statements = statements.len(),
                rows,
                seconds = began.elapsed().as_secs(),
                "running statements on roll-ups"
            );
        }
    }
    Ok(())
}
