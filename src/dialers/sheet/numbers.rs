//! Numbers of attempts whose sheet tells none: the rank by start among the attempts of their lead.
//!
//! Rows have theirs before they are stored, as far as it is known by then, since an update costs as much as an insert; `finish`
//! makes them exact.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::plan::{NUMBER, Numbered};
use crate::db::Database;
use crate::error::Result;
use crate::ingest::Target;
use crate::time::instant::GivenInstant;

/// The largest rank.
const MOST: usize = 100;
/// Rows that are remembered, because they may not be stored yet: more than two chunks of ingest and one of rows.
const RECENT: usize = 32_768;
/// Leads that are remembered.
const MAX_LEADS: usize = 1_000_000;
/// Leads whose attempts are numbered at once.
const LEADS: usize = 5_000;

/// Numbers the attempts of one sheet.
pub struct Numbering {
    db: Database,
    target: Target,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recent: VecDeque<Attempt>,
    leads: BTreeSet<i64>,
    /// There are more leads than are remembered.
    has_more: bool,
}

#[derive(Clone)]
struct Attempt {
    lead: i64,
    at: DateTime<Utc>,
    uuid: String,
}

impl Numbering {
    pub fn new(db: &Database, target: Target) -> Self {
        Self {
            db: db.clone(),
            target,
            state: Mutex::default(),
        }
    }

    /// Numbers rows, and remembers that their sheet tells no number. Rows that are no attempt are left to ingest.
    pub async fn rank(&self, rows: &mut [Numbered]) -> Result<()> {
        let told = rows.iter().enumerate();
        let told = told.filter_map(|(at, (_, line))| Some((at, self.attempt(line)?)));
        let told: Vec<(usize, Attempt)> = told.collect();
        let leads: HashSet<i64> = told.iter().map(|(_, attempt)| attempt.lead).collect();
        if leads.is_empty() {
            return Ok(());
        }
        let stored = self.stored(&leads, &told).await?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = state.recent.iter();
        let recent = recent.filter(|attempt| leads.contains(&attempt.lead));
        let new = told.iter().map(|(_, attempt)| attempt);
        let ranks = ranks(stored.iter().chain(recent).chain(new));
        for (at, attempt) in &told {
            let rank = ranks.get(attempt.uuid.as_str());
            if let (Some((_, line)), Some(rank)) = (rows.get_mut(*at), rank) {
                line.insert(NUMBER.into(), (*rank).min(MOST).into());
            }
        }
        state.remember(told.into_iter().map(|(_, attempt)| attempt), leads);
        Ok(())
    }

    fn attempt(&self, line: &Map<String, Value>) -> Option<Attempt> {
        let given = GivenInstant::parse(line.get("started_at")?.as_str()?)?;
        let uuid = line.get("uuid")?.as_str()?;
        (!uuid.contains('\0')).then(|| {
            Some(Attempt {
                lead: line.get("lead_id")?.as_i64()?,
                at: given.start(self.target.locale.zone),
                uuid: uuid.to_owned(),
            })
        })?
    }

    /// The stored attempts of leads.
    async fn stored(
        &self,
        leads: &HashSet<i64>,
        told: &[(usize, Attempt)],
    ) -> Result<Vec<Attempt>> {
        let mut scope = self.db.write(self.target.tenant).await?;
        let uuids: Vec<&str> = told.iter().map(|(_, it)| it.uuid.as_str()).collect();
        let keep = scope.query(include_str!("sql/keep_attempts.sql"));
        let keep = keep.bind(uuids);
        keep.execute(scope.connection()).await?;
        let find =
            scope.select::<(i64, DateTime<Utc>, String)>(include_str!("../sql/attempts.sql"));
        // A plan that is kept may be one for a table without rows.
        let find = find
            .bind(Vec::from_iter(leads.iter().copied()))
            .persistent(false);
        let found = find.fetch_all(scope.connection()).await?;
        scope.commit().await?;
        let attempts = found
            .into_iter()
            .map(|(lead, at, uuid)| Attempt { lead, at, uuid });
        Ok(attempts.collect())
    }

    /// Makes the numbers of the sheet's attempts exact, once they are stored, and of others that they precede.
    pub async fn finish(&self) -> Result<()> {
        let (leads, has_more) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let leads: Vec<i64> = std::mem::take(&mut state.leads).into_iter().collect();
            (leads, state.has_more)
        };
        if !has_more {
            for leads in leads.chunks(LEADS) {
                self.number(leads).await?;
            }
            return Ok(());
        }
        let mut behind = i64::MIN;
        loop {
            let leads = self.leads(behind).await?;
            let Some(last) = leads.last() else {
                return Ok(());
            };
            behind = *last;
            self.number(&leads).await?;
        }
    }

    /// The next leads that have attempts of sheets without numbers.
    async fn leads(&self, behind: i64) -> Result<Vec<i64>> {
        let mut scope = self.db.read(self.target.tenant).await?;
        let find = scope.select::<(i64,)>(include_str!("sql/numbered_leads.sql"));
        let find = find.bind(behind).bind(LEADS as i64);
        let found = find.fetch_all(scope.connection()).await?;
        Ok(found.into_iter().map(|(lead,)| lead).collect())
    }

    async fn number(&self, leads: &[i64]) -> Result<()> {
        let mut scope = self.db.write(self.target.tenant).await?;
        let number = scope.query(include_str!("sql/number_attempts.sql"));
        let number = number.bind(leads).bind(MOST as i64).persistent(false);
        number.execute(scope.connection()).await?;
        scope.commit().await
    }
}

impl State {
    fn remember(&mut self, attempts: impl Iterator<Item = Attempt>, leads: HashSet<i64>) {
        self.recent.extend(attempts);
        let over = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..over);
        if !self.has_more {
            self.leads.extend(leads);
            self.has_more = self.leads.len() > MAX_LEADS;
        }
        if self.has_more {
            self.leads.clear();
        }
    }
}

/// Ranks of attempts among those of their lead, by uuid. Of two with one uuid the later one counts.
fn ranks<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> HashMap<&'a str, usize> {
    let by_uuid = attempts.map(|attempt| (attempt.uuid.as_str(), attempt));
    let by_uuid: HashMap<&str, &Attempt> = by_uuid.collect();
    let mut by_lead: HashMap<i64, Vec<(DateTime<Utc>, &str)>> = HashMap::new();
    for (uuid, attempt) in by_uuid {
        let of_lead = by_lead.entry(attempt.lead).or_default();
        of_lead.push((attempt.at, uuid));
    }
    let ranked = by_lead.into_values().flat_map(|mut attempts| {
        attempts.sort_unstable();
        (1..).zip(attempts).map(|(rank, (_, uuid))| (uuid, rank))
    });
    ranked.collect()
}
