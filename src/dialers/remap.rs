//! Maps calls anew whose ending has another result, because the account overruled the table of causes.
//!
//! Each batch is one transaction: a report counts a call by its old result or its new one. What is left to do is in
//! `dialer_remaps`, so that another instance goes on where one was killed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::leg::Source;
use super::store::{self, Door};
use crate::app::App;
use crate::auth::Tenant;
use crate::db::Lane;
use crate::error::Result;
use crate::ingest::Locale;
use crate::rollups::Module;
use crate::supervise;

const EVERY: Duration = Duration::from_secs(2);
/// Postgres advisory lock of the task.
const LOCK: i64 = 0x6361_6c6c_0013;
/// Calls that are mapped in one transaction.
const BATCH: i64 = 500;

/// Name in the count of panics.
pub const TASK: &str = "remapping of causes";

/// Maps calls anew as long as it is polled. Failures are logged and retried.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    supervise::every(TASK, EVERY, || {
        let app = app.clone();
        async move { all(&app).await }
    })
    .await;
}

/// An ending whose calls are to be mapped anew.
#[derive(Debug, FromRow)]
struct Due {
    vocabulary: String,
    name: String,
    requested_at: DateTime<Utc>,
}

/// Maps the calls of all accounts anew that wait for it; nothing if another instance does.
pub async fn all(app: &App) -> Result<()> {
    let Some(lease) = app.db.lease(LOCK).await? else {
        return Ok(());
    };
    let remapped = remap_in_turn(app).await;
    lease.release().await?;
    remapped
}

async fn remap_in_turn(app: &App) -> Result<()> {
    let waiting = sqlx::query_scalar(include_str!("sql/tenants_to_remap.sql"));
    for tenant in app.db.tenants_listed(waiting).await? {
        // One account's failure must not affect the others.
        supervise::attempt(TASK, remap_account(app, tenant)).await;
    }
    Ok(())
}

async fn remap_account(app: &App, tenant: i64) -> Result<()> {
    let mut scope = app.db.read(tenant).await?;
    let account = Tenant::load(&mut scope).await?;
    let due = scope.select::<Due>(include_str!("sql/remaps.sql"));
    let due = due.fetch_all(scope.connection()).await?;
    drop(scope);
    let locale = Locale {
        zone: account.timezone,
        country_code: account.settings.country_code(),
    };
    for due in due {
        let mut after = (String::new(), String::new());
        while let Some(last) = batch(app, (tenant, locale), &due, after).await? {
            after = last;
        }
        let mut scope = app.db.write(tenant).await?;
        let done = scope.query(include_str!("sql/remapped.sql"));
        let done = done.bind(&due.vocabulary).bind(&due.name);
        let done = done.bind(due.requested_at);
        done.execute(scope.connection()).await?;
        scope.commit().await?;
    }
    Ok(())
}

/// Maps the next calls after one, by source and id. None at the end.
async fn batch(
    app: &App,
    (tenant, locale): (i64, Locale),
    due: &Due,
    (source, id): (String, String),
) -> Result<Option<(String, String)>> {
    let mut scope = app.db.write_with_events(tenant).await?;
    let find = scope.select::<(String, String)>(include_str!("sql/calls_to_remap.sql"));
    let find = find.bind(&due.vocabulary).bind(&due.name);
    let find = find.bind(source).bind(id).bind(BATCH);
    let calls = find.fetch_all(scope.connection()).await?;
    let last = calls.last().cloned();
    for source in Source::ALL {
        let of = calls.iter().filter(|(name, _)| name == source.name());
        let ids: Vec<String> = of.map(|(_, id)| id.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        let door = Door {
            tenant,
            locale,
            source,
            unrouted: Module::Autocall, // none is routed anew
            events: true,
        };
        store::again(&mut scope, &door, &ids, app.clock.now()).await?;
    }
    scope.commit().await?;
    Ok(last)
}
