//! Telesales reports, over calls of agents to leads (contract, section 4).
//!
//! Owns their common subject: a window of at most 90 days, and filters by campaign, agents, team and sources
//! of leads.

pub mod abandon_check;
pub mod abandon_rate;
pub mod agent_performance;
pub mod breaches;
pub mod caller_id_health;
pub mod compliance;
pub mod dashboard;
pub mod disposition_breakdown;
pub mod evidence;
pub mod exposure;
pub mod funnel;
pub mod hour_dow_heatmap;
pub mod lead_source_attribution;
pub mod time_series;
pub mod typical_day;

use chrono::TimeDelta;
use sqlx::FromRow;
use sqlx::postgres::PgRow;

use super::compare;
use super::report::{Context, Subject};
use super::series::{Select, bind_segments};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::Caption;
use crate::input::{
    AGENT_IDS, Bounds, COMPARE, Ends, Kind, Parameter, Query, UNTIL, WINDOW, ZONE_UTC,
};
use crate::rollups::{
    Bind, Detail, Kept, Links, Plan, Quiet, RollupScope, Source, Statements, Wanted, statement_of,
};
use crate::time::compare::{Comparing, Pair};
use crate::time::{Granularity, Window, Zone};

pub const CAMPAIGN_ID: Parameter = Parameter::optional(
    "campaign_id",
    Kind::Id,
    "Only this campaign's calls and leads.",
);
const TEAM_ID: Parameter = Parameter::optional(
    "team_id",
    Kind::Id,
    "Only calls of agents who are now in this team; with agent_ids, of those who are in both.",
);
const SOURCE: Parameter = Parameter::optional(
    "source[]",
    Kind::TextList { most: 1_000 },
    "Only leads from these sources, and calls to them: each whole and as reports print it, (unknown) included. One as source=…, several as source[]=…&source[]=…; at most 1,000.",
);
const DATE_FROM: Parameter = Parameter::optional(
    "date_from",
    Kind::Moment,
    "Start of the window. Required without window.",
);
const DATE_TO: Parameter = Parameter::optional(
    "date_to",
    Kind::Moment,
    "End of the window, left out; a bare date takes in that day, a clock time written 23:59:59 that whole second. At most 90 days after date_from. Required without window.",
);
/// Results of dials, and of dials answered by the customer, as lists of calls take them.
pub const DIALS: &str = "answered,no_answer,busy,failed,rejected,abandoned,in_progress";
pub const ANSWERS: &str = "answered,abandoned";
const MAX_DAYS: i64 = 90;
/// Values of a filter that are printed.
const MAX_SHOWN: usize = 20;

/// Selection of calls.
#[derive(Debug, Clone)]
pub struct Filter {
    pub window: Window,
    pub campaign: Option<i64>,
    /// Agents whose calls count, and the team they must be in.
    pub agents: Option<Vec<i64>>,
    pub team: Option<i64>,
    /// Sources of the leads that count and whose calls count.
    pub sources: Option<Vec<String>>,
    trusted: bool,
    kept: Kept,
    /// The active filters, for printing.
    asked: Vec<(&'static str, String)>,
}

/// The filters as requested.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AskedFilter {
    length: Length,
    bounds: Bounds,
    zone: Zone,
    campaign: Option<i64>,
    /// In ascending order.
    agents: Option<Vec<i64>>,
    team: Option<i64>,
    /// In ascending order.
    sources: Option<Vec<String>>,
}

/// The length that a window may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Length {
    /// At most 90 days between its ends as they are given: by dates it may be 91 days long.
    Given,
    /// Like [`Length::Given`], and as long where the ends are the instants that an answer tells of its window.
    Told,
    /// Any: an end that is not given is open.
    Any,
}

impl Length {
    fn allows(self, (from, to): Pair, zone: Zone) -> bool {
        match self {
            Self::Given => !is_too_long((from, to), zone),
            Self::Told => !is_too_long((from.first_day(zone), to.last_day(zone)), zone),
            Self::Any => true,
        }
    }
}

