//! Stretches of time that the overview counts calls of, and the periods between their ends.
//!
//! Pure. Every stretch is a union of periods, so that one statement reads each call once. Ends lie on quarters of an hour where
//! they may, so that sums answer for them.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

use crate::rollups::{Kept, Level};
use crate::time::window::instant_of;
use crate::time::{Window, Zone};

/// A stretch of time, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Stretch {
    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }
}

/// The hour and the quarter of an hour of now, on an earlier day.
#[derive(Debug, Clone, Copy)]
pub struct SameTime {
    pub hour: Stretch,
    pub quarter: Stretch,
}

#[derive(Debug)]
pub struct Periods {
    /// Since local midnight.
    pub today: Stretch,
    /// The same weekday a week before, until the minute of now.
    pub before: Stretch,
    /// Today and the seven local days before.
    pub week: Stretch,
    /// The part of the week in which a call without a result is too old.
    pub stale: Stretch,
    /// The last 60 minutes, begun with a whole quarter of an hour.
    pub last_hour: Stretch,
    /// The time of now on the last four days of this weekday; the latest first.
    pub same_times: Vec<SameTime>,
    /// Starts of all periods, ascending, and the end of the last.
    ends: Vec<DateTime<Utc>>,
    zone: Zone,
}

/// Days that the time of now is compared with.
const SAME_DAYS: u64 = 4;

impl Periods {
    /// Those of an instant, as far as rows are kept. `old`: age from which a call without a result is too old.
    pub fn new(zone: Zone, now: DateTime<Utc>, old: TimeDelta, kept: Kept) -> Self {
        let local = zone.local(now);
        let at = |days, time| days_before(local.date(), days, time, zone);
        let quarter = |at: DateTime<Utc>| Level::Quarter.start(Level::Quarter.bucket(at));
        let end = quarter(now) + TimeDelta::minutes(15);
        let minute = local
            .time()
            .with_second(0)
            .and_then(|it| it.with_nanosecond(0));
        let stretch = |from, to| {
            let window = kept.with_rows(&Window { from, to, zone });
            Stretch {
                from: window.from,
                to: window.to,
            }
        };
        let midnight = NaiveTime::MIN;
        let week_ago = at(7, midnight);
        let mut periods = Self {
            today: stretch(at(0, midnight), end),
            before: stretch(week_ago, at(7, minute.unwrap_or(local.time()))),
            week: stretch(week_ago, end),
            stale: stretch(week_ago, quarter(now - old).max(week_ago)),
            last_hour: stretch(quarter(now) - TimeDelta::minutes(60), end),
            same_times: same_times(zone, now, kept),
            ends: Vec::new(),
            zone,
        };
        let ends = periods.stretches().flat_map(|it| [it.from, it.to]);
        let mut ends: Vec<_> = ends.collect();
        ends.sort_unstable();
        ends.dedup();
        periods.ends = ends;
        periods
    }

    fn stretches(&self) -> impl Iterator<Item = Stretch> {
        let fixed = [
            self.today,
            self.before,
            self.week,
            self.stale,
            self.last_hour,
        ];
        let same = self.same_times.iter().flat_map(|it| [it.hour, it.quarter]);
        fixed.into_iter().chain(same)
    }

    /// The periods that a stretch needs, to be read.
    pub fn windows(&self) -> Vec<Window> {
        let pairs = self.ends.iter().zip(self.ends.iter().skip(1));
        let windows = pairs.map(|(from, to)| Window {
            from: *from,
            to: *to,
            zone: self.zone,
        });
        let needed = |window: &Window| self.stretches().any(|it| it.holds(window.from));
        windows.filter(needed).collect()
    }

    /// Starts of periods in seconds since 1970, as a statement numbers them from 1.
    pub fn starts(&self) -> Vec<i64> {
        self.ends.iter().map(DateTime::timestamp).collect()
    }

