//! Typical days: quartiles of each local hour over the last days of the same weekday (contract, section 15).
//!
//! Owns the choice of days and the quartiles. Must not know how calls are counted: the reports over time do.

use chrono::{DateTime, Days, Utc};

use crate::percent::{PercentText, mean};
use crate::rollups::Kept;
use crate::table::row;
use crate::time::instant::GivenInstant;
use crate::time::{NamedWindow, Window, Zone};

/// Days that count, at most and at least.
pub const MOST: usize = 4;
const LEAST: usize = 3;
/// Weeks back in which they are looked for.
const WEEKS: u64 = 8;

row! {
    /// Quartiles of a count or of seconds, by nearest rank.
    pub struct TypicalNumber {
        /// Lower quartile.
        p25: i64 as SETTING,
        /// Median.
        p50: i64 as SETTING,
        /// Upper quartile.
        p75: i64 as SETTING,
    }
}

row! {
    /// Quartiles of a percentage, by nearest rank.
    pub struct TypicalRate {
        /// Lower quartile.
        p25: PercentText as SETTING,
        /// Median.
        p50: PercentText as SETTING,
        /// Upper quartile.
        p75: PercentText as SETTING,
    }
}

/// Counts of an hour.
#[derive(Debug, Default, Clone, Copy)]
pub struct HourCounts {
    pub dials: i64,
    pub answers: i64,
    pub talk_sec: i64,
    /// Transfers or conversions.
    pub reached: i64,
}

/// The hours of a local day.
pub type Day = [HourCounts; 24];

/// The day of counts by local hour, as [`Bucket`](crate::time::Bucket)s number them.
pub fn day(counts: impl IntoIterator<Item = (i64, HourCounts)>) -> Day {
    let mut day = Day::default();
    for (bucket, counts) in counts {
        let hour = usize::try_from(bucket.rem_euclid(24)).unwrap_or_default(); // infallible: below 24
        day[hour] = counts;
    }
    day
}

/// Local days before today with its weekday, all of whose rows are kept; the latest first.
pub fn days(zone: Zone, now: DateTime<Utc>, kept: Kept) -> Vec<Window> {
    let today = zone.local(now).date();
    let dates = (1..=WEEKS).filter_map(|week| today.checked_sub_days(Days::new(7 * week)));
    let windows = dates.map(|date| {
        let date = GivenInstant::Date(date);
        Window {
            from: date.start(zone),
            to: date.end(zone),
            zone,
        }
    });
    windows.filter(|day| !kept.begins_before(day)).collect()
}

/// The window from the first to the last of these days; the start of today if there are none.
pub fn span(days: &[Window], zone: Zone, now: DateTime<Utc>) -> Window {
    let today = NamedWindow::Today.window(zone, now);
    Window {
        from: days.last().map_or(today.from, |first| first.from),
        to: days.first().map_or(today.from, |last| last.to),
        zone,
    }
}

/// An hour of the day over some days.
pub struct Typical<'a> {
    days: &'a [Day],
    hour: usize,
}

/// All hours of the day, in order.
pub fn hours(days: &[Day]) -> impl Iterator<Item = (i64, Typical<'_>)> {
    (0_i64..).zip((0..24).map(move |hour| Typical { days, hour }))
}

impl Typical<'_> {
    fn hours(&self) -> impl Iterator<Item = HourCounts> {
        self.days.iter().map(|day| day[self.hour])
    }

    /// Quartiles of a count over all days.
    pub fn number(&self, of: impl Fn(HourCounts) -> i64) -> Option<TypicalNumber> {
        number(self.hours().map(of).collect())
    }

    /// Quartiles of the answer rate over the days with dials in that hour.
    pub fn answer_rate(&self) -> Option<TypicalRate> {
        let dialed = self.hours().filter(|hour| hour.dials > 0);
        let rates = dialed.map(|hour| PercentText::percent(hour.answers, hour.dials));
        let [p25, p50, p75] = quartiles(rates.collect())?;
        Some(TypicalRate { p25, p50, p75 })
    }

    /// Quartiles of the mean talk time over the days with answers in that hour.
    pub fn mean_talk(&self) -> Option<TypicalNumber> {
        let answered = self.hours().filter(|hour| hour.answers > 0);
        number(
            answered
                .map(|hour| mean(hour.talk_sec, hour.answers))
                .collect(),
        )
    }
}

fn number(values: Vec<i64>) -> Option<TypicalNumber> {
    let [p25, p50, p75] = quartiles(values)?;
    Some(TypicalNumber { p25, p50, p75 })
}

/// The values of the nearest ranks. `None` if there are too few to tell.
pub fn quartiles<T: Ord + Copy>(mut values: Vec<T>) -> Option<[T; 3]> {
    if values.len() < LEAST {
        return None;
    }
    values.sort_unstable();
    Some([1, 2, 3].map(|quarters| values[(quarters * values.len()).div_ceil(4) - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::zone::zone;

    #[test]
    fn quartiles_are_values_of_nearest_ranks() {
        assert_eq!(quartiles(vec![1, 2]), None);
        assert_eq!(quartiles(vec![3, 1, 2]), Some([1, 2, 3]));
        assert_eq!(quartiles(vec![40, 10, 30, 20]), Some([10, 20, 30]));
    }

    #[test]
    fn days_are_those_of_the_zone_and_have_rows() {
        let now = "2026-04-06T22:30:00Z".parse().unwrap();
        let berlin = zone("Europe/Berlin");
        let from = |kept| {
            let days = days(berlin, now, kept);
            days.iter()
                .map(|day| day.from.to_rfc3339())
                .collect::<Vec<_>>()
        };
        let all = from(Kept::new(None, berlin, ""));
        assert_eq!(all.len(), 8);
        assert_eq!(all[0], "2026-03-30T22:00:00+00:00", "a Tuesday there");
        assert_eq!(all[1], "2026-03-23T23:00:00+00:00", "before summer time");
        let cut = "2026-03-23T23:00:01Z".parse().ok();
        assert_eq!(from(Kept::new(cut, berlin, "")), all[..1]);
    }
}
