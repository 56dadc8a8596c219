//! The window of a list of leads, and the filters that it shares with reports: campaigns, agents, sources.
//!
//! Owns their defaults: without dates, all time. Must not know the further filters.

use chrono::{DateTime, Utc};

use crate::calls::condition::{Argument, Conditions};
use crate::calls::place::{self, DATE_TO, check_campaigns};
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::input::{Bounds, COMPARE, Kind, Parameter, Query, UNTIL, WINDOW, ZONE_OF_ACCOUNT};
use crate::reports::autocall::{FROM, TO};
use crate::reports::report::{Context, Module, Subject};
use crate::reports::telesales::{AskedFilter, Filter, Length};
use crate::rollups::Kept;
use crate::time::{Window, Zone};

/// A place as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Asked {
    Autocall(AskedLeads),
    Telesales(AskedFilter),
}

/// AutoCall leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AskedLeads {
    /// `None` for the account's.
    zone: Option<Zone>,
    bounds: Bounds,
    /// Parameters of the ends.
    ends: [&'static str; 2],
    campaign: Option<i64>,
    campaigns: Option<Vec<i64>>,
}

/// A place of a tenant.
#[derive(Debug)]
pub struct Place {
    pub window: Window,
    /// The instant that the account's rows begin at.
    pub complete_from: Option<DateTime<Utc>>,
    /// Campaigns of leads and of calls: each list must hold the campaign.
    pub campaigns: Vec<Vec<i64>>,
    /// Conditions on leads.
    pub own: Conditions,
    /// Conditions on calls, which ask for no call by themselves.
    pub of_calls: Conditions,
    /// The filters that it shares with reports, for people.
    pub shown: Vec<(&'static str, String)>,
}

const DATE_FROM: Parameter = Parameter::optional(
    "date_from",
    Kind::Moment,
    "Start of the window. Default: none.",
);
const LIKE_FROM: Parameter = Parameter::optional(
    FROM.name,
    Kind::Moment,
    "Like date_from, as reports on a campaign name it.",
);
const LIKE_TO: Parameter = Parameter::optional(
    TO.name,
    Kind::Moment,
    "Like date_to, as reports on a campaign name it.",
);
const CAMPAIGN_ID: Parameter = Parameter::optional(
    "campaign_id",
    Kind::Id,
    "Only leads of this campaign, and their attempts for it.",
);
const CAMPAIGN_IDS: Parameter = Parameter::optional(
    "campaign_ids",
    Kind::IdList { most: 1_000 },
    "Only leads of these campaigns, and their attempts for them, separated by commas; at most 1,000.",
);
const ZONE: Parameter = Parameter::optional(
    ZONE_OF_ACCOUNT.name,
    Kind::Zone,
    "IANA zone in which dates are read and cut. Default: UTC with date_from or date_to, otherwise the account's.",
);

/// Parameters of a product. Those of reports that compare windows mean nothing to a list.
pub fn parameters(module: Module) -> impl Iterator<Item = &'static Parameter> {
    let all: &'static [Parameter] = match module {
        Module::Autocall => &[
            DATE_FROM,
            DATE_TO,
            LIKE_FROM,
            LIKE_TO,
            WINDOW,
            CAMPAIGN_ID,
            CAMPAIGN_IDS,
            ZONE,
        ],
        Module::Telesales => &[DATE_FROM, DATE_TO],
    };
    let shared: &'static [Parameter] = match module {
        Module::Autocall => &[],
        Module::Telesales => Filter::PARAMETERS,
    };
    let other = [COMPARE.name, UNTIL.name, DATE_FROM.name, DATE_TO.name];
    let shared = shared.iter();
    all.iter()
        .chain(shared.filter(move |parameter| !other.contains(&parameter.name)))
}

impl Asked {
    pub fn read(module: Module, query: &mut Query) -> Self {
        match module {
            Module::Autocall => Self::Autocall(AskedLeads::read(query)),
            Module::Telesales => Self::Telesales(AskedFilter::read(query, Length::Any)),
        }
    }

    /// Heap memory in bytes.
    pub fn heap(&self) -> usize {
        match self {
            Self::Autocall(asked) => asked.campaigns.as_deref().map_or(0, size_of_val),
            Self::Telesales(asked) => Filter::heap(asked),
        }
    }

