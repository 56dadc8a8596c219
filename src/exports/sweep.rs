//! Sweeping: files go when their time is over, and so does what nobody knows of any more.
//!
//! What is to go is found in the database and in the store, never remembered: a sweep that dies is made up for by the
//! next. Any number of instances may sweep; one at a time does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use tracing::Instrument;

use crate::app::App;
use crate::db::Lane;
use crate::error::Result;
use crate::store::Kept;
use crate::supervise;

const EVERY: Duration = Duration::from_secs(60);
/// Sweeps between two that look through the whole store.
const BETWEEN_WHOLE: u32 = 60;
/// Names the sweep among Postgres' advisory locks.
const LOCK: i64 = 0x6361_6c6c_0008;
/// A file that no job knows of may be one that is just being told of.
const GRACE: Duration = Duration::from_secs(3600);

/// The name that panics are counted under.
pub const TASK: &str = "export sweep";

/// Sweeps each minute, for as long as it is polled. What fails is logged, and tried again.
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

/// Removes the files whose time is over; and where it is to be `whole`, those that no job has.
pub async fn sweep(app: &App, whole: bool) -> Result<()> {
    let Some(turn) = app.db.turn(LOCK).await? else {
        return Ok(());
    };
    let swept = sweep_in_turn(app, whole).await;
    turn.end().await?;
    swept
}

async fn sweep_in_turn(app: &App, whole: bool) -> Result<()> {
    for tenant in app.db.tenants().await? {
        // The accounts behind it are not to suffer for this one.
        let account = tracing::error_span!("account", tenant);
        supervise::attempt(TASK, expire(app, tenant))
            .instrument(account)
            .await;
    }
    if whole {
        remove_unknown(app).await
    } else {
        Ok(())
    }
}

/// First the files, then what is said of them: who is told that one is gone finds it so.
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
                tracing::warn!(key, %error, "a file could not be removed, and will be tried again")
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

/// Removes what workers left behind that were killed, or too late.
async fn remove_unknown(app: &App) -> Result<()> {
    let (store, before) = (
        app.exports.store.clone(),
        app.clock.now() - TimeDelta::from_std(GRACE).unwrap_or_default(),
    );
    let mut of_tenant = BTreeMap::<i64, Vec<String>>::new();
    let mut files = store.list();
    while let Some(Kept { key, stored_at }) = files.try_next().await? {
        // What does not lie as our files lie is none of ours.
        let tenant = key
            .split_once('/')
            .and_then(|(tenant, rest)| rest.starts_with("export_").then(|| tenant.parse().ok()));
        if let (Some(Some(tenant)), true) = (tenant, stored_at < before) {
            of_tenant.entry(tenant).or_default().push(key);
        }
    }
    for (tenant, keys) in of_tenant {
        let mut scope = app.db.read(tenant).await?;
        let known = scope.select::<(String,)>(
            "select file_key from exports where tenant_id = $1 and file_key = any ($2)",
        );
        let known = known
            .bind(keys.clone())
            .fetch_all(scope.connection())
            .await?;
        let known: BTreeSet<String> = known.into_iter().map(|(key,)| key).collect();
        for key in keys.iter().filter(|key| !known.contains(*key)) {
            tracing::info!(key, "removing a file that no export has");
            store.remove(key).await?;
        }
    }
    tokio::task::spawn_blocking(move || store.remove_unnamed(GRACE))
        .await
        .map_err(crate::error::Error::internal)?
}
