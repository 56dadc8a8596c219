//! The company's clock: local days, answer rates by hour, shifts, and names of seasons.
//!
//! The company is in Vietnam, at +07:00 all year.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

/// Seconds that the company's clocks are ahead of UTC.
const AHEAD: i64 = 7 * HOUR;
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// An instant, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// Format of ingest lines.
    pub fn text(self) -> String {
        let at = DateTime::from_timestamp(self.0, 0).unwrap_or_default();
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }

    /// Local day.
    pub fn day(self) -> Day {
        Day((self.0 + AHEAD).div_euclid(DAY))
    }

    /// Local hour, 0 to 23.
    pub fn hour(self) -> i64 {
        (self.0 + AHEAD).rem_euclid(DAY) / HOUR
    }

    /// Answer rate of a call at this time, relative to the best hour.
    pub fn reach(self) -> f64 {
        let hours = match self.hour() {
            9 | 10 => 1.0,
            8 | 11 => 0.85,
            12 => 0.6, // lunch
            13 | 14 => 0.75,
            15 | 16 => 0.85,
            17 => 0.7, // on the way home
            18 | 19 => 0.95,
            20 => 0.8,
            _ => 0.6,
        };
        if self.day().is_sunday() {
            hours * 0.8
        } else {
            hours
        }
    }
}

/// A local day, in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// Instant at a number of seconds after local midnight.
    pub fn at(self, seconds: i64) -> Moment {
        Moment(self.0 * DAY - AHEAD + seconds)
    }

    fn date(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0 * DAY, 0).unwrap_or_default()
    }

    pub fn is_sunday(self) -> bool {
        self.date().weekday() == chrono::Weekday::Sun
    }

    pub fn is_saturday(self) -> bool {
        self.date().weekday() == chrono::Weekday::Sat
    }

    /// Quarter, such as `Q4 2026`.
    pub fn quarter(self) -> String {
        format!("Q{} {}", self.date().month0() / 3 + 1, self.date().year())
    }

    /// Year of the next Tet, or of this one until the end of February.
    pub fn tet_year(self) -> i32 {
        let date = self.date();
        date.year() + i32::from(date.month() > 2)
    }

    /// Season, as used in campaign names.
    pub fn season(self) -> String {
        let (month, year) = (self.date().month(), self.date().year());
        match month {
            1 | 2 => format!("Tet {year}"),
            3..=5 => format!("Spring {year}"),
            6..=8 => format!("Summer {year}"),
            9 | 10 => format!("Autumn {year}"),
            _ => format!("Year-end {year}"),
        }
    }
}

/// Percentage of a day's automated attempts by starting hour, from 8 to 20.
pub const AUTOMATED_HOURS: [(i64, u32); 13] = [
    (8, 8),
    (9, 13),
    (10, 13),
    (11, 9),
    (12, 2),
    (13, 5),
    (14, 8),
    (15, 9),
    (16, 8),
    (17, 6),
    (18, 8),
    (19, 8),
    (20, 3),
];