    /// Checks every parameter, then the rows that they name. `faults`: those of other parameters. A window begins where rows
    /// do.
    pub async fn select(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        mut faults: Faults,
    ) -> Result<Place> {
        let complete_from = context.tenant.complete_from;
        match self {
            Self::Autocall(asked) => {
                let window = asked.window(context, &mut faults);
                faults.into_result(Some(()))?;
                asked.check(scope).await?;
                let one = asked.campaign.map(|id| vec![id]);
                let campaigns = one.into_iter().chain(asked.campaigns.clone());
                Ok(Place {
                    window,
                    complete_from,
                    campaigns: campaigns.collect(),
                    own: Conditions::default(),
                    of_calls: Conditions::default(),
                    shown: Vec::new(),
                })
            }
            Self::Telesales(asked) => {
                let filter = Filter::resolve(asked, (), context, &mut faults);
                let mut filter = faults.into_result(filter)?;
                filter.check(scope).await?;
                filter.begin_with_rows();
                Ok(Place::of_filter(&filter, complete_from))
            }
        }
    }
}

impl AskedLeads {
    fn read(query: &mut Query) -> Self {
        let is_given = |query: &Query, end: &Parameter| query.text(end).is_some();
        let by_date = is_given(query, &DATE_FROM) || is_given(query, &DATE_TO);
        let like_reports = is_given(query, &LIKE_FROM) || is_given(query, &LIKE_TO);
        if by_date && like_reports {
            let (from, to) = (DATE_FROM.name, DATE_TO.name);
            query.fail(
                LIKE_FROM.name,
                format!(
                    "is another name for {from}; with {to} there is no {}.",
                    LIKE_TO.name
                ),
            );
        }
        let (from, to) = if like_reports {
            (&LIKE_FROM, &LIKE_TO)
        } else {
            (&DATE_FROM, &DATE_TO)
        };
        let bounds = Bounds::read(query, from, to);
        let default = by_date.then_some(Zone::UTC);
        Self {
            zone: query.zone().or(default),
            bounds,
            ends: [from.name, to.name],
            campaign: query.id(&CAMPAIGN_ID),
            campaigns: query.id_list(&CAMPAIGN_IDS),
        }
    }

    fn window(&self, context: Context<'_>, faults: &mut Faults) -> Window {
        let zone = self.zone.unwrap_or(context.tenant.timezone);
        let ends = self.bounds.ends(zone, context.now);
        ends.check_order(zone, self.ends, faults);
        let fields = self.ends.map(|end| self.bounds.field(end));
        let kept = Kept::of(context.tenant, fields[0]);
        kept.with_rows(&kept.window(ends, zone, fields, faults))
    }

    /// `Missing` if the tenant does not have one of the campaigns.
    async fn check(&self, scope: &mut Scope) -> Result<()> {
        if let Some(campaign) = self.campaign {
            check_campaigns(scope, &CAMPAIGN_ID, vec![campaign]).await?;
        }
        match &self.campaigns {
            Some(campaigns) => check_campaigns(scope, &CAMPAIGN_IDS, campaigns.clone()).await,
            None => Ok(()),
        }
    }
}

impl Place {
    /// Agents and team narrow calls and never leads; sources narrow leads, and with them their calls.
    fn of_filter(filter: &Filter, complete_from: Option<DateTime<Utc>>) -> Self {
        let (mut own, mut of_calls) = (Conditions::default(), Conditions::default());
        if let Some(sources) = filter.sources.clone() {
            own.add(place::FROM_SOURCES, [Argument::Texts(sources)]);
        }
        if let Some(agents) = filter.agents.clone() {
            of_calls.add(place::OF_AGENTS, [Argument::Integers(agents)]);
        }
        if let Some(team) = filter.team {
            of_calls.add(place::OF_TEAM, [Argument::Integer(team)]);
        }
        let campaign = filter.campaign.map(|id| vec![id]);
        Self {
            window: filter.window,
            complete_from,
            campaigns: campaign.into_iter().collect(),
            own,
            of_calls,
            shown: filter.caption().filters,
        }
    }
}
