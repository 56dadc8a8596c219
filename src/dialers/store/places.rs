//! The campaigns, agents, leads and caller IDs of calls, by the names that records use. What is not there is made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::routing::Agent;
use super::super::tally::Created;
use super::decided::Ids;
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
    let leads = leads(scope, &wanted, &mut places).await?;
    let of = asked.iter().zip(wanted).zip(leads);
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
        let kind = match module {
            Module::Autocall => Kind::AutocallCampaign,
            Module::Telesales => Kind::TelesalesCampaign,
        };
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

/// A lead that a call wants.
struct Lead {
    module: Module,
    campaign: i64,
    id: Option<i64>,
    /// The number as the record has it, and in E.164.
    sent: String,
    phone: Option<String>,
    started_at: DateTime<Utc>,
}

/// Ids of leads, in the order of those wanted; None where a lead has to be made and its number is no phone number.
async fn leads(
    scope: &mut Scope,
    wanted: &[Lead],
    places: &mut Places,
) -> Result<Vec<Option<i64>>> {
    let mut found = vec![None; wanted.len()];
    for module in Module::ALL {
        let of: Vec<usize> = (0..wanted.len())
            .filter(|at| wanted[*at].module == module)
            .collect();
        if of.is_empty() {
            continue;
        }
        let lookup = Lookup::of(scope, module, of.iter().map(|at| &wanted[*at])).await?;
        let mut new = BTreeMap::<(i64, &str), Vec<usize>>::new();
        for at in of {
            let lead = &wanted[at];
            let by_phone = || lookup.by_phone.get(&(lead.campaign, lead.phone.clone()?));
            let by_id = lead.id.filter(|id| lookup.ids.contains(id));
            found[at] = by_id.or_else(|| by_phone().copied());
            if let (None, Some(phone)) = (found[at], &lead.phone) {
                new.entry((lead.campaign, phone)).or_default().push(at);
            }
        }
        let given = |of: &[usize]| of.iter().find_map(|at| wanted[*at].id);
        let unnamed = new.values().filter(|of| given(of).is_none()).count();
        let mut fresh = ids::next(scope, unnamed).await?.into_iter();
        for ((campaign, _), of) in new {
            let Some(id) = given(&of).or_else(|| fresh.next()) else {
                continue; // infallible: as many ids as leads
            };
            let earliest = of.iter().map(|at| wanted[*at].started_at).min();
            places.lines.push(json!({
                "kind": match module { Module::Autocall => "autocall_lead", Module::Telesales => "telesales_lead" },
                "id": id, "campaign_id": campaign, "phone": wanted[of[0]].sent,
                "created_at": earliest.map(|at| at.to_rfc3339()),
            }));
            places.created.leads += 1;
            places.made.push((module, id));
            of.into_iter().for_each(|at| found[at] = Some(id));
        }
    }
    Ok(found)
}

/// Stored leads that calls may mean.
struct Lookup {
    ids: BTreeSet<i64>,
    /// The oldest lead of a campaign with a number.
    by_phone: HashMap<(i64, String), i64>,
}

impl Lookup {
    async fn of<'a>(
        scope: &mut Scope,
        module: Module,
        wanted: impl Iterator<Item = &'a Lead>,
    ) -> Result<Self> {
        let (mut ids, mut campaigns, mut phones) = (vec![], vec![], vec![]);
        for lead in wanted {
            ids.extend(lead.id);
            if let Some(phone) = &lead.phone {
                campaigns.push(lead.campaign);
                phones.push(phone.as_str());
            }
        }
        let (by_id, by_phone) = match module {
            Module::Autocall => (
                include_str!("../sql/autocall_leads_by_id.sql"),
                include_str!("../sql/autocall_leads_by_phone.sql"),
            ),
            Module::Telesales => (
                include_str!("../sql/telesales_leads_by_id.sql"),
                include_str!("../sql/telesales_leads_by_phone.sql"),
            ),
        };
        let find = scope.select::<(i64,)>(by_id).bind(ids);
        let found = find.fetch_all(scope.connection()).await?;
        let ids = found.into_iter().map(|(id,)| id).collect();
        let find = scope.select::<(i64, String, i64)>(by_phone);
        let find = find.bind(campaigns).bind(phones);
        let found = find.fetch_all(scope.connection()).await?;
        let by_phone = found
            .into_iter()
            .map(|(campaign, phone, id)| ((campaign, phone), id))
            .collect();
        Ok(Self { ids, by_phone })
    }
}

/// Rows that records know by names.
#[derive(Debug, Clone, Copy)]
enum Kind {
    AutocallCampaign,
    TelesalesCampaign,
    Agent,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::AutocallCampaign => "autocall_campaign",
            Self::TelesalesCampaign => "telesales_campaign",
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
        Kind::AutocallCampaign => include_str!("../sql/autocall_campaigns.sql"),
        Kind::TelesalesCampaign => include_str!("../sql/telesales_campaigns.sql"),
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

/// Remembers leads that were made, and lets those that a call precedes begin with it. `starts`: the lead and the start of
/// each call.
pub async fn begin(
    scope: &mut Scope,
    made: &[(Module, i64)],
    starts: &[(Module, i64, DateTime<Utc>)],
) -> Result<()> {
    for module in Module::ALL {
        let new: Vec<i64> = made
            .iter()
            .filter(|(of, _)| *of == module)
            .map(|(_, id)| *id)
            .collect();
        let mut earliest = BTreeMap::<i64, DateTime<Utc>>::new();
        let of = starts.iter().filter(|(of, _, _)| *of == module);
        for (_, lead, started_at) in of {
            let at = earliest.entry(*lead).or_insert(*started_at);
            *at = (*at).min(*started_at);
        }
        if earliest.is_empty() {
            continue;
        }
        let remember = scope.query(include_str!("../sql/made_leads.sql"));
        let remember = remember.bind(module.name()).bind(new);
        remember.execute(scope.connection()).await?;
        let (leads, starts): (Vec<i64>, Vec<DateTime<Utc>>) = earliest.into_iter().unzip();
        let begin = scope.query(match module {
            Module::Autocall => include_str!("../sql/begin_autocall_leads.sql"),
            Module::Telesales => include_str!("../sql/begin_telesales_leads.sql"),
        });
        let begin = begin.bind(leads).bind(starts);
        begin.execute(scope.connection()).await?;
    }
    Ok(())
}

/// Lets made leads that calls have left begin with the first of the others. Those without any go, if nobody changed them.
pub async fn leave(scope: &mut Scope, left: &BTreeSet<(Module, i64)>) -> Result<()> {
    for module in Module::ALL {
        let leads = left.iter().filter(|(of, _)| *of == module);
        let leads: Vec<i64> = leads.map(|(_, lead)| *lead).collect();
        if leads.is_empty() {
            continue;
        }
        let leave = match module {
            Module::Autocall => [
                include_str!("../sql/leave_autocall_leads.sql"),
                include_str!("../sql/drop_autocall_leads.sql"),
            ],
            Module::Telesales => [
                include_str!("../sql/leave_telesales_leads.sql"),
                include_str!("../sql/drop_telesales_leads.sql"),
            ],
        };
        for statement in leave {
            let leave = scope.query(statement).bind(&leads);
            leave.execute(scope.connection()).await?;
        }
    }
    Ok(())
}
