//! Typical day: quartiles of the hours over the last days of this weekday.

use super::time_series::{self, Counters};
use super::{AGENT_IDS, AskedFilter, CAMPAIGN_ID, Filter, Length, SOURCE, TEAM_ID};
use crate::asked::About;
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::files::Caption;
use crate::input::{Parameter, Query, ZONE_UTC};
use crate::reports::report::{Ask, Context, Module, Place, Report, Route, Subject};
use crate::reports::series::Series;
use crate::reports::typical::{self, HourCounts, TypicalNumber, TypicalRate};
use crate::rollups::{Kept, Source};
use crate::table::{Hour, Table, row};
use crate::time::{Granularity, Window};

pub struct TypicalDay;

row! {
    /// An hour of the day, by the local clock.
    pub struct TelesalesTypicalHour {
        /// Hour of the day, 0 to 23.
        #[schema(value_type = i64)]
        hour: Hour => "Hour" as KEY,
        /// Days that count; all quartiles are null below 3.
        n: i64 => "Days" as SETTING,
        /// Dials started in the hour.
        dials: Option<TypicalNumber>,
        /// Dials answered by the customer.
        answers: Option<TypicalNumber>,
        /// answers ÷ dials × 100, over the days with dials in the hour; null if they are fewer than 3.
        answer_rate_pct: Option<TypicalRate>,
        /// Dials whose disposition is a conversion.
        conversions: Option<TypicalNumber>,
        /// Talk time ÷ answers, whole seconds, over the days with answers in the hour; null if they are fewer than 3.
        avg_talk_sec: Option<TypicalNumber>,
    }
}

/// A selection of calls, and the days before today with its weekday.
#[derive(Debug)]
pub struct Weeks {
    filter: Filter,
    days: Vec<Window>,
}

impl Subject for Weeks {
    const PARAMETERS: &'static [Parameter] = &[CAMPAIGN_ID, AGENT_IDS, TEAM_ID, SOURCE, ZONE_UTC];
    const HAS_FORMAT: bool = true;
    type Asked = AskedFilter;
    type Found = ();

    fn read(query: &mut Query) -> AskedFilter {
        AskedFilter::read(query, Length::Any)
    }

    fn heap(asked: &AskedFilter) -> usize {
        Filter::heap(asked)
    }

    async fn find(_: &mut Scope, _: Option<i64>) -> Result<()> {
        Ok(())
    }

    fn resolve(asked: &AskedFilter, (): (), context: Context<'_>, _: &mut Faults) -> Option<Self> {
        let kept = Kept::of(context.tenant, ZONE_UTC.name);
        let days = typical::days(asked.zone, context.now, kept);
        let span = typical::span(&days, asked.zone, context.now);
        let filter = Filter::new(asked, span, kept);
        Some(Self { filter, days })
    }

    async fn check(&mut self, scope: &mut Scope) -> Result<()> {
        self.filter.check(scope).await
    }

    fn trusted(&self) -> bool {
        self.filter.trusted
    }

    fn read_from(&mut self, source: Source) -> Source {
        self.filter.read_from(source)
    }

    fn begin_with_rows(&mut self) {} // it does

    fn caption(&self) -> Caption {
        self.filter.caption()
    }
}

impl Report for TypicalDay {
    const ABOUT: About = About {
        name: "typical-day",
        title: "Typical day",
        summary: "Quartiles of the local hours over the last 4 days with the weekday of today that had dials, at most 8 weeks \
                  back: 24 rows in order, null under 3 such days.",
        example: include_str!("typical_day.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: false,
    };
    type Subject = Weeks;
    type Options = ();
    type Body = Vec<TelesalesTypicalHour>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Weeks, ()>) -> Result<Self::Body> {
        let hourly = Series {
            granularity: Granularity::Hour,
            fill_gaps: false,
        };
        let mut days = Vec::new();
        let mut filter = ask.subject.filter.clone();
        for window in &ask.subject.days {
            filter.window = *window;
            let hours = time_series::counted(scope, &filter, hourly, ask.source).await?;
            if !hours.is_empty() {
                days.push(typical::day(hours.iter().map(counts)));
            }
            if days.len() == typical::MOST {
                break;
            }
        }
        let n = i64::try_from(days.len()).unwrap_or_default(); // infallible: few
        let rows = typical::hours(&days).map(|(hour, typical)| TelesalesTypicalHour {
            hour: Hour(hour),
            n,
            dials: typical.number(|hour| hour.dials),
            answers: typical.number(|hour| hour.answers),
            answer_rate_pct: typical.answer_rate(),
            conversions: typical.number(|hour| hour.reached),
            avg_talk_sec: typical.mean_talk(),
        });
        Ok(rows.collect())
    }

    fn tables(_: &Self::Body) -> Vec<Table> {
        Vec::new()
    }
}

fn counts(hour: &Counters) -> (i64, HourCounts) {
    let counts = HourCounts {
        dials: hour.dials,
        answers: hour.answers,
        talk_sec: hour.talk_sec,
        reached: hour.conversions,
    };
    (hour.bucket, counts)
}
