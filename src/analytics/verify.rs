//! Whether what the roll-ups say is what the rows say: the same question answered from both, in one snapshot.
//!
//! Owns which questions are asked: some at random, or each of them over everything.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::ALL;
use super::query::Query;
use super::question::answer;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::rollups::{Comparison, Source};

/// The body of a request.
#[derive(Debug, Clone)]
pub struct Question(Value);

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "POST /analytics {}", self.0)
    }
}

impl Question {
    /// Answers from the roll-ups and from the rows. A refusal is an answer too.
    pub async fn compare(self, scope: &mut Scope) -> Result<Comparison> {
        let query = Query::read(self.0.to_string().as_bytes())?;
        let Some(rolled) = ask(scope, &query, Source::Rolled).await? else {
            return Ok(Comparison::Stale);
        };
        let raw = ask(scope, &query, Source::Raw).await?.unwrap_or_default();
        Ok(Comparison::of(&self, rolled, raw))
    }
}

/// None where it cannot be answered from there.
async fn ask(scope: &mut Scope, query: &Query, source: Source) -> Result<Option<String>> {
    let answered = match answer(scope, query, source).await {
        Ok(answer) if answer.source != source => Ok(None),
        Ok(answer) => answer.json().map(Some),
        Err(refusal @ Error::Invalid(_)) => Ok(Some(refusal.to_string())),
        Err(failure) => return Err(failure), // the transaction is over
    };
    scope.plan_once().await?;
    answered
}

/// What there is to ask about in an account, and the chance that picks of it.
pub struct Questions {
    random: StdRng,
    templates: Vec<String>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Known {
    templates: Vec<String>,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

const ZONES: [&str; 6] = [
    "UTC",
    "Asia/Ho_Chi_Minh",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
];

impl Questions {
    /// About the account of this scope. The same seed asks the same.
    pub async fn load(scope: &mut Scope, seed: u64, now: DateTime<Utc>) -> Result<Self> {
        let known: Known = scope
            .select(include_str!("sql/verify.sql"))
            .fetch_one(scope.connection())
            .await?;
        Ok(Self {
            random: StdRng::seed_from_u64(seed),
            templates: known.templates,
            from: known.first.unwrap_or(now) - TimeDelta::hours(30),
            to: known.last.unwrap_or(now) + TimeDelta::hours(30),
        })
    }

    /// Every question over everything, and over what plays each template.
    pub fn all(&self) -> Vec<Question> {
        let templates: Vec<Option<&String>> = std::iter::once(None)
            .chain(self.templates.iter().map(Some))
            .collect();
        let asked = templates
            .iter()
            .flat_map(|template| names().map(|name| (name, *template)));
        asked
            .map(|(name, template)| Question(question(name, template, json!({}))))
            .collect()
    }

    /// One at random.
    pub fn any(&mut self) -> Option<Question> {
        let names: Vec<&str> = names().collect();
        let name = *names.choose(&mut self.random)?;
        let template = self.templates.choose(&mut self.random).cloned();
        let template = template.filter(|_| self.random.random_bool(0.4));
        let (a, b) = (self.instant(), self.instant());
        let mut window = json!({});
        if self.random.random_bool(0.8) {
            window["date_from"] = text(a.min(b)).into();
        }
        if self.random.random_bool(0.8) {
            window["date_to"] = text(a.max(b)).into();
        }
        let mut body = question(name, template.as_ref(), window);
        body["timezone"] = ZONES[self.random.random_range(0..ZONES.len())].into();
        body["granularity"] =
            ["hour", "day", "week", "month"][self.random.random_range(0..4)].into();
        Some(Question(body))
    }

    fn instant(&mut self) -> DateTime<Utc> {
        let span = (self.to - self.from)
            .num_microseconds()
            .unwrap_or(i64::MAX)
            .max(1);
        let at = self.from + TimeDelta::microseconds(self.random.random_range(0..span));
        let seconds = [1, 900, 3600, 86_400][self.random.random_range(0..4)];
        if seconds == 1 {
            return at;
        }
        DateTime::from_timestamp(at.timestamp().div_euclid(seconds) * seconds, 0).unwrap_or(at)
    }
}

fn names() -> impl Iterator<Item = &'static str> + Clone {
    ALL.iter().map(|question| question.about.name)
}

fn question(name: &str, template: Option<&String>, mut filters: Value) -> Value {
    if let Some(template) = template {
        filters["template_id"] = template.as_str().into();
    }
    json!({"query_type": name, "filters": filters, "page_size": super::query::MAX_PAGE_SIZE})
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
