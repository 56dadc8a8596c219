//! Numbers of attempts that records do not tell: the rank by start among the lead's attempts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::decided::Placed;
use crate::db::Scope;
use crate::error::Result;
use crate::rollups::Module;

/// The largest rank.
const MOST: i32 = 100;

/// Numbers of AutoCall attempts by id of the call.
pub async fn of(scope: &mut Scope, placed: &[Placed]) -> Result<HashMap<String, i32>> {
    let mut numbers = HashMap::new();
    let mut untold = BTreeMap::<i64, BTreeSet<(DateTime<Utc>, String)>>::new();
    for (decided, ids) in placed {
        let (Some(place), Some(ids)) = (decided.place(), ids) else {
            continue;
        };
        match place.attempt_number {
            Some(number) => _ = numbers.insert(decided.call.id.clone(), number),
            None if place.module == Module::Autocall => {
                let of_lead = untold.entry(ids.lead).or_default();
                of_lead.insert((decided.call.started_at, decided.call.id.clone()));
            }
            None => {}
        }
    }
    if untold.is_empty() {
        return Ok(numbers);
    }
    let leads: Vec<i64> = untold.keys().copied().collect();
    let find = scope.select::<(i64, DateTime<Utc>, String)>(include_str!("../sql/attempts.sql"));
    let stored = find.bind(leads).fetch_all(scope.connection()).await?;
    let mut others = BTreeMap::<i64, BTreeSet<(DateTime<Utc>, String)>>::new();
    for (lead, at, uuid) in stored {
        others.entry(lead).or_default().insert((at, uuid));
    }
    for (lead, mut attempts) in untold {
        let new: BTreeSet<String> = attempts.iter().map(|(_, id)| id.clone()).collect();
        let stored = others.remove(&lead).unwrap_or_default();
        attempts.extend(stored.into_iter().filter(|(_, uuid)| !new.contains(uuid)));
        for ((_, id), rank) in attempts.into_iter().zip(1..) {
            if new.contains(&id) {
                numbers.insert(id, rank.min(MOST));
            }
        }
    }
    Ok(numbers)
}

/// Moves the numbers of attempts that come after a late one, or after one that has left its lead.
pub async fn mend(
    scope: &mut Scope,
    placed: &[Placed],
    left: &BTreeSet<(Module, i64)>,
) -> Result<()> {
    let untold = placed.iter().filter(|(decided, _)| {
        let place = decided.place();
        place
            .is_some_and(|place| place.module == Module::Autocall && place.attempt_number.is_none())
    });
    let untold = untold.filter_map(|(_, ids)| Some(ids.as_ref()?.lead));
    let of_autocall = left.iter().filter(|(of, _)| *of == Module::Autocall);
    let leads: BTreeSet<i64> = untold.chain(of_autocall.map(|(_, lead)| *lead)).collect();
    if leads.is_empty() {
        return Ok(());
    }
    let mend = scope.query(include_str!("../sql/number_attempts.sql"));
    let mend = mend.bind(Vec::from_iter(leads)).bind(MOST);
    mend.execute(scope.connection()).await?;
    Ok(())
}
