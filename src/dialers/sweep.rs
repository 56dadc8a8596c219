//! The sweep: drops records from quarantine that are too old, or too many.
//!
//! Every instance runs it. Each step is small and right whoever runs it, so there is no lease.

use std::time::Duration;

use super::quarantine::{KEPT, MOST};
use crate::app::App;
use crate::db::Lane;
use crate::error::Result;
use crate::supervise;

/// Short, because a dialer whose records cannot be read sends thousands a minute.
const EVERY: Duration = Duration::from_secs(60);

/// Name in the count of panics.
pub const TASK: &str = "quarantine sweep";

/// Sweeps as long as it is polled. Failures are logged and retried.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    let sweep_all = || {
        let app = app.clone();
        async move { sweep(&app, MOST).await }
    };
    supervise::every(TASK, EVERY, sweep_all).await;
}

/// Sweeps every account, down to that number of records.
pub async fn sweep(app: &App, most: i64) -> Result<()> {
    let all = sqlx::query_scalar(include_str!("sql/to_sweep.sql"));
    for tenant in app.db.tenants_listed(all).await? {
        // One account's failure must not affect the others.
        supervise::attempt(TASK, async {
            bound(app, tenant, most).await?;
            prune(app, tenant).await
        })
        .await;
    }
    Ok(())
}

async fn bound(app: &App, tenant: i64, most: i64) -> Result<()> {
    let mut scope = app.db.write(tenant).await?;
    let drop_oldest = scope.query(include_str!("sql/drop_beyond.sql")).bind(most);
    let dropped = drop_oldest.execute(scope.connection()).await?;
    scope.commit().await?;
    let dropped = dropped.rows_affected();
    if dropped > 0 {
        tracing::warn!(
            tenant,
            dropped,
            "too many records in quarantine: the oldest are gone"
        );
    }
    Ok(())
}

async fn prune(app: &App, tenant: i64) -> Result<()> {
    let before = app.clock.now() - KEPT;
    loop {
        let mut scope = app.db.write(tenant).await?;
        let prune = scope
            .query(include_str!("sql/prune_quarantine.sql"))
            .bind(before);
        let pruned = prune.execute(scope.connection()).await?.rows_affected();
        scope.commit().await?;
        if pruned == 0 {
            return Ok(());
        }
    }
}
