//! The cut: from an instant on, the complete-from, an account keeps its rows; before it, only its sums.
//!
//! Setting it brings the sums up to date, and in the same transaction makes them what they stay: no journal entry, rebuild or
//! changed term counts before it ever after, so the rows there can be deleted. Must not delete them, nor know who does.
//!
//! Before a cut, plans read whole buckets. The one day that the cut divides is kept by quarter hours for every scope,
//! and its sums by hours and days are made of these and of the rows after the cut (`sql/kept.sql`).

use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::catalog::{AUTOCALL_ATTEMPTS, Module};
use super::compact::{self, Done};
use super::edition;
use super::fold::{self, Origin};
use super::level::Level;
use super::older::Older;
use super::states;
use super::template::{lines, sql, statement};
use crate::db::{Database, Scope};
use crate::error::{Error, Result};

/// Pause before another try while a compactor is at work.
const PAUSE: Duration = Duration::from_millis(50);
/// Tries before a request to be repeated later.
const TRIES: u32 = 1_200;

/// Moves the tenant's complete-from forward to `at`, a whole quarter hour; an earlier instant changes nothing. Returns the
/// instant that holds now. `Unavailable` if a compactor is at work for a minute; `Conflict` while there are roll-ups of another
/// version, whose journal would not be folded.
pub async fn advance(db: &Database, tenant: i64, at: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if Level::Quarter.start(Level::Quarter.bucket(at)) != at {
        return Err(Error::invalid(
            "complete_from",
            "must be a whole quarter hour.",
        ));
    }
    for _ in 0..TRIES {
        match attempt(db, tenant, at).await {
            Ok(Some(set)) => return Ok(set),
            // Not the only one at work, or overtaken by a change of the tenant.
            Ok(None) | Err(Error::GaveWay(_)) => tokio::time::sleep(PAUSE).await,
            Err(failure) => return Err(failure),
        }
    }
    Err(Error::Unavailable("the roll-ups are being rebuilt".into()))
}

/// `None` if another instance is compacting.
async fn attempt(db: &Database, tenant: i64, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    // Stale sums are rebuilt while their rows are there.
    while compact::compact(db, tenant).await? == Done::Rebuilt {}
    // An edition that is installed meanwhile would take over what was kept before.
    let Some(installing) = db.lease(edition::LOCK).await? else {
        return Ok(None);
    };
    let set = without_installing(db, tenant, at).await;
    installing.release().await?;
    set
}

async fn without_installing(
    db: &Database,
    tenant: i64,
    at: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let [autocall, telesales] = Module::ALL.map(|module| compact::lock(module, tenant));
    let Some(autocall) = db.lease_in_schema(autocall).await? else {
        return Ok(None);
    };
    let Some(telesales) = db.lease_in_schema(telesales).await? else {
        autocall.release().await?;
        return Ok(None);
    };
    let set = in_turn(db, tenant, at).await;
    autocall.release().await?;
    telesales.release().await?;
    set
}

async fn in_turn(db: &Database, tenant: i64, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let mut scope = db.write_snapshot(tenant).await?;
    for module in Module::ALL {
        compact::begin(&mut scope, module).await?;
    }
    let before = complete_from(&mut scope).await?;
    if let Some(before) = before.filter(|before| *before >= at) {
        return Ok(Some(before));
    }
    if !Older::all(&mut scope).await?.is_empty() {
        return Err(Error::conflict("servers of two versions are in use"));
    }
    if is_stale(&mut scope).await? {
        return Ok(None);
    }
    for module in Module::ALL {
        compact::fold_journal(&mut scope, module).await?;
    }
    keep_quarters(&mut scope, before, at).await?;
    forget_attempts(&mut scope, before, at).await?;
    let set = scope.query("update tenants set complete_from = $2 where id = $1");
    set.bind(at).execute(scope.connection()).await?;
    scope.commit().await?;
    Ok(Some(at))
}

async fn complete_from(scope: &mut Scope) -> Result<Option<DateTime<Utc>>> {
    let row =
        scope.select::<(Option<DateTime<Utc>>,)>("select complete_from from tenants where id = $1");
    let found = row.fetch_optional(scope.connection()).await?;
    Ok(found.ok_or(Error::NotFound)?.0)
}

async fn is_stale(scope: &mut Scope) -> Result<bool> {
    let row =
        scope.select::<(bool,)>("select exists (select from rollup_stale where tenant_id = $1)");
    Ok(row.fetch_one(scope.connection()).await?.0)
}

/// Keeps the day that the cut divides by quarter hours, as far as an earlier cut on that day has not.
async fn keep_quarters(
    scope: &mut Scope,
    before: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> Result<()> {
    let day = Level::Day.start(Level::Day.bucket(at));
    let from = before.map_or(day, |before| before.max(day));
    for sql in QUARTERS.iter() {
        let add = sqlx::query(AssertSqlSafe(sql.as_str())).bind(scope.tenant());
        add.bind(from).bind(at).execute(scope.connection()).await?;
    }
    Ok(())
}

/// Takes attempts before the cut from leads created after it, whose progress counts attempts from the cut on.
async fn forget_attempts(
    scope: &mut Scope,
    before: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> Result<()> {
    let tenant = scope.tenant();
    let take = sqlx::query(AssertSqlSafe(ATTEMPTS.as_str())).bind(tenant);
    let taken = take.bind(before).bind(at).execute(scope.connection());
    if taken.await?.rows_affected() == 0 {
        return Ok(());
    }
    for sql in LEADS.iter() {
        let fold = sqlx::query(AssertSqlSafe(sql.as_str())).bind(tenant);
        fold.execute(scope.connection()).await?;
    }
    Ok(())
}

static QUARTERS: LazyLock<Vec<String>> = LazyLock::new(quarters);

/// The statements that add quarter hours of the rows from `$2` on, before `$3`.
pub(super) fn quarters() -> Vec<String> {
    let families = Module::ALL.into_iter().flat_map(Module::families);
    let add = families.flat_map(|family| {
        let rollups = family.rollups.iter();
        rollups.filter_map(|rollup| fold::add_quarters(family, rollup))
    });
    add.collect()
}

static ATTEMPTS: LazyLock<String> = LazyLock::new(|| {
    let columns = AUTOCALL_ATTEMPTS.columns();
    let names = columns.iter().map(|(name, _)| (*name).to_owned());
    statement(sql!("cut_attempts"), &[("columns", &lines(names))])
});

/// The statements that fold these entries into the progress of leads, and delete them.
static LEADS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let journal = AUTOCALL_ATTEMPTS.journal();
    let mut statements = states::add(Origin::Journal);
    statements.push(format!("delete from {journal}\nwhere tenant_id = $1"));
    statements
});
