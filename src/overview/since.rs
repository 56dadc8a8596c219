//! The time since when a warning holds without a break, from the same sums of calls that it is told by.
//!
//! A state is looked at where buckets of sums end, backwards from now, so that the answer is the last of these ends at which it
//! was another: at most an hour, or a quarter of one, before it began. As much is read for every warning, whatever its age, and for
//! a bounded number of them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::warnings::{Code, caller_id};
use crate::auth::settings::Settings;
use crate::db::Scope;
use crate::error::Result;
use crate::reports::telesales::abandon_rate::WINDOW_MINUTES;
use crate::reports::telesales::caller_id_health::Calls;
use crate::reports::telesales::exposure::Exposure;
use crate::rollups::{Bind, Detail, Kept, Level, Plan, RollupScope, statement_of};
use crate::time::{Granularity, Instant, Window, Zone};

/// Maximum number of campaigns, and of caller IDs, whose past is read.
pub const MOST_CAMPAIGNS: usize = 20;
const MOST_CALLER_IDS: usize = 100;
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
    by_campaign: BTreeMap<i64, BTreeMap<i64, Exposure>>,
}

#[derive(sqlx::FromRow)]
struct Hour {
    id: i64,
    hour: i64,
    #[sqlx(flatten)]
    exposure: Exposure,
}

impl Hours {
    /// Reads those of at most [`MOST_CAMPAIGNS`].
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
        let rows = scope.select::<Hour>(statement_of!(include_str!("sql/campaign_hours.sql")));
        let known = campaigns.iter().map(|id| (*id, BTreeMap::new()));
        let mut by_campaign: BTreeMap<i64, BTreeMap<i64, Exposure>> = known.collect();
        let rows = rows.bind(campaigns).bind_plan(&plan);
        for row in rows.fetch_all(scope.connection()).await? {
            let hours = by_campaign.entry(row.id).or_default();
            hours.insert(row.hour, row.exposure);
        }
        Ok(Self {
            first: Level::Hour.bucket(window.from),
            last,
            by_campaign,
        })
    }

    /// The last whole hour at which a campaign was not in a state that it is in now; at most a week ago.
    pub fn since(&self, campaign: i64, is_in: impl Fn(Exposure) -> bool) -> Option<Instant> {
        let hours = self.by_campaign.get(&campaign)?;
        let at = |hour: i64| {
            let counted = hours.get(&hour).copied();
            counted.unwrap_or_default()
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

#[derive(sqlx::FromRow)]
struct Period {
    cid: String,
    /// Counted from 1.
    period: i32,
    #[sqlx(flatten)]
    calls: Calls,
}

/// The last whole quarter of an hour of the day at which each caller ID was not in the state that it is in now.
pub async fn of_caller_ids(
    scope: &mut Scope,
    told: &[(&str, Code)],
    (today, now, kept): (&Window, DateTime<Utc>, Kept),
    settings: &Settings,
) -> Result<BTreeMap<String, Instant>> {
    let told = &told[..told.len().min(MOST_CALLER_IDS)];
    if told.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ends = quarters(today, now);
    let pairs = ends.iter().zip(ends.iter().skip(1));
    let windows = pairs.map(|(from, to)| Window {
        from: *from,
        to: *to,
        zone: Zone::UTC,
    });
    let windows: Vec<Window> = windows.collect();
    let plan = Plan::apart(&windows, Detail::Coarse, RollupScope::Account, kept)?;
    let cids: Vec<String> = told.iter().map(|(cid, _)| (*cid).to_owned()).collect();
    let starts: Vec<i64> = ends.iter().map(DateTime::timestamp).collect();
    let rows = scope.select::<Period>(statement_of!(include_str!("sql/caller_ids_periods.sql")));
    let rows = rows.bind(cids).bind(starts).bind_plan(&plan);
    let rows = rows.fetch_all(scope.connection()).await?;
    let since = told.iter().map(|(cid, code)| {
        let periods = rows.iter().filter(|row| row.cid == *cid);
        let periods = periods.map(|row| (row.period, row.calls)).collect();
        let is_in = |calls| caller_id(calls, settings) == Some(*code);
        ((*cid).to_owned(), last_not_in(&ends, &periods, is_in))
    });
    Ok(since.collect())
}

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

/// The last of the ends at which the calls until then were not in a state; `periods` by number.
fn last_not_in(
    ends: &[DateTime<Utc>],
    periods: &BTreeMap<i32, Calls>,
    is_in: impl Fn(Calls) -> bool,
) -> Instant {
    let (mut calls, mut last) = (Calls::default(), 0);
    for (at, period) in (0..ends.len()).zip(0_i32..) {
        if let Some(of) = periods.get(&period) {
            calls = calls.with(*of);
        }
        if !is_in(calls) {
            last = at;
        }
    }
    Instant(ends.get(last).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: i64 = 3;

    fn hours(last: i64, counts: &[(i64, i64, i64)]) -> Hours {
        let exposure = |dials, abandoned| Exposure {
            dials,
            abandoned,
            answers: 0,
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
