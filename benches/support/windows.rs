//! Requests: random windows of about 76 of the 90 days with data, and each report's request for one.

use callboard::reports::Definition;
use callboard::reports::report::{Format, Module, Place};
use callboard::reports::request::Request;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Zones with whole-hour offsets, with and without DST within the 90 days, and with quarter-hour offsets.
const ZONES: &[&str] = &[
    "Asia/Ho_Chi_Minh",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
    "UTC",
    "Australia/Adelaide",
];
const DAYS: i64 = 90;
/// Length of a window.
const WINDOW_DAYS: i64 = 76;

/// End of the data, and the time of the benchmarks' clock.
pub fn end() -> DateTime<Utc> {
    "2026-04-15T00:00:00Z".parse().expect("an instant")
}

fn begin() -> DateTime<Utc> {
    end() - TimeDelta::days(DAYS)
}

/// Kinds of window bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Any microsecond.
    Ragged,
    /// Two dates.
    Dates,
}

impl Shape {
    pub fn name(self) -> &'static str {
        if self == Self::Ragged {
            "ragged"
        } else {
            "dates"
        }
    }
}

/// A window as in a request.
#[derive(Debug, Clone)]
pub struct Window {
    pub from: String,
    pub to: String,
    pub zone: &'static str,
    /// Time of the request, for the report whose window ends now, and for figures of today.
    pub now: DateTime<Utc>,
    minutes: i64,
}

/// A random generator with a fixed seed.
pub struct Windows(StdRng);

impl Windows {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub fn next(&mut self, shape: Shape) -> Window {
        let zone = ZONES[self.0.random_range(0..ZONES.len())];
        let slack = TimeDelta::days(DAYS - WINDOW_DAYS)
            .num_microseconds()
            .expect("days");
        let from = begin() + TimeDelta::microseconds(self.0.random_range(0..slack));
        let to = from + TimeDelta::days(WINDOW_DAYS)
            - TimeDelta::microseconds(self.0.random_range(0..20_000_000_000));
        let ragged = self.ragged_hour();
        let now = if shape == Shape::Ragged {
            end() - ragged
        } else {
            end()
        };
        Window {
            now,
            ..Window::of(from, to, zone, shape)
        }
    }

    fn ragged_hour(&mut self) -> TimeDelta {
        TimeDelta::microseconds(self.0.random_range(0..3_600_000_000))
    }

    /// A window that ends a little after now, where calls are coming in.
    pub fn next_to_now(&mut self) -> Window {
        let zone = ZONES[self.0.random_range(0..ZONES.len())];
        let to = end() + TimeDelta::microseconds(self.0.random_range(3_600_000_000..7_200_000_000));
        let from = to - TimeDelta::days(WINDOW_DAYS)
            + TimeDelta::microseconds(self.0.random_range(0..20_000_000_000));
        Window::of(from, to, zone, Shape::Ragged)
    }

    /// The last `days` days, ragged by less than an hour.
    pub fn last(&mut self, days: i64) -> Window {
        let ragged = self.ragged_hour();
        Window::of(
            end() - TimeDelta::days(days) - ragged,
            end() - ragged,
            ZONES[0],
            Shape::Ragged,
        )
    }
}

impl Window {
    fn of(from: DateTime<Utc>, to: DateTime<Utc>, zone: &'static str, shape: Shape) -> Self {
        let written = |at: DateTime<Utc>| match shape {
            Shape::Ragged => at.to_rfc3339_opts(SecondsFormat::Micros, true),
            Shape::Dates => at.date_naive().to_string(),
        };
        Self {
            from: written(from),
            to: written(to),
            zone,
            now: to.max(end()),
            minutes: (to - from).num_minutes(),
        }
    }
}

/// A report with its parameters and subject.
#[derive(Clone, Copy)]
pub struct Question {
    pub definition: &'static Definition,
    /// `None` for the whole tenant.
    pub campaign: Option<i64>,
    pub parameters: &'static str,
}

impl Question {
    /// Every report, of a campaign or of the whole tenant, in each of its granularities.
    pub fn all(campaign: Option<i64>, module: Module) -> Vec<Self> {
        let mut questions = Vec::new();
        for definition in callboard::reports::ALL {
            let route = definition.route();
            if route.module != module || (campaign.is_none() && route.place != Place::OfAccount) {
                continue;
            }
            let parameters: &[&str] = match definition.about.name {
                "trend" => &["granularity=day", "granularity=hour"],
                "time-series" => &["group_by=day", "group_by=hour"],
                "comparison" => &["campaign_ids=1,2,3,4,5"],
                _ => &[""],
            };
            questions.extend(parameters.iter().map(|parameters| Self {
                definition,
                campaign,
                parameters,
            }));
        }
        questions
    }

    pub fn kpis(campaign: i64) -> Self {
        let definition = callboard::reports::ALL
            .iter()
            .find(|report| report.about.name == "kpis")
            .expect("KPIs");
        Self {
            definition,
            campaign: Some(campaign),
            parameters: "",
        }
    }

    /// The request as parsed by the server.
    pub fn request(&self, query: &str) -> Request {
        self.definition
            .parse(query, self.path_id(), &[Format::Json])
    }

    /// Its label in a table.
    pub fn name(&self) -> String {
        let module = if self.definition.route().module == Module::Autocall {
            "AutoCall"
        } else {
            "Telesales"
        };
        let detail = match self.parameters.split_once('=') {
            Some(("campaign_ids", ids)) => format!(" ({} campaigns)", ids.split(',').count()),
            Some((_, value)) => format!(" ({value})"),
            None => String::new(),
        };
        format!("{module} {}{detail}", self.definition.about.name)
    }

    /// The id in its path.
    pub fn path_id(&self) -> Option<i64> {
        self.campaign
            .filter(|_| self.definition.route().place == Place::OfCampaign)
    }

    /// The query string.
    pub fn query(&self, window: &Window) -> String {
        let about = self.definition.about;
        let Window {
            from,
            to,
            zone,
            minutes,
            ..
        } = window;
        let of_campaign = match (self.definition.route().place, self.campaign) {
            (Place::OfAccount, Some(campaign)) => format!("&campaign_id={campaign}"),
            _ => String::new(),
        };
        let span = match (self.definition.route().module, about.name) {
            (_, "abandon-rate") => format!("window_minutes={minutes}"),
            (Module::Autocall, _) => format!("from={from}&to={to}&timezone={zone}"),
            (Module::Telesales, _) => format!("date_from={from}&date_to={to}&timezone={zone}"),
        };
        format!("{span}{of_campaign}&{}", self.parameters)
    }
}
