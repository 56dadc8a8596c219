//! What is wrong with campaigns: the figures that warnings are told by, and since when they hold.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::account;
use super::calls::Campaign;
use super::make::{ByLeads, Making};
use super::since::{self, Hours};
use super::warnings::{self, Code, Warning};
use crate::db::Scope;
use crate::error::Result;
use crate::reports::telesales::abandon_rate::{WINDOW_MINUTES, limit};
use crate::reports::telesales::compliance::{self, Exposed};
use crate::rollups::Module;
use crate::time::instant::rounded_up;
use crate::time::{NamedWindow, Window, Zone};

impl Making<'_> {
    /// Warnings of campaigns by their figures.
    pub(super) async fn warnings(
        &self,
        scope: &mut Scope,
        campaigns: &[Campaign],
        leads: &ByLeads,
    ) -> Result<Vec<Warning>> {
        let mut all = Vec::new();
        if self.wanted.module == Module::Telesales {
            all.extend(self.abandoned(scope, campaigns).await?);
            let today = self.day();
            let ids = campaigns.iter().map(|campaign| campaign.id).collect();
            let today = (&today, self.now, self.kept);
            all.extend(account::caller_ids(scope, self.tenant, today, ids).await?);
        }
        let settings = &self.tenant.settings;
        let begin = all.len();
        for campaign in campaigns {
            let left = leads.get(&campaign.id).map_or(0, |leads| leads.left);
            let done = self.judged(campaign);
            let told = [
                warnings::no_calls(campaign, &self.periods, (settings, self.now)),
                warnings::answer_rate_drop(campaign, &self.periods, settings),
                warnings::leads_running_out(campaign, (left, done), settings),
                warnings::calls_without_result(campaign, &self.periods),
            ];
            all.extend(told.into_iter().flatten());
        }
        if let Some(told) = all.get_mut(begin..) {
            self.date(scope, told).await?;
        }
        Ok(all)
    }

    /// Says since when warnings hold, as far as calls of the past tell it.
    async fn date(&self, scope: &mut Scope, warnings: &mut [Warning]) -> Result<()> {
        let of = |code| {
            let told = warnings.iter().filter(|it| it.code == code);
            told.filter_map(|it| it.campaign).collect::<Vec<i64>>()
        };
        let module = self.wanted.module;
        let (low, waiting) = (of(Code::AnswerRateDrop), of(Code::CallsWithoutResult));
        let by = (&self.tenant.settings, self.kept);
        let low = since::of_drops(scope, module, low, (&self.day(), self.now), by).await?;
        let by = (self.periods.stale, self.old, self.kept);
        let waiting = since::of_waiting(scope, module, waiting, by).await?;
        for warning in warnings {
            let read = match warning.code {
                Code::AnswerRateDrop => &low,
                Code::CallsWithoutResult => &waiting,
                _ => continue,
            };
            warning.since = warning.campaign.and_then(|id| read.get(&id).copied());
        }
        Ok(())
    }

    /// The local day.
    fn day(&self) -> Window {
        let today = NamedWindow::Today.window(self.zone, self.now);
        self.kept.with_rows(&today)
    }

    /// Campaigns over their limits of abandoned calls, or near them.
    async fn abandoned(&self, scope: &mut Scope, campaigns: &[Campaign]) -> Result<Vec<Warning>> {
        let to = rounded_up(self.now);
        let window = self.kept.with_rows(&Window {
            from: to - TimeDelta::minutes(WINDOW_MINUTES),
            to,
            zone: Zone::UTC,
        });
        let window = (&window, self.kept);
        let campaign = self.wanted.campaign;
        let exposed = compliance::exposed(scope, window, (campaign, None), self.source).await?;
        let exposed: BTreeMap<i64, Exposed> = exposed.into_iter().map(|it| (it.id, it)).collect();
        let settings = &self.tenant.settings;
        let told = campaigns.iter().filter_map(|campaign| {
            let exposed = exposed.get(&campaign.id)?;
            let limit = limit(self.tenant, Some(exposed.limit_pct()));
            let code = warnings::against_limit(exposed.exposure, limit, settings)?;
            Some((campaign, exposed.exposure, (code, limit)))
        });
        let told: Vec<_> = told.collect();
        let recorded = compliance::since(scope, campaign, self.now).await?;
        let recorded = |id: i64, code| {
            let since = recorded.get(&id).copied();
            since.filter(|_| code == Code::AbandonBreached)
        };
        let open = told.iter();
        let open = open.filter(|(campaign, _, (code, _))| recorded(campaign.id, *code).is_none());
        let open: Vec<i64> = open.map(|(campaign, ..)| campaign.id).collect();
        let hours = Hours::read(scope, open, (self.now, self.kept)).await?;
        let warnings = told.iter().map(|(campaign, exposure, (code, limit))| {
            let is_in = |past| warnings::against_limit(past, *limit, settings) == Some(*code);
            let read = || hours.since(campaign.id, is_in);
            let since = recorded(campaign.id, *code).or_else(read);
            warnings::abandoned(campaign, *exposure, (*code, *limit), since)
        });
        Ok(warnings.collect())
    }
}
