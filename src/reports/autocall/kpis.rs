//! KPIs: totals of a campaign's attempts, in one object.

use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::ObjectBuilder;

use super::Campaign;
use super::digits::{Digits, KeyCounts};
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::figure::{Form, Member, Within, calls};
use crate::percent::{PercentText, mean};
use crate::reports::report::{Ask, Export, Module, Object, Place, Report, Route, Summary};
use crate::rollups::{Bind, Plan, RollupScope, Source, Statements, statements};
use crate::table::{Chart, Column, Inside, Row, Table, row};
use crate::time::Instant;

pub struct Kpis;

row! {
    /// Totals of a campaign's attempts in the window.
    pub struct AutocallKpis {
        /// Leads of the campaign, regardless of the window; only those created since complete_from, if the account has one.
        total_leads: i64 => "Total leads" as leads(&[("from", WITHOUT), ("to", WITHOUT), ("window", WITHOUT)]),
        /// Attempts started in the window, those in progress included; one lead may have many.
        dialed: i64 => "Dialed" as calls(&[]),
        /// Attempts with result answered.
        answered: i64 => "Answered" as calls(&[("result", "answered")]).up(),
        /// Attempts with result no_answer.
        no_answer: i64 => "No answer" as calls(&[("result", "no_answer")]).down(),
        /// Attempts with result busy.
        busy: i64 => "Busy" as calls(&[("result", "busy")]).down(),
        /// Attempts with result failed; rejected calls are among them.
        failed: i64 => "Failed" as calls(&[("result", "failed")]).down(),
        /// Attempts with result abandoned.
        abandoned: i64 => "Abandoned" as calls(&[("result", "abandoned")]).down(),
        /// answered ÷ dialed × 100, two decimals.
        answer_rate_pct: PercentText => "Answer rate, %" as ratio("answered", "dialed").up(),
        /// Mean billsec of answered attempts, whole seconds.
        avg_call_duration_sec: i64 => "Average duration, s" as average("total_talk_time_sec", "answered"),
        /// Sum of billsec of answered attempts, seconds.
        total_talk_time_sec: i64 => "Total talk time, s" as sum(&[("result", "answered")]),
        /// Answered attempts by deciding key (the last one pressed): count descending, then key; `no_input` last.
        dtmf_distribution: Distribution,
        /// Attempts handed to an agent queue (transfer queued or connected).
        transfer_to_queue_count: i64 => "Transferred to queue" as calls(&[("transfer", "queued,connected")]).up(),
        /// Attempts connected to an agent ÷ attempts handed to a queue × 100, two decimals.
        transfer_success_rate_pct: PercentText => "Transfer success, %" as ratio("connected", "transfer_to_queue_count").up(),
        /// Time of the snapshot that these figures were read from.
        computed_at: Instant => "Computed at" as SETTING,
    }
    besides {
        /// Attempts connected to an agent.
        connected => "Connected to agent" as calls(&[("transfer", "connected")]).up(),
    }
}

row! {
    /// A deciding key with its count.
    pub struct KeyCount {
        /// The key, or no_input.
        digit: String => "Key" as key("digit"),
        /// Answered attempts with this deciding key.
        count: i64 => "Count" as calls(&[]),
    }
}

/// Keys with their counts; an object in JSON.
#[derive(Debug, Clone)]
pub struct Distribution(Vec<KeyCount>);

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|key| (&key.digit, key.count)))
    }
}

impl utoipa::PartialSchema for Distribution {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        ObjectBuilder::new()
            .additional_properties(Some(i64::schema()))
            .into()
    }
}

impl utoipa::ToSchema for Distribution {}

impl Inside for Distribution {
    const WITHIN: Within = Within {
        schema: <Self as utoipa::ToSchema>::name,
        form: Form::Map,
        members: &[Member {
            name: "*",
            title: "Answered, by key",
            mark: calls(&[("digit", "{*}")]),
            decimals: 0,
        }],
        besides: &[],
        has_lists: true,
    };
}

