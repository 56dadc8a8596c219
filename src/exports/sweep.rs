//! The sweep: deletes expired and orphaned export files.
//!
//! Each sweep looks in the database and the store for what to delete and remembers nothing, so that the next one makes up
//! for a sweep that died. Any number of instances may run it; one at a time does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use tracing::Instrument;

use crate::app::App;
use crate::db::Lane;
use crate::error::Result;
use crate::store::StoredFile;
use crate::supervise;

const EVERY: Duration = Duration::from_secs(60);
/// Sweeps from one pass over the whole store to the next.
const BETWEEN_WHOLE: u32 = 60;
/// Postgres advisory lock of the sweep.
const LOCK: i64 = 0x6361_6c6c_0008;
/// Minimum age of an orphan: a newer file may belong to a job that is just being finished.
const GRACE: Duration = Duration::from_secs(3600);

/// Start of the ids of exports.
const PREFIX: &str = "export_";
/// Keys of exports' files among $2.
const KNOWN: &str = "select file_key from exports where tenant_id = $1 and file_key = any ($2)";

/// Name in the count of panics.
pub const TASK: &str = "export sweep";

/// Sweeps each minute, as long as it is polled. Failures are logged and retried.
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

/// Deletes expired files; with `whole`, orphaned ones too.
pub async fn sweep(app: &App, whole: bool) -> Result<()> {
    let Some(lease) = app.db.lease(LOCK).await? else {
        return Ok(());
    };
    let swept = sweep_in_turn(app, whole).await;
    lease.release().await?;
    swept
}

async fn sweep_in_turn(app: &App, whole: bool) -> Result<()> {
    let expiring = sqlx::query_scalar(include_str!("sql/expiring.sql")).bind(app.clock.now());
    for tenant in app.db.tenants_listed(expiring).await? {
        // One tenant's failure must not affect the others.
        let account = tracing::error_span!("tenant", tenant);
        supervise::attempt(TASK, expire(app, tenant))
            .instrument(account)
            .await;
    }
    if !whole {
        return Ok(());
    }
    remove_unknown(app, PREFIX, KNOWN).await?;
    let store = app.exports.store.clone();
    tokio::task::spawn_blocking(move || store.remove_unnamed(GRACE))
        .await
        .map_err(crate::error::Error::internal)?
}

/// Deletes the files before their rows, so that a file reported as expired is gone.
async fn expire(app: &App, tenant: i64) -> Result<()> {
    let now = app.clock.now();
    let mut scope = app.db.read(tenant).await?;
    let over = scope.select::<(String, String)>(
        "select id, file_key from exports where tenant_id = $1 and status = 'ready' and expires_at <= $2",
    );
    let over = over.bind(now).fetch_all(scope.connection()).await?;
    drop(scope);
    let mut gone = Vec::new();
    for (id, key) in over {
        match app.exports.store.remove(&key).await {
            Ok(()) => gone.push(id),
            Err(error) => {
                tracing::warn!(key, %error, "could not delete a file; will retry")
            }
        }
    }
    if !gone.is_empty() {
        let mut scope = app.db.write(tenant).await?;
        scope
            .query(include_str!("sql/expire.sql"))
            .bind(now)
            .bind(gone)
            .execute(scope.connection())
            .await?;
        scope.commit().await?;
    }
    Ok(())
}

/// Deletes files of workers that were killed or lost their claim. `prefix`: start of the ids of those who own the files;
/// `known`: a statement for the keys that a tenant has among those in `$2`.
pub async fn remove_unknown(app: &App, prefix: &str, known: &'static str) -> Result<()> {
    let (store, before) = (
        app.exports.store.clone(),
        app.clock.now() - TimeDelta::from_std(GRACE).unwrap_or_default(),
    );
    let mut of_tenant = BTreeMap::<i64, Vec<String>>::new();
    let mut files = store.list();
    while let Some(StoredFile { key, stored_at }) = files.try_next().await? {
        // Keys of another layout belong to someone else.
        let tenant = key
            .split_once('/')
            .and_then(|(tenant, rest)| rest.starts_with(prefix).then(|| tenant.parse().ok()));
        if let (Some(Some(tenant)), true) = (tenant, stored_at < before) {
            of_tenant.entry(tenant).or_default().push(key);
        }
    }
    for (tenant, keys) in of_tenant {
        let mut scope = app.db.read(tenant).await?;
        let known = scope.select::<(String,)>(known).bind(keys.clone());
        let known = known.fetch_all(scope.connection()).await?;
        let known: BTreeSet<String> = known.into_iter().map(|(key,)| key).collect();
        for key in keys.iter().filter(|key| !known.contains(*key)) {
            tracing::info!(key, "deleting an orphaned file");
            store.remove(key).await?;
        }
    }
    Ok(())
}
