//! The time since when a warning holds without a break, from the same sums of calls that it is told by.
//!
//! A state is looked at where buckets of sums end, backwards from now, so that the answer is the last of these ends at which it
//! was another: at most an hour, or a quarter of one, before it began. As much is read for every warning, whatever its age, and for
//! a bounded number of them.

mod caller_ids;
mod drops;
mod limits;
mod past;
mod waiting;

pub use caller_ids::of_caller_ids;
pub use drops::of_drops;
pub use limits::Hours;
pub use waiting::of_waiting;

use chrono::{DateTime, TimeDelta, Utc};

use crate::time::Window;

/// Maximum number of campaigns whose past is read.
const MOST_CAMPAIGNS: usize = 20;

/// Ends of the quarters of an hour of a day that are over, its start first.
fn quarters(today: &Window, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let quarter = TimeDelta::minutes(15);
    let mut ends = vec![today.from];
    while let Some(end) = ends.last().map(|end| *end + quarter)
        && end <= now
    {
        ends.push(end);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    #[test]
    fn quarters_of_a_day_end_before_now() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect(text);
        let today = Window {
            from: at("2026-06-29T17:00:00Z"),
            to: at("2026-06-30T17:00:00Z"),
            zone: Zone::UTC,
        };
        let ends = quarters(&today, at("2026-06-29T17:44:59Z"));
        let expected = ["17:00", "17:15", "17:30"];
        assert_eq!(
            ends,
            expected.map(|time| at(&format!("2026-06-29T{time}:00Z")))
        );
    }
}
