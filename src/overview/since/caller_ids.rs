//! The time since when a caller ID is in its state of health.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::quarters;
use crate::auth::settings::Settings;
use crate::db::Scope;
use crate::error::Result;
use crate::overview::warnings::{Code, caller_id};
use crate::reports::telesales::caller_id_health::Calls;
use crate::rollups::{Bind, Detail, Kept, Plan, RollupScope, statement_of};
use crate::time::{Instant, Window, Zone};

/// Maximum number of caller IDs whose past is read.
const MOST_CALLER_IDS: usize = 100;

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
    let rows = scope.select::<Period>(statement_of!(include_str!("../sql/caller_ids_periods.sql")));
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
