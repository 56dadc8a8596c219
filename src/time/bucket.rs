//! Local hours, days, weeks and months: numbers and labels of buckets.
//!
//! A bucket's number counts whole units of local time since 1970 (see
//! `migrations/0002_local_time.sql`), so an hour repeated by DST is one bucket, and labels need no
//! zone. Months vary in length, so data is counted by day and grouped by
//! [`Granularity::of`].

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use serde::{Serialize, Serializer};

use super::Window;
use super::window::Segment;

/// Pattern of labels, which does not know the lengths of months and years.
pub const LABEL: &str = concat!(
    "[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])( ([01][0-9]|2[0-3]):00:00)?)?",
    "|[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])"
);

/// Maximum number of buckets in a filled series.
pub const MAX_BUCKETS: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Granularity {
    Hour,
    Day,
    /// ISO weeks, starting on Monday.
    Week,
    Month,
}

/// A local hour, day, week or month. Serialized as its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket {
    pub granularity: Granularity,
    pub number: i64,
}

impl Bucket {
    /// Bucket of a label, as [`Granularity::label`] prints it. `None` if it is not one.
    pub fn named(label: &str) -> Option<Self> {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let (granularity, start) = match label.len() {
            10 => (Granularity::Day, day(label)?.and_time(NaiveTime::MIN)),
            19 => {
                let hour = NaiveDateTime::parse_from_str(label, "%Y-%m-%d %H:%M:%S").ok()?;
                (Granularity::Hour, hour)
            }
            8 => {
                let week = NaiveDate::parse_from_str(&format!("{label}-1"), "%G-W%V-%u").ok()?;
                (Granularity::Week, week.and_time(NaiveTime::MIN))
            }
            7 => (
                Granularity::Month,
                day(&format!("{label}-01"))?.and_time(NaiveTime::MIN),
            ),
            _ => return None,
        };
        let seconds = start.and_utc().timestamp() + granularity.shift();
        let number = granularity.of(seconds.div_euclid(granularity.seconds()));
        let bucket = Self {
            granularity,
            number,
        };
        (bucket.to_string() == label).then_some(bucket)
    }

    /// Parts of a window that lie in the bucket, in order; a repeated hour has two.
    pub fn within(self, window: &Window) -> Vec<Segment> {
        let start = |number| match self.granularity {
            Granularity::Month => Granularity::first_of_month(number),
            granularity => granularity.local_start(number),
        };
        let (start, end) = (
            start(self.number).and_utc(),
            start(self.number + 1).and_utc(),
        );
        let segments = window.segments().into_iter();
        let parts = segments.map(|segment| {
            let ahead = TimeDelta::seconds(segment.utc_offset.into());
            Segment {
                from: segment.from.max(start - ahead),
                to: segment.to.min(end - ahead),
                ..segment
            }
        });
        parts.filter(|part| part.from < part.to).collect()
    }

    /// Local start; `None` for weeks and months, which have names instead.
    pub fn start(self) -> Option<NaiveDateTime> {
        let has_date = matches!(self.granularity, Granularity::Hour | Granularity::Day);
        has_date.then(|| self.granularity.local_start(self.number))
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.granularity.label(self.number))
    }
}

