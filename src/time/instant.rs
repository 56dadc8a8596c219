//! Parsing and formatting of instants: ISO 8601 in, whole seconds of UTC out (contract, section 1).

use chrono::{
    DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, SubsecRound, TimeDelta,
    Timelike, Utc,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Postgres, Type};
use utoipa::openapi::schema::{self, KnownFormat, ObjectBuilder, SchemaFormat};

use super::exact::LAST_SECOND;
use super::{Zone, window};

/// An instant in output: `2026-06-30T08:00:00+00:00`. Values from the database outside the years 1
/// to 9999, such as infinity, are clamped to that range.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Instant(pub DateTime<Utc>);

/// First second of the year 1 and last second of the year 9999, in seconds since 1970.
const YEARS: (i64, i64) = (-62_135_596_800, 253_402_300_799);
/// Start of the year 2000, Postgres' epoch, in seconds since 1970.
const YEAR_2000: i64 = 946_684_800;

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl Decode<'_, Postgres> for Instant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return DateTime::decode(value).map(Self);
        }
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        let seconds = micros.div_euclid(1_000_000).saturating_add(YEAR_2000);
        let (seconds, micros) = match seconds {
            early if early < YEARS.0 => (YEARS.0, 0),
            late if late > YEARS.1 => (YEARS.1, 0),
            seconds => (seconds, micros.rem_euclid(1_000_000)),
        };
        let nanos = u32::try_from(micros * 1_000)?;
        Ok(Self(
            DateTime::from_timestamp(seconds, nanos).unwrap_or_default(),
        )) // infallible: within the calendar
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, false))
    }
}

impl<'de> Deserialize<'de> for Instant {
    /// Reads an instant as Postgres prints it in JSON.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::deserialize(deserializer).map(Self)
    }
}

impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        ObjectBuilder::new()
            .schema_type(schema::Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Instant {}

/// A date or time sent by a client, before its zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GivenInstant {
    Date(NaiveDate),
    /// A clock time without an offset, in the zone of the request.
    Local(NaiveDateTime),
    Instant {
        at: DateTime<Utc>,
        /// Value as the end of a window: later than `at` if the clock time, as written, is the last
        /// second of a day.
        end: DateTime<Utc>,
    },
}

impl GivenInstant {
    /// Parses `2026-06-01`, `2026-06-01T08:30:00.123456Z`, `… +07:00`, or a time without offset. A
    /// blank before the offset counts as `+`, which query strings lose. Returns `None` if the text
    /// is not a date, or the date does not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let date = date(text.get(..10)?)?;
        let Some(rest) = text[10..].strip_prefix(['T', 't', ' ']) else {
            return text.get(10..)?.is_empty().then_some(Self::Date(date));
        };
        let end = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
        let (date, time) = match &rest[..end] {
            clock if is_midnight_after(clock) => {
                (date.checked_add_days(Days::new(1))?, NaiveTime::MIN)
            }
            clock => (date, time(clock)?),
        };
        let (local, utc_offset) = (date.and_time(time), &rest[end..]);
        if utc_offset.is_empty() {
            return Some(Self::Local(local));
        }
        let utc_offset = offset_from_utc(utc_offset)?;
        Some(Self::Instant {
            at: (local - utc_offset).and_utc(),
            end: (second_after(local).unwrap_or(local) - utc_offset).and_utc(),
        })
    }

    /// Instant of a clock time; `None` for a date.
    fn at(self, zone: Zone) -> Option<DateTime<Utc>> {
        match self {
            Self::Date(_) => None,
            Self::Local(local) => Some(window::instant_of(local, zone)),
            Self::Instant { at, .. } => Some(at),
        }
    }

    /// Time from a start to this end, as sent: two bare dates are compared as dates, and a final
    /// second is not added.
    pub fn since(self, start: Self, zone: Zone) -> TimeDelta {
        match (start, self) {
            (Self::Date(start), Self::Date(end)) => end - start,
            (start, end) => end.at(zone).unwrap_or_else(|| end.end(zone)) - start.start(zone),
        }
    }

    /// Returns true if this end lies before a start, as sent.
    pub fn ends_before(self, start: Self, zone: Zone) -> bool {
        self.since(start, zone) < TimeDelta::zero()
    }

    /// Instant as the start of a window: local midnight for a bare date.
    pub fn start(self, zone: Zone) -> DateTime<Utc> {
        match self {
            Self::Date(date) => window::instant_of(date.and_time(NaiveTime::MIN), zone),
            Self::Local(local) => window::instant_of(local, zone),
            Self::Instant { at, .. } => at,
        }
    }

    /// Instant as the exclusive end of a window. A bare date includes the whole day, a clock time
    /// of 23:59:59 the whole second (contract, section 1).
    pub fn end(self, zone: Zone) -> DateTime<Utc> {
        match self {
            Self::Date(date) => {
                // infallible: dates have four-digit years, far from the calendar's end
                let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
                window::instant_of(next.and_time(NaiveTime::MIN), zone)
            }
            Self::Local(local) => match second_after(local) {
                None => window::instant_of(local, zone),
                // If the zone skips this second, both bounds are the instant of the change.
                Some(next) => {
                    let second = window::instant_of(next - TimeDelta::seconds(1), zone);
                    (second + TimeDelta::seconds(1)).min(window::instant_of(next, zone))
                }
            },
            Self::Instant { end, .. } => end,
        }
    }

    /// The date of a local day whose start is this start; else the start itself.
    pub fn first_day(self, zone: Zone) -> Self {
        let day = Self::Date(zone.local(self.start(zone)).date());
        self.or(day, day.start(zone) == self.start(zone))
    }

    /// The date of a local day whose end is this end; else the end itself.
    pub fn last_day(self, zone: Zone) -> Self {
        let end = self.end(zone);
        let day = Self::Date(zone.local(end - TimeDelta::microseconds(1)).date());
        self.or(day, day.end(zone) == end)
    }

    const fn or(self, day: Self, is_same: bool) -> Self {
        if is_same { day } else { self }
    }
}

