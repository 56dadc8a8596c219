//! What records said and no field holds: kept for a while, and gone then.

use std::time::Duration;

use chrono::TimeDelta;

use crate::app::App;
use crate::db::Lane;
use crate::error::{Error, Result};
use crate::supervise;

const EVERY: Duration = Duration::from_secs(600);
/// Records that are emptied in one transaction.
const BATCH: i64 = 5_000;

/// Name in the count of panics.
pub const TASK: &str = "raw records";

/// Empties records older than `keep` as long as it is polled. Failures are logged and retried.
pub async fn run(mut app: App, keep: Duration) {
    app.db = app.db.lane(Lane::Upkeep);
    supervise::every(TASK, EVERY, || {
        let app = app.clone();
        async move { empty(&app, keep).await }
    })
    .await;
}

/// Empties the records older than `keep`, of all accounts. Any number of instances may.
pub async fn empty(app: &App, keep: Duration) -> Result<()> {
    let before = app.clock.now() - TimeDelta::from_std(keep).map_err(Error::internal)?;
    let old = sqlx::query_scalar(include_str!("sql/tenants_with_raw.sql")).bind(before);
    for tenant in app.db.tenants_listed(old).await? {
        supervise::attempt(TASK, async {
            loop {
                let mut scope = app.db.write(tenant).await?;
                let empty = scope.query(include_str!("sql/empty_raw.sql"));
                let empty = empty.bind(before).bind(BATCH);
                let emptied = empty.execute(scope.connection()).await?.rows_affected();
                scope.commit().await?;
                if emptied == 0 {
                    return Ok(());
                }
            }
        })
        .await;
    }
    Ok(())
}
