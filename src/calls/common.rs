//! Filters that the calls of both products have.

use super::filter::{Filter, Meaning};
use crate::input::{Kind, Parameter};
use crate::time::bucket::LABEL;

/// Largest number of an integer column.
pub const MOST: i64 = i32::MAX as i64;

/// Text of a condition on the local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday, four days in).
macro_rules! hour_of_week {
    ($condition:literal) => {
        concat!(
            "(callboard_local_second({{call}}.started_at, (select s.utc_offset from unnest(:2::timestamptz[], :3::timestamptz[], ",
            ":4::integer[]) as s (begins, ends, utc_offset) where {{call}}.started_at >= s.begins and {{call}}.started_at < s.ends))",
            " / 3600 + 4 * 24) % (7 * 24) ",
            $condition
        )
    };
}

pub static UUID: Filter = Filter::optional(
    "uuid",
    Kind::Text,
    "Only the call of this uuid.",
    Meaning::Value("{{call}}.uuid = :1"),
);
pub static LEAD_ID: Filter = Filter::optional(
    "lead_id",
    Kind::Id,
    "Only calls to this lead.",
    Meaning::Value("{{call}}.lead_id = :1"),
);
pub static HANGUP_CAUSE: Filter = Filter::optional(
    "hangup_cause",
    Kind::Text,
    "Only calls that ended with this cause, as the switch names it.",
    Meaning::Value("callboard_short({{call}}.hangup_cause) = :1"),
);
pub static DAY_OF_WEEK: Filter = Filter::optional(
    "day_of_week",
    Kind::Number { range: 0..=6 },
    "Only calls of this local day of the week; 0 is Sunday.",
    Meaning::Local(hour_of_week!("/ 24 = :1")),
);
pub static HOUR: Filter = Filter::optional(
    "hour",
    Kind::Number { range: 0..=23 },
    "Only calls of this local hour.",
    Meaning::Local(hour_of_week!("% 24 = :1")),
);
pub static BUCKET: Filter = Filter::optional(
    "bucket",
    Kind::Pattern(LABEL),
    "Only calls of this local hour, day, week or month, labelled as reports over time label it; a repeated hour is both.",
    Meaning::Bucket(
        "exists (select from unnest(:1::timestamptz[], :2::timestamptz[]) as b (begins, ends) \
         where {{call}}.started_at >= b.begins and {{call}}.started_at < b.ends)",
    ),
);

/// The phone of a lead, whose filter needs `calls_read`.
pub const PHONE: Parameter = Parameter::optional(
    "phone",
    Kind::Text,
    "Only calls to leads with this phone, in any spelling. Needs `calls_read`.",
);
/// Results that are given as a filter: those of a call, or that it has none yet.
pub const RESULT: &str = "coalesce({{call}}.result, 'in_progress') = any (:1)";
