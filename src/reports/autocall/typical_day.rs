//! Typical day: quartiles of a campaign's hours over the last days of this weekday.

use super::trend::{self, Counters};
use super::{Campaign, CampaignStart};
use crate::asked::About;
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::files::Caption;
use crate::input::{Parameter, Query, ZONE_OF_ACCOUNT};
use crate::reports::report::{Ask, Context, Module, Place, Report, Route, Subject};
use crate::reports::series::Series;
use crate::reports::typical::{self, HourCounts, TypicalNumber, TypicalRate};
use crate::rollups::{Kept, Source};
use crate::table::{Hour, Table, row};
use crate::time::{Granularity, Window, Zone};

pub struct TypicalDay;

row! {
    /// An hour of the day, by the local clock.
    pub struct AutocallTypicalHour {
        /// Hour of the day, 0 to 23.
        #[schema(value_type = i64)]
        hour: Hour => "Hour" as KEY,
        /// Days that count; all quartiles are null below 3.
        n: i64 => "Days" as SETTING,
        /// Attempts started in the hour.
        dials: Option<TypicalNumber>,
        /// Attempts with result answered.
        answers: Option<TypicalNumber>,
        /// answered ÷ attempts × 100, over the days with attempts in the hour; null if they are fewer than 3.
        answer_rate_pct: Option<TypicalRate>,
        /// Attempts handed to an agent queue.
        transfers: Option<TypicalNumber>,
        /// Mean billsec of answered attempts, whole seconds, over the days with some in the hour; null if they are fewer than 3.
        avg_talk_sec: Option<TypicalNumber>,
    }
}

/// A campaign, and the days before today with its weekday.
#[derive(Debug)]
pub struct Weeks {
    campaign: Campaign,
    days: Vec<Window>,
}

impl Subject for Weeks {
    const PARAMETERS: &'static [Parameter] = &[ZONE_OF_ACCOUNT];
    type Asked = Option<Zone>;
    type Found = CampaignStart;

    fn read(query: &mut Query) -> Option<Zone> {
        query.zone()
    }

    async fn find(scope: &mut Scope, path_id: Option<i64>) -> Result<CampaignStart> {
        Campaign::find(scope, path_id).await
    }

    fn resolve(
        zone: &Option<Zone>,
        found: CampaignStart,
        context: Context<'_>,
        _: &mut Faults,
    ) -> Option<Self> {
        let zone = zone.unwrap_or(context.tenant.timezone);
        let kept = Kept::of(context.tenant, ZONE_OF_ACCOUNT.name);
        let days = typical::days(zone, context.now, kept);
        let campaign = Campaign {
            id: found.id,
            window: typical::span(&days, zone, context.now),
            trusted: found.trusted,
            kept,
        };
        Some(Self { campaign, days })
    }

    async fn check(&mut self, _: &mut Scope) -> Result<()> {
        Ok(())
    }

    fn trusted(&self) -> bool {
        self.campaign.trusted
    }

    fn read_from(&mut self, source: Source) -> Source {
        self.campaign.read_from(source)
    }

    fn begin_with_rows(&mut self) {} // it does

    fn caption(&self) -> Caption {
        self.campaign.caption()
    }
}

impl Report for TypicalDay {
    const ABOUT: About = About {
        name: "typical-day",
        title: "Typical day",
        summary: "Quartiles of a campaign's local hours over the last 4 days with the weekday of today that had attempts, at \
                  most 8 weeks back: 24 rows in order, null under 3 such days.",
        example: include_str!("typical_day.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::OfCampaign,
        parameters: &[],
        files: false,
    };
    type Subject = Weeks;
    type Options = ();
    type Body = Vec<AutocallTypicalHour>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Weeks, ()>) -> Result<Self::Body> {
        let hourly = Series {
            granularity: Granularity::Hour,
            fill_gaps: false,
        };
        let mut days = Vec::new();
        for window in &ask.subject.days {
            let campaign = Campaign {
                window: *window,
                ..ask.subject.campaign
            };
            let hours = trend::counted(scope, &campaign, hourly, ask.source).await?;
            if !hours.is_empty() {
                days.push(typical::day(hours.iter().map(counts)));
            }
            if days.len() == typical::MOST {
                break;
            }
        }
        let n = i64::try_from(days.len()).unwrap_or_default(); // infallible: few
        let rows = typical::hours(&days).map(|(hour, typical)| AutocallTypicalHour {
            hour: Hour(hour),
            n,
            dials: typical.number(|hour| hour.dials),
            answers: typical.number(|hour| hour.answers),
            answer_rate_pct: typical.answer_rate(),
            transfers: typical.number(|hour| hour.reached),
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
        dials: hour.dialed,
        answers: hour.answered,
        talk_sec: hour.talk_sec,
        reached: hour.handed_over,
    };
    (hour.bucket, counts)
}
