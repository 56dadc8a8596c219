//! Stores legs, and the calls that they are, as ingest lines.
//!
//! Everything about a call is decided from all its legs, in one transaction, while nobody else decides about calls of the
//! account: legs may come in any order, twice, and to several instances.

mod calls;
mod decided;
mod door;
mod families;
mod leads;
mod lines;
mod numbers;
pub mod people;
mod places;
mod statement;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::causes::{Outcome, Verdict};
use super::collapse::{Call, collapse};
use super::leg::{Ending, Leg};
use super::routing::{Destination, Ignored, Routing};
use super::tally::Created;
use crate::db::{Database, Scope};
use crate::error::{Cause, Error, Result};
use crate::ingest;
use crate::rollups::Module;
use calls::Row;
use decided::{Decided, Ids, Placed};
pub use door::Door;
pub use families::lock;
use families::{Family, Named};
use places::{Asked, Places};

/// What is decided anew of stored calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anew {
    /// The results, because the table of causes has changed.
    Results,
    /// Results, and where the calls go.
    Places,
}

/// What a chunk of legs came to.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Ids of the calls that the legs are of, whether they are reported or not.
    pub calls: BTreeSet<String>,
    /// Number of records that are not reported, by reason.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Calls whose ending no table knows.
    pub unmapped: BTreeSet<String>,
    pub created: Created,
    /// Numbers of the records that could not be stored, with the reason.
    pub refused: Vec<(u64, String)>,
}

/// Maximum number of attempts of a transaction with conflicts.
const TRIES: u32 = 5;

/// Stores legs, each with the number of its record. On return they are committed, except those refused.
pub async fn store(
    db: &Database,
    door: &Door,
    legs: &[(u64, Leg)],
    now: DateTime<Utc>,
) -> Result<Outcomes> {
    let mut tries = 1;
    loop {
        let mut scope = if door.events {
            db.write_with_events(door.tenant).await?
        } else {
            db.write(door.tenant).await?
        };
        let stored = match put_together(&mut scope, door, legs, now).await {
            Ok(outcomes) => scope.commit().await.map(|()| outcomes),
            Err(error) => Err(error),
        };
        match stored {
            Err(Error::GaveWay(cause)) if tries < TRIES => pause(tries, &cause).await,
            stored => return stored,
        }
        tries += 1;
    }
}

async fn pause(tries: u32, cause: &Cause) {
    tracing::info!(tries, %cause, "transaction conflict; will retry");
    tokio::time::sleep(Duration::from_millis(50 << tries)).await;
}

async fn put_together(
    scope: &mut Scope,
    door: &Door,
    legs: &[(u64, Leg)],
    now: DateTime<Utc>,
) -> Result<Outcomes> {
    families::lock(scope).await?;
    let families = families::join(scope, door.source, legs).await?;
    settle(scope, door, families, None, now).await
}

/// Decides about stored calls anew, from their legs. Nobody else may put calls of the account together meanwhile: see [`lock`].
pub async fn again(
    scope: &mut Scope,
    door: &Door,
    calls: &[String],
    anew: Anew,
    now: DateTime<Utc>,
) -> Result<Outcomes> {
    let families = families::of_calls(scope, door.source, calls).await?;
    settle(scope, door, families, Some(anew), now).await
}

/// Decides about calls, and stores them and what is new of their legs. `anew`: what is decided about calls that are stored and
/// not told again.
async fn settle(
    scope: &mut Scope,
    door: &Door,
    families: Vec<Family>,
    anew: Option<Anew>,
    now: DateTime<Utc>,
) -> Result<Outcomes> {
    let routing = super::routing::of_account(scope).await?;
    let overrides = super::overrides::of_account(scope).await?;
    let verdict = |ending: &Ending| overrides.verdict(ending);
    let known = calls::known(scope, door.source, &families).await?;
    let mut outcomes = Outcomes::default();
    let (mut decided, mut waiting) = (Vec::new(), Vec::new());
    for family in families {
        if family.is_endless() {
            outcomes.refuse(&family, "Its call has 500 other records.");
            continue;
        }
        let Some(call) = collapse(&family.legs, |ending| weight(verdict(ending))) else {
            waiting.push((id_of(&family), family));
            continue;
        };
        let was = known.get(&call.id);
        let stays = anew == Some(Anew::Results) || family.is_faded;
        let stored = was.filter(|_| stays).and_then(Row::destination);
        // A call without an attempt may have had no place, and what would tell one is gone.
        let is_lost = was.is_some() && family.is_faded;
        let unrouted = was.and_then(Row::unrouted).filter(|_| anew.is_some());
        let unrouted = unrouted.unwrap_or(door.unrouted);
        let destination = stored.unwrap_or_else(|| match is_lost {
            true => Destination::Ignored(Ignored::NoAttempt),
            false => routing.destination(&call, unrouted),
        });
        let it = decide(family, call, destination, unrouted, verdict);
        match fault(&it, door) {
            Some(fault) => outcomes.refuse(&it.family, &fault),
            None => decided.push(it),
        }
    }
    let mut places = find_places(scope, door, &routing, &decided).await?;
    let placed = placed(decided, &mut places, &mut outcomes);
    calls::forget_former(scope, &placed, &known).await?;
    write(scope, door, &places, &placed).await?;
    calls::save(scope, door.source, &placed).await?;
    let left = calls::left(&placed, &known);
    numbers::mend(scope, &placed, &left).await?;
    leads::leave(scope, &left).await?;
    let named = placed.iter().map(|(it, _)| (&it.call.id, &it.family));
    let named = named.chain(waiting.iter().map(|(id, family)| (id, family)));
    let named: Vec<Named<'_>> = named.map(|(id, family)| Named { id, family }).collect();
    families::save(scope, door.source, &named, now).await?;
    outcomes.created = places.created;
    placed.iter().for_each(|(it, _)| outcomes.count(it));
    waiting
        .iter()
        .for_each(|(id, family)| outcomes.wait(id, family));
    Ok(outcomes)
}

