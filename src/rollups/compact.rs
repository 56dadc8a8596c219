//! The compactor: folds the journal into the roll-ups and rebuilds stale ones.
//!
//! Owns the order of the statements. Each module of each tenant is compacted in a repeatable-read transaction of its own, by
//! one instance at a time, so that a reader finds an entry either in the journal or in the roll-up, never in both or
//! neither. Writers and the compactor never wait for each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Executor};
use tracing::Instrument;

pub use super::build::SLICE;
use super::build::{self, Progress};
use super::catalog::{Family, Module, Stages};
use super::fold::{self, Origin};
use super::run::{Arguments, run as run_statements};
use super::template::{joined, lines, part, sql, statement};
use super::{edition, install, links, sources, states};
use crate::db::{Database, Lane, Scope};
use crate::error::Result;
use crate::metrics::metrics;
use crate::supervise;

/// Lock of a tenant's module, in each edition.
pub(super) fn lock(module: Module, tenant: i64) -> i64 {
    let name = match module {
        Module::Autocall => 0x726f_6c61_0000_0000,
        Module::Telesales => 0x726f_6c74_0000_0000,
    };
    name ^ tenant
}

/// Kinds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Folding the journal, which takes milliseconds.
    Fold,
    /// Rebuilding from rows, which can take long.
    Rebuild,
}

/// Compacts every tenant at intervals, as long as it is polled. Failures are logged and retried. A rebuild does not delay the
/// journals of other tenants.
pub async fn run(db: Database, every: Duration) {
    let db = db.lane(Lane::Compaction);
    tokio::join!(
        run_with(&db, every, Work::Fold),
        run_with(&db, every, Work::Rebuild)
    );
}

/// Name in the count of panics.
pub const TASK: &str = "compactor";

async fn run_with(db: &Database, every: Duration, work: Work) {
    let visit_all = async || {
        let (begun, mut is_whole) = (Instant::now(), true);
        for tenant in tenants_with_work(db, work).await? {
            // One tenant's failure must not affect the others.
            let account = tracing::error_span!("account", tenant);
            is_whole &= supervise::attempt(TASK, visit(db, tenant, &[work]))
                .instrument(account)
                .await
                .is_some();
        }
        if is_whole && work == Work::Fold {
            metrics().compacted(begun);
        }
        Ok(())
    };
    supervise::every(TASK, every, visit_all).await;
}

/// Tenants that may have work of that kind, in order.
pub async fn tenants_with_work(db: &Database, work: Work) -> Result<Vec<i64>> {
    let list = match work {
        Work::Fold => &*WITH_ENTRIES,
        Work::Rebuild => &*WITH_MARKS,
    };
    db.tenants_listed(sqlx::query_scalar(AssertSqlSafe(list.as_str())))
        .await
}

