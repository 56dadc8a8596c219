//! Heatmap: dials by hour of the week.

use super::{ANSWERS, DIALS, Filter};
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::percent::DecimalNumber;
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::reports::week;
use crate::rollups::{Statements, statements};
use crate::table::{Chart, Hour, Table, Weekday, row};
use crate::time::Granularity;

pub struct HourDowHeatmap;

row! {
    /// One hour of the week, by the local clock.
    pub struct TelesalesHeatmapCell {
        /// 0 = Sunday to 6 = Saturday.
        #[schema(value_type = i64)]
        day_of_week: Weekday => "Day of week" as key("day_of_week"),
        /// Hour of the day, 0 to 23.
        #[schema(value_type = i64)]
        hour: Hour => "Hour" as key("hour"),
        /// Dials started in it.
        dials: i64 => "Dials" as calls(&[("result", DIALS)]),
        /// Dials answered by the customer.
        answered: i64 => "Answers" as calls(&[("result", ANSWERS)]).up(),
        /// answered ÷ dials × 100, at most one decimal.
        answer_rate_pct: DecimalNumber<1> => "Answer rate, %" as ratio("answered", "dials").up(),
    }
}

static STATEMENTS: Statements = statements!("hour_dow_heatmap");

#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
struct Counters {
    hour_of_week: i64,
    dials: i64,
    answered: i64,
}

impl Report for HourDowHeatmap {
    const ABOUT: About = About {
        name: "hour-dow-heatmap",
        title: "Hour × day heatmap",
        summary: "Dials by day of the week and hour: 168 cells in order, zeros included.",
        example: include_str!("hour_dow_heatmap.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: true,
    };
    type Subject = Filter;
    type Options = ();
    type Body = Vec<TelesalesHeatmapCell>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<Self::Body> {
        let filter = &ask.subject;
        let rows = filter.select(scope, &STATEMENTS, ask.source);
        let rows = filter.bind_local(rows, ask.source, Granularity::Hour)?;
        let rows: Vec<Counters> = rows.fetch_all(scope.connection()).await?;
        let cell = |(
            day_of_week,
            hour,
            Counters {
                dials, answered, ..
            },
        )| TelesalesHeatmapCell {
            day_of_week: Weekday(day_of_week),
            hour: Hour(hour),
            dials,
            answered,
            answer_rate_pct: DecimalNumber::percent(answered, dials),
        };
        Ok(week::cells(rows, |counters| counters.hour_of_week)
            .into_iter()
            .map(cell)
            .collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Week {
            day: "day_of_week",
            hour: "hour",
            values: &["dials", "answer_rate_pct"],
        };
        vec![Table::of("hour-dow-heatmap", body).with_chart(chart)]
    }
}
