//! Building all roll-ups of a tenant's module from its rows, in transactions of bounded size.
//!
//! Calls are added in slices of whole days of UTC, so that no bucket is divided between two; then the pairs of stages are made of
//! the trail, and last what is made of leads. A slice's rows contain the journal's entries for the same days, which are
//! deleted with it: later ones stay, and are folded when all is built. Leads, which calls of many slices share, are taken
//! as they were when the building began, until the last part folds their journal. Meanwhile the stale marks stay, so that
//! nobody reads the tables.
//!
//! A row of `rollup_builds` says how far it is: whoever finds one goes on there. Must not know who that is (`compact`).

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::sync::LazyLock;

use sqlx::AssertSqlSafe;

use super::catalog::{Family, Module};
use super::fold::{self, Origin};
use super::run::{Arguments, run};
use super::template::{sql, statement};
use super::{links, sources, states};
use crate::db::Scope;
use crate::error::{Error, Result};

/// Calls of a slice. A transaction with so many takes seconds.
pub const SLICE: i64 = 1_000_000;

const DAY: f64 = 86_400.0;

/// The building of a module as far as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    part: Part,
    /// The first day, counted since 1970, whose calls are not counted. `None` before all.
    day: Option<i32>,
    /// Calls counted.
    pub done: i64,
    /// Calls to count, as there were when it began.
    pub calls: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Calls,
    Pairs,
    Leads,
}

impl Part {
    const ALL: [Self; 3] = [Self::Calls, Self::Pairs, Self::Leads];

    /// Its name in `rollup_builds`.
    fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Pairs => "pairs",
            Self::Leads => "leads",
        }
    }
}

impl Display for Progress {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let (percent, done, calls) = (self.percent(), self.done, self.calls);
        write!(f, "{percent} % ({done} of {calls} calls)")
    }
}

impl Progress {
    /// Share of the work that is done, by the calls counted: what follows them is about a tenth.
    pub fn percent(&self) -> i64 {
        match self.part {
            Part::Calls => (self.done * 90 / self.calls.max(1)).min(90),
            Part::Pairs => 90,
            Part::Leads => 95,
        }
    }
}