impl Serialize for Bucket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Granularity {
    /// Local seconds in one counted unit: a bucket, or a day for months.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3600,
            Self::Day | Self::Month => 86_400,
            Self::Week => 7 * 86_400,
        }
    }

    /// Local seconds to add before dividing: 1970 began on a Thursday, three days into its week.
    pub fn shift(self) -> i64 {
        match self {
            Self::Hour | Self::Day | Self::Month => 0,
            Self::Week => 3 * 86_400,
        }
    }

    /// Bucket of a counted unit: itself, or the month of a day, in months since year 0.
    pub fn of(self, counted: i64) -> i64 {
        if self != Self::Month {
            return counted;
        }
        let day = Self::Day.local_start(counted);
        12 * i64::from(day.year()) + i64::from(day.month0())
    }

    /// Bucket of a local time.
    pub fn number(self, local: NaiveDateTime) -> i64 {
        let seconds = local.and_utc().timestamp() + self.shift();
        self.of(seconds.div_euclid(self.seconds()))
    }

    /// Label: `2026-06-28`, `2026-06-28 09:00:00`, `2026-W26` or `2026-06`.
    pub fn label(self, bucket: i64) -> String {
        match self {
            Self::Hour => self
                .local_start(bucket)
                .format("%Y-%m-%d %H:00:00")
                .to_string(),
            Self::Day => self.local_start(bucket).format("%Y-%m-%d").to_string(),
            Self::Week => {
                let week = self.local_start(bucket).iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Month => format!(
                "{:04}-{:02}",
                bucket.div_euclid(12),
                bucket.rem_euclid(12) + 1
            ),
        }
    }

    /// Lists every bucket that overlaps the window, in order. Returns `None` if there are more than
    /// `max`.
    pub fn touched(self, window: &Window, most: usize) -> Option<Vec<i64>> {
        let mut buckets = Vec::new();
        for segment in window.segments() {
            let offset = i64::from(segment.utc_offset);
            let number = |seconds: i64| {
                self.of((seconds + offset + self.shift()).div_euclid(self.seconds()))
            };
            let first = number(segment.from.timestamp());
            let last = number((segment.to - TimeDelta::microseconds(1)).timestamp());
            // Stops early on far too many buckets; the exact count is checked below.
            if usize::try_from(last - first).is_ok_and(|more| buckets.len() + more > 2 * most) {
                return None;
            }
            buckets.extend(first..=last);
        }
        // Two segments share the bucket in which the offset changes, and those of a repeated hour;
        // a clock set back over midnight returns to the previous day.
        buckets.sort_unstable();
        buckets.dedup();
        (buckets.len() <= most).then_some(buckets)
    }

    /// Local start of a month, counted since year 0.
    fn first_of_month(month: i64) -> NaiveDateTime {
        let year = i32::try_from(month.div_euclid(12)).unwrap_or_default();
        let of_year = u32::try_from(month.rem_euclid(12)).unwrap_or_default();
        // infallible: months derive from dates with four-digit years
        NaiveDate::from_ymd_opt(year, of_year + 1, 1)
            .unwrap_or_default()
            .and_time(NaiveTime::MIN)
    }

    fn local_start(self, bucket: i64) -> NaiveDateTime {
        let seconds = bucket.saturating_mul(self.seconds()) - self.shift();
        // infallible: bucket numbers derive from instants with four-digit years
        DateTime::from_timestamp(seconds, 0)
            .unwrap_or_default()
            .naive_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;
    use crate::time::instant::GivenInstant;
    use crate::time::zone::zone;

    fn labels(granularity: Granularity, zone: Zone, from: &str, to: &str) -> Vec<String> {
        let given = |text| GivenInstant::parse(text).expect(text);
        let window = Window {
            from: given(from).start(zone),
            to: given(to).end(zone),
            zone,
        };
        let touched = granularity
            .touched(&window, MAX_BUCKETS)
            .expect("not too many");
        touched
            .into_iter()
            .map(|bucket| granularity.label(bucket))
            .collect()
    }

    #[test]
    fn a_window_overlaps_its_first_and_last_bucket() {
        let hours = labels(
            Granularity::Hour,
            zone("Asia/Kathmandu"),
            "2026-06-01T00:10:00",
            "2026-06-01T02:00:00",
        );
        assert_eq!(hours, ["2026-06-01 00:00:00", "2026-06-01 01:00:00"]);
        assert!(
            labels(
                Granularity::Day,
                zone("Asia/Kathmandu"),
                "2026-06-01T05:00:00",
                "2026-06-01T05:00:00"
            )
            .is_empty()
        );
        let weeks = labels(
            Granularity::Week,
            zone("Europe/Berlin"),
            "2025-12-28",
            "2026-01-05",
        );
        assert_eq!(weeks, ["2025-W52", "2026-W01", "2026-W02"]);
    }

    #[test]
    fn a_bucket_is_found_by_its_label_and_holds_what_is_numbered_so() {
        let berlin = zone("Europe/Berlin");
        let given = |text| GivenInstant::parse(text).expect(text).start(berlin);
        let window = Window {
            from: given("2025-10-20"),
            to: given("2025-11-03"),
            zone: berlin,
        };
        for granularity in [
            Granularity::Hour,
            Granularity::Day,
            Granularity::Week,
            Granularity::Month,
        ] {
            let mut parts = Vec::new();
            for number in granularity.touched(&window, MAX_BUCKETS).expect("few") {
                let bucket = Bucket::named(&granularity.label(number)).expect("a label");
                assert_eq!((bucket.granularity, bucket.number), (granularity, number));
                parts.extend(bucket.within(&window));
            }
            parts.sort_by_key(|part| part.from);
            assert_eq!(parts[0].from, window.from, "{granularity:?}");
            assert_eq!(parts[parts.len() - 1].to, window.to, "{granularity:?}");
            assert!(parts.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
        let repeated = Bucket::named("2025-10-26 02:00:00").expect("a label");
        assert_eq!(repeated.within(&window).len(), 2);
        for label in [
            "",
            "2026",
            "2026-13",
            "2026-6-1",
            "2026-02-30",
            "2026-W54",
            "2026-W00",
            "2026-06-01 09:30:00",
            "2026-06-01 24:00:00",
            "2026-06-01T09:00:00",
            "+026-01-01",
        ] {
            assert_eq!(Bucket::named(label), None, "{label}");
        }
    }

    #[test]
    fn months_have_their_own_lengths() {
        let months = labels(
            Granularity::Month,
            zone("Europe/Berlin"),
            "2023-12-31",
            "2024-03-01T00:00:00",
        );
        assert_eq!(months, ["2023-12", "2024-01", "2024-02"]);
        assert_eq!(
            labels(Granularity::Month, Zone::UTC, "0001-01-01", "1600-12-31").len(),
            1600 * 12
        );
        let days = ["1969-12-31", "1970-01-31", "1970-02-01"].map(|day| {
            let day = day
                .parse::<chrono::NaiveDate>()
                .unwrap()
                .and_time(chrono::NaiveTime::MIN)
                .and_utc();
            Granularity::Month.label(Granularity::Month.of(day.timestamp() / 86_400))
        });
        assert_eq!(days, ["1969-12", "1970-01", "1970-02"]);
    }

    #[test]
    fn a_dst_day_has_the_hours_of_its_clock() {
        let hours = |zone, day| labels(Granularity::Hour, zone, day, day);
        assert_eq!(hours(zone("Europe/Berlin"), "2026-03-29").len(), 23);
        assert!(
            !hours(zone("Europe/Berlin"), "2026-03-29").contains(&"2026-03-29 02:00:00".to_owned())
        );
        assert_eq!(
            hours(zone("Europe/Berlin"), "2026-10-25").len(),
            24,
            "a repeated hour is one bucket"
        );
        assert_eq!(hours(zone("Australia/Lord_Howe"), "2026-04-05").len(), 24);
        assert_eq!(
            hours(zone("Australia/Lord_Howe"), "2026-10-04").len(),
            24,
            "half of 02:00 remains"
        );
    }

    #[test]
    fn a_clock_set_back_over_midnight_repeats_the_day_before() {
        let zone = zone("America/Goose_Bay"); // at 00:01 to 23:01, until 2011
        let days = labels(
            Granularity::Day,
            zone,
            "2010-11-07T00:00:30",
            "2010-11-07T01:00:00",
        );
        assert_eq!(days, ["2010-11-06", "2010-11-07"]);
    }

    #[test]
    fn an_unbounded_window_is_not_filled() {
        let given = |text| GivenInstant::parse(text).unwrap().start(Zone::UTC);
        let window = Window {
            from: given("0001-01-01"),
            to: given("9999-12-31"),
            zone: Zone::UTC,
        };
        assert_eq!(Granularity::Hour.touched(&window, MAX_BUCKETS), None);
        assert_eq!(Granularity::Month.touched(&window, 100_000), None);
        let days = |to| labels(Granularity::Day, zone("Europe/Berlin"), "1971-01-01", to).len();
        assert_eq!(
            days("2025-10-03"),
            MAX_BUCKETS,
            "offset changes do not add buckets"
        );
    }
}
