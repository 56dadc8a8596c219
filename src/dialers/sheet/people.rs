//! Campaigns, leads and agents of rows that name them: found by name and number, or made.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::mapping::{AGENT, CAMPAIGN, PHONE};
use super::plan::Numbered;
use crate::db::Database;
use crate::dialers::routing::Agent;
use crate::dialers::store::people::{self, Asked};
use crate::dialers::tally::Created;
use crate::error::Result;
use crate::ingest::Target;
use crate::rollups::Module;
use crate::text::NAME_LEN;
use crate::time::instant::GivenInstant;

/// What looks people up, and counts whom it made.
pub struct People {
    db: Database,
    target: Target,
    module: Module,
    created: Mutex<Created>,
}

impl People {
    pub fn new(db: &Database, target: Target, module: Module) -> Self {
        Self {
            db: db.clone(),
            target,
            module,
            created: Mutex::default(),
        }
    }

    /// Puts ids in place of names and numbers. A row whose number is none, or whose start is not told, keeps no lead, which
    /// ingest reports.
    pub async fn place(&self, rows: &mut [Numbered]) -> Result<()> {
        let mut asked: Vec<(usize, Asked)> = Vec::new();
        for (at, (_, line)) in rows.iter_mut().enumerate() {
            let wanted = self.asked(line);
            for name in [PHONE, CAMPAIGN, AGENT] {
                line.remove(name);
            }
            asked.extend(wanted.map(|wanted| (at, wanted)));
        }
        let (places, wanted): (Vec<usize>, Vec<Asked>) = asked.into_iter().unzip();
        let (found, created) = people::place(&self.db, self.target, &wanted).await?;
        for (at, ids) in places.into_iter().zip(found) {
            let (Some((_, line)), Ok(ids)) = (rows.get_mut(at), ids) else {
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
