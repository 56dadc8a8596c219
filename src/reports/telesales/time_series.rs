//! Time series: dials over time, by local day, ISO week or hour.

use super::{ANSWERS, DIALS, Filter};
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::input::{FILL_GAPS, Kind, Parameter, Query, choice};
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::reports::series::{self, Series};
use crate::rollups::{Source, Statements, statements};
use crate::table::{Chart, Table, row};
use crate::time::{Bucket, Granularity};

pub struct TimeSeries;

choice! {
    pub enum GroupBy { Day = "day", Week = "week", Hour = "hour" }
}

const GROUP_BY: Parameter = Parameter::optional(
    "group_by",
    Kind::Choice(GroupBy::NAMES),
    "Size of a bucket; day by default, weeks are ISO weeks.",
);

row! {
    /// One local day, week or hour of dialing.
    pub struct TelesalesTimeBucket {
        /// The bucket by the local clock: `YYYY-MM-DD`, `YYYY-Www` (ISO) or `YYYY-MM-DD HH:00:00`.
        #[schema(value_type = String)]
        bucket: Bucket => "Time" as key("bucket"),
        /// Dials started in the bucket.
        dials: i64 => "Dials" as calls(&[("result", DIALS)]),
        /// Dials answered by the customer.
        answers: i64 => "Answers" as calls(&[("result", ANSWERS)]).up(),
        /// Talk time of these dials, seconds.
        talk_sec: i64 => "Talk time, s" as sum(&[("result", DIALS)]),
        /// Dials whose disposition is a conversion.
        conversions: i64 => "Conversions" as calls(&[("conversion", "true")]).up(),
    }
}

/// Counts of one bucket.
#[derive(Debug, Default, sqlx::FromRow)]
pub(super) struct Counters {
    pub bucket: i64,
    pub dials: i64,
    pub answers: i64,
    pub talk_sec: i64,
    pub conversions: i64,
}

static STATEMENTS: Statements = statements!("time_series");

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

impl Report for TimeSeries {
    const ABOUT: About = About {
        name: "time-series",
        title: "Time series",
        summary: "Dials by local day, ISO week or hour, in order; buckets without dials are left out.",
        example: include_str!("time_series.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[GROUP_BY, FILL_GAPS],
        files: true,
    };
    type Subject = Filter;
    type Options = Series;
    type Body = Vec<TelesalesTimeBucket>;

    fn options(query: &mut Query) -> Series {
        let granularity = match query.choice(&GROUP_BY) {
            Some(GroupBy::Hour) => Granularity::Hour,
            Some(GroupBy::Week) => Granularity::Week,
            Some(GroupBy::Day) | None => Granularity::Day,
        };
        Series {
            granularity,
            fill_gaps: query.flag(&FILL_GAPS),
        }
    }

    fn by_hour(series: &Series) -> Option<Series> {
        series.by_hour()
    }

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, Series>) -> Result<Self::Body> {
        let (filter, series) = (&ask.subject, ask.options);
        let rows = counted(scope, filter, series, ask.source).await?;
        let rows = series.filled(rows, &filter.window)?;
        Ok(rows
            .into_iter()
            .map(|counters| bucket(ask.options.granularity, &counters))
            .collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Line {
            over: "bucket",
            values: &["dials", "answers", "conversions"],
        };
        vec![Table::of("time-series", body).with_chart(chart)]
    }
}

/// Counts of the buckets with dials, in order.
pub(super) async fn counted(
    scope: &mut Scope,
    filter: &Filter,
    series: Series,
    source: Source,
) -> Result<Vec<Counters>> {
    let rows = series.bind(filter.select(scope, &STATEMENTS, source));
    let rows = filter.bind_local(rows, source, series.granularity)?;
    Ok(rows.fetch_all(scope.connection()).await?)
}

fn bucket(granularity: Granularity, counters: &Counters) -> TelesalesTimeBucket {
    TelesalesTimeBucket {
        bucket: Bucket {
            granularity,
            number: counters.bucket,
        },
        dials: counters.dials,
        answers: counters.answers,
        talk_sec: counters.talk_sec,
        conversions: counters.conversions,
    }
}
