//! Campaigns, leads and agents of rows that name them: found by name and number, or made.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::mapping::{AGENT, CAMPAIGN, NAMED, PHONE};
use super::plan::Numbered;
use crate::db::Database;
use crate::dialers::routing::Agent;
use crate::dialers::store::people::{self, Asked};
use crate::dialers::tally::Created;
use crate::error::{Faults, Result};
use crate::ingest::phone::{self, e164};
use crate::ingest::{MAX_REPORTED, Target};
use crate::input::fault;
use crate::rollups::Module;
use crate::text::NAME_LEN;
use crate::time::instant::GivenInstant;

/// What looks people up, and counts whom it made.
pub struct People {
    db: Database,
    target: Target,
    module: Module,
    /// A phone stands in place of the lead's id.
    by_phone: bool,
    created: Mutex<Created>,
    /// The first rows that have no place, and the faults of their phones.
    unplaced: Mutex<BTreeMap<u64, Option<&'static str>>>,
}

/// Fault of the phone of a line that has no id of a lead.
pub fn phone_fault(line: &Map<String, Value>, country_code: u16) -> Option<&'static str> {
    if line.contains_key("lead_id") {
        return None;
    }
    let is_phone = match line.get(PHONE) {
        None => return Some(fault::REQUIRED),
        Some(Value::String(text)) => e164(text, country_code).is_some(),
        Some(other) => e164(&other.to_string(), country_code).is_some(),
    };
    (!is_phone).then_some(phone::FAULT)
}

impl People {
    /// `by_phone`: phones stand in place of the ids of leads.
    pub fn new(db: &Database, target: Target, module: Module, by_phone: bool) -> Self {
        Self {
            db: db.clone(),
            target,
            module,
            by_phone,
            created: Mutex::default(),
            unplaced: Mutex::default(),
        }
    }

    /// Puts ids in place of names and numbers. A row whose number is none, or whose start is not told, keeps no lead, which
    /// ingest reports.
    pub async fn place(&self, rows: &mut [Numbered]) -> Result<()> {
        let mut asked: Vec<(usize, Option<&'static str>)> = Vec::new();
        let mut wanted: Vec<Asked> = Vec::new();
        for (at, (row, line)) in rows.iter_mut().enumerate() {
            let country_code = self.target.locale.country_code;
            let fault = self.by_phone.then(|| phone_fault(line, country_code));
            match self.asked(line) {
                Some(call) => {
                    asked.push((at, fault.flatten()));
                    wanted.push(call);
                }
                None => self.leave(*row, fault.flatten()),
            }
            for name in [PHONE, CAMPAIGN, AGENT] {
                line.remove(name);
            }
        }
        let (found, created) = people::place(&self.db, self.target, &wanted).await?;
        for ((at, fault), ids) in asked.into_iter().zip(found) {
            let Some((row, line)) = rows.get_mut(at) else {
                continue;
            };
            let Ok(ids) = ids else {
                self.leave(*row, fault);
                continue;
            };
            let mut put = |name: &str, id: i64| _ = line.entry(name).or_insert_with(|| id.into());
            put("campaign_id", ids.campaign);
            put("lead_id", ids.lead);
            if let Some(agent) = ids.agent {
                put("agent_id", agent);
            }
        }
        let mut all = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        all.add(created);
        Ok(())
    }

    /// Remembers a row that has no place, whose faults are reported.
    fn leave(&self, row: u64, fault: Option<&'static str>) {
        let mut rows = self.unplaced.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() < MAX_REPORTED {
            rows.insert(row, fault);
        }
    }

    /// The faults of a row, where it has no place without the ids that are missing for that reason.
    pub fn explained(&self, row: u64, faults: Faults) -> Faults {
        let rows = self.unplaced.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(fault) = rows.get(&row) else {
            return faults;
        };
        let is_looked_up = |field: &str| {
            NAMED.iter().any(|(id, _)| *id == field) && (field != "lead_id" || self.by_phone)
        };
        let mut told = Faults::default();
        for (field, messages) in faults.iter() {
            for message in messages {
                if message != fault::REQUIRED || !is_looked_up(field) {
                    told.add(field, message);
                }
            }
        }
        if let Some(fault) = fault {
            told.add(PHONE, *fault);
        }
        told
    }

    /// Rows made so far.
    pub fn created(&self) -> Created {
        *self.created.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self, line: &Map<String, Value>) -> Option<Asked> {
        let told = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| line.get(*name))?;
            let text = found
                .as_str()
                .map_or_else(|| found.to_string(), str::to_owned);
            let text = text.trim();
            let is_name =
                !text.is_empty() && text.chars().count() <= NAME_LEN && !text.contains('\0');
            is_name.then(|| text.to_owned())
        };
        Some(Asked {
            module: self.module,
            campaign: told(["campaign_id", CAMPAIGN]),
            lead: told(["lead_id", "lead_id"]),
            agent: told(["agent_id", AGENT]).map(Agent::Named),
            number: told([PHONE, PHONE]),
            cid: told(["cid", "caller_id"]),
            started_at: self.started_at(line)?,
        })
    }

    fn started_at(&self, line: &Map<String, Value>) -> Option<DateTime<Utc>> {
        let given = GivenInstant::parse(line.get("started_at")?.as_str()?)?;
        Some(given.start(self.target.locale.zone))
    }
}
