//! The body of a request as a plain value, with all faults at once.
//!
//! Owns the members of a body and the choice between two failures (contract, section 5): a body of the wrong shape (400),
//! or invalid values of the right shape (422). Must not know statements.

use crate::time::Zone;
use crate::time::zone::UnknownZone;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::filter::{self, Filter};
use super::members::Members;

use crate::asked::About;
use crate::error::{Error, Result};
use crate::input::body::{Reader, present};
use crate::input::fault;
use crate::input::{Choice, Ends, choice};
use crate::json::{self, Type};
use crate::time::Granularity;

pub const QUERY_TYPE: &str = "query_type";
pub const FILTERS: &str = "filters";
pub const GRANULARITY: &str = "granularity";
pub const TIMEZONE: &str = "timezone";
pub const PAGE: &str = "page";
pub const PAGE_SIZE: &str = "page_size";

pub const MAX_PAGE_SIZE: i64 = 1_000;
pub const DEFAULT_PAGE_SIZE: i64 = 50;

choice! {
    pub enum Step { Hour = "hour", Day = "day", Week = "week", Month = "month" }
}

/// A complete query. With the tenant and the data, it determines the response.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    pub about: &'static About,
    pub filters: Filters,
    pub granularity: Granularity,
    pub zone: Zone,
    /// From 1.
    pub page: i64,
    pub page_size: i64,
}

/// Filters of attempts or leads; by default all match.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash)]
pub struct Filters {
    pub template: Option<String>,
    pub merchant: Option<String>,
    pub reseller: Option<String>,
    /// The window is half-open.
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// Seconds.
    pub min_duration: Option<i32>,
    pub max_duration: Option<i32>,
    pub sentiment_min: Option<Decimal>,
    pub sentiment_max: Option<Decimal>,
    pub payload: Option<Members>,
}

impl Filters {
    /// Heap memory in bytes.
    pub fn heap(&self) -> usize {
        let texts = [&self.template, &self.merchant, &self.reseller];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        texts + self.payload.as_ref().map_or(0, Members::size)
    }

    /// True if attempts are filtered by duration or sentiment.
    pub fn by_figures(&self) -> bool {
        let durations = self.min_duration.is_some() || self.max_duration.is_some();
        durations || self.sentiment_min.is_some() || self.sentiment_max.is_some()
    }
}

impl Query {
    /// Places of the rows on the page: after the first, up to the second.
    pub fn places(&self) -> (i64, i64) {
        let before = (self.page - 1).saturating_mul(self.page_size);
        (before, before.saturating_add(self.page_size))
    }

    /// Parses a body. `Malformed` if it is not JSON; `Misshapen` for a missing or unknown query type, an unknown filter, or a
    /// value of the wrong type; `Invalid` if only values are at fault. The latter two list every fault.
    pub fn read(body: &[u8]) -> Result<Self> {
        let malformed = |error: serde_json::Error| Error::Malformed(error.to_string());
        let body: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
        let mut reader = Reader::default();
        let read = reader.query(body);
        reader.finish(read)
    }
}

impl Reader {
    fn query(&mut self, body: &RawValue) -> Option<Query> {
        let fields = self.object("body", body)?;
        let given = |name: &str| present(&fields, name);
        let named = |name: &str| given(name).filter(|value| !json::is_null_or_empty(value.get()));
        let question = self.question(named(QUERY_TYPE));
        let step = named(GRANULARITY)
            .and_then(|value| self.granularity(value))
            .unwrap_or(Granularity::Day);
        // If the zone is unknown, dates are parsed with UTC, so that their faults are reported as well.
        let zone = named(TIMEZONE)
            .and_then(|value| self.zone(value))
            .unwrap_or(Zone::UTC);
        let page = given(PAGE)
            .and_then(|value| self.integer(PAGE, value, 1..=i64::MAX))
            .unwrap_or(1);
        let page_size =
            given(PAGE_SIZE).and_then(|value| self.integer(PAGE_SIZE, value, 1..=MAX_PAGE_SIZE));
        let filters = given(FILTERS)
            .map(|value| self.filters(value, zone))
            .unwrap_or_default();
        let page_size = page_size.unwrap_or(DEFAULT_PAGE_SIZE);
        Some(Query {
            about: question?,
            filters,
            granularity: step,
            zone,
            page,
            page_size,
        })
    }

