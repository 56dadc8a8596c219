//! The calls that a list is about: its path, its window, and the filters that it shares with reports.
//!
//! Owns the windows of the lists and their defaults. Must not know the further filters.

use super::condition::{Argument, Condition, Conditions};
use super::sales_calls::LOOKUPS;
use super::sums::Summed;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::input::{Bounds, COMPARE, Kind, Parameter, Query, UNTIL, WINDOW, ZONE_UTC};
use crate::reports::autocall::{AskedWindow, Campaign, CampaignStart};
use crate::reports::report::{Context, Module, Subject};
use crate::reports::telesales::{AskedFilter, Filter, Length};
use crate::rollups::{Kept, statement_of};
use crate::time::{Window, Zone};

/// The calls of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Attempts of the campaign in the path.
    Campaign,
    /// Attempts of the account.
    Attempts,
    /// Telesales calls of the account.
    SalesCalls,
}

/// A place as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Asked {
    Campaign { id: i64, window: AskedWindow },
    Attempts(AskedAttempts),
    SalesCalls(AskedFilter),
}

/// Attempts of the account; a window without dates is all time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AskedAttempts {
    zone: Zone,
    bounds: Bounds,
    campaigns: Option<Vec<i64>>,
}

/// The windows that a list may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Windows {
    /// Those of reports.
    OfReports,
    /// Any, also without ends.
    Any,
}

/// A place of a tenant: its window, and its conditions on calls.
#[derive(Debug)]
pub struct Selected {
    pub window: Window,
    pub conditions: Conditions,
    /// Its calls as sums know them, if these can be trusted.
    pub summed: Option<Summed>,
    /// The filters that it shares with reports, for people.
    pub shown: Vec<(&'static str, String)>,
}

pub const DATE_FROM: Parameter = Parameter::optional(
    "date_from",
    Kind::Moment,
    "Start of the window. Default: the first attempt.",
);
pub const DATE_TO: Parameter = Parameter::optional(
    "date_to",
    Kind::Moment,
    "End of the window, left out; a bare date takes in that day, a clock time written 23:59:59 that whole second. Default: none.",
);
const CAMPAIGN_IDS: Parameter = Parameter::optional(
    "campaign_ids",
    Kind::IdList { most: 1_000 },
    "Only attempts of these campaigns, separated by commas; at most 1,000.",
);

impl Place {
    /// Its parameters. Those of reports that compare windows mean nothing to a list.
    pub fn parameters(self) -> impl Iterator<Item = &'static Parameter> {
        let all: &'static [Parameter] = match self {
            Self::Campaign => Campaign::PARAMETERS,
            Self::Attempts => &[DATE_FROM, DATE_TO, WINDOW, CAMPAIGN_IDS, ZONE_UTC],
            Self::SalesCalls => Filter::PARAMETERS,
        };
        let compares = [COMPARE.name, UNTIL.name];
        all.iter()
            .filter(move |given| !compares.contains(&given.name))
    }

    /// Reads the parameters. `path_id`: the campaign in the path.
    pub fn read(self, query: &mut Query, path_id: i64, windows: Windows) -> Asked {
        match self {
            Self::Campaign => Asked::Campaign {
                id: path_id,
                window: AskedWindow::read(query),
            },
            Self::Attempts => Asked::Attempts(AskedAttempts {
                zone: query.zone().unwrap_or(Zone::UTC),
                bounds: Bounds::read(query, &DATE_FROM, &DATE_TO),
                campaigns: query.id_list(&CAMPAIGN_IDS),
            }),
            Self::SalesCalls => {
                let is_lookup = LOOKUPS.iter().any(|lookup| query.text(lookup).is_some());
                let is_bounded = !is_lookup && windows == Windows::OfReports;
                let length = if is_bounded {
                    Length::Told
                } else {
                    Length::Any
                };
                Asked::SalesCalls(AskedFilter::read(query, length))
            }
        }
    }
}

impl Asked {
    /// Heap memory in bytes.
    pub fn heap(&self) -> usize {
        match self {
            Self::Campaign { .. } => 0,
            Self::Attempts(asked) => asked.campaigns.as_deref().map_or(0, size_of_val),
            Self::SalesCalls(asked) => Filter::heap(asked),
        }
    }