impl AskedFilter {
    /// Reads the filters. Both ends of the window are required, unless any length is allowed.
    pub fn read(query: &mut Query, length: Length) -> Self {
        let read = match length {
            Length::Given | Length::Told => Bounds::read_required,
            Length::Any => Bounds::read,
        };
        Self {
            length,
            zone: query.zone().unwrap_or(Zone::UTC),
            campaign: query.id(&CAMPAIGN_ID),
            team: query.id(&TEAM_ID),
            agents: query.agent_ids(),
            sources: query.text_list(&SOURCE),
            bounds: read(query, &DATE_FROM, &DATE_TO),
        }
    }

    /// The window. `None` if an end is missing; adds further faults.
    fn window(&self, context: Context<'_>, faults: &mut Faults) -> Option<(Window, Kept)> {
        let zone = self.zone;
        let ends = self.bounds.ends(zone, context.now);
        if self.length != Length::Any && (ends.from.is_none() || ends.to.is_none()) {
            return None;
        }
        let names = [DATE_FROM.name, DATE_TO.name];
        ends.check_order(zone, names, faults);
        if let (Some(from), Some(to)) = (ends.from, ends.to)
            && !self.length.allows((from, to), zone)
        {
            faults.add(
                DATE_TO.name,
                "The date_from..date_to range may not exceed 90 days.",
            );
        }
        let fields = names.map(|end| self.bounds.field(end));
        let kept = Kept::of(context.tenant, fields[0]);
        Some((kept.window(ends, zone, fields, faults), kept))
    }
}

impl Filter {
    /// The filters over a window, not checked yet.
    fn new(asked: &AskedFilter, window: Window, kept: Kept) -> Self {
        Self {
            window,
            kept,
            campaign: asked.campaign,
            agents: asked.agents.clone(),
            team: asked.team,
            sources: asked.sources.clone(),
            trusted: false,
            asked: Vec::new(),
        }
    }

    /// The part of the tenant's rows that is kept.
    pub const fn kept(&self) -> Kept {
        self.kept
    }

    /// Binds `$2` to `$7` of a statement over rows: window, campaign, agents, team and sources.
    pub fn bind<R>(&self, rows: Select<R>) -> Select<R> {
        let rows = rows
            .bind(self.window.from)
            .bind(self.window.to)
            .bind(self.campaign);
        self.bind_agents(rows).bind(self.sources.clone())
    }

    /// True if the roll-ups can be trusted and no sources are asked for, which some sums do not know.
    fn trusted_without_sources(&self) -> bool {
        self.trusted && self.sources.is_none()
    }

    /// Binds agents and team. Which agents are in the team is left to the statement: there may be many.
    fn bind_agents<R>(&self, rows: Select<R>) -> Select<R> {
        rows.bind(self.agents.clone()).bind(self.team)
    }

    /// A statement over calls. Over roll-ups `$2` to `$5` are campaign, agents, team and sources, over rows `$2` to `$7` what
    /// [`Filter::bind`] binds; its own arguments come next, then the window.
    fn select<R>(&self, scope: &Scope, sql: &'static Statements, source: Source) -> Select<R>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        self.select_in(self.rollup_scope(self.by_agent()), scope, sql, source)
    }

