//! Questions about reports.

use chrono::{DateTime, TimeDelta, Utc};

use super::Question;
use super::chance::{Chance, text};
use crate::db::Scope;
use crate::error::Result;
use crate::reports::report::{Module, Place, Report};
use crate::reports::telesales::caller_id_health::CallerIdHealth;
use crate::reports::telesales::disposition_breakdown::DispositionBreakdown;
use crate::reports::telesales::funnel::Funnel;
use crate::reports::{ALL, Definition};
use crate::time::compare::Earlier;

/// Rows of a tenant that reports can be asked about, and the time of its calls.
#[derive(sqlx::FromRow)]
pub struct Known {
    autocall_campaigns: Vec<i64>,
    telesales_campaigns: Vec<i64>,
    agents: Vec<i64>,
    teams: Vec<i64>,
    sources: Vec<String>,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

/// A window that every report accepts.
const LONGEST: TimeDelta = TimeDelta::days(89);

impl Known {
    pub async fn load(scope: &mut Scope) -> Result<Self> {
        Ok(scope
            .select(include_str!("reports.sql"))
            .fetch_one(scope.connection())
            .await?)
    }

    /// The first and the last call.
    pub fn span(&self) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        (self.first, self.last)
    }

    /// Every report over the longest window, of every campaign and of the tenant.
    pub fn all(&self, chance: &mut Chance) -> Vec<Question> {
        let mut all = Vec::new();
        for report in ALL {
            let campaigns: Vec<Option<i64>> = match report.route().module {
                Module::Autocall => self.autocall_campaigns.iter().copied().map(Some).collect(),
                Module::Telesales => std::iter::once(None)
                    .chain(self.telesales_campaigns.iter().copied().map(Some))
                    .collect(),
            };
            for campaign in campaigns {
                let (from, to) = (chance.from.max(chance.to - LONGEST), chance.to);
                let query = format!("{}&timezone=UTC", window(report, from, to));
                all.push(self.question(chance, report, campaign, query, to));
            }
        }
        all
    }

    pub fn any(&self, chance: &mut Chance) -> Option<Question> {
        let open: Vec<&'static Definition> = ALL
            .iter()
            .filter(|report| {
                report.route().module == Module::Telesales || !self.autocall_campaigns.is_empty()
            })
            .collect();
        let report = *chance.any(&open)?;
        let campaign = match report.route().module {
            Module::Autocall => chance.any(&self.autocall_campaigns).copied(),
            Module::Telesales => chance
                .any(&self.telesales_campaigns)
                .copied()
                .filter(|_| chance.one_in(2)),
        };
        let (from, to) = chance.window();
        let to = to.min(from + LONGEST);
        let mut query = format!("{}&timezone={}", window(report, from, to), chance.zone());
        if report.route().module == Module::Telesales {
            query.push_str(&self.filters(chance));
        }
        if sums_know_sources(report, &query) && chance.one_in(3) {
            query.push_str(&self.source_filter(chance));
        }
        if chance.one_in(4) {
            let earlier = chance.pick(&Earlier::NAMES);
            query.push_str(&format!("&compare={earlier}"));
        }
        let granularity = chance.pick(&["day", "hour"]);
        query.push_str(&format!("&granularity={granularity}"));
        let now = if chance.one_in(2) {
            to
        } else {
            chance.instant()
        };
        Some(self.question(chance, report, campaign, query, now))
    }

    /// Parameters of Telesales reports beside the window and the campaign.
    fn filters(&self, chance: &mut Chance) -> String {
        let mut query = String::new();
        if chance.one_in(5) && !self.agents.is_empty() {
            let agents: Vec<String> = (0..3)
                .filter_map(|_| chance.any(&self.agents).map(i64::to_string))
                .collect();
            query.push_str(&format!("&agent_ids={}", agents.join(",")));
        }
        if let Some(team) = chance.any(&self.teams).filter(|_| chance.one_in(10)) {
            query.push_str(&format!("&team_id={team}"));
        }
        let unit = chance.pick(&["day", "week", "hour"]);
        let minutes = 1 + chance.below(99_999);
        query.push_str(&format!("&group_by={unit}&window_minutes={minutes}"));
        query
    }

    /// Sources of leads.
    fn source_filter(&self, chance: &mut Chance) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs((0..2).filter_map(|_| Some(("source[]", chance.any(&self.sources)?))));
        format!("&{}", query.finish())
    }

    fn question(
        &self,
        chance: &mut Chance,
        report: &'static Definition,
        campaign: Option<i64>,
        mut query: String,
        now: DateTime<Utc>,
    ) -> Question {
        let place = report.route().place;
        match (place, campaign) {
            (Place::AcrossCampaigns, Some(id)) => {
                let metric =
                    chance.pick(&["answer_rate_pct", "avg_duration_sec", "transfer_rate_pct"]);
                let other = chance.any(&self.autocall_campaigns).unwrap_or(&id);
                query.push_str(&format!("&campaign_ids={id},{other}&metric={metric}"));
            }
            (Place::OfAccount, Some(id)) => query.push_str(&format!("&campaign_id={id}")),
            _ => {}
        }
        let path_id = campaign.filter(|_| place == Place::OfCampaign);
        Question::of_report(report, path_id, &query, now)
    }
}

/// True if requests for a report that name sources of leads are answered from sums.
fn sums_know_sources(report: &Definition, query: &str) -> bool {
    let name = report.about.name;
    let never = [CallerIdHealth::ABOUT.name, Funnel::ABOUT.name];
    let by_agent = ["&agent_ids=", "&team_id="];
    report.route().module == Module::Telesales
        && !never.contains(&name)
        && (name != DispositionBreakdown::ABOUT.name
            || !by_agent.iter().any(|filter| query.contains(filter)))
}

/// The window by the parameters of the report.
fn window(report: &Definition, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let [from, to] = [from, to].map(text);
    match report.route().module {
        Module::Autocall => format!("from={from}&to={to}"),
        Module::Telesales => format!("date_from={from}&date_to={to}"),
    }
}