    /// Checks in the order of the contract: the path, then every parameter, then the rows that they name. `faults`: those
    /// of other parameters. A window begins where rows do.
    pub async fn select(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        mut faults: Faults,
    ) -> Result<Selected> {
        match self {
            Self::Campaign { id, window } => {
                let found = Campaign::find(scope, Some(*id)).await?;
                let campaign = Campaign::resolve(window, found, context, &mut faults);
                let mut campaign = faults.into_result(campaign)?;
                campaign.begin_with_rows();
                let of_campaign = condition("a.campaign_id = :1", Argument::Integer(campaign.id));
                let summed = campaign.trusted().then_some(Summed {
                    campaign: Some(campaign.id),
                    ..Summed::all(Module::Autocall, campaign.window, campaign.kept())
                });
                Ok(Selected::new(
                    campaign.window,
                    [of_campaign],
                    summed,
                    campaign.caption().filters,
                ))
            }
            Self::Attempts(asked) => {
                let (window, kept) = asked.window(context, &mut faults);
                faults.into_result(Some(()))?;
                asked.check(scope).await?;
                let summed = asked.summed(scope, window, kept).await?;
                let narrowed = asked.conditions();
                Ok(Selected::new(window, narrowed, summed, Vec::new()))
            }
            Self::SalesCalls(asked) => {
                let filter = Filter::resolve(asked, (), context, &mut faults);
                let mut filter = faults.into_result(filter)?;
                filter.check(scope).await?;
                filter.begin_with_rows();
                let summed = filter.trusted().then(|| Summed {
                    campaign: filter.campaign,
                    agents: filter.agents.clone(),
                    team: filter.team,
                    sources: filter.sources.clone(),
                    ..Summed::all(Module::Telesales, filter.window, filter.kept())
                });
                Ok(Selected::new(
                    filter.window,
                    of_filter(&filter),
                    summed,
                    filter.caption().filters,
                ))
            }
        }
    }
}

impl AskedAttempts {
    fn window(&self, context: Context<'_>, faults: &mut Faults) -> (Window, Kept) {
        let ends = self.bounds.ends(self.zone, context.now);
        let names = [DATE_FROM.name, DATE_TO.name];
        ends.check_order(self.zone, names, faults);
        let fields = names.map(|end| self.bounds.field(end));
        let kept = Kept::of(context.tenant, fields[0]);
        let window = kept.window(ends, self.zone, fields, faults);
        (kept.with_rows(&window), kept)
    }

    /// The attempts as sums know them: those of all campaigns, or of one.
    async fn summed(
        &self,
        scope: &mut Scope,
        window: Window,
        kept: Kept,
    ) -> Result<Option<Summed>> {
        let campaign = match self.campaigns.as_deref() {
            None => None,
            Some([id]) => Some(*id),
            Some(_) => return Ok(None),
        };
        let is_trusted = match campaign {
            Some(id) => {
                let found = CampaignStart::load(scope, &[id]).await?;
                found.iter().all(|campaign| campaign.trusted)
            }
            None => {
                let sql = statement_of!("select {{trusted autocall false}}");
                let row = scope.select::<(bool,)>(sql);
                row.fetch_one(scope.connection()).await?.0
            }
        };
        Ok(is_trusted.then_some(Summed {
            campaign,
            ..Summed::all(Module::Autocall, window, kept)
        }))
    }

    /// `Missing` if the tenant does not have one of the campaigns.
    async fn check(&self, scope: &mut Scope) -> Result<()> {
        let Some(campaigns) = &self.campaigns else {
            return Ok(());
        };
        check_campaigns(scope, &CAMPAIGN_IDS, campaigns.clone()).await
    }

    fn conditions(&self) -> Option<Condition> {
        let campaigns = self.campaigns.clone()?;
        Some(condition(
            "a.campaign_id = any (:1)",
            Argument::Integers(campaigns),
        ))
    }
}

/// `Missing` if the tenant does not have one of the AutoCall campaigns that a parameter names.
pub async fn check_campaigns(
    scope: &mut Scope,
    parameter: &Parameter,
    campaigns: Vec<i64>,
) -> Result<()> {
    let missing = scope
        .select::<(i64,)>(include_str!("missing_campaigns.sql"))
        .bind(campaigns);
    let missing = missing.fetch_all(scope.connection()).await?;
    let missing = missing.into_iter().map(|(id,)| id);
    Error::missing(parameter.name, missing).map_or(Ok(()), Err)
}

/// Conditions of the filters of Telesales reports, besides the campaign.
pub const OF_AGENTS: &str = "c.agent_id = any (:1)";
pub const OF_TEAM: &str = "{{in_team c :1}}";
pub const FROM_SOURCES: &str = "{{from_source l :1}}";

/// The conditions of a report's filter.
fn of_filter(filter: &Filter) -> impl Iterator<Item = Condition> {
    let campaign = filter.campaign.map(Argument::Integer);
    let agents = filter.agents.clone().map(Argument::Integers);
    let team = filter.team.map(Argument::Integer);
    let sources = filter.sources.clone().map(Argument::Texts);
    let given = [
        ("c.campaign_id = :1", campaign),
        (OF_AGENTS, agents),
        (OF_TEAM, team),
        (FROM_SOURCES, sources),
    ];
    let given = given.into_iter();
    given.filter_map(|(sql, argument)| Some(condition(sql, argument?)))
}

fn condition(sql: &'static str, argument: Argument) -> Condition {
    let arguments = vec![argument];
    Condition { sql, arguments }
}

impl Selected {
    fn new(
        window: Window,
        narrowed: impl IntoIterator<Item = Condition>,
        summed: Option<Summed>,
        shown: Vec<(&'static str, String)>,
    ) -> Self {
        let mut conditions = Conditions::within(&window);
        conditions.extend(narrowed);
        Self {
            window,
            conditions,
            summed,
            shown,
        }
    }
}