    /// Like [`Filter::select`], over the sums of that scope.
    fn select_in<R>(
        &self,
        asked: RollupScope,
        scope: &Scope,
        sql: &'static Statements,
        source: Source,
    ) -> Select<R>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        let asked = Wanted {
            scope: asked,
            by_source: self.sources.is_some(),
        };
        let rows = scope.select(sql.of(source, asked));
        match source {
            Source::Rolled => self
                .bind_agents(self.bind_campaign(rows))
                .bind(self.sources.clone()),
            Source::Raw => self.bind(rows),
        }
    }

    /// Binds the plan of the window for figures of it as a whole. Statements over rows have it already.
    fn bind_window<R>(&self, rows: Select<R>, source: Source, detail: Detail) -> Result<Select<R>> {
        Ok(match source {
            Source::Rolled => rows.bind_plan(&self.plan(detail)?),
            Source::Raw => rows,
        })
    }

    /// Binds the window for figures by local time: its plan, or its segments.
    fn bind_local<R>(
        &self,
        rows: Select<R>,
        source: Source,
        unit: Granularity,
    ) -> Result<Select<R>> {
        Ok(match source {
            Source::Rolled => {
                let of = self.rollup_scope(self.by_agent());
                let sums = (self.detail(Detail::Fine), of);
                rows.bind_plan(&Plan::cut(&self.window, unit, sums, self.kept)?)
            }
            Source::Raw => bind_segments(rows, &self.window),
        })
    }

    fn plan(&self, detail: Detail) -> Result<Plan> {
        self.plan_of(self.detail(detail), self.by_agent())
    }

    /// The granularity of what is read for sums of that one: those by source are coarser.
    fn detail(&self, detail: Detail) -> Detail {
        match (&self.sources, detail) {
            (None, detail) => detail,
            (Some(_), Detail::Fine) => Detail::Hours,
            (Some(_), _) => Detail::Days,
        }
    }

    /// The plan of the window by agent.
    fn plan_of_agents(&self) -> Result<Plan> {
        self.plan_of(self.detail(Detail::Fine), true)
    }

    fn plan_of(&self, detail: Detail, by_agent: bool) -> Result<Plan> {
        Plan::whole(&self.window, detail, self.rollup_scope(by_agent), self.kept)
    }

    /// A statement over leads, whom agents do not narrow: `$2` the campaign, then a plan and the links of the window.
    async fn rolled_leads<R>(
        &self,
        scope: &mut Scope,
        sql: &'static Statements,
        plan: &Plan,
    ) -> Result<Select<R>>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        let quiet = scope
            .select(include_str!("overhang.sql"))
            .bind(self.campaign)
            .bind_rest_of_hours(&self.window);
        let quiet: Quiet = quiet.fetch_one(scope.connection()).await?;
        let rows = scope.select(sql.of(Source::Rolled, self.rollup_scope(false)));
        Ok(self
            .bind_campaign(rows)
            .bind_plan(plan)
            .bind_links(&Links::within(&self.window, quiet, self.kept)))
    }

    /// Binds the campaign as sums name it: 0 for all.
    fn bind_campaign<R>(&self, rows: Select<R>) -> Select<R> {
        rows.bind(self.campaign.unwrap_or(0))
    }

    /// True if only the calls of some agents count.
    fn by_agent(&self) -> bool {
        self.agents.is_some() || self.team.is_some()
    }

    fn rollup_scope(&self, by_agent: bool) -> RollupScope {
        RollupScope::of(self.campaign.is_some(), by_agent)
    }

    /// The source of distinct leads. Links do not distinguish agents: the leads of some agents are counted from calls.
    async fn source_of_leads(&self, scope: &mut Scope, source: Source) -> Result<Source> {
        if source == Source::Raw || !self.by_agent() {
            return Ok(source);
        }
        scope.plan_by_arguments().await?;
        Ok(Source::Raw)
    }
}

