//! Offsets of one zone over all time, as plain integers.
//!
//! Owns the reading of compiled zone files (TZif), through jiff. Must not know where a file comes
//! from.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// End of computed rules, the year 2100. The tz database repeats rules for ever; later offsets are
/// taken as constant.
const END: i64 = 4_102_444_800;

/// A span of time with a constant offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Seconds since 1970; `i64::MIN` for the first span.
    pub start: i64,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
}

/// Spans of a zone in order, at least one; adjacent ones differ in offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offsets(Box<[Span]>);

impl Offsets {
    /// UTC at all times.
    pub fn zero() -> Self {
        Self(Box::new([Span {
            start: i64::MIN,
            utc_offset: 0,
        }]))
    }

    /// Parses a compiled zone file. Returns `None` if it is invalid or has an offset of a day or
    /// more.
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
            // Many changes concern the abbreviation only.
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

    /// Span that contains an instant, in seconds since 1970.
    pub fn at(&self, second: i64) -> Span {
        self.0[self.index(second)]
    }

    /// Span that contains an instant, and all later ones.
    pub fn from(&self, second: i64) -> &[Span] {
        &self.0[self.index(second)..]
    }

    fn index(&self, second: i64) -> usize {
        self.0.partition_point(|span| span.start <= second) - 1 // the first span has no start
    }
}
