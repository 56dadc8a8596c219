//! Verification: the same request answered from the roll-ups and from the rows, in one snapshot.
//!
//! Owns the questions that `callboard verify` and the tests ask: at random over all reports and all of analytics, or
//! each of them over all data that a tenant has.

mod analytics;
mod chance;
mod reports;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::analytics::query::Query;
use crate::asked::Asked;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::reports::Definition;
use crate::reports::report::Format;
use crate::rollups::{Comparison, Source};
use chance::Chance;

/// One request, and its time, on which some reports depend.
pub struct Question {
    asked: Arc<dyn Asked>,
    /// The request as a client sends it.
    text: String,
    now: DateTime<Utc>,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.now.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        write!(f, "{} at {now}", self.text)
    }
}

impl Question {
    /// `path_id`: the id in the path, where the report's place has one.
    pub fn of_report(
        report: &Definition,
        path_id: Option<i64>,
        query: &str,
        now: DateTime<Utc>,
    ) -> Self {
        let id = path_id.map_or_else(String::new, |id| id.to_string());
        Self {
            asked: report.parse(query, path_id, &[Format::Json]).into_asked(),
            text: format!("GET {}?{query}", report.path().replace("{id}", &id)),
            now,
        }
    }

    /// Like [`Query::read`] of that body.
    pub fn of_analytics(body: &Value, now: DateTime<Utc>) -> Result<Self> {
        let text = body.to_string();
        Ok(Self {
            asked: Arc::new(Query::read(text.as_bytes())?),
            text: format!("POST /analytics {text}"),
            now,
        })
    }

    /// Answers from the roll-ups and from the rows. A refusal is an answer too.
    pub async fn compare(self, scope: &mut Scope) -> Result<Comparison> {
        let Some(rolled) = self.ask(scope, Source::Rolled).await? else {
            return Ok(Comparison::Stale);
        };
        let raw = self.ask(scope, Source::Raw).await?.unwrap_or_default();
        Ok(Comparison::of(&self, rolled, raw))
    }

    /// None where that source cannot answer it.
    async fn ask(&self, scope: &mut Scope, source: Source) -> Result<Option<String>> {
        let answer = match self.asked.ask(scope, self.now, source).await {
            Ok(answer) if answer.source != source => Ok(None),
            Ok(answer) => answer.outcome.json().map(Some),
            Err(refusal @ (Error::Invalid(_) | Error::NotFound | Error::Missing(_))) => {
                Ok(Some(refusal.to_string()))
            }
            Err(failure) => return Err(failure), // the transaction is over
        };
        scope.plan_once().await?;
        answer
    }
}

/// The questions about one tenant.
pub struct Questions {
    chance: Chance,
    reports: reports::Known,
    analytics: analytics::Known,
}

impl Questions {
    /// About the tenant of this scope. The same seed asks the same.
    pub async fn load(scope: &mut Scope, seed: u64, now: DateTime<Utc>) -> Result<Self> {
        let reports = reports::Known::load(scope).await?;
        let analytics = analytics::Known::load(scope).await?;
        Ok(Self {
            chance: Chance::new(seed, reports.span(), now),
            reports,
            analytics,
        })
    }

    /// Every report and every question of analytics, over all time that may be asked for.
    pub fn all(&mut self) -> Result<Vec<Question>> {
        let mut all = self.reports.all(&mut self.chance);
        all.extend(self.analytics.all(&self.chance)?);
        Ok(all)
    }

    /// One at random; of five, one of analytics. None where the tenant has no data to ask about.
    pub fn any(&mut self) -> Result<Option<Question>> {
        if self.chance.one_in(5) {
            self.analytics.any(&mut self.chance).map(Some)
        } else {
            Ok(self.any_report())
        }
    }

    /// Like [`Questions::any`], for a report.
    pub fn any_report(&mut self) -> Option<Question> {
        self.reports.any(&mut self.chance)
    }
}