    fn question(&mut self, value: Option<&RawValue>) -> Option<&'static About> {
        let Some(value) = value else {
            self.misshape(QUERY_TYPE, fault::of_field(QUERY_TYPE, fault::REQUIRED));
            return None;
        };
        let name = self.text(QUERY_TYPE, value)?;
        let known = super::ALL.iter().map(|question| question.about);
        let about = known.clone().find(|about| about.name == name);
        if about.is_none() {
            let names: Vec<&str> = known.map(|about| about.name).collect();
            self.misshape(QUERY_TYPE, fault::one_of(names));
        }
        about
    }

    fn granularity(&mut self, value: &RawValue) -> Option<Granularity> {
        let name = self.text(GRANULARITY, value)?;
        let step = Step::ALL.iter().find(|step| step.name() == name);
        if step.is_none() {
            self.fail(GRANULARITY, fault::one_of(Step::NAMES.iter().copied()));
        }
        Some(match step? {
            Step::Hour => Granularity::Hour,
            Step::Day => Granularity::Day,
            Step::Week => Granularity::Week,
            Step::Month => Granularity::Month,
        })
    }

    fn zone(&mut self, value: &RawValue) -> Option<Zone> {
        let zone = Zone::named(&self.text(TIMEZONE, value)?);
        if zone.is_none() {
            self.fail(TIMEZONE, UnknownZone.to_string());
        }
        zone
    }

    fn filters(&mut self, value: &RawValue, zone: Zone) -> Filters {
        let Some(fields) = self.object(FILTERS, value) else {
            return Filters::default();
        };
        for name in fields.keys().filter(|name| filter::named(name).is_none()) {
            self.misshape(&place(name), "There is no such filter.");
        }
        let given = |of: &Filter| present(&fields, of.name);
        let named = |of: &Filter| given(of).filter(|value| !json::is_null_or_empty(value.get()));
        let mut text =
            |of: &Filter| named(of).and_then(|value| self.storable(&place(of.name), value));
        let template = text(&filter::TEMPLATE_ID);
        let merchant = text(&filter::MERCHANT_ID);
        let reseller = text(&filter::RESELLER_ID);
        let mut moment =
            |of: &Filter| named(of).and_then(|value| self.moment(&place(of.name), value));
        let (from, to) = (moment(&filter::DATE_FROM), moment(&filter::DATE_TO));
        if let Some(fault) = (Ends { from, to }).fault(zone, filter::DATE_FROM.name) {
            self.fail(&place(filter::DATE_TO.name), fault);
        }
        let mut seconds = |of: &Filter| {
            let read = given(of)
                .and_then(|value| self.integer(&place(of.name), value, 0..=i32::MAX.into()));
            read.and_then(|seconds| i32::try_from(seconds).ok())
        };
        let (min_duration, max_duration) = (
            seconds(&filter::MIN_DURATION),
            seconds(&filter::MAX_DURATION),
        );
        self.ordered(
            min_duration,
            max_duration,
            &filter::MIN_DURATION,
            &filter::MAX_DURATION,
        );
        let mut fraction =
            |of: &Filter| given(of).and_then(|value| self.fraction(&place(of.name), value));
        let (sentiment_min, sentiment_max) = (
            fraction(&filter::SENTIMENT_MIN),
            fraction(&filter::SENTIMENT_MAX),
        );
        self.ordered(
            sentiment_min,
            sentiment_max,
            &filter::SENTIMENT_MIN,
            &filter::SENTIMENT_MAX,
        );
        let payload = given(&filter::PAYLOAD_FILTERS).and_then(|value| self.payload(value));
        let (from, to) = (from.map(|from| from.start(zone)), to.map(|to| to.end(zone)));
        Filters {
            template,
            merchant,
            reseller,
            from,
            to,
            min_duration,
            max_duration,
            sentiment_min,
            sentiment_max,
            payload,
        }
    }

    fn ordered<T: PartialOrd>(
        &mut self,
        min: Option<T>,
        max: Option<T>,
        least: &Filter,
        most: &Filter,
    ) {
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            self.fail(
                &place(most.name),
                format!("must not be below {}.", least.name),
            );
        }
    }

    /// `None` without any key: every payload matches.
    fn payload(&mut self, value: &RawValue) -> Option<Members> {
        let within = place(filter::PAYLOAD_FILTERS.name);
        let fields = self.object(&within, value)?;
        for (name, value) in &fields {
            self.payload_value(&format!("{within}.{name}"), name, value);
        }
        if fields.is_empty() {
            return None;
        }
        let members = Members::new(&fields);
        if let Err(error) = &members {
            self.fail(&within, error.to_string());
        }
        members.ok()
    }

    fn payload_value(&mut self, place: &str, name: &str, value: &RawValue) {
        if name.contains('\0') {
            self.fail(place, fault::NUL);
        }
        match Type::of(value.get()) {
            Type::Text => drop(self.storable(place, value)),
            Type::Number if json::has_oversized_number(value.get()) => {
                self.fail(place, "is a number that is too long.")
            }
            Type::Number | Type::Flag => {}
            Type::Null | Type::List | Type::Object => {
                self.misshape(place, "must be a string, a number, true or false.")
            }
        }
    }
}

impl Members {
    /// The payload filter as text, of a query string. `None` without any key. The error has a fault for each wrong value,
    /// the rest of a sentence about the filter.
    pub fn parse(text: &str) -> Result<Option<Self>, Vec<String>> {
        let Ok(object) = serde_json::from_str::<&RawValue>(text) else {
            return Err(vec![fault::OBJECT.to_owned()]);
        };
        let mut reader = Reader::default();
        let members = reader.payload(object);
        match reader.finish(Some(members)) {
            Ok(members) => Ok(members),
            Err(Error::Misshapen(faults) | Error::Invalid(faults)) => Err(faults
                .iter()
                .flat_map(|(_, faults)| faults.to_vec())
                .collect()),
            Err(other) => Err(vec![other.to_string()]),
        }
    }
}

fn place(filter: &str) -> String {
    format!("{FILTERS}.{filter}")
}
