//! Overviews: figures, warnings and pace of campaigns, put together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::account::{self, Sees};
use super::aside::Aside;
use super::calls::{self, Campaign};
use super::leads::{self, Leads};
use super::paces::{ByCampaign, Done};
use super::periods::{Periods, Stretch};
use super::row::{OverviewPage, OverviewRow, Pace};
use super::warnings::{self, Severity, Warning};
use crate::auth::Tenant;
use crate::auth::settings::count;
use crate::db::Scope;
use crate::error::Result;
use crate::input::ZONE_OF_ACCOUNT;
use crate::page::PageRequest;
use crate::percent::PercentText;
use crate::rollups::{Kept, Module, Source};
use crate::text::folded;
use crate::time::{Window, Zone};

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
    pub(super) wanted: &'a Wanted,
    paces: &'a ByCampaign,
    pub(super) tenant: &'a Tenant,
    pub(super) zone: Zone,
    pub(super) now: DateTime<Utc>,
    pub(super) periods: Periods,
    pub(super) kept: Kept,
    pub(super) source: Source,
    /// Age from which a call without a result is too old.
    pub(super) old: TimeDelta,
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
            old,
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
        let Wanted {
            module, user, page, ..
        } = *self.wanted;
        let (campaigns, mut leads, mut warnings) = self.read(scope).await?;
        let aside = Aside::load(scope, module, user, self.now).await?;
        warnings.retain(|warning| !aside.holds(warning));
        warnings::sort(&mut warnings);
        let listed: BTreeSet<i64> = campaigns.iter().map(|it| it.id).collect();
        let is_listed = |warning: &Warning| warning.campaign.is_some_and(|id| listed.contains(&id));
        let (of_campaigns, of_account): (Vec<_>, Vec<_>) =
            warnings.into_iter().partition(is_listed);
        let rows = self.sorted(campaigns, of_campaigns);
        let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let skipped = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let taken = usize::try_from(page.per_page).unwrap_or_default();
        let shown: Vec<_> = rows.into_iter().skip(skipped).take(taken).collect();
        let ids = shown.iter().map(|(campaign, _)| campaign.id);
        let unread = ids.filter(|id| !leads.contains_key(id)).collect();
        leads.extend(self.leads(scope, unread).await?);
        let shown = shown.into_iter().map(|(campaign, warnings)| {
            let leads = leads.get(&campaign.id).copied().unwrap_or_default();
            self.row(campaign, leads, warnings)
        });
        let page = page.page(shown.collect(), total);
        Ok(OverviewPage {
            current_page: page.current_page,
            data: page.data,
            last_page: page.last_page,
            per_page: page.per_page,
            total: page.total,
            warnings: of_account.into_iter().map(Warning::shown).collect(),
        })
    }

    /// Campaigns at work, the leads of those that a warning judges by them, and all that is wrong, in no order.
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
        let judged = campaigns.iter().filter(|it| self.judged(it).is_some());
        let judged = judged.map(|campaign| campaign.id).collect();
        let leads = self.leads(scope, judged).await?;
        let mut warnings = self.warnings(scope, &campaigns, &leads).await?;
        let by = (&self.tenant.settings, self.now);
        warnings.extend(account::others(scope, (module, sees), by).await?);
        warnings.retain(|warning| {
            let other = warning.campaign.filter(|it| Some(*it) != campaign);
            campaign.is_none() || other.is_none()
        });
        Ok((campaigns, leads, warnings))
    }

    /// Leads of campaigns. They are counted for those that need them: to count them costs as much as all the rest.
    async fn leads(&self, scope: &mut Scope, campaigns: Vec<i64>) -> Result<ByLeads> {
        if campaigns.is_empty() {
            return Ok(ByLeads::new());
        }
        let by = (self.kept, self.source);
        leads::leads(scope, self.wanted.module, campaigns, by).await
    }

    /// The pace by which a campaign's leads may run out.
    pub(super) fn judged(&self, campaign: &Campaign) -> Option<Done> {
        let done = self.paces.get(&campaign.id).copied();
        done.filter(|done| campaign.is_active() && done.days >= 2)
    }

    fn is_wanted(&self, campaign: &Campaign) -> bool {
        let q = self.wanted.q.as_deref();
        q.is_none_or(|q| folded(&campaign.name).contains(q))
    }

    /// Wanted campaigns in the order of the answer, each with its warnings. `warnings`: in their order.
    fn sorted(
        &self,
        campaigns: Vec<Campaign>,
        warnings: Vec<Warning>,
    ) -> Vec<(Campaign, Vec<Warning>)> {
        let mut by_campaign = BTreeMap::<Option<i64>, Vec<Warning>>::new();
        for warning in warnings {
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
        rows
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