static STATEMENTS: Statements = statements!("kpis");

#[derive(sqlx::FromRow)]
struct Counters {
    total_leads: i64,
    dialed: i64,
    answered: i64,
    no_answer: i64,
    busy: i64,
    failed: i64,
    abandoned: i64,
    talk_sec: i64,
    handed_over: i64,
    connected: i64,
}

#[derive(sqlx::FromRow)]
struct CountersAndKeys {
    #[sqlx(flatten)]
    counters: Counters,
    #[sqlx(flatten)]
    keys: KeyCounts,
}

impl Object for AutocallKpis {
    fn without_timestamps(&self) -> Option<Self> {
        Some(Self {
            computed_at: Instant::default(),
            ..self.clone()
        })
    }
}

impl Report for Kpis {
    const ABOUT: About = About {
        name: "kpis",
        title: "Campaign KPIs",
        summary: "Totals of a campaign's attempts in the window: results, answer rate, talk time, keys, transfers.",
        example: include_str!("kpis.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::OfCampaign,
        parameters: &[],
        files: false,
    };
    const EXPORT: Option<Export> = Some(Export {
        sheet: "KPIs",
        alone: true,
        summary: Summary::Figures,
    });
    type Subject = Campaign;
    type Options = ();
    type Body = AutocallKpis;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Campaign, ()>) -> Result<AutocallKpis> {
        let campaign = &ask.subject;
        let (counters, digits) = match ask.source {
            Source::Rolled => {
                let row = campaign.select::<CountersAndKeys>(scope, &STATEMENTS, ask.source);
                let row = row.bind_plan(&Plan::ever(RollupScope::Campaign, campaign.kept)?);
                let row = campaign.bind_window(row, ask.source)?;
                let CountersAndKeys { counters, keys } = row.fetch_one(scope.connection()).await?;
                (counters, keys.into())
            }
            Source::Raw => {
                let row = campaign.select(scope, &STATEMENTS, ask.source);
                let row = campaign.bind_window(row, ask.source)?;
                let counters = row.fetch_one(scope.connection()).await?;
                (counters, Digits::load(scope, campaign, ask.source).await?)
            }
        };
        Ok(figures(&counters, keys(digits), Instant(ask.now)))
    }

    const TABLES: &'static [(&'static str, &'static [Column])] = &[
        ("kpis", AutocallKpis::COLUMNS),
        ("dtmf_distribution", KeyCount::COLUMNS),
    ];

    fn tables(body: &AutocallKpis) -> Vec<Table> {
        let keys = Chart::Bars {
            over: "digit",
            values: &["count"],
        };
        vec![
            Table::of("kpis", std::slice::from_ref(body)),
            Table::of("dtmf_distribution", &body.dtmf_distribution.0).with_chart(keys),
        ]
    }
}

fn figures(
    counters: &Counters,
    dtmf_distribution: Distribution,
    computed_at: Instant,
) -> AutocallKpis {
    AutocallKpis {
        total_leads: counters.total_leads,
        dialed: counters.dialed,
        answered: counters.answered,
        no_answer: counters.no_answer,
        busy: counters.busy,
        failed: counters.failed,
        abandoned: counters.abandoned,
        answer_rate_pct: PercentText::percent(counters.answered, counters.dialed),
        avg_call_duration_sec: mean(counters.talk_sec, counters.answered),
        total_talk_time_sec: counters.talk_sec,
        dtmf_distribution,
        transfer_to_queue_count: counters.handed_over,
        transfer_success_rate_pct: PercentText::percent(counters.connected, counters.handed_over),
        computed_at,
    }
}

fn keys(digits: Digits) -> Distribution {
    let no_input = KeyCount {
        digit: "no_input".into(),
        count: digits.no_input,
    };
    let pressed = digits
        .pressed
        .into_iter()
        .map(|(digit, count)| KeyCount { digit, count });
    Distribution(pressed.chain([no_input]).collect())
}
