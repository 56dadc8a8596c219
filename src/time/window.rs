//! A window of time in a zone: half-open `[from, to)` in instants (contract, section 1).
//!
//! Owns the offsets of a zone, DST included. Everything downstream gets them as [`Segment`]s, stretches of
//! the window with one offset each, and works in plain integers.

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub zone: Tz,
}

/// A stretch of time during which the zone keeps one offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
}

/// Segments as three arrays of one length, which is how a statement takes them.
#[derive(Debug, Default)]
pub struct SegmentArrays {
    pub from: Vec<DateTime<Utc>>,
    pub to: Vec<DateTime<Utc>>,
    pub utc_offset: Vec<i32>,
}

impl Window {
    /// The window cut wherever the zone's offset changes, in order; nothing where it is empty.
    pub fn segments(&self) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut from = self.from;
        while from < self.to {
            let utc_offset = offset(self.zone, from);
            let to = next_change(self.zone, from, self.to);
            segments.push(Segment { from, to, utc_offset });
            from = to;
        }
        segments
    }

    pub fn segment_arrays(&self) -> SegmentArrays {
        let mut arrays = SegmentArrays::default();
        for segment in self.segments() {
            arrays.from.push(segment.from);
            arrays.to.push(segment.to);
            arrays.utc_offset.push(segment.utc_offset);
        }
        arrays
    }
}

/// The instant at which a clock in `zone` shows that time: the earlier one where it does so twice, and the
/// instant of the change where DST skips it.
pub fn instant_of(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    if let Some(instant) = zone.from_local_datetime(&local).earliest() {
        return instant.to_utc();
    }
    // No zone is, or ever was, more than a day away from UTC, so the change lies within these two days.
    let (mut at, end) = (local.and_utc() - TimeDelta::days(1), local.and_utc() + TimeDelta::days(1));
    while at < end {
        at = next_change(zone, at, end);
        if at.naive_utc() + TimeDelta::seconds(offset(zone, at).into()) > local {
            break;
        }
    }
    at
}

/// Seconds that local time in `zone` is ahead of UTC at that instant.
fn offset(zone: Tz, at: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

/// The first instant after `from` at which the zone's offset is another than at `from`, at most `to`.
fn next_change(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
    // No zone has ever changed twice within a day and come back to the same offset, so a daily look misses none.
    let stride = TimeDelta::days(1);
    let utc_offset = offset(zone, from);
    let mut same = from;
    let other = loop {
        if same >= last_known_change() {
            return to;
        }
        let ahead = (same + stride).max(before_first_change()).min(to);
        if offset(zone, ahead) != utc_offset {
            break ahead;
        }
        if ahead == to {
            return to;
        }
        same = ahead;
    };
    // Changes happen on whole seconds: the first of them at which the offset is another.
    let (mut same, mut other) = (same.timestamp(), other.timestamp());
    while other - same > 1 {
        let middle = same + (other - same) / 2;
        let at = DateTime::from_timestamp(middle, 0).unwrap_or(to); // infallible: between two instants
        if offset(zone, at) == utc_offset { same = middle } else { other = middle }
    }
    DateTime::from_timestamp(other, 0).unwrap_or(to)
}

/// No zone had any offset but its first before the railways.
fn before_first_change() -> DateTime<Utc> {
    DateTime::from_timestamp(-5_364_662_400, 0).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// The time zone database states changes up to 2037; past 2100 every zone keeps the offset it has.
fn last_known_change() -> DateTime<Utc> {
    DateTime::from_timestamp(4_102_444_800, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, Australia, Europe, Pacific, TZ_VARIANTS};

    use super::*;
    use crate::time::instant::Given;

    fn window(zone: Tz, from: &str, to: &str) -> Window {
        let given = |text| Given::parse(text, zone).expect(text);
        Window { from: given(from).start(zone), to: given(to).end(zone), zone }
    }

    fn hours(zone: Tz, day: &str) -> i64 {
        let day = window(zone, day, day);
        (day.to - day.from).num_minutes()
    }

    #[test]
    fn a_day_lasts_as_long_as_it_does_there() {
        assert_eq!(hours(Europe::Berlin, "2026-03-29"), 23 * 60);
        assert_eq!(hours(Europe::Berlin, "2026-10-25"), 25 * 60);
        assert_eq!(hours(America::New_York, "2026-03-08"), 23 * 60);
        assert_eq!(hours(Australia::Lord_Howe, "2026-04-05"), 24 * 60 + 30);
        assert_eq!(hours(Asia::Kathmandu, "2026-03-29"), 24 * 60);
        assert_eq!(hours(America::Sao_Paulo, "2018-11-04"), 23 * 60, "a day that has no midnight");
        assert_eq!(hours(Pacific::Apia, "2011-12-30"), 0, "a day that was left out");
    }

    #[test]
    fn a_skipped_local_time_is_the_instant_of_the_change_and_a_repeated_one_the_earlier() {
        let berlin = |text: &str| Given::parse(text, Europe::Berlin).unwrap().start(Europe::Berlin).to_rfc3339();
        assert_eq!(berlin("2026-03-29T02:30:00"), "2026-03-29T01:00:00+00:00");
        assert_eq!(berlin("2026-10-25T02:30:00"), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn a_window_is_cut_where_the_offset_changes() {
        let year = window(Europe::Berlin, "2026-01-01", "2026-12-31").segments();
        let offsets: Vec<i32> = year.iter().map(|segment| segment.utc_offset).collect();
        assert_eq!(offsets, [3600, 7200, 3600]);
        assert_eq!(year[1].from.to_rfc3339(), "2026-03-29T01:00:00+00:00");
        assert_eq!(year[2].from.to_rfc3339(), "2026-10-25T01:00:00+00:00");

        let instant = year[0].from;
        assert!(Window { from: instant, to: instant, zone: Europe::Berlin }.segments().is_empty());
    }

    #[test]
    fn segments_join_without_a_gap_and_hold_their_offset_in_every_zone() {
        for zone in TZ_VARIANTS {
            let decade = window(zone, "2006-01-01", "2016-12-31");
            let segments = decade.segments();
            assert_eq!((segments[0].from, segments[segments.len() - 1].to), (decade.from, decade.to), "{zone}");
            for pair in segments.windows(2) {
                assert_eq!(pair[0].to, pair[1].from, "{zone}");
            }
            for segment in segments {
                let last = segment.to - TimeDelta::microseconds(1);
                assert_eq!(offset(zone, segment.from), segment.utc_offset, "{zone}");
                assert_eq!(offset(zone, last), segment.utc_offset, "{zone}");
            }
        }
    }
}
