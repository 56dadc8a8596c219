//! The plan of tries: the times at which a delivery that fails is sent again.

use chrono::{DateTime, TimeDelta, Utc};

/// Times of the tries after the first.
const OFFSETS: [TimeDelta; 8] = [
    TimeDelta::zero(),
    TimeDelta::seconds(30),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(6),
    TimeDelta::hours(12),
    TimeDelta::hours(24),
];
/// Number of tries of a plan.
pub const TRIES: i16 = 8;
const _: () = assert!(OFFSETS.len() == TRIES as usize);

/// Share by which an offset is lengthened or shortened, so that deliveries that failed together do not return together.
const JITTER: f64 = 0.1;
/// Minimum wait, for a delivery that is behind its plan because its webhook was paused.
const MIN_WAIT: TimeDelta = TimeDelta::seconds(10);
/// Maximum wait that a receiver may ask for.
const MAX_WAIT: TimeDelta = TimeDelta::days(1);

/// The time of the next try after `tries` of the plan, the last of which failed at `now`. `None` if it was the last one.
/// `retry_after`: the wait that the receiver asked for. `chance`: from 0 to 1.
pub fn next(
    tries: i16,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
    retry_after: Option<TimeDelta>,
    chance: f64,
) -> Option<DateTime<Utc>> {
    let offset = usize::try_from(tries)
        .ok()
        .and_then(|tries| OFFSETS.get(tries))?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a day in milliseconds is far below the precision"
    )]
    let jitter = (offset.num_milliseconds() as f64 * JITTER * (2.0 * chance - 1.0)) as i64;
    let planned = first + *offset + TimeDelta::milliseconds(jitter);
    let asked = retry_after.unwrap_or_default().min(MAX_WAIT);
    Some(planned.max(now + MIN_WAIT.max(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_follow_the_plan_give_or_take_a_tenth() {
        let first: DateTime<Utc> = "2026-06-30T08:00:00Z".parse().unwrap();
        let wait = |tries, chance| {
            next(tries, first, first, None, chance).map(|at| (at - first).num_seconds())
        };
        let plan = |chance| [1, 2, 3, 4, 5, 6, 7, 8].map(|tries| wait(tries, chance));
        let all = [30, 300, 1_800, 7_200, 21_600, 43_200, 86_400].map(Some);
        assert_eq!(plan(0.5)[..7], all);
        assert_eq!(
            plan(0.0)[..7],
            all.map(|wait| wait.map(|wait| wait * 9 / 10))
        );
        assert_eq!(
            plan(1.0)[..7],
            all.map(|wait| wait.map(|wait| wait * 11 / 10))
        );
        assert_eq!(plan(0.5)[7], None);
    }

    #[test]
    fn a_receiver_may_lengthen_a_wait_up_to_a_day_but_not_shorten_it() {
        let first: DateTime<Utc> = "2026-06-30T08:00:00Z".parse().unwrap();
        let now = first + TimeDelta::seconds(5);
        let wait = |asked: i64| {
            let at = next(1, first, now, Some(TimeDelta::seconds(asked)), 0.5).unwrap();
            (at - now).num_seconds()
        };
        assert_eq!(
            [1, 60, 86_400, 1_000_000].map(wait),
            [25, 60, 86_400, 86_400]
        );
    }

    #[test]
    fn a_delivery_behind_its_plan_waits_a_little() {
        let first: DateTime<Utc> = "2026-06-30T08:00:00Z".parse().unwrap();
        let now = first + TimeDelta::days(3);
        assert_eq!(next(2, first, now, None, 0.5), Some(now + MIN_WAIT));
    }
}