/// Goes on with a building, or begins one. True if it is done: then the marks that it served are gone. Small modules are built
/// at once; of others one part of at most `slice` calls, or of a day that has more, so that a transaction ends.
pub async fn go_on(scope: &mut Scope, module: Module, slice: i64) -> Result<bool> {
    let mut progress = match found(scope, module).await? {
        Some((progress, false)) => progress,
        Some((_, true)) | None => {
            let begun = begin(scope, module).await?;
            if begun.calls > slice {
                record(scope, module, &begun).await?;
                return Ok(false);
            }
            begun
        }
    };
    while !step(scope, module, slice, &mut progress).await? {
        if progress.calls > slice {
            record(scope, module, &progress).await?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// True after the last part.
async fn step(
    scope: &mut Scope,
    module: Module,
    slice: i64,
    progress: &mut Progress,
) -> Result<bool> {
    let statements = &STATEMENTS[&module];
    match progress.part {
        Part::Calls => {
            let from = progress.day.map_or(f64::NEG_INFINITY, start);
            let (end, calls) = next(scope, module, from, slice).await?;
            let to = end.map_or(f64::INFINITY, start);
            run(scope, module, &statements.slice, Arguments::Slice(from, to)).await?;
            progress.done += calls;
            match end {
                Some(day) => progress.day = Some(day),
                None => progress.part = Part::Pairs,
            }
        }
        Part::Pairs => {
            run(scope, module, &statements.pairs, Arguments::None).await?;
            progress.part = Part::Leads;
        }
        Part::Leads => {
            run(scope, module, &statements.leads, Arguments::None).await?;
            let end = scope.query(sql!("build_ended")).bind(module.name());
            end.execute(scope.connection()).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Start of a day.
fn start(day: i32) -> f64 {
    f64::from(day) * DAY
}

/// Where it is, and true if a mark asks for another one.
async fn found(scope: &mut Scope, module: Module) -> Result<Option<(Progress, bool)>> {
    let row = scope.select::<(String, Option<i32>, i64, i64, bool)>(sql!("build_found"));
    let row = row.bind(module.name());
    let Some((name, day, done, calls, is_outdated)) =
        row.fetch_optional(scope.connection()).await?
    else {
        return Ok(None);
    };
    let part = Part::ALL.into_iter().find(|part| part.name() == name);
    let part = part.ok_or_else(|| Error::internal("bug: an unknown part of a building"))?;
    let progress = Progress {
        part,
        day,
        done,
        calls,
    };
    Ok(Some((progress, is_outdated)))
}

/// The building of a module, if it is under way.
pub async fn progress(scope: &mut Scope, module: Module) -> Result<Option<Progress>> {
    Ok(found(scope, module).await?.map(|(progress, _)| progress))
}

/// Empties the tables and both journals. What lies before the tenant's complete-from stays.
async fn begin(scope: &mut Scope, module: Module) -> Result<Progress> {
    let statements = &STATEMENTS[&module];
    run(scope, module, &statements.start, Arguments::None).await?;
    let rows = sqlx::query_as(AssertSqlSafe(statements.rows.as_str())).bind(scope.tenant());
    let rows: Option<(Option<i32>, i64)> = rows.fetch_optional(scope.connection()).await?;
    let (day, calls) = rows.ok_or(Error::NotFound)?;
    let begin = scope.query(sql!("build_begun")).bind(module.name());
    begin
        .bind(day)
        .bind(calls)
        .execute(scope.connection())
        .await?;
    Ok(Progress {
        part: Part::Calls,
        day,
        done: 0,
        calls,
    })
}

/// The end of the slice that begins then, `None` for the last one, and its number of calls.
async fn next(
    scope: &mut Scope,
    module: Module,
    from: f64,
    slice: i64,
) -> Result<(Option<i32>, i64)> {
    let sql = STATEMENTS[&module].next.as_str();
    let next = sqlx::query_as(AssertSqlSafe(sql)).bind(scope.tenant());
    let next = next.bind(from).bind(slice);
    Ok(next.fetch_one(scope.connection()).await?)
}

async fn record(scope: &mut Scope, module: Module, progress: &Progress) -> Result<()> {
    let record = scope.select::<(i64,)>(sql!("build_recorded"));
    let record = record.bind(module.name()).bind(progress.part.name());
    let (seconds,) = record
        .bind(progress.day)
        .bind(progress.done)
        .fetch_one(scope.connection())
        .await?;
    tracing::info!(
        module = module.name(),
        percent = progress.percent(),
        done = progress.done,
        calls = progress.calls,
        seconds,
        "building roll-ups"
    );
    Ok(())
}

static STATEMENTS: LazyLock<BTreeMap<Module, Statements>> = LazyLock::new(|| {
    Module::ALL
        .map(|module| (module, Statements::of(module)))
        .into()
});

/// The statements of a building, those of each part in order.
#[derive(Debug)]
pub struct Statements {
    pub start: Vec<String>,
    /// Day of the cut and number of calls.
    pub rows: String,
    /// End of a slice.
    pub next: String,
    pub slice: Vec<String>,
    pub pairs: Vec<String>,
    pub leads: Vec<String>,
}

impl Statements {
    pub fn of(module: Module) -> Self {
        let calls = module.calls();
        let of_calls = |text| statement(text, &[("table", &calls.table), ("at", &calls.at)]);
        let stages = calls.stages.into_iter();
        Self {
            start: emptied(module),
            rows: of_calls(sql!("build_rows")),
            next: of_calls(sql!("build_slice")),
            slice: of_slice(module, calls),
            pairs: stages
                .map(|stages| links::add(calls, stages, Origin::Rows))
                .collect(),
            leads: of_leads(module),
        }
    }
}

fn emptied(module: Module) -> Vec<String> {
    let families = module.families().into_iter();
    let of_family = |family: &'static Family| {
        let rollups = family.rollups.iter();
        let rollups = rollups.map(|rollup| fold::clear_rollup(rollup, Origin::Rows));
        let stages = family.stages.iter();
        let stages = stages.flat_map(|stages| links::clear(stages, Origin::Rows));
        rollups
            .chain(stages)
            .chain([fold::clear(&family.journal(), Origin::Rows)])
    };
    families
        .flat_map(of_family)
        .chain(of_states(module))
        .collect()
}

fn of_states(module: Module) -> Vec<String> {
    match module {
        Module::Autocall => states::clear(Origin::Rows),
        Module::Telesales => vec![fold::clear(sources::TABLE, Origin::Rows)],
    }
}

fn of_slice(module: Module, calls: &Family) -> Vec<String> {
    let rollups = calls.rollups.iter();
    let sums = rollups.map(|rollup| fold::add(calls, rollup, Origin::Slice));
    let stages = calls.stages.into_iter();
    let trail = stages.flat_map(|stages| links::follow(calls, stages, Origin::Slice));
    let states = (module == Module::Autocall).then(|| states::follow(Origin::Slice));
    let forget = fold::forget_slice(calls);
    sums.chain(trail).chain(states).chain([forget]).collect()
}

/// The changes of leads since the beginning move calls; what is counted by leads has them.
fn of_leads(module: Module) -> Vec<String> {
    let (calls, leads) = (module.calls(), module.leads());
    let rollups = calls.rollups.iter();
    let mut statements: Vec<String> = rollups
        .filter_map(|rollup| fold::add_moved(calls, rollup))
        .collect();
    let rollups = leads.rollups.iter();
    statements.extend(rollups.map(|rollup| fold::add(leads, rollup, Origin::Rows)));
    let rollups = module.families().into_iter().flat_map(|it| it.rollups);
    statements.extend(rollups.map(|rollup| fold::add_kept(rollup, Origin::Rows)));
    match module {
        Module::Autocall => statements.extend(states::add(Origin::Rows)),
        Module::Telesales => statements.push(sources::add(Origin::Rows)),
    }
    statements.push(fold::clear(&leads.journal(), Origin::Rows));
    statements
}
