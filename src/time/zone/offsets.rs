//! The offsets of one zone over all time, as plain integers.
//!
//! Owns the reading of compiled zone files (TZif), by jiff. Must not know where a file comes from.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The tz database states rules without an end; past 2100 every zone keeps the offset it has then.
const END: i64 = 4_102_444_800;

/// A stretch of time during which a zone keeps one offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// In seconds since 1970; the first span begins at `i64::MIN`.
    pub start: i64,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
}

/// Every span of a zone, in order, neighbours of different offsets. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offsets(Box<[Span]>);

impl Offsets {
    /// UTC for ever.
    pub fn zero() -> Self {
        Self(Box::new([Span {
            start: i64::MIN,
            utc_offset: 0,
        }]))
    }

    /// From a compiled zone file. None where it is none, or has an offset of a day or more.
    pub fn read(tzif: &[u8]) -> Option<Self> {
        let zone = TimeZone::tzif("", tzif).ok()?;
        let mut spans = vec![Span {
            start: i64::MIN,
            utc_offset: zone.to_offset(Timestamp::MIN).seconds(),
        }];
        let changes = zone
            .following(Timestamp::MIN)
            .take_while(|change| change.timestamp().as_second() < END);
        for change in changes {
            let span = Span {
                start: change.timestamp().as_second(),
                utc_offset: change.offset().seconds(),
            };
            // Many changes are of the zone's abbreviation alone.
            if spans
                .last()
                .is_none_or(|last| last.utc_offset != span.utc_offset)
            {
                spans.push(span);
            }
        }
        let sane = spans.iter().all(|span| span.utc_offset.abs() < 86_400);
        sane.then(|| Self(spans.into()))
    }

    /// The span that holds an instant, in seconds since 1970.
    pub fn at(&self, second: i64) -> Span {
        self.0[self.index(second)]
    }

    /// The span that holds an instant, and those behind it.
    pub fn from(&self, second: i64) -> &[Span] {
        &self.0[self.index(second)..]
    }

    fn index(&self, second: i64) -> usize {
        self.0.partition_point(|span| span.start <= second) - 1 // the first begins before all
    }
}