/// The instant, or the next whole second.
pub fn rounded_up(instant: DateTime<Utc>) -> DateTime<Utc> {
    let second = instant.trunc_subsecs(0);
    if second == instant {
        instant
    } else {
        second + TimeDelta::seconds(1)
    }
}

/// Midnight after a clock time in the last second of a day; `None` for other clock times.
fn second_after(local: NaiveDateTime) -> Option<NaiveDateTime> {
    (local.num_seconds_from_midnight() == LAST_SECOND)
        .then(|| {
            local
                .with_nanosecond(0)
                .map(|second| second + TimeDelta::seconds(1))
        })
        .flatten()
}

/// Matches `24:00`, `24:00:00` and `24:00:00.000`.
fn is_midnight_after(clock: &str) -> bool {
    let fraction = clock
        .strip_prefix("24:00:00")
        .and_then(|rest| rest.strip_prefix(['.', ',']));
    let is_zero =
        |fraction: &str| !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    matches!(clock, "24:00" | "24:00:00") || fraction.is_some_and(is_zero)
}

/// Parses a date of the years 1 to 9999; there is no year 0.
fn date(text: &str) -> Option<NaiveDate> {
    let (year, month, day) = (text.get(..4)?, text.get(5..7)?, text.get(8..10)?);
    if text.get(4..5)? != "-" || text.get(7..8)? != "-" || year == "0000" {
        return None;
    }
    NaiveDate::from_ymd_opt(digits(year)?.try_into().ok()?, digits(month)?, digits(day)?)
}

/// Parses `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff`. Digits beyond microseconds are dropped.
fn time(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) if clock.len() == 8 => (clock, fraction),
        Some(_) => return None,
        None => (text, "0"),
    };
    let (hour, minute) = (clock.get(..2)?, clock.get(3..5)?);
    let second = match clock.len() {
        5 => "00",
        8 if clock.get(5..6)? == ":" => clock.get(6..)?,
        _ => return None,
    };
    digits(fraction.get(..fraction.len().min(9))?)?;
    let micros = digits(&format!("{fraction:0<6}")[..6])?;
    let colon = clock.get(2..3)? == ":" && fraction.bytes().all(|byte| byte.is_ascii_digit());
    colon
        .then(|| {
            NaiveTime::from_hms_micro_opt(digits(hour)?, digits(minute)?, digits(second)?, micros)
        })
        .flatten()
}

