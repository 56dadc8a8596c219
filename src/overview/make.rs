//! Overviews: figures, warnings and pace of campaigns, put together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::account::{self, Sees};
use super::aside::Aside;
use super::calls::{self, Campaign};
use super::leads::{self, Leads};
use super::paces::ByCampaign;
use super::periods::{Periods, Stretch};
use super::row::{OverviewPage, OverviewRow, Pace};
use super::since::{Hours, MOST_CAMPAIGNS};
use super::warnings::{self, Code, Severity, Warning};
use crate::auth::Tenant;
use crate::auth::settings::count;
use crate::db::Scope;
use crate::error::Result;
use crate::input::ZONE_OF_ACCOUNT;
use crate::page::PageRequest;
use crate::percent::PercentText;
use crate::reports::telesales::abandon_rate::{WINDOW_MINUTES, limit};
use crate::reports::telesales::compliance::{self, Exposed};
use crate::rollups::{Kept, Module, Source};
use crate::text::folded;
use crate::time::instant::rounded_up;
use crate::time::{NamedWindow, Window, Zone};

/// Choices of a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub module: Module,
    /// The text in names, folded.
    pub q: Option<String>,
    /// The only campaign.
    pub campaign: Option<i64>,
    pub page: PageRequest,
    pub zone: Option<Zone>,
    pub user: i64,
    pub sees: Sees,
}

/// An overview that is being made.
pub struct Making<'a> {
    wanted: &'a Wanted,
    paces: &'a ByCampaign,
    tenant: &'a Tenant,
    zone: Zone,
    now: DateTime<Utc>,
    periods: Periods,
    kept: Kept,
    source: Source,
}

pub type ByLeads = BTreeMap<i64, Leads>;

impl<'a> Making<'a> {
    pub fn new(
        wanted: &'a Wanted,
        paces: &'a ByCampaign,
        tenant: &'a Tenant,
        (zone, now, source): (Zone, DateTime<Utc>, Source),
    ) -> Self {
        let mut kept = Kept::of(tenant, ZONE_OF_ACCOUNT.name);
        kept.statements(source, []);
        let old = TimeDelta::minutes(count(tenant.settings.warn_no_result_min));
        Self {
            wanted,
            paces,
            tenant,
            zone,
            now,
            periods: Periods::new(zone, now, old, kept),
            kept,
            source,
        }
    }

    /// The window of the figures of today.
    pub fn today(&self) -> Window {
        let Stretch { from, to } = self.periods.today;
        Window {
            from,
            to,
            zone: self.zone,
        }
    }

    /// The page, from one snapshot.
    pub async fn page(&self, scope: &mut Scope) -> Result<OverviewPage> {
        let Wanted { module, user, .. } = *self.wanted;
        let (campaigns, leads, mut warnings) = self.read(scope).await?;
        let aside = Aside::load(scope, module, user, self.now).await?;
        warnings.retain(|warning| !aside.holds(warning));
        warnings::sort(&mut warnings);
        Ok(self.sorted(campaigns, &leads, warnings))
    }

    /// Campaigns at work, their leads, and all that is wrong, in no order.
    pub async fn read(&self, scope: &mut Scope) -> Result<(Vec<Campaign>, ByLeads, Vec<Warning>)> {
        if self.source == Source::Raw {
            scope.plan_by_arguments().await?;
        }
        let Wanted {
            module,
            sees,
            campaign,
            ..
        } = *self.wanted;
        let read = (self.kept, self.now);
        let of = (module, campaign);
        let campaigns = calls::campaigns(scope, of, &self.periods, read).await?;
        let ids = campaigns.iter().map(|campaign| campaign.id).collect();
        let leads = leads::leads(scope, module, ids, (self.kept, self.source)).await?;
        let mut warnings = self.warnings(scope, &campaigns, &leads).await?;
        let by = (&self.tenant.settings, self.now);
        warnings.extend(account::others(scope, (module, sees), by).await?);
        warnings.retain(|warning| {
            let other = warning.campaign.filter(|it| Some(*it) != campaign);
            campaign.is_none() || other.is_none()
        });
        Ok((campaigns, leads, warnings))
    }

