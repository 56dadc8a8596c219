//! The calls that legs were put together to: where each went, and what decided its result.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::FromRow;

use super::super::leg::{Ending, Source};
use super::super::routing::{Agent, Destination, Ignored, Place};
use super::decided::{Decided, Ids, Placed};
use super::families::Family;
use super::statement::of_product;
use crate::db::Scope;
use crate::error::Result;
use crate::rollups::Module;

/// A call as it is stored.
#[derive(Debug, FromRow)]
pub struct Row {
    id: String,
    module: Option<String>,
    ignored: Option<String>,
    campaign_id: Option<i64>,
    lead_id: Option<i64>,
    agent_id: Option<i64>,
    attempt_number: Option<i32>,
    unrouted: Option<String>,
}

impl Row {
    /// The product that reports it; none where it is ignored.
    fn reported(&self) -> Option<Module> {
        let name = self.module.as_deref()?;
        Module::named(name).filter(|_| self.ignored.is_none())
    }

    /// The lead that its row has.
    pub fn lead(&self) -> Option<(Module, i64)> {
        Some((self.reported()?, self.lead_id?))
    }

    /// Product of calls that no rule names, at the door by which it came.
    pub fn unrouted(&self) -> Option<Module> {
        Module::named(self.unrouted.as_deref()?)
    }

    /// Where it went, by ids. None if it had no place because it was no attempt.
    pub fn destination(&self) -> Option<Destination> {
        let reason = self.ignored.as_deref().and_then(Ignored::named);
        match (reason, self.module.as_deref().and_then(Module::named)) {
            (None, Some(module)) => Some(Destination::To(self.place(module))),
            (Some(reason), Some(module)) if reason.is_by_ending() => {
                self.campaign_id?;
                Some(Destination::To(self.place(module)))
            }
            (reason, _) => reason.map(Destination::Ignored),
        }
    }

    fn place(&self, module: Module) -> Place {
        let id = |id: Option<i64>| id.map(|id| id.to_string());
        Place {
            module,
            campaign: id(self.campaign_id),
            lead: id(self.lead_id),
            agent: self.agent_id.map(Agent::Known),
            attempt_number: self.attempt_number,
        }
    }
}

/// The stored calls that families were, by id.
pub async fn known(
    scope: &mut Scope,
    source: Source,
    families: &[Family],
) -> Result<HashMap<String, Row>> {
    let ids: BTreeSet<&String> = families.iter().flat_map(|family| &family.was).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let find = scope.select::<Row>(include_str!("../sql/calls.sql"));
    let find = find.bind(source.name());
    let find = find.bind(ids.into_iter().map(String::as_str).collect::<Vec<_>>());
    let rows = find.fetch_all(scope.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}

/// Deletes what calls were reported as before: under another id, in the other product, or at all.
pub async fn forget_former(
    scope: &mut Scope,
    placed: &[Placed],
    known: &HashMap<String, Row>,
) -> Result<()> {
    let mut former = BTreeMap::<Module, Vec<&str>>::new();
    for (decided, _) in placed {
        let now = decided.place().map(|place| place.module);
        for was in decided.family.was.iter().filter_map(|id| known.get(id)) {
            let stays = was.id == decided.call.id && was.reported() == now;
            if let Some(module) = was.reported().filter(|_| !stays) {
                former.entry(module).or_default().push(&was.id);
            }
        }
    }
    for (module, ids) in former {
        let delete = of_product!(module, include_str!("../sql/delete_calls.sql"));
        let delete = scope.query(delete).bind(ids);
        delete.execute(scope.connection()).await?;
    }
    Ok(())
}

/// Leads that calls had until now, and have no more.
pub fn left(placed: &[Placed], known: &HashMap<String, Row>) -> BTreeSet<(Module, i64)> {
    let of = |(decided, ids): &Placed| {
        let now = decided.place().zip(*ids);
        let now = now.map(|(place, ids)| (place.module, ids.lead));
        let was = decided.family.was.iter().filter_map(|id| known.get(id));
        let was = was.filter_map(Row::lead).filter(|lead| Some(*lead) != now);
        was.collect::<Vec<_>>()
    };
    placed.iter().flat_map(of).collect()
}

/// Stores where calls went.
pub async fn save(scope: &mut Scope, source: Source, placed: &[Placed]) -> Result<()> {
    let mut columns = Columns::default();
    let mut former = Vec::new();
    for (decided, ids) in placed {
        columns.add(decided, *ids);
        let was = decided.family.was.iter();
        former.extend(was.filter(|id| **id != decided.call.id).map(String::as_str));
    }
    if !former.is_empty() {
        let delete = scope.query(include_str!("../sql/forget_calls.sql"));
        let delete = delete.bind(source.name()).bind(former);
        delete.execute(scope.connection()).await?;
    }
    let save = scope.query(include_str!("../sql/save_calls.sql"));
    let save = save.bind(source.name()).bind(columns.id);
    let save = save.bind(columns.module).bind(columns.ignored);
    let save = save.bind(columns.campaign).bind(columns.lead);
    let save = save.bind(columns.agent).bind(columns.number);
    let save = save.bind(columns.started_at).bind(columns.vocabulary);
    let save = save.bind(columns.ending).bind(columns.is_unmapped);
    let save = save.bind(columns.unrouted);
    save.execute(scope.connection()).await?;
    Ok(())
}

#[derive(Default)]
struct Columns<'a> {
    id: Vec<&'a str>,
    module: Vec<Option<&'static str>>,
    ignored: Vec<Option<&'static str>>,
    campaign: Vec<Option<i64>>,
    lead: Vec<Option<i64>>,
    agent: Vec<Option<i64>>,
    number: Vec<Option<i32>>,
    started_at: Vec<chrono::DateTime<chrono::Utc>>,
    vocabulary: Vec<Option<&'static str>>,
    ending: Vec<Option<String>>,
    is_unmapped: Vec<bool>,
    unrouted: Vec<&'static str>,
}

impl<'a> Columns<'a> {
    fn add(&mut self, decided: &'a Decided, ids: Option<Ids>) {
        let place = decided.place();
        let by = decided.result.by.as_ref();
        self.id.push(&decided.call.id);
        self.module.push(decided.module().map(Module::name));
        self.ignored.push(decided.ignored().map(Ignored::name));
        self.campaign.push(ids.map(|ids| ids.campaign));
        self.lead.push(ids.map(|ids| ids.lead));
        self.agent.push(ids.and_then(|ids| ids.agent));
        self.number
            .push(place.and_then(|place| place.attempt_number));
        self.started_at.push(decided.call.started_at);
        self.vocabulary.push(by.map(|by| by.vocabulary.name()));
        let name = |by: &Ending| super::super::causes::canonical(by.vocabulary, &by.name);
        self.ending.push(by.map(name));
        self.is_unmapped.push(decided.result.is_unmapped);
        self.unrouted.push(decided.unrouted.name());
    }
}
