//! A time window in a zone: half-open `[from, to)` in instants (contract, section 1).
//!
//! Later code gets the offsets of a zone, DST included, as [`Segment`]s, parts of the window with a
//! constant offset, and works with plain integers.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::exact::exactly;
use super::{Instant, Zone};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub zone: Zone,
}

/// Part of a window with a constant UTC offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
}

/// Segments as parallel arrays, as bound to statements.
#[derive(Debug, Default)]
pub struct SegmentArrays {
    pub from: Vec<DateTime<Utc>>,
    pub to: Vec<DateTime<Utc>>,
    pub utc_offset: Vec<i32>,
}

impl Window {
    /// The years 1 to 9999.
    pub fn of_all_time(zone: Zone) -> Self {
        const FIRST: i64 = -62_135_596_800;
        const END: i64 = 253_402_300_800;
        let at = |second| DateTime::from_timestamp(second, 0).unwrap_or_default(); // infallible: constants
        Self {
            from: at(FIRST),
            to: at(END),
            zone,
        }
    }

    /// `2026-06-01T00:00:00Z/2026-06-30T08:00:00.123456Z`: sent on as explicit ends, it is the same window.
    pub fn exactly(&self) -> String {
        format!("{}/{}", exactly(self.from), exactly(self.to))
    }

    /// False if an end is that of all time.
    pub fn is_bounded(&self) -> bool {
        let (from, to) = self.known_ends();
        from.is_some() && to.is_some()
    }

    /// The ends that are not those of all time.
    pub fn known_ends(&self) -> (Option<Instant>, Option<Instant>) {
        let all = Self::of_all_time(self.zone);
        (
            (self.from > all.from).then_some(Instant(self.from)),
            (self.to < all.to).then_some(Instant(self.to)),
        )
    }

    /// Splits the window at changes of the zone's offset, in order; empty for an empty window.
    pub fn segments(&self) -> Vec<Segment> {
        let mut segments = Vec::new();
        let spans = self.zone.offsets().from(self.from.timestamp());
        let mut from = self.from;
        for (index, span) in spans.iter().enumerate() {
            let change = spans
                .get(index + 1)
                .and_then(|next| DateTime::from_timestamp(next.start, 0));
            let to = change.map_or(self.to, |change| change.min(self.to));
            if from >= to {
                break;
            }
            segments.push(Segment {
                from,
                to,
                utc_offset: span.utc_offset,
            });
            from = to;
        }
        segments
    }

    /// Local time at the start. A day whose midnight DST skips begins at midnight all the same.
    pub fn local_start(&self) -> NaiveDateTime {
        let micro = TimeDelta::microseconds(1);
        let after = self.zone.local(self.from - micro) + micro;
        if after.time() == NaiveTime::MIN {
            return after;
        }
        self.zone.local(self.from)
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

/// Instant at which a clock in `zone` shows a local time: the earlier one if it is repeated, and
/// the instant of the change if DST skips it.
pub fn instant_of(local: NaiveDateTime, zone: Zone) -> DateTime<Utc> {
    const DAY: i64 = 86_400; // exceeds every offset
    let by_clock = local.and_utc();
    let second = by_clock.timestamp();
    let spans = zone.offsets().from(second - DAY);
    for (index, span) in spans.iter().enumerate() {
        let shown_at = second - i64::from(span.utc_offset);
        let end = spans.get(index + 1).map_or(i64::MAX, |next| next.start);
        if shown_at < end {
            // The span starts later than `local`: the clock skipped it.
            let is_skipped = shown_at < span.start;
            let skipped_to = is_skipped
                .then(|| DateTime::from_timestamp(span.start, 0))
                .flatten();
            return skipped_to
                .unwrap_or_else(|| by_clock - TimeDelta::seconds(span.utc_offset.into()));
        }
    }
    by_clock // infallible: the last span is unbounded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::instant::GivenInstant;
    use crate::time::zone::zone;

    fn window(zone: Zone, from: &str, to: &str) -> Window {
        let given = |text| GivenInstant::parse(text).expect(text);
        Window {
            from: given(from).start(zone),
            to: given(to).end(zone),
            zone,
        }
    }

    fn hours(zone: Zone, day: &str) -> i64 {
        let day = window(zone, day, day);
        (day.to - day.from).num_minutes()
    }

    #[test]
    fn days_have_the_length_of_their_zone() {
        assert_eq!(hours(zone("Europe/Berlin"), "2026-03-29"), 23 * 60);
        assert_eq!(hours(zone("Europe/Berlin"), "2026-10-25"), 25 * 60);
        assert_eq!(hours(zone("America/New_York"), "2026-03-08"), 23 * 60);
        assert_eq!(
            hours(zone("Australia/Lord_Howe"), "2026-04-05"),
            24 * 60 + 30
        );
        assert_eq!(hours(zone("Asia/Kathmandu"), "2026-03-29"), 24 * 60);
        assert_eq!(
            hours(zone("America/Sao_Paulo"), "2018-11-04"),
            23 * 60,
            "a day without a midnight"
        );
        assert_eq!(
            hours(zone("Pacific/Apia"), "2011-12-30"),
            0,
            "a skipped day"
        );
    }

    #[test]
    fn skipped_times_map_to_the_change_and_repeated_ones_to_the_earlier_instant() {
        let berlin = |text: &str| {
            GivenInstant::parse(text)
                .unwrap()
                .start(zone("Europe/Berlin"))
                .to_rfc3339()
        };
        assert_eq!(berlin("2026-03-29T02:30:00"), "2026-03-29T01:00:00+00:00");
        assert_eq!(berlin("2026-10-25T02:30:00"), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn a_window_is_split_at_offset_changes() {
        let year = window(zone("Europe/Berlin"), "2026-01-01", "2026-12-31").segments();
        let offsets: Vec<i32> = year.iter().map(|segment| segment.utc_offset).collect();
        assert_eq!(offsets, [3600, 7200, 3600]);
        assert_eq!(year[1].from.to_rfc3339(), "2026-03-29T01:00:00+00:00");
        assert_eq!(year[2].from.to_rfc3339(), "2026-10-25T01:00:00+00:00");

        let instant = year[0].from;
        assert!(
            Window {
                from: instant,
                to: instant,
                zone: zone("Europe/Berlin")
            }
            .segments()
            .is_empty()
        );
    }

    #[test]
    fn segments_are_contiguous_with_constant_offsets_in_every_zone() {
        for zone in Zone::all() {
            let decade = window(zone, "2006-01-01", "2016-12-31");
            let segments = decade.segments();
            assert_eq!(
                (segments[0].from, segments[segments.len() - 1].to),
                (decade.from, decade.to),
                "{zone}"
            );
            for pair in segments.windows(2) {
                assert_eq!(pair[0].to, pair[1].from, "{zone}");
            }
            for segment in segments {
                let last = segment.to - TimeDelta::microseconds(1);
                assert_eq!(zone.offset(segment.from), segment.utc_offset, "{zone}");
                assert_eq!(zone.offset(last), segment.utc_offset, "{zone}");
            }
        }
    }
}
