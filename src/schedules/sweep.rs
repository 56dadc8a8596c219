//! The sweep: deletes files and runs after their time.
//!
//! Every instance runs it. Each step is small and right whoever runs it, so there is no lease.

use std::time::Duration;

use super::plan::KEPT;
use crate::app::App;
use crate::db::Lane;
use crate::error::Result;
use crate::supervise;

const EVERY: Duration = Duration::from_secs(600);

/// Name in the count of panics.
pub const TASK: &str = "schedule sweep";

/// Sweeps as long as it is polled. Failures are logged and retried.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    supervise::every(TASK, EVERY, || {
        let app = app.clone();
        async move { sweep(&app).await }
    })
    .await;
}

/// Sweeps every account.
pub async fn sweep(app: &App) -> Result<()> {
    let all = sqlx::query_scalar(include_str!("sql/to_prune.sql"));
    for tenant in app.db.tenants_listed(all).await? {
        // One account's failure must not affect the others.
        supervise::attempt(TASK, async {
            remove_files(app, tenant).await?;
            prune(app, tenant).await
        })
        .await;
    }
    Ok(())
}

/// Deletes files before they are forgotten, so that none is left behind.
async fn remove_files(app: &App, tenant: i64) -> Result<()> {
    let mut scope = app.db.read(tenant).await?;
    let old = scope
        .select::<(String, String)>(include_str!("sql/old_files.sql"))
        .bind(app.clock.now());
    let old = old.fetch_all(scope.connection()).await?;
    drop(scope);
    if old.is_empty() {
        return Ok(());
    }
    let mut gone = Vec::with_capacity(old.len());
    for (run, key) in old {
        app.exports.store.remove(&key).await?;
        gone.push(run);
    }
    let mut scope = app.db.write(tenant).await?;
    let forget = scope.query(include_str!("sql/forget_files.sql")).bind(gone);
    forget.execute(scope.connection()).await?;
    scope.commit().await
}

async fn prune(app: &App, tenant: i64) -> Result<()> {
    let before = app.clock.now() - KEPT;
    loop {
        let mut scope = app.db.write(tenant).await?;
        let prune = scope.query(include_str!("sql/prune.sql")).bind(before);
        let pruned = prune.execute(scope.connection()).await?.rows_affected();
        scope.commit().await?;
        if pruned == 0 {
            return Ok(());
        }
    }
}
