//! Bucket levels: how wide a bucket of a roll-up is, and how its buckets are numbered.
//!
//! The finest is a quarter of an hour, because every offset of a zone in use is a multiple of it, so that one
//! store serves every zone. A bucket's number counts buckets of its width since 1970, in UTC.

use chrono::{DateTime, Utc};

/// Seconds in a quarter of an hour.
pub const QUARTER: i64 = 900;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Quarter,
    Hour,
    /// Of UTC.
    Day,
}

impl Level {
    /// Quarters of an hour in a bucket, by which a level is known in the database too.
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

    /// The bucket that the instant lies in.
    pub fn bucket(self, at: DateTime<Utc>) -> i64 {
        at.timestamp().div_euclid(self.seconds())
    }

    /// The first bucket that does not begin before the instant.
    pub fn bucket_from(self, at: DateTime<Utc>) -> i64 {
        self.bucket(at) + i64::from(self.start(self.bucket(at)) < at)
    }

    /// When a bucket begins.
    pub fn start(self, bucket: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(bucket * self.seconds(), 0).unwrap_or_default() // infallible: buckets come of instants
    }
}
