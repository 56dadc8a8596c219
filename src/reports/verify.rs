//! Whether what the roll-ups say is what the raw rows say: the same request answered from both, in one snapshot.
//!
//! Owns the questions: at random over all reports, windows, zones and filters of an account, or all of them
//! over everything each campaign has. `callboard verify` and the tests ask them.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::Definition;
use super::report::{Format, Module, Occasion, Place};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::reports;
use crate::rollups::{Comparison, Source};

/// One request for a report.
#[derive(Debug, Clone)]
pub struct Question {
    pub report: &'static Definition,
    pub path_id: Option<i64>,
    pub query: String,
    /// When it is asked, which some reports depend on.
    pub now: DateTime<Utc>,
}

impl Question {
    /// Answers from the roll-ups and from the raw rows. A refusal is an answer too.
    pub async fn compare(self, scope: &mut Scope, tenant: &Tenant) -> Result<Comparison> {
        let Some(rolled) = self.ask(scope, tenant, Source::Rolled).await? else {
            return Ok(Comparison::Stale);
        };
        let raw = self
            .ask(scope, tenant, Source::Raw)
            .await?
            .unwrap_or_default();
        Ok(Comparison::of(&self, rolled, raw))
    }

    /// None where it cannot be answered from there.
    async fn ask(
        &self,
        scope: &mut Scope,
        tenant: &Tenant,
        source: Source,
    ) -> Result<Option<String>> {
        let occasion = Occasion {
            tenant,
            now: self.now,
        };
        let request = self
            .report
            .parse(&self.query, self.path_id, &[Format::Json]);
        let answer = match request.answer(scope, occasion, source).await {
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

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.path_id.map_or_else(String::new, |id| id.to_string());
        let now = self.now.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        write!(
            f,
            "GET {}?{} at {now}",
            self.report.path().replace("{id}", &id),
            self.query
        )
    }
}

/// What there is to ask about in an account, and the chance that picks of it.
pub struct Questions {
    random: StdRng,
    autocall_campaigns: Vec<i64>,
    telesales_campaigns: Vec<i64>,
    agents: Vec<i64>,
    teams: Vec<i64>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Known {
    autocall_campaigns: Vec<i64>,
    telesales_campaigns: Vec<i64>,
    agents: Vec<i64>,
    teams: Vec<i64>,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

/// Zones whose offsets, or whose changes of it, are of every kind.
const ZONES: [&str; 9] = [
    "UTC",
    "Asia/Ho_Chi_Minh",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
];
const LONGEST: TimeDelta = TimeDelta::days(89);

impl Questions {
    /// About the account of this scope. The same seed asks the same.
    pub async fn load(scope: &mut Scope, seed: u64, now: DateTime<Utc>) -> Result<Self> {
        let known: Known = scope
            .select(include_str!("verify.sql"))
            .fetch_one(scope.connection())
            .await?;
        let to = known.last.unwrap_or(now) + TimeDelta::hours(30);
        Ok(Self {
            random: StdRng::seed_from_u64(seed),
            autocall_campaigns: known.autocall_campaigns,
            telesales_campaigns: known.telesales_campaigns,
            agents: known.agents,
            teams: known.teams,
            from: known.first.unwrap_or(now) - TimeDelta::hours(30),
            to,
        })
    }

    /// Every report, over all time it may be asked for, of every campaign and of the account.
    pub fn all(&mut self) -> Vec<Question> {
        let mut all = Vec::new();
        for report in reports::ALL {
            let campaigns: Vec<Option<i64>> = match report.about.module {
                Module::Autocall => self.autocall_campaigns.iter().copied().map(Some).collect(),
                Module::Telesales => std::iter::once(None)
                    .chain(self.telesales_campaigns.iter().copied().map(Some))
                    .collect(),
            };
            for campaign in campaigns {
                let from = self.from.max(self.to - LONGEST);
                let window = format!("{}&timezone=UTC", window(report, from, self.to));
                all.push(self.question(report, campaign, window, self.to));
            }
        }
        all
    }

    /// One at random. None where the account has nothing that can be asked about.
    pub fn any(&mut self) -> Option<Question> {
        let open: Vec<&'static Definition> = reports::ALL
            .iter()
            .filter(|report| {
                report.about.module == Module::Telesales || !self.autocall_campaigns.is_empty()
            })
            .collect();
        let report = *open.choose(&mut self.random)?;
        let campaign = match report.about.module {
            Module::Autocall => self.autocall_campaigns.choose(&mut self.random).copied(),
            Module::Telesales if self.random.random_bool(0.5) => {
                self.telesales_campaigns.choose(&mut self.random).copied()
            }
            Module::Telesales => None,
        };
        let (from, to) = self.window();
        let mut query = format!(
            "{}&timezone={}",
            window(report, from, to),
            self.pick(&ZONES)
        );
        if report.about.module == Module::Telesales {
            if self.random.random_bool(0.2) && !self.agents.is_empty() {
                let agents: Vec<String> = (0..3)
                    .filter_map(|_| self.agents.choose(&mut self.random).map(i64::to_string))
                    .collect();
                query.push_str(&format!("&agent_ids={}", agents.join(",")));
            }
            if let Some(team) = self
                .teams
                .choose(&mut self.random)
                .filter(|_| self.random.random_bool(0.1))
            {
                query.push_str(&format!("&team_id={team}"));
            }
            let unit = self.pick(&["day", "week", "hour"]);
            let minutes = self.random.random_range(1..100_000);
            query.push_str(&format!("&group_by={unit}&window_minutes={minutes}"));
        }
        let granularity = self.pick(&["day", "hour"]);
        query.push_str(&format!("&granularity={granularity}"));
        let now = if self.random.random_bool(0.5) {
            to
        } else {
            self.instant()
        };
        Some(self.question(report, campaign, query, now))
    }

    fn question(
        &mut self,
        report: &'static Definition,
        campaign: Option<i64>,
        mut query: String,
        now: DateTime<Utc>,
    ) -> Question {
        let path_id = if report.about.place == Place::OfCampaign {
            campaign
        } else {
            None
        };
        match (report.about.place, campaign) {
            (Place::AcrossCampaigns, Some(id)) => {
                let metric =
                    self.pick(&["answer_rate_pct", "avg_duration_sec", "transfer_rate_pct"]);
                let other = self
                    .autocall_campaigns
                    .choose(&mut self.random)
                    .copied()
                    .unwrap_or(id);
                query.push_str(&format!("&campaign_ids={id},{other}&metric={metric}"));
            }
            (Place::OfAccount, Some(id)) => query.push_str(&format!("&campaign_id={id}")),
            _ => {}
        }
        Question {
            report,
            path_id,
            query,
            now,
        }
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.random.random_range(0..of.len())]
    }

    fn instant(&mut self) -> DateTime<Utc> {
        let span = (self.to - self.from)
            .num_microseconds()
            .unwrap_or(i64::MAX)
            .max(1);
        let at = self.from + TimeDelta::microseconds(self.random.random_range(0..span));
        let whole = |seconds: i64| {
            DateTime::from_timestamp(at.timestamp().div_euclid(seconds) * seconds, 0).unwrap_or(at)
        };
        match self.random.random_range(0..6) {
            0 => whole(900),
            1 => whole(3600),
            2 => whole(86_400),
            _ => at,
        }
    }

    /// Of any length that every report takes.
    fn window(&mut self) -> (DateTime<Utc>, DateTime<Utc>) {
        let (a, mut b) = (self.instant(), self.instant());
        if self.random.random_bool(0.2) {
            b = a + TimeDelta::minutes(self.random.random_range(0..180));
        }
        let (from, to) = (a.min(b), a.max(b));
        (from, to.min(from + LONGEST))
    }
}

/// The window by the names that the report knows it by.
fn window(report: &Definition, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let [from, to] = [from, to].map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    match report.about.module {
        Module::Autocall => format!("from={from}&to={to}"),
        Module::Telesales => format!("date_from={from}&date_to={to}"),
    }
}
