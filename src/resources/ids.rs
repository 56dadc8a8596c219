//! Ids of rows that clients create: one counter for each tenant, for all kinds.
//!
//! The counter starts beyond the ids of source systems, never goes back, and skips an id that any row of the tenant has.

use std::collections::HashSet;

use crate::db::Scope;
use crate::error::Result;

/// Maximum number of ids that are looked at in one statement for one that is free.
const MAX_STEP: i64 = 8_192;

/// The next `count` ids, ascending. The tenant's counter stays locked until the end of the transaction. A row that ingest
/// stores at the same time can still take one: an insert that finds it taken asks again.
pub async fn next(scope: &mut Scope, count: usize) -> Result<Vec<i64>> {
    let mut ids = Vec::with_capacity(count);
    let mut step = 1;
    while ids.len() < count {
        // A source system may have used many ids in a row: the steps grow, and what they pass over is never given.
        let missing = i64::try_from(count - ids.len()).unwrap_or(i64::MAX);
        let missing = missing.max(step);
        step = (2 * step).min(MAX_STEP);
        let advance = scope.select::<(i64,)>(include_str!("sql/next_ids.sql"));
        let (first,) = advance.bind(missing).fetch_one(scope.connection()).await?;
        let used = scope.select::<(i64,)>(include_str!("sql/used_ids.sql"));
        let used = used.bind(first).bind(first + missing);
        let used: HashSet<i64> = used
            .fetch_all(scope.connection())
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect();
        ids.extend((first..first + missing).filter(|id| !used.contains(id)));
        ids.truncate(count);
    }
    Ok(ids)
}
