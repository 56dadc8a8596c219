//! Levels: the widths of buckets and their numbering.
//!
//! The finest is a quarter of an hour, because every offset in use is a multiple of it, so that the same buckets serve every
//! zone. Buckets of a width are numbered from 1970 in UTC.

use chrono::{DateTime, Utc};

/// Seconds in a quarter of an hour.
pub const QUARTER: i64 = 900;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Quarter,
    Hour,
    /// A day of UTC.
    Day,
}

impl Level {
    /// Width in quarter hours, which identifies the level in the database.
    pub const fn width(self) -> i32 {
        match self {
            Self::Quarter => 1,
            Self::Hour => 4,
            Self::Day => 96,
        }
    }

    pub const fn seconds(self) -> i64 {
        self.width() as i64 * QUARTER
    }

    /// The bucket of an instant.
    pub fn bucket(self, at: DateTime<Utc>) -> i64 {
        at.timestamp().div_euclid(self.seconds())
    }

    /// The first bucket that starts at or after an instant.
    pub fn bucket_from(self, at: DateTime<Utc>) -> i64 {
        self.bucket(at) + i64::from(self.start(self.bucket(at)) < at)
    }

    /// Start of a bucket.
    pub fn start(self, bucket: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(bucket * self.seconds(), 0).unwrap_or_default() // infallible: buckets come of instants
    }
}

/// Quarter hours of the years 1 to 9999 fit into 29 bits.
pub fn narrow(bucket: i64) -> i32 {
    i32::try_from(bucket).unwrap_or(if bucket < 0 { i32::MIN } else { i32::MAX })
}

const _: () = assert!(9999 * 366 * 86_400 / QUARTER < i32::MAX as i64);
