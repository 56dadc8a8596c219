//! Trend: a campaign's attempts over time, by local day or hour.

use super::Campaign;
use crate::asked::About;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::input::{FILL_GAPS, Kind, Parameter, Query, choice};
use crate::percent::{PercentText, mean};
use crate::reports::report::{Across, Ask, Export, Module, Place, Report, Route, Summary};
use crate::reports::series::{self, Series};
use crate::rollups::{Source, Statements, statements};
use crate::table::{Chart, Table, row};
use crate::time::{Bucket, Granularity};

pub struct Trend;

choice! {
    pub enum Step { Day = "day", Hour = "hour" }
}

/// Maximum number of buckets in a response; the statements return at most one more.
const MOST_BUCKETS: usize = 100_000;

const GRANULARITY: Parameter = Parameter::optional(
    "granularity",
    Kind::Choice(Step::NAMES),
    "Size of a bucket; day by default.",
);

row! {
    /// One local day or hour of a campaign.
    pub struct AutocallTrendBucket {
        /// The bucket by the local clock: `YYYY-MM-DD`, or `YYYY-MM-DD HH:00:00`.
        #[schema(value_type = String)]
        bucket: Bucket => "Time" as key("bucket"),
        /// Attempts started in the bucket, those in progress included.
        dialed: i64 => "Dialed" as calls(&[]),
        /// Attempts with result answered.
        answered: i64 => "Answered" as calls(&[("result", "answered")]).up(),
        /// answered ÷ dialed × 100, two decimals.
        answer_rate_pct: PercentText => "Answer rate, %" as ratio("answered", "dialed").up(),
        /// Mean billsec of answered attempts, whole seconds.
        avg_duration_sec: i64 => "Average duration, s" as average("talk_time_sec", "answered"),
        /// Attempts handed to an agent queue (transfer queued or connected).
        transfer_count: i64 => "Transferred to queue" as calls(&[("transfer", "queued,connected")]).up(),
    }
    besides {
        /// Sum of billsec of answered attempts, seconds.
        talk_time_sec => "Total talk time, s" as sum(&[("result", "answered")]),
    }
}

/// Counts of one bucket.
#[derive(Debug, Default, sqlx::FromRow)]
pub(super) struct Counters {
    pub bucket: i64,
    pub dialed: i64,
    pub answered: i64,
    pub talk_sec: i64,
    pub handed_over: i64,
}

static STATEMENTS: Statements = statements!("trend");

impl series::Bucketed for Counters {
    fn bucket(&self) -> i64 {
        self.bucket
    }

    fn empty(bucket: i64) -> Self {
        Self {
            bucket,
            ..Self::default()
        }
    }
}

impl Report for Trend {
    const ABOUT: About = About {
        name: "trend",
        title: "Campaign trend",
        summary: "A campaign's attempts by local day or hour, in order; buckets without attempts are left out.",
        example: include_str!("trend.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::OfCampaign,
        parameters: &[GRANULARITY, FILL_GAPS],
        files: false,
    };
    const EXPORT: Option<Export> = Some(Export {
        sheet: "Trend",
        alone: true,
        summary: Summary::Picture {
            title: "Attempts by day",
            row: 0,
            across: Across::Whole,
        },
    });
    type Subject = Campaign;
    type Options = Series;
    type Body = Vec<AutocallTrendBucket>;

    fn options(query: &mut Query) -> Series {
        let granularity = match query.choice(&GRANULARITY) {
            Some(Step::Hour) => Granularity::Hour,
            Some(Step::Day) | None => Granularity::Day,
        };
        Series {
            granularity,
            fill_gaps: query.flag(&FILL_GAPS),
        }
    }

    fn by_hour(series: &Series) -> Option<Series> {
        series.by_hour()
    }

    async fn run(scope: &mut Scope, ask: &Ask<'_, Campaign, Series>) -> Result<Self::Body> {
        let (campaign, series) = (&ask.subject, ask.options);
        let rows = counted(scope, campaign, series, ask.source).await?;
        let rows = series.filled(rows, &campaign.window)?;
        Ok(rows
            .into_iter()
            .map(|counters| bucket(ask.options.granularity, &counters))
            .collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Line {
            over: "bucket",
            values: &["dialed", "answered"],
        };
        vec![Table::of("trend", body).with_chart(chart)]
    }
}

/// Counts of the buckets with attempts, in order.
pub(super) async fn counted(
    scope: &mut Scope,
    campaign: &Campaign,
    series: Series,
    source: Source,
) -> Result<Vec<Counters>> {
    let rows = series.bind(campaign.select(scope, &STATEMENTS, source));
    let rows = campaign.bind_local(rows, source, series.granularity)?;
    let rows: Vec<Counters> = rows.fetch_all(scope.connection()).await?;
    if rows.len() > MOST_BUCKETS {
        let too_many = format!("More than {MOST_BUCKETS} buckets of the window have attempts.");
        return Err(Error::invalid(GRANULARITY.name, too_many));
    }
    Ok(rows)
}

fn bucket(granularity: Granularity, counters: &Counters) -> AutocallTrendBucket {
    AutocallTrendBucket {
        bucket: Bucket {
            granularity,
            number: counters.bucket,
        },
        dialed: counters.dialed,
        answered: counters.answered,
        answer_rate_pct: PercentText::percent(counters.answered, counters.dialed),
        avg_duration_sec: mean(counters.talk_sec, counters.answered),
        transfer_count: counters.handed_over,
    }
}
