//! Time series: shared by the reports over time, from buckets in SQL to filled gaps.

use crate::error::{Error, Result};
use crate::input::FILL_GAPS;
use crate::time::bucket::MAX_BUCKETS;
use crate::time::{Granularity, Window};

pub use crate::db::Select;

/// Binds the window's segments as three arrays: from, to, offset.
pub fn bind_segments<R>(rows: Select<R>, window: &Window) -> Select<R> {
    let segments = window.segment_arrays();
    rows.bind(segments.from)
        .bind(segments.to)
        .bind(segments.utc_offset)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Series {
    pub granularity: Granularity,
    /// True if empty buckets are included.
    pub fill_gaps: bool,
}

/// The counters of one bucket.
pub trait Bucketed {
    fn bucket(&self) -> i64;
    /// The counters of an empty bucket.
    fn empty(bucket: i64) -> Self;
}

impl Default for Series {
    fn default() -> Self {
        Self {
            granularity: Granularity::Day,
            fill_gaps: false,
        }
    }
}

impl Series {
    /// For a daily series: the same by hour.
    pub fn by_hour(self) -> Option<Self> {
        (self.granularity == Granularity::Day).then_some(Self {
            granularity: Granularity::Hour,
            ..self
        })
    }

    /// Binds what a statement needs to number its buckets: the seconds in one, and the seconds to add first.
    pub fn bind<R>(self, rows: Select<R>) -> Select<R> {
        rows.bind(self.granularity.seconds())
            .bind(self.granularity.shift())
    }

    /// The rows in ascending order, with gaps filled if requested. `Invalid` if the window touches more than
    /// [`MAX_BUCKETS`].
    pub fn filled<B: Bucketed>(self, rows: Vec<B>, window: &Window) -> Result<Vec<B>> {
        if !self.fill_gaps {
            return Ok(rows);
        }
        let too_many = || {
            Error::invalid(
                FILL_GAPS.name,
                format!("The window has more than {MAX_BUCKETS} buckets to fill."),
            )
        };
        let touched = self
            .granularity
            .touched(window, MAX_BUCKETS)
            .ok_or_else(too_many)?;
        let mut rows = rows.into_iter().peekable();
        let next = |bucket| {
            rows.next_if(|row| row.bucket() == bucket)
                .unwrap_or_else(|| B::empty(bucket))
        };
        Ok(touched.into_iter().map(next).collect())
    }
}