/// Compacts until nothing is left to do.
pub async fn compact_until_idle(db: &Database) -> Result<()> {
    for tenant in db.tenants().await? {
        while compact(db, tenant).await? != Done::Nothing {}
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Done {
    /// Nothing to do, or another instance is compacting.
    Nothing,
    Compacted,
    /// A part of a rebuild: the rest is still to do. Only [`turn`] says so.
    Building,
    Rebuilt,
}

/// Brings one tenant's roll-ups up to date with everything committed.
pub async fn compact(db: &Database, tenant: i64) -> Result<Done> {
    visit(db, tenant, &[Work::Fold, Work::Rebuild]).await
}

/// Does pending work of that kind, on both modules concurrently. A failure of one does not stop the other.
async fn visit(db: &Database, tenant: i64, works: &[Work]) -> Result<Done> {
    let waiting = waiting(db, tenant)
        .await?
        .into_iter()
        .filter(|(_, work)| works.contains(work));
    let all = join_all(waiting.map(|(module, _)| compact_module(db, tenant, module))).await;
    all.into_iter()
        .try_fold(Done::Nothing, |most, done| Ok(most.max(done?)))
}

/// The modules of a tenant with pending work. Read-only; takes no lock.
async fn waiting(db: &Database, tenant: i64) -> Result<Vec<(Module, Work)>> {
    let mut scope = db.read(tenant).await?;
    let look = scope.select::<(String, bool)>(WAITING.as_str());
    let mut waiting = Vec::new();
    for (name, stale) in look.fetch_all(scope.connection()).await? {
        let work = if stale { Work::Rebuild } else { Work::Fold };
        waiting.extend(
            Module::ALL
                .into_iter()
                .filter(|module| module.name() == name)
                .map(|module| (module, work)),
        );
    }
    Ok(waiting)
}

/// Like [`compact`], for one module.
pub async fn compact_module(db: &Database, tenant: i64, module: Module) -> Result<Done> {
    loop {
        match turn(db, tenant, module, SLICE).await? {
            Done::Building => {}
            done => return Ok(done),
        }
    }
}

/// One transaction of [`compact_module`], in which a rebuild takes about that many calls: the next one goes on with it,
/// whoever runs it.
pub async fn turn(db: &Database, tenant: i64, module: Module, slice: i64) -> Result<Done> {
    let Some(lease) = db.lease_in_schema(lock(module, tenant)).await? else {
        return Ok(Done::Nothing);
    };
    let done = compact_in_turn(db, tenant, module, slice).await;
    lease.release().await?;
    done
}

async fn compact_in_turn(db: &Database, tenant: i64, module: Module, slice: i64) -> Result<Done> {
    let mut scope = db.write_snapshot(tenant).await?;
    begin(&mut scope, module).await?;
    let done = match stale(&mut scope, module).await? {
        None => {
            fold_journal(&mut scope, module).await?;
            Done::Compacted
        }
        Some(Stale::All) => match build::go_on(&mut scope, module, slice).await? {
            true => Done::Rebuilt,
            false => Done::Building,
        },
        Some(Stale::Campaigns(campaigns)) => {
            // The journal also affects the sums over all campaigns, so it is folded first.
            fold_journal(&mut scope, module).await?;
            let statements = &STATEMENTS[&(module, Origin::RowsOfCampaigns)];
            let campaigns = Arguments::Campaigns(&campaigns);
            run_statements(&mut scope, module, statements, campaigns).await?;
            // Only marks visible in this snapshot; later ones stay.
            let forget = "delete from rollup_stale where tenant_id = $1 and module = $2";
            let forget = scope.query(forget).bind(module.name());
            forget.execute(scope.connection()).await?;
            Done::Rebuilt
        }
    };
    scope.commit().await?;
    if done == Done::Rebuilt {
        forget_copied(db, tenant, module).await?;
    }
    Ok(done)
}

/// Adds the journal to the sums, and empties it.
pub(super) async fn fold_journal(scope: &mut Scope, module: Module) -> Result<()> {
    let statements = &STATEMENTS[&(module, Origin::Journal)];
    run_statements(scope, module, statements, Arguments::None).await
}

/// The rebuild of a module as far as it is, if it is under way.
pub async fn progress(db: &Database, tenant: i64, module: Module) -> Result<Option<Progress>> {
    build::progress(&mut db.read(tenant).await?, module).await
}

/// Deletes the marks that term changes left in schema public. Every edition has its own copy; only tables of versions before
/// editions were rebuilt by these.
async fn forget_copied(db: &Database, tenant: i64, module: Module) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    scope.connection().execute(edition::VISIBLE).await?;
    let forget = scope.query(sql!("forget_copied")).bind(module.name());
    forget.execute(scope.connection()).await?;
    scope.commit().await
}

/// It ends, however long it takes and whatever limits the role has. Whoever empties a table holds it before what is derived
/// from it, and so do we: neither waits for the other in a circle.
pub(super) async fn begin(scope: &mut Scope, module: Module) -> Result<()> {
    let begin = AssertSqlSafe(BEGINNING[&module].as_str());
    scope.connection().execute(begin).await?;
    Ok(())
}

/// A mark that roll-ups are stale, by its id.
#[derive(Debug, Clone, Copy)]
pub struct StaleMark(i64);

/// Marks the roll-ups of a tenant, or of one of its campaigns, stale: the next compaction rebuilds them, and reports read
/// rows until then.
pub async fn mark_stale(
    db: &Database,
    tenant: i64,
    module: Module,
    campaign: Option<i64>,
) -> Result<StaleMark> {
    let mut scope = db.write(tenant).await?;
    let insert = scope
        .select::<(i64,)>("insert into rollup_stale (tenant_id, module, campaign_id) values ($1, $2, $3) returning id");
    let (note,) = insert
        .bind(module.name())
        .bind(campaign)
        .fetch_one(scope.connection())
        .await?;
    scope.commit().await?;
    Ok(StaleMark(note))
}

/// True if the mark has not been removed by a rebuild.
pub async fn still_stale(db: &Database, tenant: i64, mark: StaleMark) -> Result<bool> {
    let mut scope = db.read(tenant).await?;
    let note = scope
        .select::<(bool,)>(
            "select exists (select from rollup_stale where tenant_id = $1 and id = $2)",
        )
        .bind(mark.0);
    Ok(note.fetch_one(scope.connection()).await?.0)
}

/// The stale part of a module.
enum Stale {
    All,
    Campaigns(Vec<i64>),
}

/// `None` if nothing is stale.
async fn stale(scope: &mut Scope, module: Module) -> Result<Option<Stale>> {
    let notes = scope
        .select::<(Option<i64>, Option<i64>, Option<i64>)>(include_str!("sql/stale_campaigns.sql"));
    let notes = notes
        .bind(module.name())
        .fetch_all(scope.connection())
        .await?;
    if notes.is_empty() {
        return Ok(None);
    }
    if notes
        .iter()
        .any(|(campaign, script, _)| campaign.is_none() && script.is_none())
    {
        return Ok(Some(Stale::All));
    }
    let campaigns: BTreeSet<i64> = notes
        .into_iter()
        .filter_map(|(campaign, _, of_script)| campaign.or(of_script))
        .collect();
    Ok(Some(Stale::Campaigns(campaigns.into_iter().collect())))
}

/// Statements at the start of a compaction.
static BEGINNING: LazyLock<BTreeMap<Module, String>> =
    LazyLock::new(|| Module::ALL.map(|module| (module, beginning(module))).into());

static WAITING: LazyLock<String> = LazyLock::new(looks);

static WITH_ENTRIES: LazyLock<String> = LazyLock::new(|| list(Work::Fold));

static WITH_MARKS: LazyLock<String> = LazyLock::new(|| list(Work::Rebuild));

static STATEMENTS: LazyLock<BTreeMap<(Module, Origin), Vec<String>>> = LazyLock::new(|| {
    let all = Module::ALL.into_iter().flat_map(|module| {
        [Origin::Journal, Origin::RowsOfCampaigns].map(|origin| (module, origin))
    });
    all.map(|(module, origin)| ((module, origin), statements(module, origin)))
        .collect()
});

pub(super) fn beginning(module: Module) -> String {
    let tables = module.families().map(|family| family.table.to_owned());
    statement(sql!("begin"), &[("tables", &lines(tables))])
}

/// The modules with pending work, and whether any part of them is stale.
pub(super) fn looks() -> String {
    let module = |module: Module| {
        let entries = module.families().map(|family| {
            format!(
                "exists (select from {} where tenant_id = $1)",
                family.journal()
            )
        });
        part(
            sql!("waiting_module"),
            &[
                ("module", &module.name()),
                ("pending", &joined(entries, "\n    or ")),
            ],
        )
    };
    statement(
        sql!("waiting"),
        &[("modules", &joined(Module::ALL.map(module), "\nunion all\n"))],
    )
}

/// The statement that lists the tenants with work of that kind.
pub(super) fn list(work: Work) -> String {
    match work {
        Work::Fold => {
            let families = Module::ALL.into_iter().flat_map(Module::families);
            with_work(families.map(|family| family.journal().to_string()))
        }
        Work::Rebuild => with_work([install::MARKS.to_owned()]),
    }
}

/// The tenants with rows in any of these tables.
fn with_work(tables: impl IntoIterator<Item = String>) -> String {
    let lists = tables
        .into_iter()
        .map(|table| part(sql!("with_work_table"), &[("table", &table)]));
    statement(sql!("with_work"), &[("lists", &joined(lists, "\nunion\n"))])
}

/// The statements to run, in order, for the journal or the rows of campaigns. For the journal, links are updated before the
/// trail, which records what they were made from; in a rebuild they are made from the trail.
pub(super) fn statements(module: Module, origin: Origin) -> Vec<String> {
    if origin == Origin::Journal {
        of_journal(module)
    } else {
        of_rows(module, origin)
    }
}

fn of_journal(module: Module) -> Vec<String> {
    let origin = Origin::Journal;
    let mut statements = Vec::new();
    for family in module.families() {
        let rollups = family.rollups.iter();
        statements.extend(rollups.map(|rollup| fold::add(family, rollup, origin)));
        let rollups = family.rollups.iter();
        statements.extend(rollups.filter_map(|rollup| fold::add_moved(family, rollup)));
    }
    statements.extend(stages(module).map(|(family, stages)| links::add(family, stages, origin)));
    statements.extend(of_leads(module, origin));
    statements
        .extend(stages(module).flat_map(|(family, stages)| links::follow(family, stages, origin)));
    let journals = module.families().into_iter().map(Family::journal);
    statements.extend(journals.map(|journal| fold::clear(&journal, origin)));
    statements
}

fn of_rows(module: Module, origin: Origin) -> Vec<String> {
    let mut statements = Vec::new();
    for family in module.families() {
        let rollups = family.rollups.iter();
        statements.extend(rollups.map(|rollup| fold::clear_rollup(rollup, origin)));
        let stages = family.stages.iter();
        statements.extend(stages.flat_map(|stages| links::clear(stages, origin)));
    }
    statements.extend(match module {
        Module::Autocall => states::clear(origin),
        Module::Telesales => vec![fold::clear(sources::TABLE, origin)],
    });
    for family in module.families() {
        let rollups = family.rollups.iter();
        statements.extend(rollups.map(|rollup| fold::add(family, rollup, origin)));
        let rollups = family.rollups.iter();
        statements.extend(rollups.map(|rollup| fold::add_kept(rollup, origin)));
    }
    statements
        .extend(stages(module).flat_map(|(family, stages)| links::follow(family, stages, origin)));
    statements.extend(stages(module).map(|(family, stages)| links::add(family, stages, origin)));
    statements.extend(of_leads(module, origin));
    statements
}

fn stages(module: Module) -> impl Iterator<Item = (&'static Family, &'static Stages)> {
    let families = module.families().into_iter();
    families.filter_map(|family| family.stages.map(|stages| (family, stages)))
}

fn of_leads(module: Module, origin: Origin) -> Vec<String> {
    match module {
        Module::Autocall => states::add(origin),
        Module::Telesales => vec![sources::add(origin)],
    }
}
