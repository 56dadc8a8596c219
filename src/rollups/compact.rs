//! The compactor: moves the journal into the roll-ups, and makes anew what cannot be trusted.
//!
//! Owns the order of the statements. Each account is a repeatable-read transaction of its own, done by one
//! instance at a time, so that a reader finds an entry in the journal or in the roll-up, never in both or in
//! neither; writers neither wait for it nor are waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor};

use super::catalog::Module;
use super::fold::{self, Origin};
use super::{links, sources};
use crate::db::{Database, Scope};
use crate::error::Result;

/// Names the accounts among Postgres' advisory locks.
const LOCK: i64 = 0x726f_6c6c_0000_0000;

/// Compacts every account every so often, for as long as it is polled. What fails is logged, and tried again
/// the next time.
pub async fn run(db: Database, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match db.tenants().await {
            Ok(tenants) => {
                for tenant in tenants {
                    if let Err(error) = compact(&db, tenant).await {
                        tracing::warn!(tenant, %error, "compaction failed, and will be tried again");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "compaction failed, and will be tried again"),
        }
    }
}

/// Compacts until nothing is left to do.
pub async fn settle(db: &Database) -> Result<()> {
    for tenant in db.tenants().await? {
        while compact(db, tenant).await? != Done::Nothing {}
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// There was nothing to do, or another instance is at it.
    Nothing,
    Compacted,
    Rebuilt,
}

/// Brings one account's roll-ups up to date with what is committed now.
pub async fn compact(db: &Database, tenant: i64) -> Result<Done> {
    let Some(turn) = db.turn(LOCK ^ tenant).await? else { return Ok(Done::Nothing) };
    let done = compact_in_turn(db, tenant).await;
    turn.end().await?;
    done
}

async fn compact_in_turn(db: &Database, tenant: i64) -> Result<Done> {
    let mut scope = db.write_snapshot(tenant).await?;
    let stale = stale(&mut scope).await?;
    let mut done = Done::Nothing;
    for module in Module::ALL {
        let work = match stale.get(&module) {
            Some(campaigns) if campaigns.contains(&None) => Some((Origin::Rows, Vec::new())),
            Some(campaigns) => Some((Origin::RowsOfCampaign, campaigns.iter().flatten().copied().collect())),
            None => pending(&mut scope, module).await?.then_some((Origin::Journal, Vec::new())),
        };
        if let Some((origin, campaigns)) = work {
            make(&mut scope, module, origin, &campaigns).await?;
            done = if origin == Origin::Journal && done != Done::Rebuilt { Done::Compacted } else { Done::Rebuilt };
        }
    }
    if done != Done::Nothing {
        scope.commit().await?;
    }
    Ok(done)
}

/// Calls the roll-ups of an account, or of one of its campaigns, stale: they are made anew by the next
/// compaction, and read from the raw rows until then.
pub async fn distrust(db: &Database, tenant: i64, module: Module, campaign: Option<i64>) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let insert = scope.query("insert into rollup_stale (tenant_id, module, campaign_id) values ($1, $2, $3)");
    insert.bind(module.name()).bind(campaign).execute(scope.connection()).await?;
    scope.commit().await
}

/// Whether any of the module's roll-ups of an account are stale.
pub async fn is_stale(db: &Database, tenant: i64, module: Module) -> Result<bool> {
    let mut scope = db.read(tenant).await?;
    Ok(stale(&mut scope).await?.contains_key(&module))
}

/// What is stale: campaigns by module, None for all of them.
async fn stale(scope: &mut Scope) -> Result<BTreeMap<Module, BTreeSet<Option<i64>>>> {
    let rows =
        scope.select::<(String, Option<i64>)>("select module, campaign_id from rollup_stale where tenant_id = $1");
    let mut stale: BTreeMap<Module, BTreeSet<Option<i64>>> = BTreeMap::new();
    for (name, campaign) in rows.fetch_all(scope.connection()).await? {
        for module in Module::ALL.into_iter().filter(|module| module.name() == name) {
            stale.entry(module).or_default().insert(campaign);
        }
    }
    Ok(stale)
}

async fn pending(scope: &mut Scope, module: Module) -> Result<bool> {
    let (pending,): (bool,) = scope.select(PENDING[&module].as_str()).fetch_one(scope.connection()).await?;
    Ok(pending)
}

async fn make(scope: &mut Scope, module: Module, origin: Origin, campaigns: &[i64]) -> Result<()> {
    scope.connection().execute("set local work_mem = '128MB'; set local jit = off").await?;
    let tenant = scope.tenant();
    if origin != Origin::RowsOfCampaign {
        for sql in &STATEMENTS[&(module, origin)] {
            sqlx::query(AssertSqlSafe(sql.as_str())).bind(tenant).execute(scope.connection()).await?;
        }
        if origin == Origin::Rows {
            scope
                .query("delete from rollup_stale where tenant_id = $1 and module = $2")
                .bind(module.name())
                .execute(scope.connection())
                .await?;
        }
        return Ok(());
    }
    // The journal speaks of the account as a whole too, and so goes first.
    Box::pin(make(scope, module, Origin::Journal, &[])).await?;
    for &campaign in campaigns {
        for sql in &STATEMENTS[&(module, origin)] {
            sqlx::query(AssertSqlSafe(sql.as_str())).bind(tenant).bind(campaign).execute(scope.connection()).await?;
        }
        scope
            .query("delete from rollup_stale where tenant_id = $1 and module = $2 and campaign_id = $3")
            .bind(module.name())
            .bind(campaign)
            .execute(scope.connection())
            .await?;
    }
    Ok(())
}

static PENDING: LazyLock<BTreeMap<Module, String>> = LazyLock::new(|| {
    let any = |module: Module| {
        let journals =
            module.families().map(|family| format!("exists(select from {} where tenant_id = $1)", family.journal()));
        (module, format!("select {}", journals.join(" or ")))
    };
    Module::ALL.into_iter().map(any).collect()
});

static STATEMENTS: LazyLock<BTreeMap<(Module, Origin), Vec<String>>> = LazyLock::new(|| {
    let origins = [Origin::Journal, Origin::Rows, Origin::RowsOfCampaign];
    let all = Module::ALL.into_iter().flat_map(|module| origins.map(|origin| (module, origin)));
    all.map(|(module, origin)| ((module, origin), statements(module, origin))).collect()
});

/// What to run, in order. Links are made while the trail still tells what they were made from.
fn statements(module: Module, origin: Origin) -> Vec<String> {
    let families = module.families();
    let mut statements = Vec::new();
    if origin != Origin::Journal {
        for family in families {
            statements.extend(family.rollups.iter().map(|rollup| fold::clear(rollup.name, origin)));
            statements.extend(family.stages.iter().flat_map(|stages| links::clear(stages, origin)));
        }
        if module == Module::Telesales {
            statements.push(fold::clear(sources::table(), origin));
        }
    }
    for family in families {
        statements.extend(family.rollups.iter().map(|rollup| fold::add(family, rollup, origin)));
        statements.extend(family.stages.map(|stages| links::add(family, stages, origin)));
    }
    let by_source = (module == Module::Telesales).then(|| sources::add(origin));
    let follow = families
        .into_iter()
        .flat_map(|family| family.stages.into_iter().flat_map(move |stages| links::follow(family, stages, origin)));
    if origin == Origin::Journal {
        statements.extend(by_source);
        statements.extend(follow);
    } else {
        statements.extend(follow);
        statements.extend(by_source);
    }
    if origin != Origin::RowsOfCampaign {
        statements.extend(families.map(|family| format!("delete from {} where tenant_id = $1", family.journal())));
    }
    statements
}
