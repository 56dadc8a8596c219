//! The time since when the answer rate of an hour is far below what it usually is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use super::past::{self, Buckets};
use super::quarters;
use crate::auth::settings::Settings;
use crate::db::Scope;
use crate::error::Result;
use crate::overview::calls::Counts;
use crate::overview::periods::{SameTime, Stretch, same_times};
use crate::overview::warnings::usual_above;
use crate::rollups::{Detail, Kept, Level, Module, Plan, RollupScope};
use crate::time::{Instant, Window, Zone};

/// An end of a quarter of an hour, with the hour before it and what that is compared with.
struct End {
    at: DateTime<Utc>,
    last_hour: Stretch,
    same_times: Vec<SameTime>,
}

/// The last whole quarter of an hour of the day at which the rate of each campaign was not so low.
pub async fn of_drops(
    scope: &mut Scope,
    module: Module,
    campaigns: Vec<i64>,
    (today, now): (&Window, DateTime<Utc>),
    (settings, kept): (&Settings, Kept),
) -> Result<BTreeMap<i64, Instant>> {
    if campaigns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ends: Vec<End> = quarters(today, now)
        .into_iter()
        .map(|at| End {
            at,
            last_hour: Stretch {
                from: at - TimeDelta::minutes(60),
                to: at,
            },
            same_times: same_times(today.zone, at, kept),
        })
        .collect();
    let stretches = ends.iter().flat_map(|end| {
        let same = end.same_times.iter().map(|it| it.hour);
        same.chain([end.last_hour])
    });
    let read: BTreeSet<i64> = stretches.flat_map(buckets).collect();
    let windows = read.into_iter().map(|quarter| {
        kept.with_rows(&Window {
            from: Level::Quarter.start(quarter),
            to: Level::Quarter.start(quarter + 1),
            zone: Zone::UTC,
        })
    });
    let windows: Vec<Window> = windows.collect();
    let plan = Plan::apart(&windows, Detail::Fine, RollupScope::Campaign, kept)?;
    let past = past::read(scope, module, campaigns, (Level::Quarter, &plan)).await?;
    let since = past
        .iter()
        .map(|(id, past)| (*id, last_not_low(&ends, past, settings)));
    Ok(since.collect())
}

/// The quarters of an hour in a stretch.
fn buckets(of: Stretch) -> Range<i64> {
    Level::Quarter.bucket(of.from)..Level::Quarter.bucket(of.to)
}

/// The last of the ends at which the rate was not too low.
fn last_not_low(ends: &[End], past: &Buckets, settings: &Settings) -> Instant {
    let counts = |of: Stretch| {
        let mut sum = Counts::default();
        for (_, calls) in past.range(buckets(of)) {
            sum.dials += calls.dials;
            sum.answers += calls.answers;
        }
        sum
    };
    let is_low = |end: &&End| {
        let usual = end.same_times.iter().map(|it| counts(it.hour));
        usual_above(counts(end.last_hour), usual, settings).is_some()
    };
    let last = ends.iter().rev().find(|end| !is_low(end));
    let at = last.or(ends.first()).map(|end| end.at);
    Instant(at.unwrap_or_default())
}
