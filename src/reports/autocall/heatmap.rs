//! Heatmap: a campaign's attempts by hour of the week.

use serde::Serialize;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Campaign;
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::input::{Kind, Parameter, Query, choice};
use crate::percent::PercentText;
use crate::reports::report::{Across, Ask, Export, Module, Place, Report, Route, Summary};
use crate::reports::week;
use crate::rollups::{Statements, statements};
use crate::table::{Chart, Hour, Table, Weekday, row};
use crate::time::Granularity;

pub struct Heatmap;

choice! {
    pub enum Metric { Dialed = "dialed", Answered = "answered", AnswerRate = "answer_rate_pct" }
}

const METRIC: Parameter = Parameter::optional(
    "metric",
    Kind::Choice(Metric::NAMES),
    "Puts that metric into each cell's value as well; without it the cells have no value.",
);

row! {
    /// One hour of the week, by the local clock.
    pub struct AutocallHeatmapCell {
        /// 0 = Sunday to 6 = Saturday.
        #[schema(value_type = i64)]
        day_of_week: Weekday => "Day of week" as key("day_of_week"),
        /// Hour of the day, 0 to 23.
        #[schema(value_type = i64)]
        hour: Hour => "Hour" as key("hour"),
        /// Attempts started in it.
        dialed: i64 => "Dialed" as calls(&[]),
        /// Attempts with result answered.
        answered: i64 => "Answered" as calls(&[("result", "answered")]).up(),
        /// answered ÷ dialed × 100, two decimals.
        answer_rate_pct: PercentText => "Answer rate, %" as ratio("answered", "dialed").up(),
        /// The requested metric, exactly as in its own field; absent without metric.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        value: Option<Figure> as SETTING,
    }
}

/// A figure in the format of its own field.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Figure {
    Count(i64),
    Rate(PercentText),
}

impl PartialSchema for Figure {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(i64::schema())
            .item(PercentText::schema())
            .into()
    }
}

impl ToSchema for Figure {
    fn name() -> std::borrow::Cow<'static, str> {
        "AutocallHeatmapValue".into()
    }
}

static STATEMENTS: Statements = statements!("heatmap");

#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
struct Counters {
    hour_of_week: i64,
    dialed: i64,
    answered: i64,
}

impl Report for Heatmap {
    const ABOUT: About = About {
        name: "heatmap",
        title: "Campaign heatmap",
        summary: "A campaign's attempts by day of the week and hour: 168 cells in order, zeros included.",
        example: include_str!("heatmap.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::OfCampaign,
        parameters: &[METRIC],
        files: false,
    };
    const EXPORT: Option<Export> = Some(Export {
        sheet: "Heatmap",
        alone: false,
        summary: Summary::Picture {
            title: "Attempts by day and hour",
            row: 3,
            across: Across::Whole,
        },
    });
    type Subject = Campaign;
    type Options = Option<Metric>;
    type Body = Vec<AutocallHeatmapCell>;

    fn options(query: &mut Query) -> Option<Metric> {
        query.choice(&METRIC)
    }

    async fn run(scope: &mut Scope, ask: &Ask<'_, Campaign, Option<Metric>>) -> Result<Self::Body> {
        let campaign = &ask.subject;
        let rows = campaign.select(scope, &STATEMENTS, ask.source);
        let rows = campaign.bind_local(rows, ask.source, Granularity::Hour)?;
        let rows: Vec<Counters> = rows.fetch_all(scope.connection()).await?;
        let cells = week::cells(rows, |counters| counters.hour_of_week);
        Ok(cells
            .into_iter()
            .map(|(day, hour, counters)| cell(day, hour, counters, ask.options))
            .collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Week {
            day: "day_of_week",
            hour: "hour",
            values: &["dialed", "answer_rate_pct"],
        };
        vec![Table::of("heatmap", body).with_chart(chart)]
    }
}

fn cell(
    day_of_week: i64,
    hour: i64,
    counters: Counters,
    metric: Option<Metric>,
) -> AutocallHeatmapCell {
    let Counters {
        dialed, answered, ..
    } = counters;
    let answer_rate_pct = PercentText::percent(answered, dialed);
    let value = metric.map(|metric| match metric {
        Metric::Dialed => Figure::Count(dialed),
        Metric::Answered => Figure::Count(answered),
        Metric::AnswerRate => Figure::Rate(answer_rate_pct),
    });
    AutocallHeatmapCell {
        day_of_week: Weekday(day_of_week),
        hour: Hour(hour),
        dialed,
        answered,
        answer_rate_pct,
        value,
    }
}