async fn find_places(
    scope: &mut Scope,
    door: &Door,
    routing: &Routing,
    decided: &[Decided],
) -> Result<Places> {
    let asked = decided.iter().filter_map(|it| asked(it, routing));
    places::find(scope, &asked.collect::<Vec<_>>(), door.locale.country_code).await
}

/// Calls with the ids of their places, without those that have none.
fn placed(decided: Vec<Decided>, places: &mut Places, outcomes: &mut Outcomes) -> Vec<Placed> {
    let mut of = std::mem::take(&mut places.of).into_iter();
    let mut placed = Vec::with_capacity(decided.len());
    for it in decided {
        match it.place().and_then(|_| of.next()) {
            Some(Err(reason)) => outcomes.refuse(&it.family, &reason),
            Some(Ok(ids)) => placed.push((it, Some(ids))),
            None => placed.push((it, None)),
        }
    }
    placed
}

/// The fault of a call whose line ingest would not take.
fn fault(decided: &Decided, door: &Door) -> Option<String> {
    let module = decided.place()?.module;
    let anywhere = Ids {
        campaign: 1,
        lead: 1,
        agent: None,
    };
    let line = lines::line(&decided.call, module, anywhere, 1, &decided.result);
    let faults = ingest::faults_of(&line.to_string(), door.locale);
    let (field, faults) = faults.iter().next()?;
    Some(format!("{field} {}", faults.join(" ")))
}

/// Stores calls, and what was made for them.
async fn write(scope: &mut Scope, door: &Door, places: &Places, placed: &[Placed]) -> Result<()> {
    let numbers = numbers::of(scope, placed).await?;
    let mut rows: Vec<String> = places.lines.iter().map(Value::to_string).collect();
    for (it, ids) in placed {
        if let (Some(place), Some(ids)) = (it.place(), ids) {
            let number = numbers.get(&it.call.id).copied().unwrap_or(1);
            let line = lines::line(&it.call, place.module, *ids, number, &it.result);
            rows.push(line.to_string());
        }
    }
    let refused = ingest::store_lines(scope, door.locale, &rows).await?;
    if let Some((line, faults)) = refused.first() {
        // Each was checked before: a fault of ours, which must not be stored in part.
        let row = rows.get(*line).cloned().unwrap_or_default();
        let refused = format!("a line of a dialer was refused: {faults:?}: {row}");
        return Err(Error::internal(std::io::Error::other(refused)));
    }
    let starts = placed.iter().filter_map(|(it, ids)| {
        let lead = ids.as_ref()?.lead;
        Some((it.place()?.module, lead, it.call.started_at))
    });
    leads::begin(scope, &places.made, &starts.collect::<Vec<_>>()).await
}

/// An id for legs that tell no start: that of the first by its key.
fn id_of(family: &Family) -> String {
    let first = family.legs.iter().min_by_key(|leg| &leg.key);
    first.map(|leg| leg.call.clone()).unwrap_or_default()
}

/// How much an ending tells of a call that nobody answered.
fn weight(verdict: Option<Verdict>) -> u8 {
    match verdict.map(|verdict| verdict.result) {
        Some(Outcome::Answered | Outcome::Abandoned) => 5,
        Some(Outcome::Busy) => 4,
        Some(Outcome::NoAnswer) => 3,
        Some(Outcome::Failed | Outcome::Blocked) => 2,
        None => 1,
        Some(Outcome::NotFinal | Outcome::NotAnAttempt) => 0,
    }
}

fn decide(
    family: Family,
    call: Call,
    destination: Destination,
    unrouted: Module,
    verdict: impl Fn(&Ending) -> Option<Verdict>,
) -> Decided {
    let module = match &destination {
        Destination::To(place) => place.module,
        Destination::Ignored(_) => unrouted,
    };
    let result = lines::result(&call, module, verdict);
    Decided {
        family,
        call,
        destination,
        result,
        unrouted,
    }
}

fn asked(decided: &Decided, routing: &Routing) -> Option<Asked> {
    let place = decided.place()?;
    let call = &decided.call;
    let number = call.to.as_deref().map(|to| routing.number(to).to_owned());
    Some(Asked {
        module: place.module,
        campaign: place.campaign.clone(),
        lead: place.lead.clone(),
        agent: place.agent.clone(),
        number,
        cid: call.from.clone(),
        started_at: call.started_at,
    })
}

impl Outcomes {
    fn refuse(&mut self, family: &Family, reason: &str) {
        let records = family.records.iter();
        self.refused
            .extend(records.map(|record| (*record, reason.to_owned())));
    }

    fn count(&mut self, decided: &Decided) {
        self.calls.insert(decided.call.id.clone());
        if let Some(reason) = decided.ignored() {
            *self.ignored.entry(reason.name()).or_default() += decided.family.records.len() as u64;
        }
        if decided.result.is_unmapped {
            self.unmapped.insert(decided.call.id.clone());
        }
    }

    fn wait(&mut self, id: &str, family: &Family) {
        self.calls.insert(id.to_owned());
        let records = family.records.len() as u64;
        *self.ignored.entry("their call has not come").or_default() += records;
    }
}
