//! The sweep: deletes files and runs after their time.
//!
//! Every instance runs it. Each step is small and right whoever runs it, so there is no lease.

use std::time::Duration;

use super::plan::KEPT;
use super::runs::PREFIX;
use crate::app::App;
use crate::db::Lane;
use crate::error::Result;
use crate::exports::sweep::remove_unknown;
use crate::supervise;

const EVERY: Duration = Duration::from_secs(600);
/// Sweeps from one pass over the whole store to the next.
const BETWEEN_WHOLE: u32 = 6;
/// Keys of runs' files among $2.
const KNOWN: &str =
    "select file_key from schedule_runs where tenant_id = $1 and file_key = any ($2)";

/// Name in the count of panics.
pub const TASK: &str = "schedule sweep";

/// Sweeps as long as it is polled. Failures are logged and retried.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    let mut number = 0_u32;
    let sweep = || {
        let whole = number.is_multiple_of(BETWEEN_WHOLE);
        number = number.wrapping_add(1);
        let app = app.clone();
        async move { sweep(&app, whole).await }
    };
    supervise::every(TASK, EVERY, sweep).await;
}

/// Sweeps every account; with `whole`, also files that no run refers to, as a server leaves them that is killed between
/// storing and noting one.
pub async fn sweep(app: &App, whole: bool) -> Result<()> {
    let all = sqlx::query_scalar(include_str!("sql/to_prune.sql"));
    for tenant in app.db.tenants_listed(all).await? {
        // One account's failure must not affect the others.
        supervise::attempt(TASK, async {
            remove_files(app, tenant).await?;
            prune(app, tenant).await
        })
        .await;
    }
    if whole {
        remove_unknown(app, PREFIX, KNOWN).await?;
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