    /// Warnings of campaigns by their figures.
    async fn warnings(
        &self,
        scope: &mut Scope,
        campaigns: &[Campaign],
        leads: &ByLeads,
    ) -> Result<Vec<Warning>> {
        let mut all = Vec::new();
        if self.wanted.module == Module::Telesales {
            all.extend(self.abandoned(scope, campaigns).await?);
            let today = NamedWindow::Today.window(self.zone, self.now);
            let today = self.kept.with_rows(&today);
            let ids = campaigns.iter().map(|campaign| campaign.id).collect();
            let today = (&today, self.now, self.kept);
            all.extend(account::caller_ids(scope, self.tenant, today, ids).await?);
        }
        let settings = &self.tenant.settings;
        for campaign in campaigns {
            let left = leads.get(&campaign.id).map_or(0, |leads| leads.left);
            let done = self.paces.get(&campaign.id).copied();
            let told = [
                warnings::no_calls(campaign, &self.periods, (settings, self.now)),
                warnings::answer_rate_drop(campaign, &self.periods, settings),
                warnings::leads_running_out(campaign, (left, done), settings),
                warnings::calls_without_result(campaign, &self.periods),
            ];
            all.extend(told.into_iter().flatten());
        }
        Ok(all)
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
        let hours = self.hours(scope, open).await?;
        let warnings = told.iter().map(|(campaign, exposure, (code, limit))| {
            let is_in = |past| warnings::against_limit(past, *limit, settings) == Some(*code);
            let read = || hours.as_ref().and_then(|it| it.since(campaign.id, is_in));
            let since = recorded(campaign.id, *code).or_else(read);
            warnings::abandoned(campaign, *exposure, (*code, *limit), since)
        });
        Ok(warnings.collect())
    }

    /// The past of campaigns; `None` without any campaign.
    async fn hours(&self, scope: &mut Scope, mut campaigns: Vec<i64>) -> Result<Option<Hours>> {
        if campaigns.is_empty() {
            return Ok(None);
        }
        campaigns.truncate(MOST_CAMPAIGNS);
        let hours = Hours::read(scope, campaigns, (self.now, self.kept)).await?;
        Ok(Some(hours))
    }

    fn is_wanted(&self, campaign: &Campaign) -> bool {
        let q = self.wanted.q.as_deref();
        q.is_none_or(|q| folded(&campaign.name).contains(q))
    }

    /// The page of campaigns. `warnings`: in their order.
    fn sorted(
        &self,
        campaigns: Vec<Campaign>,
        leads: &ByLeads,
        warnings: Vec<Warning>,
    ) -> OverviewPage {
        let is_listed =
            |warning: &Warning| warning.campaign.is_some_and(|id| leads.contains_key(&id));
        let (of_campaigns, of_account): (Vec<_>, Vec<_>) =
            warnings.into_iter().partition(is_listed);
        let mut by_campaign = BTreeMap::<Option<i64>, Vec<Warning>>::new();
        for warning in of_campaigns {
            by_campaign
                .entry(warning.campaign)
                .or_default()
                .push(warning);
        }
        let wanted = campaigns.into_iter().filter(|it| self.is_wanted(it));
        let rows = wanted.map(|campaign| {
            let warnings = by_campaign.remove(&Some(campaign.id)).unwrap_or_default();
            (campaign, warnings)
        });
        let mut rows: Vec<(Campaign, Vec<Warning>)> = rows.collect();
        rows.sort_by_cached_key(|(campaign, warnings)| {
            let severity = warnings.first().map(|warning| warning.code.severity());
            let dials = campaign.counts(&self.periods, self.periods.today).dials;
            let is_well = severity.is_none();
            (
                is_well,
                severity.unwrap_or(Severity::Note),
                Reverse(dials),
                Reverse(campaign.id),
            )
        });
        let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let page = self.wanted.page;
        let skipped = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let taken = usize::try_from(page.per_page).unwrap_or_default();
        let shown = rows.into_iter().skip(skipped).take(taken);
        let shown = shown.map(|(campaign, warnings)| {
            let leads = leads.get(&campaign.id).copied().unwrap_or_default();
            self.row(campaign, leads, warnings)
        });
        let page = page.page(shown.collect(), total);
        OverviewPage {
            current_page: page.current_page,
            data: page.data,
            last_page: page.last_page,
            per_page: page.per_page,
            total: page.total,
            warnings: of_account.into_iter().map(Warning::shown).collect(),
        }
    }

    fn row(&self, campaign: Campaign, leads: Leads, warnings: Vec<Warning>) -> OverviewRow {
        let counts = |stretch| campaign.counts(&self.periods, stretch);
        let (today, before) = (counts(self.periods.today), counts(self.periods.before));
        let day = (self.zone, self.now);
        let done = self.paces.get(&campaign.id);
        let before = (before.dials > 0).then(|| PercentText::percent(before.answers, before.dials));
        OverviewRow {
            dials_today: today.dials,
            answers_today: today.answers,
            answer_rate_pct: PercentText::percent(today.answers, today.dials),
            answer_rate_before_pct: before,
            in_progress: counts(self.periods.week).in_progress,
            leads_total: leads.total,
            leads_left: leads.left,
            pace: done.and_then(|done| Pace::new(*done, leads.left, day)),
            warnings: warnings.into_iter().map(Warning::shown).collect(),
            id: campaign.id,
            name: campaign.name,
            status: campaign.status,
            last_call_at: campaign.last_call_at,
        }
    }
}
