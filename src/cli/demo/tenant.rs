//! The demo's tenant: found or created, emptied, and filled with a month of calls up to now.
//!
//! Owns the choice of the tenant. It never reuses a tenant that the demo did not create; otherwise
//! it takes the first free id.

use chrono::{DateTime, Utc};

use super::world::Coming;
use super::{USERNAME, exports, people, templates, webhook, world};
use crate::app::App;
use crate::auth::Tenant;
use crate::auth::tenant::{Change, DEFAULT_TIMEZONE};
use crate::auth::user;
use crate::db::statistics;
use crate::error::{Error, Result};
use crate::ingest::{self, Body, Locale, Target};

const NAME: &str = "Callboard demo";
/// Name until all data is stored, so that the next demo resumes one that was killed.
const UNFINISHED: &str = "Callboard demo, being filled";

/// Statements that delete a tenant's data, each before those of the rows it refers to.
const TABLES: &[&str] = &[
    "delete from exports where tenant_id = $1",
    "delete from abandon_breaches where tenant_id = $1",
    "delete from telesales_calls where tenant_id = $1",
    "delete from autocall_attempts where tenant_id = $1",
    "delete from telesales_leads where tenant_id = $1",
    "delete from autocall_leads where tenant_id = $1",
    "delete from telesales_campaigns where tenant_id = $1",
    "delete from autocall_campaigns where tenant_id = $1",
    "delete from autocall_scripts where tenant_id = $1",
    "delete from voices where tenant_id = $1",
    "delete from media_files where tenant_id = $1",
    "delete from webhook_deliveries where tenant_id = $1",
    "delete from webhooks where tenant_id = $1",
    "delete from caller_ids where tenant_id = $1",
    "delete from dispositions where tenant_id = $1",
    "delete from agents where tenant_id = $1",
    "delete from teams where tenant_id = $1",
];

/// A filled tenant.
pub struct Filled {
    /// The tenant, and the way of its lines.
    pub target: Target,
    pub rows: u64,
    /// The calls that follow.
    pub coming: Coming,
}

/// Replaces the tenant's data with a month up to now.
pub async fn refresh(app: &App) -> Result<Filled> {
    let tenant = match find(app).await? {
        Some(tenant) => tenant,
        None => create(app).await?,
    };
    Tenant::change(&app.db, tenant, &[Change::Name(UNFINISHED.into())]).await?;
    clear(app, tenant).await?;
    let now = app.clock.now();
    let (lines, coming) = tokio::task::spawn_blocking(move || world::lines(now))
        .await
        .map_err(Error::internal)?;
    let target = Target {
        tenant,
        locale: Locale {
            zone: *DEFAULT_TIMEZONE,
            country_code: 84,
        },
        atomic: false,
        events: true,
    };
    let webhook = webhook::subscribe(app, tenant, now).await?;
    let tally = ingest::ingest(&app.db, target, Body::Lines(lines.as_bytes()), |_| ()).await?;
    if tally.rejected > 0 {
        return Err(Error::Invalid(tally.faults())); // a bug in the demo
    }
    // Reports are asked for at once.
    statistics::gather(&app.db).await?;
    webhook::settle(app, tenant, webhook, now).await?;
    templates::put(app, tenant, now).await?;
    record_breaches(app, tenant, now).await?;
    people::put(app, tenant).await?;
    exports::order(app, tenant).await?;
    Tenant::change(&app.db, tenant, &[Change::Name(NAME.into())]).await?;
    Ok(Filled {
        target,
        rows: tally.stored,
        coming,
    })
}

async fn find(app: &App) -> Result<Option<i64>> {
    for tenant in app.db.tenants().await? {
        let name = Tenant::load(&mut app.db.read(tenant).await?).await?.name;
        let is_demo =
            name == UNFINISHED || (name == NAME && user::exists(&app.db, tenant, USERNAME).await?);
        if is_demo {
            return Ok(Some(tenant));
        }
    }
    Ok(None)
}

async fn create(app: &App) -> Result<i64> {
    let used = app.db.tenants().await?;
    let free = (1..).find(|id| !used.contains(id)).unwrap_or(1); // infallible: there are more ids than tenants
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

async fn record_breaches(app: &App, tenant: i64, now: DateTime<Utc>) -> Result<()> {
    let mut scope = app.db.write(tenant).await?;
    let record = scope.query(include_str!("breaches.sql")).bind(now);
    record.execute(scope.connection()).await?;
    scope.commit().await
}
