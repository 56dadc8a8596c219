//! The campaigns, agents and caller IDs of calls, by the names that records use. What is not there is made.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::routing::Agent;
use super::super::tally::Created;
use super::decided::Ids;
use super::leads::{self, Lead};
use super::statement::of_product;
use crate::db::Scope;
use crate::error::Result;
use crate::ingest::phone;
use crate::resources::ids;
use crate::rollups::Module;

/// Name of the campaign of calls that nothing sends anywhere.
const UNROUTED: &str = "Unrouted calls";

/// A call that wants a place.
#[derive(Debug, Clone)]
pub struct Asked {
    pub module: Module,
    pub campaign: Option<String>,
    pub lead: Option<String>,
    pub agent: Option<Agent>,
    /// The called number.
    pub number: Option<String>,
    pub cid: Option<String>,
    pub started_at: DateTime<Utc>,
}

/// Places that were found or made, and the lines that make them.
#[derive(Debug, Default)]
pub struct Places {
    /// By the order in which they were asked for; an error says why a call has none.
    pub of: Vec<std::result::Result<Ids, String>>,
    /// Lines of what is made, each after those it refers to.
    pub lines: Vec<Value>,
    pub created: Created,
    /// Leads that are made.
    pub made: Vec<(Module, i64)>,
}

/// Finds or makes the places of calls. `country_code` completes national numbers.
pub async fn find(scope: &mut Scope, asked: &[Asked], country_code: u16) -> Result<Places> {
    let mut places = Places::default();
    let campaigns = campaigns(scope, asked, &mut places).await?;
    let agents = agents(scope, asked, &mut places).await?;
    caller_ids(scope, asked, &mut places).await?;
    let wanted: Vec<Lead> = asked
        .iter()
        .map(|asked| Lead {
            module: asked.module,
            campaign: campaigns[&(asked.module, name_of(asked).to_owned())],
            id: asked.lead.as_deref().and_then(|lead| lead.parse().ok()),
            sent: asked.number.clone().unwrap_or_default(),
            phone: asked
                .number
                .as_deref()
                .and_then(|number| phone::e164(number, country_code)),
            started_at: asked.started_at,
        })
        .collect();
    let leads = leads::find(scope, &wanted).await?;
    places.created.leads += leads.made.len() as u64;
    places.lines.extend(leads.lines);
    places.made = leads.made;
    let of = asked.iter().zip(wanted).zip(leads.of);
    places.of = of
        .map(|((asked, wanted), lead)| {
            let number = || asked.number.as_deref().unwrap_or_default();
            Ok(Ids {
                campaign: wanted.campaign,
                lead: lead.ok_or_else(|| {
                    format!("The called number \"{}\" is no phone number.", number())
                })?,
                agent: asked.agent.as_ref().map(|agent| match agent {
                    Agent::Named(name) => agents[name],
                    Agent::Known(id) => *id,
                }),
            })
        })
        .collect();
    Ok(places)
}

fn name_of(asked: &Asked) -> &str {
    asked.campaign.as_deref().unwrap_or(UNROUTED)
}

/// Campaigns by product and name. A number that no campaign has as id or name becomes the id of a new one.
async fn campaigns(
    scope: &mut Scope,
    asked: &[Asked],
    places: &mut Places,
) -> Result<HashMap<(Module, String), i64>> {
    let mut found = HashMap::new();
    for module in Module::ALL {
        let of = asked.iter().filter(|asked| asked.module == module);
        let names: BTreeSet<&str> = of.map(name_of).collect();
        if names.is_empty() {
            continue;
        }
        let kind = Kind::Campaign(module);
        let known = known(scope, kind, &names).await?;
        let missing: Vec<&str> = names
            .iter()
            .filter(|name| !known.contains_key(**name))
            .copied()
            .collect();
        found.extend(known.into_iter().map(|(name, id)| ((module, name), id)));
        let new = missing.iter().filter(|name| name.parse::<i64>().is_err());
        let mut new = ids::next(scope, new.count()).await?.into_iter();
        for name in missing {
            let given = name.parse().ok();
            let Some(id) = given.or_else(|| new.next()) else {
                continue; // infallible: as many ids as names
            };
            places
                .lines
                .push(json!({"kind": kind.name(), "id": id, "name": name}));
            places.created.campaigns += 1;
            if given.is_none() {
                know(scope, kind, name, id).await?;
            }
            found.insert((module, name.to_owned()), id);
        }
    }
    Ok(found)
}

/// Agents by user name, extension or id.
async fn agents(
    scope: &mut Scope,
    asked: &[Asked],
    places: &mut Places,
) -> Result<HashMap<String, i64>> {
    let names: BTreeSet<&str> = asked
        .iter()
        .filter_map(|asked| match asked.agent.as_ref()? {
            Agent::Named(name) => Some(name.as_str()),
            Agent::Known(_) => None,
        })
        .collect();
    let mut found = known(scope, Kind::Agent, &names).await?;
    let missing: Vec<&str> = names
        .into_iter()
        .filter(|name| !found.contains_key(*name))
        .collect();
    let new = ids::next(scope, missing.len()).await?;
    for (name, id) in missing.into_iter().zip(new) {
        places
            .lines
            .push(json!({"kind": "agent", "id": id, "name": name, "username": name}));
        places.created.agents += 1;
        know(scope, Kind::Agent, name, id).await?;
        found.insert(name.to_owned(), id);
    }
    Ok(found)
}

/// Makes the caller IDs of Telesales calls, which reports show only where they are stored.
async fn caller_ids(scope: &mut Scope, asked: &[Asked], places: &mut Places) -> Result<()> {
    let of = asked
        .iter()
        .filter(|asked| asked.module == Module::Telesales);
    let cids: BTreeSet<&str> = of.filter_map(|asked| asked.cid.as_deref()).collect();
    if cids.is_empty() {
        return Ok(());
    }
    let find = scope.select::<(String,)>(include_str!("../sql/caller_ids.sql"));
    let find = find.bind(Vec::from_iter(cids.iter().copied()));
    for (cid,) in find.fetch_all(scope.connection()).await? {
        let line =
            json!({"kind": "caller_id", "cid": cid, "carrier": "other", "cli_type": "mobile"});
        places.lines.push(line);
        places.created.caller_ids += 1;
    }
    Ok(())
}

/// Rows that records know by names.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Campaign(Module),
    Agent,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Campaign(Module::Autocall) => "autocall_campaign",
            Self::Campaign(Module::Telesales) => "telesales_campaign",
            Self::Agent => "agent",
        }
    }
}

/// Ids by name, of rows that are stored.
async fn known(
    scope: &mut Scope,
    kind: Kind,
    names: &BTreeSet<&str>,
) -> Result<HashMap<String, i64>> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let find = scope.select::<(String, i64)>(match kind {
        Kind::Campaign(module) => of_product!(module, include_str!("../sql/campaigns.sql")),
        Kind::Agent => include_str!("../sql/agents.sql"),
    });
    let find = find
        .bind(Vec::from_iter(names.iter().copied()))
        .bind(kind.name());
    let found = find.fetch_all(scope.connection()).await?;
    Ok(found.into_iter().collect())
}

/// Remembers the id of a row that is made for a name.
async fn know(scope: &mut Scope, kind: Kind, name: &str, id: i64) -> Result<()> {
    let know = scope.query(include_str!("../sql/know.sql"));
    let know = know.bind(kind.name()).bind(name).bind(id);
    know.execute(scope.connection()).await?;
    Ok(())
}