    /// True if a period, by its number, is part of a stretch.
    pub fn is_in(&self, period: i32, stretch: Stretch) -> bool {
        let at = usize::try_from(period - 1)
            .ok()
            .and_then(|at| self.ends.get(at));
        at.is_some_and(|start| stretch.holds(*start))
    }
}

/// A time of day, so many days before a date.
fn days_before(date: NaiveDate, days: u64, time: NaiveTime, zone: Zone) -> DateTime<Utc> {
    let before = date.checked_sub_days(Days::new(days)).unwrap_or(date);
    instant_of(before.and_time(time), zone)
}

/// The local time of an instant on the last four days of its weekday, as far as rows are kept; the latest first.
pub fn same_times(zone: Zone, now: DateTime<Utc>, kept: Kept) -> Vec<SameTime> {
    let local = zone.local(now);
    let of_week = |week| {
        let at = |time| days_before(local.date(), 7 * week, time, zone);
        same_time(at, local.time())
    };
    let has_rows = |it: &SameTime| kept.complete_from().is_none_or(|cut| it.hour.from >= cut);
    (1..=SAME_DAYS).map(of_week).filter(has_rows).collect()
}

/// The hour and the quarter of an hour that hold a time of day, on the day of `at`.
fn same_time(at: impl Fn(NaiveTime) -> DateTime<Utc>, time: NaiveTime) -> SameTime {
    let from = |minute| NaiveTime::from_hms_opt(time.hour(), minute, 0).unwrap_or(time);
    let (hour, quarter) = (at(from(0)), at(from(time.minute() / 15 * 15)));
    SameTime {
        hour: Stretch {
            from: hour,
            to: hour + TimeDelta::minutes(60),
        },
        quarter: Stretch {
            from: quarter,
            to: quarter + TimeDelta::minutes(15),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::zone::zone;

    const OLD: TimeDelta = TimeDelta::hours(2);

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    #[test]
    fn every_stretch_is_a_union_of_periods() {
        let zone = zone("Asia/Ho_Chi_Minh");
        for now in [
            "2026-06-30T02:37:12.5Z",
            "2026-06-30T17:05:00Z",
            "2026-06-29T18:00:00Z",
        ] {
            let periods = Periods::new(zone, at(now), OLD, Kept::new(None, zone, ""));
            let windows = periods.windows();
            for stretch in periods.stretches() {
                let parts = windows.iter().filter(|it| stretch.holds(it.from));
                let seconds = parts.map(|it| (it.to - it.from).num_seconds()).sum::<i64>();
                assert_eq!(seconds, (stretch.to - stretch.from).num_seconds(), "{now}");
            }
        }
    }

    #[test]
    fn stretches_are_those_of_the_local_clock() {
        let zone = zone("Asia/Ho_Chi_Minh");
        let now = at("2026-06-30T02:37:12.5Z"); // 09:37 there
        let periods = Periods::new(zone, now, OLD, Kept::new(None, zone, ""));
        let stretch = |from: &str, to: &str| Stretch {
            from: at(from),
            to: at(to),
        };
        assert_eq!(
            periods.today,
            stretch("2026-06-29T17:00:00Z", "2026-06-30T02:45:00Z")
        );
        assert_eq!(
            periods.before,
            stretch("2026-06-22T17:00:00Z", "2026-06-23T02:37:00Z")
        );
        assert_eq!(
            periods.last_hour,
            stretch("2026-06-30T01:30:00Z", "2026-06-30T02:45:00Z")
        );
        let last = periods.same_times[0];
        assert_eq!(
            last.hour,
            stretch("2026-06-23T02:00:00Z", "2026-06-23T03:00:00Z")
        );
        assert_eq!(
            last.quarter,
            stretch("2026-06-23T02:30:00Z", "2026-06-23T02:45:00Z")
        );
        let cut = Kept::new(Some(at("2026-06-10T00:00:00Z")), zone, "");
        assert_eq!(Periods::new(zone, now, OLD, cut).same_times.len(), 2);
    }
}
