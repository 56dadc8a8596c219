//! The demo's account: found again or made, emptied, and filled with a month of calls that ends now.
//!
//! Owns which account that is. It is never one that somebody else made: without one of its own, the demo takes the
//! first id that is free.

use chrono::{DateTime, TimeDelta, Utc};

use super::{PASSWORD, USERNAME, world};
use crate::app::App;
use crate::auth::tenant::{Change, DEFAULT_TIMEZONE};
use crate::auth::user::{self, NewUser};
use crate::auth::{Role, Tenant};
use crate::error::{Error, Result};
use crate::ingest::{self, Body, Locale, Target};
use crate::reports::telesales::abandon_check;

const NAME: &str = "Callboard demo";
/// Its name until all its data is there: a demo that was killed on the way is taken up again by the next one.
const UNFINISHED: &str = "Callboard demo, being filled";

/// Tables of an account's calls, each before those that its rows refer to.
const TABLES: &[&str] = &[
    "delete from abandon_breaches where tenant_id = $1",
    "delete from telesales_calls where tenant_id = $1",
    "delete from autocall_attempts where tenant_id = $1",
    "delete from telesales_leads where tenant_id = $1",
    "delete from autocall_leads where tenant_id = $1",
    "delete from telesales_campaigns where tenant_id = $1",
    "delete from autocall_campaigns where tenant_id = $1", // and their exports
    "delete from autocall_scripts where tenant_id = $1",
    "delete from caller_ids where tenant_id = $1",
    "delete from dispositions where tenant_id = $1",
    "delete from agents where tenant_id = $1",
    "delete from teams where tenant_id = $1",
];

/// Makes the account's data anew, up to now. Its id, and how many rows there are.
pub async fn refresh(app: &App) -> Result<(i64, u64)> {
    let tenant = match find(app).await? {
        Some(tenant) => tenant,
        None => create(app).await?,
    };
    Tenant::change(&app.db, tenant, &[Change::Name(UNFINISHED.into())]).await?;
    clear(app, tenant).await?;
    let now = app.clock.now();
    let lines = tokio::task::spawn_blocking(move || world::lines(now))
        .await
        .map_err(Error::internal)?;
    let target = Target {
        tenant,
        locale: Locale {
            zone: *DEFAULT_TIMEZONE,
            country_code: 84,
        },
        atomic: false,
    };
    let tally = ingest::ingest(&app.db, target, Body::Lines(lines.as_bytes()), |_| ()).await?;
    if tally.rejected > 0 {
        return Err(Error::Invalid(tally.faults())); // a defect of the demo
    }
    record_breaches(app, tenant, now).await?;
    if !user::exists(&app.db, tenant, USERNAME).await? {
        let (username, password) = (USERNAME, PASSWORD);
        user::create(
            &app.db,
            NewUser {
                tenant,
                username,
                password,
                role: Role::Admin,
                email: None,
                team: None,
            },
        )
        .await?;
    }
    Tenant::change(&app.db, tenant, &[Change::Name(NAME.into())]).await?;
    Ok((tenant, tally.stored))
}

async fn find(app: &App) -> Result<Option<i64>> {
    for tenant in app.db.tenants().await? {
        let name = Tenant::load(&mut app.db.read(tenant).await?).await?.name;
        let is_ours =
            name == UNFINISHED || (name == NAME && user::exists(&app.db, tenant, USERNAME).await?);
        if is_ours {
            return Ok(Some(tenant));
        }
    }
    Ok(None)
}

async fn create(app: &App) -> Result<i64> {
    let taken = app.db.tenants().await?;
    let free = (1..).find(|id| !taken.contains(id)).unwrap_or(1); // infallible: there are more ids than accounts
    Tenant::create(&app.db, free, UNFINISHED, *DEFAULT_TIMEZONE, None).await?;
    Ok(free)
}

async fn clear(app: &App, tenant: i64) -> Result<()> {
    for delete in TABLES {
        let mut scope = app.db.write(tenant).await?;
        scope.query(delete).execute(scope.connection()).await?;
        scope.commit().await?;
    }
    Ok(())
}

/// Records what the minute check would have found last week: one look an hour, over the days with too many abandoned
/// calls.
async fn record_breaches(app: &App, tenant: i64, now: DateTime<Utc>) -> Result<()> {
    for hour in 0..48 {
        let at = now - TimeDelta::days(9) + TimeDelta::hours(hour);
        let mut scope = app.db.write_snapshot(tenant).await?;
        abandon_check::record_breaches(&mut scope, at).await?;
        scope.commit().await?;
    }
    Ok(())
}
