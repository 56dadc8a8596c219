//! The time since when a campaign is near its limit of abandoned calls, or over it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::past::{self, Buckets};
use crate::db::Scope;
use crate::error::Result;
use crate::reports::telesales::abandon_rate::WINDOW_MINUTES;
use crate::reports::telesales::exposure::Exposure;
use crate::rollups::{Detail, Kept, Level, Module, Plan, RollupScope};
use crate::time::{Granularity, Instant, Window, Zone};

/// Hours for which a campaign's past is read.
const HOURS_BACK: i64 = 7 * 24;
/// Hours of calls that the abandon rate is of.
const HOURS: i64 = WINDOW_MINUTES / 60;
const _: () = assert!(WINDOW_MINUTES % 60 == 0);

/// Dials of campaigns by hour, for as long as their past and its windows last.
pub struct Hours {
    /// The first hour, counted since 1970, and the last one that is over.
    first: i64,
    last: i64,
    by_campaign: BTreeMap<i64, Buckets>,
}

impl Hours {
    pub async fn read(
        scope: &mut Scope,
        campaigns: Vec<i64>,
        (now, kept): (DateTime<Utc>, Kept),
    ) -> Result<Self> {
        let last = Level::Hour.bucket(now);
        let window = kept.with_rows(&Window {
            from: Level::Hour.start(last - HOURS_BACK - HOURS),
            to: Level::Hour.start(last),
            zone: Zone::UTC,
        });
        let sums = (Detail::Fine, RollupScope::Campaign);
        let plan = Plan::cut(&window, Granularity::Hour, sums, kept)?;
        let hours = (Level::Hour, &plan);
        Ok(Self {
            first: Level::Hour.bucket(window.from),
            last,
            by_campaign: past::read(scope, Module::Telesales, campaigns, hours).await?,
        })
    }

    /// The last whole hour at which a campaign was not in a state that it is in now; at most a week ago.
    pub fn since(&self, campaign: i64, is_in: impl Fn(Exposure) -> bool) -> Option<Instant> {
        let hours = self.by_campaign.get(&campaign)?;
        let at = |hour: i64| {
            let calls = hours.get(&hour).copied().unwrap_or_default();
            Exposure {
                dials: calls.dials,
                abandoned: calls.abandoned,
                answers: calls.answers,
            }
        };
        let begins = |end: i64| (end - HOURS).max(self.first);
        let mut exposure = Exposure::default();
        for hour in begins(self.last)..self.last {
            exposure = added(exposure, at(hour));
        }
        let mut end = self.last;
        let earliest = (self.last - HOURS_BACK).max(self.first);
        while end > earliest && is_in(exposure) {
            end -= 1;
            exposure = added(exposure, negative(at(end)));
            if begins(end) < begins(end + 1) {
                exposure = added(exposure, at(begins(end)));
            }
        }
        Some(Instant(Level::Hour.start(end)))
    }
}

const fn added(one: Exposure, other: Exposure) -> Exposure {
    Exposure {
        dials: one.dials + other.dials,
        abandoned: one.abandoned + other.abandoned,
        answers: one.answers + other.answers,
    }
}

const fn negative(of: Exposure) -> Exposure {
    Exposure {
        dials: -of.dials,
        abandoned: -of.abandoned,
        answers: -of.answers,
    }
}

#[cfg(test)]
mod tests {
    use super::super::past::Calls;
    use super::*;

    const LIMIT: i64 = 3;

    fn hours(last: i64, counts: &[(i64, i64, i64)]) -> Hours {
        let exposure = |dials, abandoned| Calls {
            dials,
            abandoned,
            ..Calls::default()
        };
        let of = counts
            .iter()
            .map(|(hour, dials, abandoned)| (*hour, exposure(*dials, *abandoned)));
        Hours {
            first: last - HOURS - HOURS_BACK,
            last,
            by_campaign: [(1, of.collect())].into(),
        }
    }

    fn since(hours: &Hours) -> i64 {
        let is_in = |it: Exposure| it.abandoned * 100 > it.dials * LIMIT;
        let at = hours.since(1, is_in).expect("an instant");
        Level::Hour.bucket(at.0)
    }

    #[test]
    fn a_state_began_after_the_last_hour_at_which_it_was_another() {
        let now = 500_000;
        assert_eq!(
            since(&hours(now, &[])),
            now,
            "it is none yet at a whole hour"
        );
        let begun = [(now - 9, 100, 0), (now - 5, 10, 9), (now - 2, 1, 0)];
        assert_eq!(since(&hours(now, &begun)), now - 5);
        let broken = [(now - 9, 10, 9), (now - 5, 900, 0), (now - 2, 90, 60)];
        assert_eq!(since(&hours(now, &broken)), now - 2);
        // By what left the window: good dials a month before.
        let left = [(now - HOURS - 3, 1_000, 0), (now - 400, 10, 9)];
        assert_eq!(since(&hours(now, &left)), now - 3);
        let old = [(now - 600, 10, 9)];
        assert_eq!(since(&hours(now, &old)), now - HOURS_BACK, "at most a week");
    }
}