impl Subject for Filter {
    const PARAMETERS: &'static [Parameter] = &[
        DATE_FROM,
        DATE_TO,
        WINDOW,
        COMPARE,
        UNTIL,
        CAMPAIGN_ID,
        AGENT_IDS,
        TEAM_ID,
        SOURCE,
        ZONE_UTC,
    ];
    const HAS_FORMAT: bool = true;
    type Asked = AskedFilter;
    type Found = ();

    fn read(query: &mut Query) -> AskedFilter {
        AskedFilter::read(query, Length::Given)
    }

    fn heap(asked: &AskedFilter) -> usize {
        asked.agents.as_deref().map_or(0, size_of_val) + size_of_texts(asked.sources.as_deref())
    }

    async fn find(_: &mut Scope, _: Option<i64>) -> Result<()> {
        Ok(())
    }

    fn resolve(
        asked: &AskedFilter,
        (): (),
        context: Context<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let (window, kept) = asked.window(context, faults)?;
        Some(Self::new(asked, window, kept))
    }

    fn earlier(
        &self,
        asked: &AskedFilter,
        comparing: Comparing,
        context: Context<'_>,
        faults: &mut Faults,
    ) -> Option<Ends> {
        let (zone, now) = (asked.zone, context.now);
        let given = (asked.bounds.ends(zone, now), &self.window);
        let ends = compare::earlier(comparing, given, (self.kept, now), faults)?;
        if is_too_long((ends.from?, ends.to?), zone) {
            faults.add(COMPARE.name, "The compared range may not exceed 90 days.");
        }
        Some(ends)
    }

    fn moved(asked: &AskedFilter, to: Ends) -> AskedFilter {
        AskedFilter {
            bounds: Bounds::Given(to),
            ..asked.clone()
        }
    }

    async fn check(&mut self, scope: &mut Scope) -> Result<()> {
        let named = scope.select::<Named>(statement_of!(include_str!("filter.sql")));
        let named = named
            .bind(self.campaign)
            .bind(self.agents.clone())
            .bind(self.team);
        let named = named.fetch_one(scope.connection()).await?;
        let agents = self.agents.as_ref().map_or(0, Vec::len);
        self.asked = asked(&named, agents, self.sources.as_deref().unwrap_or_default());
        let mut missing = Faults::default();
        missing.add_missing(
            CAMPAIGN_ID.plain(),
            self.campaign.filter(|_| named.campaign_name.is_none()),
        );
        missing.add_missing(AGENT_IDS.plain(), named.agents_missing);
        missing.add_missing(
            TEAM_ID.plain(),
            self.team.filter(|_| named.team_name.is_none()),
        );
        if !missing.is_empty() {
            return Err(Error::Missing(missing));
        }
        self.trusted = named.trusted && (self.sources.is_none() || sees_leads(scope).await?);
        Ok(())
    }

    fn trusted(&self) -> bool {
        self.trusted
    }

    fn read_from(&mut self, source: Source) -> Source {
        if self.sources.is_some() {
            self.begin_with_rows(); // sums before them do not follow their leads
        }
        self.kept.statements(source, [&self.window])
    }

    fn begin_with_rows(&mut self) {
        self.window = self.kept.with_rows(&self.window);
    }

    fn caption(&self) -> Caption {
        Caption {
            window: Some(self.window),
            zone: self.window.zone,
            filters: self.asked.clone(),
            earlier: None,
        }
    }
}

fn is_too_long((from, to): Pair, zone: Zone) -> bool {
    to.since(from, zone) > TimeDelta::days(MAX_DAYS)
}

/// True if the roll-ups of a tenant, or of its campaign, can be trusted.
async fn trusted(scope: &mut Scope, campaign: Option<i64>) -> Result<bool> {
    let sql = statement_of!("select {{trusted telesales n.campaign_id = $2}}");
    let row = scope.select::<(bool,)>(sql);
    Ok(row.bind(campaign).fetch_one(scope.connection()).await?.0)
}

/// True if a snapshot has the leads that sums by source were made of.
async fn sees_leads(scope: &mut Scope) -> Result<bool> {
    let row = scope.select::<(bool,)>(include_str!("leads_seen.sql"));
    Ok(row.fetch_one(scope.connection()).await?.0)
}

/// The active filters, with names instead of ids.
fn asked(named: &Named, agents: usize, sources: &[String]) -> Vec<(&'static str, String)> {
    let asked = [
        ("Campaign", named.campaign_name.clone()),
        ("Team", named.team_name.clone()),
        ("Agents", first_of(&named.agent_names, agents)),
        ("Sources", first_of(sources, sources.len())),
    ];
    asked
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// The first of `all` values in words; `None` if there are none.
fn first_of(values: &[String], all: usize) -> Option<String> {
    let shown = values.len().min(MAX_SHOWN);
    let others = match all.saturating_sub(shown) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    (all > 0).then(|| values[..shown].join(", ") + &others)
}

/// Memory of texts in bytes.
fn size_of_texts(texts: Option<&[String]>) -> usize {
    let size = |text: &String| size_of::<String>() + text.capacity();
    texts.unwrap_or_default().iter().map(size).sum()
}

/// The rows that a filter names.
#[derive(sqlx::FromRow)]
struct Named {
    agents_missing: Vec<i64>,
    campaign_name: Option<String>,
    /// Names of the first agents, by id.
    agent_names: Vec<String>,
    team_name: Option<String>,
    /// True if the roll-ups can be trusted.
    trusted: bool,
}
