//! The time since when calls have been without a result for too long.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::past;
use crate::db::Scope;
use crate::error::Result;
use crate::overview::periods::Stretch;
use crate::rollups::{Detail, Kept, Level, Module, Plan, RollupScope};
use crate::time::{Granularity, Instant, Window, Zone};

/// The last whole hour at which none of the calls of a campaign that have no result was too old; `old`: the age from which one is.
pub async fn of_waiting(
    scope: &mut Scope,
    module: Module,
    campaigns: Vec<i64>,
    (stale, old, kept): (Stretch, TimeDelta, Kept),
) -> Result<BTreeMap<i64, Instant>> {
    let window = Window {
        from: stale.from,
        to: stale.to,
        zone: Zone::UTC,
    };
    let sums = (Detail::Fine, RollupScope::Campaign);
    let plan = Plan::cut(&window, Granularity::Hour, sums, kept)?;
    let hours = past::read(scope, module, campaigns, (Level::Hour, &plan)).await?;
    let since = hours.iter().filter_map(|(id, hours)| {
        let mut waiting = hours.iter().filter(|(_, calls)| calls.in_progress > 0);
        let start = Level::Hour.start(*waiting.next()?.0);
        Some((*id, Instant(start.max(stale.from) + old)))
    });
    Ok(since.collect())
}
