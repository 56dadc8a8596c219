//! Comparison: one metric of several campaigns, side by side.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{AskedWindow, CampaignStart, FROM, TO, WindowBounds};
use crate::asked::About;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::Caption;
use crate::input::{Kind, Parameter, Query, WINDOW, ZONE_OF_ACCOUNT, choice};
use crate::percent::PercentText;
use crate::reports::report::{Ask, Context, Module, Place, Report, Route, Subject};
use crate::rollups::{Bind, Detail, Kept, Plan, RollupScope, Source, Statements, statements};
use crate::table::{Chart, Id, Table, row};
use crate::time::Window;

pub struct Comparison;

choice! {
    #[derive(Default)]
    pub enum Metric {
        #[default]
        AnswerRate = "answer_rate_pct",
        AverageDuration = "avg_duration_sec",
        TransferRate = "transfer_rate_pct",
    }
}

const MAX_CAMPAIGNS: usize = 50;
const CAMPAIGN_IDS: Parameter = Parameter::required(
    "campaign_ids",
    Kind::IdList {
        most: MAX_CAMPAIGNS,
    },
    "1 to 50 campaigns, separated by commas: 5,8,12.",
);
const METRIC: Parameter = Parameter::optional(
    "metric",
    Kind::Choice(Metric::NAMES),
    "answer_rate_pct (default): answered ÷ dialed × 100; avg_duration_sec: mean billsec of answered attempts; \
     transfer_rate_pct: handed to a queue ÷ answered × 100.",
);

row! {
    /// One campaign's figure.
    pub struct AutocallComparisonRow {
        /// The campaign.
        campaign_id: Id => "Campaign" as key("campaign_id"),
        /// Its name.
        campaign_name: String => "Name" as KEY,
        /// The requested metric, two decimals: percent, or seconds for avg_duration_sec.
        metric_value: PercentText => "Value" as plain(Kind::Ratio).up(),
    }
}

/// Campaigns in the requested order, each in the requested window or its own default.
#[derive(Debug)]
pub struct Campaigns {
    ids: Vec<i64>,
    bounds: WindowBounds,
    kept: Kept,
    beginnings: HashMap<i64, CampaignStart>,
    /// One for each campaign.
    windows: Vec<Window>,
}

impl Subject for Campaigns {
    const PARAMETERS: &'static [Parameter] = &[CAMPAIGN_IDS, FROM, TO, WINDOW, ZONE_OF_ACCOUNT];
    type Asked = (Option<Vec<i64>>, AskedWindow);
    type Found = ();

    fn read(query: &mut Query) -> Self::Asked {
        (query.id_list(&CAMPAIGN_IDS), AskedWindow::read(query))
    }

    fn heap((ids, _): &Self::Asked) -> usize {
        ids.as_deref().map_or(0, size_of_val)
    }

    async fn find(_: &mut Scope, _: Option<i64>) -> Result<()> {
        Ok(())
    }

    fn resolve(
        (ids, window): &Self::Asked,
        (): (),
        context: Context<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let bounds = window.resolve(context, faults);
        Some(Self {
            ids: ids.clone()?,
            bounds,
            kept: bounds.kept,
            beginnings: HashMap::new(),
            windows: Vec::new(),
        })
    }

    async fn check(&mut self, scope: &mut Scope) -> Result<()> {
        let beginnings = CampaignStart::load(scope, &self.ids).await?;
        self.beginnings = beginnings
            .into_iter()
            .map(|beginning| (beginning.id, beginning))
            .collect();
        let beginnings = self.ids.iter().filter_map(|id| self.beginnings.get(id));
        self.windows = beginnings
            .map(|beginning| self.bounds.window(beginning))
            .collect();
        let missing = self
            .ids
            .iter()
            .filter(|id| !self.beginnings.contains_key(id));
        Error::missing(CAMPAIGN_IDS.plain(), missing).map_or(Ok(()), Err)
    }

    fn trusted(&self) -> bool {
        self.beginnings.values().all(|campaign| campaign.trusted)
    }

    fn read_from(&mut self, source: Source) -> Source {
        self.kept.statements(source, &self.windows)
    }

