//! Reports on Telesales: what agents dialing leads came to (contract, section 4).
//!
//! Owns what these reports share: the window of at most 90 days, and the filters by campaign, agents and team.

pub mod abandon_check;
pub mod abandon_rate;
pub mod agent_performance;
pub mod caller_id_health;
pub mod dashboard;
pub mod disposition_breakdown;
mod exposure;
pub mod funnel;
pub mod hour_dow_heatmap;
pub mod lead_source_attribution;
pub mod time_series;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;

use super::report::{Caption, Occasion, Subject};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::query::{AGENT_IDS, Kind, Parameter, Query, ZONE_UTC};
use crate::time::Window;
use crate::time::instant::Given;

const CAMPAIGN_ID: Parameter = Parameter::optional("campaign_id", Kind::Id, "Only this campaign's calls and leads.");
const TEAM_ID: Parameter = Parameter::optional(
    "team_id",
    Kind::Id,
    "Only calls of agents who are now in this team; with agent_ids, of those who are in both.",
);
const DATE_FROM: Parameter = Parameter::required("date_from", Kind::Moment, "Start of the window.");
const DATE_TO: Parameter = Parameter::required(
    "date_to",
    Kind::Moment,
    "End of the window, left out; a bare date takes in that day. At most 90 days after date_from.",
);
const MAX_DAYS: i64 = 90;

/// Which calls are looked at.
#[derive(Debug)]
pub struct Filter {
    pub window: Window,
    pub campaign: Option<i64>,
    /// Agents whose calls count, those of the team included once it is looked up.
    pub agents: Option<Vec<i64>>,
    team: Option<i64>,
    /// What was asked for, to print.
    asked: Vec<(&'static str, String)>,
}

impl Filter {
    /// Binds the arguments of `callboard_calls` behind the tenant: window, campaign, agents ($2 to $5).
    pub fn bind<R>(
        &self,
        rows: QueryAs<'static, Postgres, R, PgArguments>,
    ) -> QueryAs<'static, Postgres, R, PgArguments> {
        rows.bind(self.window.from).bind(self.window.to).bind(self.campaign).bind(self.agents.clone())
    }
}

impl Subject for Filter {
    const PARAMETERS: &'static [Parameter] = &[DATE_FROM, DATE_TO, CAMPAIGN_ID, AGENT_IDS, TEAM_ID, ZONE_UTC];
    type Found = ();

    async fn find(_: &mut Scope, _: Occasion<'_>) -> Result<()> {
        Ok(())
    }

    fn read(query: &mut Query, (): (), _: Occasion<'_>) -> Option<Self> {
        let zone = query.zone(chrono_tz::UTC);
        let (campaign, team, agents) = (query.id(&CAMPAIGN_ID), query.id(&TEAM_ID), query.agent_ids());
        let (from, to) = (query.moment(&DATE_FROM, zone), query.moment(&DATE_TO, zone));
        let (from, to) = (from?, to?);
        if to.ends_before(from, zone) {
            query.fail(DATE_TO.name, "must not be before date_from.");
        }
        let window = Window { from: from.start(zone), to: to.end(zone), zone };
        let length = match (from, to) {
            (Given::Date(from), Given::Date(to)) => to - from,
            _ => window.to - window.from,
        };
        if length > TimeDelta::days(MAX_DAYS) {
            query.fail(DATE_TO.name, "The date_from..date_to range may not exceed 90 days.");
        }
        let asked = [
            ("campaign_id", campaign.map(|id| id.to_string())),
            ("agent_ids", agents.as_ref().map(|ids| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))),
            ("team_id", team.map(|id| id.to_string())),
        ];
        let asked = asked.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Some(Self { window, campaign, agents, team, asked })
    }

    async fn check(&mut self, scope: &mut Scope) -> Result<()> {
        if let Some(id) = self.campaign {
            must_exist(scope, "select from telesales_campaigns where tenant_id = $1 and id = any ($2)", &[id]).await?;
        }
        if let Some(ids) = &self.agents {
            must_exist(scope, "select from agents where tenant_id = $1 and id = any ($2)", ids).await?;
        }
        if let Some(id) = self.team {
            must_exist(scope, "select from teams where tenant_id = $1 and id = any ($2)", &[id]).await?;
            let members = "select id from agents where tenant_id = $1 and team_id = $2 order by id";
            let members: Vec<(i64,)> = scope.select(members).bind(id).fetch_all(scope.connection()).await?;
            let asked: Option<BTreeSet<i64>> = self.agents.take().map(|ids| ids.into_iter().collect());
            let both =
                members.into_iter().map(|(id,)| id).filter(|id| asked.as_ref().is_none_or(|ids| ids.contains(id)));
            self.agents = Some(both.collect());
        }
        Ok(())
    }

    fn caption(&self) -> Caption {
        Caption { window: Some(self.window), zone: self.window.zone, filters: self.asked.clone() }
    }
}

/// NotFound unless the statement, which selects by `$2`, has a row for each of the ids.
async fn must_exist(scope: &mut Scope, sql: &'static str, ids: &[i64]) -> Result<()> {
    let found = scope.query(sql).bind(ids.to_vec()).fetch_all(scope.connection()).await?;
    if found.len() == ids.len() { Ok(()) } else { Err(Error::NotFound) }
}
