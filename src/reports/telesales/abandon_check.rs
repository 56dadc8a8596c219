//! The minute check: records every active campaign, of every tenant, whose abandon rate exceeds its limit. Any number of
//! instances may run it; one at a time does.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::Executor;
use tracing::Instrument;

use super::abandon_rate::{WINDOW_MINUTES, limit};
use super::exposure::Exposure;
use crate::app::App;
use crate::auth::Tenant;
use crate::db::{Database, Lane, Scope};
use crate::error::Result;
use crate::rollups::{
    Bind, Detail, Kept, Plan, RollupScope, Source, Statements, statement_of, statements,
};
use crate::supervise;
use crate::time::Window;

const EVERY: Duration = Duration::from_secs(60);
/// Minimum interval between two recorded breaches of a campaign, in minutes.
const QUIET_MINUTES: i64 = 15;
/// Postgres advisory lock of the check.
const LOCK: i64 = 0x6361_6c6c_0001;

/// Name in the count of panics.
pub const TASK: &str = "abandon check";

/// Checks each minute, as long as it is polled. A failed check is logged; the next one tries again.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    let check = async || {
        match check(&app).await? {
            0 => {}
            breaches => tracing::warn!(breaches, "abandon rate above its limit"),
        }
        Ok(())
    };
    supervise::every(TASK, EVERY, check).await;
}

/// Checks all tenants once. Returns the number of breaches recorded; 0 if another instance is checking.
pub async fn check(app: &App) -> Result<u64> {
    let Some(lease) = app.db.lease(LOCK).await? else {
        return Ok(0);
    };
    let mut recorded = 0;
    for tenant in tenants_to_check(&app.db).await? {
        // One tenant's failure must not affect the others.
        let account = tracing::error_span!("account", tenant);
        recorded += supervise::attempt(TASK, check_tenant(app, tenant))
            .instrument(account)
            .await
            .unwrap_or_default();
    }
    lease.release().await?;
    Ok(recorded)
}

/// Tenants with an active campaign, in order.
pub async fn tenants_to_check(db: &Database) -> Result<Vec<i64>> {
    db.tenants_listed(sqlx::query_scalar(include_str!("tenants_to_check.sql")))
        .await
}

#[derive(sqlx::FromRow)]
struct Campaign {
    id: i64,
    name: String,
    limit_pct: Decimal,
    #[sqlx(flatten)]
    exposure: Exposure,
}

async fn check_tenant(app: &App, tenant: i64) -> Result<u64> {
    let mut scope = app.db.write_snapshot(tenant).await?;
    scope
        .connection()
        .execute("set local statement_timeout = '30s'")
        .await?;
    scope.make_events().await?;
    let recorded = record_breaches(&mut scope, app.clock.now()).await?;
    scope.commit().await?;
    Ok(recorded)
}

static STATEMENTS: Statements = statements!("abandon_check");

/// True if the roll-ups of every campaign can be trusted.
async fn trusted(scope: &mut Scope) -> Result<bool> {
    let row = scope.select::<(bool,)>(statement_of!("select {{trusted telesales true}}"));
    Ok(row.fetch_one(scope.connection()).await?.0)
}

/// Records the breaches of one tenant at that instant. Returns their number.
pub async fn record_breaches(scope: &mut Scope, now: DateTime<Utc>) -> Result<u64> {
    let tenant = Tenant::load(scope).await?;
    let kept = Kept::of(&tenant, "from");
    let window = kept.with_rows(&Window {
        from: now - TimeDelta::minutes(WINDOW_MINUTES),
        to: now,
        zone: crate::time::Zone::UTC,
    });
    let from = window.from;
    let quiet_since = now - TimeDelta::minutes(QUIET_MINUTES);
    let source = if trusted(scope).await? {
        Source::Rolled
    } else {
        Source::Raw
    };
    let campaigns = scope.select::<Campaign>(STATEMENTS.of(source, RollupScope::Campaign));
    let campaigns = match source {
        Source::Rolled => {
            let plan = Plan::whole(&window, Detail::Fine, RollupScope::Campaign, kept)?;
            campaigns.bind(quiet_since).bind_plan(&plan)
        }
        Source::Raw => campaigns.bind(from).bind(now).bind(quiet_since),
    };
    let campaigns = campaigns.fetch_all(scope.connection()).await?;
    let mut recorded = 0;
    for campaign in campaigns.iter().filter(|campaign| {
        let limit = limit(&tenant, Some(campaign.limit_pct));
        campaign.exposure.breaches(limit)
    }) {
        let insert = scope.query(include_str!("breach.sql"));
        let insert = insert
            .bind(campaign.id)
            .bind(campaign.exposure.dials)
            .bind(campaign.exposure.abandoned);
        let insert = insert
            .bind(WINDOW_MINUTES)
            .bind(from)
            .bind(now)
            .bind(campaign.name.clone())
            .bind(campaign.limit_pct);
        recorded += insert.execute(scope.connection()).await?.rows_affected();
    }
    Ok(recorded)
}
