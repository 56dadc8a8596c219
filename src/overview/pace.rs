//! Pace: how many leads are done with in a day, over the last days with calls before today.
//!
//! An AutoCall lead is done with on the day of its last attempt if its status is final; a Telesales lead on the day of its first
//! dial.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};
use sqlx::Executor;

use super::calls;
use super::paces::{ByCampaign, Done, PaceKey, Paces};
use super::statement::statement_of_calls;
use crate::auth::Tenant;
use crate::db::{Database, Scope};
use crate::error::{Error, Result};
use crate::rollups::{Bind, Detail, Kept, Module, Plan, RollupScope, statement_of};
use crate::time::instant::GivenInstant;
use crate::time::{Bucket, Granularity, NamedWindow, Window, Zone};

/// Days before today in which days with calls are looked for.
const DAYS_BACK: u64 = 28;
/// A page does not wait longer for a pace.
const TIMEOUT: &str = "set local statement_timeout = '3s'";

/// Leads that are done with, by campaign: from the cache, or read. Without any where that takes too long.
pub async fn paces_of(
    db: &Database,
    paces: &Paces,
    tenant: &Tenant,
    (module, zone, now): (Module, Zone, DateTime<Utc>),
) -> Result<Arc<ByCampaign>> {
    let key = PaceKey {
        module: module.name(),
        zone,
        today: zone.local(now).date(),
    };
    let read = move |mut scope| async move {
        match read(&mut scope, module, zone, now).await {
            Ok(done) => Ok(Arc::new(done)),
            Err(Error::TimedOut) => {
                tracing::warn!("too many calls to tell the pace of campaigns");
                Ok(Arc::default())
            }
            Err(error) => Err(error),
        }
    };
    let found = paces.get(db, (tenant.id, key), Duration::MAX, read).await?;
    Ok(found.value)
}

/// The last local days with calls of a campaign: the first of them, and their number.
#[derive(sqlx::FromRow)]
struct Basis {
    id: i64,
    first_day: i64,
    days: i64,
}

async fn read(
    scope: &mut Scope,
    module: Module,
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<ByCampaign> {
    scope.connection().execute(TIMEOUT).await?;
    let tenant = Tenant::load(scope).await?;
    let today = NamedWindow::Today.window(zone, now);
    let bases = bases(scope, &tenant, module, &today).await?;
    let sql = match module {
        Module::Autocall => statement_of!(include_str!("sql/autocall_done.sql")),
        Module::Telesales => statement_of!(include_str!("sql/telesales_done.sql")),
    };
    scope.plan_by_arguments().await?;
    let begins = bases.iter().map(|basis| start(basis.first_day, zone));
    let rows = scope.select::<(i64, i64)>(sql);
    let rows = rows
        .bind(bases.iter().map(|basis| basis.id).collect::<Vec<_>>())
        .bind(begins.collect::<Vec<_>>())
        .bind(today.from);
    let leads = rows.fetch_all(scope.connection()).await?;
    let leads: BTreeMap<i64, i64> = leads.into_iter().collect();
    let done = |basis: &Basis| {
        let leads = leads.get(&basis.id).copied().unwrap_or_default();
        let days = basis.days;
        (basis.id, Done { leads, days })
    };
    Ok(bases.iter().map(done).collect())
}

async fn bases(
    scope: &mut Scope,
    tenant: &Tenant,
    module: Module,
    today: &Window,
) -> Result<Vec<Basis>> {
    let mut kept = Kept::of(tenant, "timezone");
    let date = today.zone.local(today.from).date();
    let first = date.checked_sub_days(Days::new(DAYS_BACK)).unwrap_or(date);
    let window = kept.with_rows(&Window {
        from: GivenInstant::Date(first).start(today.zone),
        to: today.from,
        zone: today.zone,
    });
    kept.statements(calls::source(scope, module).await?, [&window]);
    let sums = (Detail::Fine, RollupScope::Campaign);
    let plan = Plan::cut(&window, Granularity::Day, sums, kept)?;
    let sql = statement_of_calls!(module, include_str!("sql/days.sql"));
    let rows = scope.select(sql).bind_plan(&plan);
    Ok(rows.fetch_all(scope.connection()).await?)
}

/// Start of a local day, counted since 1970.
fn start(day: i64, zone: Zone) -> DateTime<Utc> {
    let bucket = Bucket {
        granularity: Granularity::Day,
        number: day,
    };
    let date = bucket.start().map(|start| start.date());
    GivenInstant::Date(date.unwrap_or(NaiveDate::MIN)).start(zone)
}