/// Parses `Z`, `+07:00`, `+0700` or `+07`; less than a day either way.
fn offset_from_utc(text: &str) -> Option<TimeDelta> {
    if text.eq_ignore_ascii_case("z") {
        return Some(TimeDelta::zero());
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = match text.get(1..)? {
        clock if clock.len() == 5 && clock.get(2..3)? == ":" => (clock.get(..2)?, clock.get(3..)?),
        clock if clock.len() == 4 => (clock.get(..2)?, clock.get(2..)?),
        clock if clock.len() == 2 => (clock, "00"),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60).then(|| TimeDelta::minutes(sign * i64::from(hours * 60 + minutes)))
}

fn digits(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// Local time of an instant in `zone`.
pub fn local(instant: DateTime<Utc>, zone: Zone) -> NaiveDateTime {
    zone.local(instant)
}

#[cfg(test)]
mod tests {
    use super::super::exact::exactly;
    use super::*;
    use crate::time::zone::zone;

    fn utc(text: &str) -> String {
        match GivenInstant::parse(text) {
            Some(GivenInstant::Date(date)) => date.to_string(),
            Some(given) => given
                .start(zone("Asia/Ho_Chi_Minh"))
                .to_rfc3339_opts(SecondsFormat::AutoSi, true),
            None => "no date".into(),
        }
    }

    #[test]
    fn ends_of_local_days_are_their_dates() {
        // In Berlin 2025-10-26 has 25 hours.
        let days = |from, to| {
            let given = |text| GivenInstant::parse(text).unwrap();
            let zone = zone("Europe/Berlin");
            (given(from).first_day(zone), given(to).last_day(zone))
        };
        let date = |text| GivenInstant::parse(text).unwrap();
        assert_eq!(
            days("2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z"),
            (date("2025-10-26"), date("2025-10-26"))
        );
        let (from, to) = ("2025-10-25T22:00:00.000001Z", "2025-10-26T22:00:00Z");
        assert_eq!(days(from, to), (date(from), date(to)));
    }

    #[test]
    fn an_instant_written_exactly_is_read_as_the_same_end() {
        for (at, text) in [
            ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z"),
            (
                "2026-06-01T12:00:00.123456789Z",
                "2026-06-01T12:00:00.123456Z",
            ),
            ("2026-06-01T23:59:59.5Z", "2026-06-02T00:59:59.500+01:00"),
        ] {
            let at: DateTime<Utc> = at.parse().unwrap();
            assert_eq!(exactly(at), text);
            let given = GivenInstant::parse(text).unwrap();
            assert_eq!(given.end(Zone::UTC), at.trunc_subsecs(6));
        }
    }

    #[test]
    fn whole_seconds_are_not_rounded_up() {
        for (at, rounded) in [
            ("2026-06-01T23:59:59Z", "2026-06-01T23:59:59Z"),
            ("2026-06-01T23:59:59.000001Z", "2026-06-02T00:00:00Z"),
            ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(
                rounded_up(at.parse().unwrap()),
                rounded.parse::<DateTime<Utc>>().unwrap()
            );
        }
    }

    #[test]
    fn all_iso_8601_forms_of_an_instant_are_parsed() {
        assert_eq!(utc("2026-06-01"), "2026-06-01");
        for midnight in [
            "2026-06-01T00:00:00",
            "2026-06-01T00:00:00+07:00",
            "2026-06-01T00:00:00 07:00",
            "2026-06-01 00:00",
            "2026-06-01T00:00:00.000000+0700",
            "2026-05-31T17:00:00Z",
            "2026-05-31t17:00:00z",
            "2026-05-31T11:30:00-05:30",
            "2026-05-31T24:00:00",
            "2026-05-31T24:00+07:00",
            "2026-05-30T24:00:00.000-17:00",
            "2026-06-01T00+07:00:00",
        ] {
            let expected = if midnight.contains("T00+") {
                "no date"
            } else {
                "2026-05-31T17:00:00Z"
            };
            assert_eq!(utc(midnight), expected, "{midnight}");
        }
        assert_eq!(
            utc("2026-06-01T00:00:00.1234567Z"),
            "2026-06-01T00:00:00.123456Z"
        );
        assert_eq!(utc("2026-06-01T00:00:00,5Z"), "2026-06-01T00:00:00.500Z");
    }

    #[test]
    fn invalid_dates_are_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "2026-6-1",
            "20260601",
            "2026-06-01T",
            "2026-06-01x",
            "2026-06-01T25:00:00",
            "2026-06-01T24:00:01",
            "2026-06-01T24:01",
            "2026-06-01T24:00:00.001Z",
            "2026-06-01T24:00:00.Z",
            "2026-06-01T24:00.0Z",
            "2026-06-01T00:00:60Z",
            "2026-06-01T00:00:00+25:00",
            "2026-06-01T00:00:00.Z1",
            "2026-06-01T00:00:00+7",
            "+026-06-01",
            "2026-06-01T0:00:00",
            "2026-06-0١",
            "2026-06-01T00:00:00Zz",
            "0000-01-01",
            "2026-06-01T00:00:00é",
            "99999-01-01",
            "2026-06-01T00:00:00.",
            "2026-06-01T00:00.5",
        ] {
            assert_eq!(utc(text), "no date", "{text:?}");
        }
    }

    #[test]
    fn an_end_in_the_last_second_of_a_day_includes_that_second() {
        let end = |text: &str, name: &str| {
            let end = GivenInstant::parse(text).expect(text).end(zone(name));
            end.to_rfc3339_opts(SecondsFormat::AutoSi, true)
        };
        for (text, name, expected) in [
            ("2026-06-30T23:59:59Z", "UTC", "2026-07-01T00:00:00Z"),
            (
                "2026-06-30T23:59:59",
                "Asia/Ho_Chi_Minh",
                "2026-06-30T17:00:00Z",
            ),
            (
                "2026-06-30 23:59:59.999999",
                "Asia/Ho_Chi_Minh",
                "2026-06-30T17:00:00Z",
            ),
            ("2026-06-30T23:59:59.5 07:00", "UTC", "2026-06-30T17:00:00Z"),
            ("9999-12-31T23:59:59Z", "UTC", "+10000-01-01T00:00:00Z"),
            // Not the last second as written, even if it is in another zone.
            (
                "2026-06-30T16:59:59Z",
                "Asia/Ho_Chi_Minh",
                "2026-06-30T16:59:59Z",
            ),
            ("2026-06-30T23:59", "UTC", "2026-06-30T23:59:00Z"),
            ("2026-06-30T23:59:58.999", "UTC", "2026-06-30T23:59:58.999Z"),
            ("2026-06-30T22:59:59Z", "UTC", "2026-06-30T22:59:59Z"),
            // This day does not exist in the zone, so nothing is included.
            (
                "2011-12-30T23:59:59",
                "Pacific/Apia",
                "2011-12-30T10:00:00Z",
            ),
            // The clock set back at midnight repeats this second; the earlier one counts.
            (
                "2026-10-29T23:59:59",
                "Africa/Cairo",
                "2026-10-29T21:00:00Z",
            ),
        ] {
            assert_eq!(end(text, name), expected, "{text} {name}");
        }
        let start = GivenInstant::parse("2026-06-30T23:59:59.5Z")
            .unwrap()
            .start(Zone::UTC);
        assert_eq!(
            start.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            "2026-06-30T23:59:59.500Z"
        );
    }

    #[test]
    fn an_exactly_formatted_instant_round_trips() {
        for text in [
            "2026-06-30T23:59:59Z",
            "2026-06-30T23:59:59.123456Z",
            "2026-06-30T22:59:59Z",
            "2026-07-01T00:00:00Z",
        ] {
            let instant: DateTime<Utc> = text.parse().unwrap();
            let given = GivenInstant::parse(&exactly(instant)).unwrap();
            assert_eq!(
                given,
                GivenInstant::Instant {
                    at: instant,
                    end: instant
                },
                "{text}"
            );
        }
    }

    #[test]
    fn ends_are_compared_with_starts_as_sent() {
        let given = |text| GivenInstant::parse(text).unwrap();
        for (start, end, before) in [
            ("2026-06-30T23:59:59.5Z", "2026-06-30T23:59:59Z", true),
            ("2026-06-30T23:59:59Z", "2026-06-30T23:59:59Z", false),
            ("2026-07-01", "2026-06-30T23:59:59Z", true),
            ("2026-07-01", "2026-06-30T24:00:00Z", false),
            ("2026-06-30T23:59:59.5Z", "2026-06-30", false),
            ("2026-07-01", "2026-06-30", true),
        ] {
            assert_eq!(
                given(end).ends_before(given(start), Zone::UTC),
                before,
                "{start} {end}"
            );
        }
    }
}
