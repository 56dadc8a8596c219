//! Leads of calls: those that are stored, by id or by the called number, and those that are made of a number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::statement::of_product;
use crate::db::Scope;
use crate::error::Result;
use crate::resources::ids;
use crate::rollups::Module;

/// A lead that a call wants.
pub struct Lead {
    pub module: Module,
    pub campaign: i64,
    pub id: Option<i64>,
    /// The number as the record has it, and in E.164.
    pub sent: String,
    pub phone: Option<String>,
    pub started_at: DateTime<Utc>,
}

/// Leads that were found or are made.
#[derive(Default)]
pub struct Leads {
    /// Ids, in the order of those wanted; None where a lead has to be made and its number is no phone number.
    pub of: Vec<Option<i64>>,
    /// Those that are made, and the lines that make them.
    pub made: Vec<(Module, i64)>,
    pub lines: Vec<Value>,
}

/// Finds leads, or makes them.
pub async fn find(scope: &mut Scope, wanted: &[Lead]) -> Result<Leads> {
    let mut leads = Leads::default();
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
            leads.lines.push(json!({
                "kind": match module { Module::Autocall => "autocall_lead", Module::Telesales => "telesales_lead" },
                "id": id, "campaign_id": campaign, "phone": wanted[of[0]].sent,
                "created_at": earliest.map(|at| at.to_rfc3339()),
            }));
            leads.made.push((module, id));
            of.into_iter().for_each(|at| found[at] = Some(id));
        }
    }
    leads.of = found;
    Ok(leads)
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
        let by_id = of_product!(module, include_str!("../sql/leads_by_id.sql"));
        let by_phone = of_product!(module, include_str!("../sql/leads_by_phone.sql"));
        // Not kept, as in `begin`.
        let find = scope.select::<(i64,)>(by_id).bind(ids).persistent(false);
        let found = find.fetch_all(scope.connection()).await?;
        let ids = found.into_iter().map(|(id,)| id).collect();
        let find = scope.select::<(i64, String, i64)>(by_phone);
        let find = find.bind(campaigns).bind(phones).persistent(false);
        let found = find.fetch_all(scope.connection()).await?;
        let by_phone = found
            .into_iter()
            .map(|(campaign, phone, id)| ((campaign, phone), id))
            .collect();
        Ok(Self { ids, by_phone })
    }
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
        let begin = of_product!(module, include_str!("../sql/begin_leads.sql"));
        // A plan that is kept may be one for a table without rows, which compares each lead with all that came since.
        let begin = scope.query(begin).bind(leads).bind(starts);
        let begin = begin.persistent(false);
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
        for statement in [
            of_product!(module, include_str!("../sql/leave_leads.sql")),
            of_product!(module, include_str!("../sql/drop_leads.sql")),
        ] {
            let leave = scope.query(statement).bind(&leads);
            leave.execute(scope.connection()).await?;
        }
    }
    Ok(())
}