    fn begin_with_rows(&mut self) {
        for window in &mut self.windows {
            *window = self.kept.with_rows(window);
        }
    }

    fn caption(&self) -> Caption {
        let ids: Vec<String> = self.ids.iter().map(i64::to_string).collect();
        Caption {
            window: self.common_window(),
            zone: self.bounds.zone,
            filters: vec![("campaign_ids", ids.join(", "))],
            earlier: None,
        }
    }
}

impl Campaigns {
    /// The window that all campaigns share; `None` if defaults differ.
    fn common_window(&self) -> Option<Window> {
        let (first, others) = self.windows.split_first()?;
        others.iter().all(|other| other == first).then_some(*first)
    }
}

static STATEMENTS: Statements = statements!("comparison");

#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
struct Counters {
    id: i64,
    dialed: i64,
    answered: i64,
    talk_sec: i64,
    handed_over: i64,
}

impl Report for Comparison {
    const ABOUT: About = About {
        name: "comparison",
        title: "Campaign comparison",
        summary: "One metric of several campaigns, in the requested order. Without a window each campaign has its own: \
                  from its beginning to now.",
        example: include_str!("comparison.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::AcrossCampaigns,
        parameters: &[METRIC],
        files: false,
    };
    type Subject = Campaigns;
    type Options = Metric;
    type Body = Vec<AutocallComparisonRow>;

    fn options(query: &mut Query) -> Metric {
        query.choice(&METRIC).unwrap_or_default()
    }

    async fn run(scope: &mut Scope, ask: &Ask<'_, Campaigns, Metric>) -> Result<Self::Body> {
        let campaigns: Vec<&CampaignStart> = ask
            .subject
            .ids
            .iter()
            .filter_map(|id| ask.subject.beginnings.get(id))
            .collect();
        let rows = match ask.source {
            Source::Rolled => rolled(scope, &ask.subject).await?,
            Source::Raw => raw(scope, &ask.subject.ids, &ask.subject.windows).await?,
        };
        let counters: HashMap<i64, Counters> = rows.into_iter().map(|row| (row.id, row)).collect();
        let row = |campaign: &&CampaignStart| AutocallComparisonRow {
            campaign_id: Id(campaign.id),
            campaign_name: campaign.name.clone(),
            metric_value: value(
                ask.options,
                counters.get(&campaign.id).copied().unwrap_or_default(),
            ),
        };
        Ok(campaigns.iter().map(row).collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "campaign_name",
            values: &["metric_value"],
        };
        vec![Table::of("comparison", body).with_chart(chart)]
    }
}

/// One statement per campaign: each has its own window and takes a fraction of a millisecond.
async fn rolled(scope: &mut Scope, asked: &Campaigns) -> Result<Vec<Counters>> {
    let mut rows = Vec::new();
    for (id, window) in asked.ids.iter().zip(&asked.windows) {
        let row = scope
            .select(STATEMENTS.of(Source::Rolled, RollupScope::Campaign))
            .bind(*id);
        let plan = Plan::whole(window, Detail::Fine, RollupScope::Campaign, asked.kept)?;
        let row = row.bind_plan(&plan);
        rows.push(row.fetch_one(scope.connection()).await?);
    }
    Ok(rows)
}

async fn raw(scope: &mut Scope, ids: &[i64], windows: &[Window]) -> Result<Vec<Counters>> {
    let (from, to): (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) = windows
        .iter()
        .map(|window| (window.from, window.to))
        .unzip();
    let rows = scope
        .select(STATEMENTS.of(Source::Raw, RollupScope::Campaign))
        .bind(ids.to_vec())
        .bind(from)
        .bind(to);
    Ok(rows.fetch_all(scope.connection()).await?)
}

fn value(metric: Metric, counters: Counters) -> PercentText {
    match metric {
        Metric::AnswerRate => PercentText::percent(counters.answered, counters.dialed),
        Metric::AverageDuration => PercentText::ratio(counters.talk_sec, counters.answered),
        Metric::TransferRate => PercentText::percent(counters.handed_over, counters.answered),
    }
}
