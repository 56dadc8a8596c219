//! Legs with the others of their call: those that are stored, and those that came with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::super::collapse::better;
use super::super::leg::{Leg, Source};
use crate::db::Scope;
use crate::error::{Error, Result};

/// Legs that are looked at of one call. A dialer that names one call for more tells no calls.
const MAX_LEGS: usize = 500;

/// The legs of one call, each told by the record that knows most.
#[derive(Debug, Default)]
pub struct Family {
    /// Ids that its calls had until now: none for a new call, several where a leg joins calls.
    pub was: BTreeSet<String>,
    pub legs: Vec<Leg>,
    /// Names by which its legs know it.
    pub names: BTreeSet<String>,
    /// Numbers of the records that came now, in the order they came.
    pub records: Vec<u64>,
    /// Keys of legs that say something that is not stored.
    pub news: BTreeSet<String>,
    /// True if what a record said and no member holds is gone for a leg: where the call goes is not decided anew.
    pub is_faded: bool,
}

impl Family {
    /// True if it has more legs than a call can have.
    pub fn is_endless(&self) -> bool {
        self.legs.len() > MAX_LEGS
    }
}

#[derive(FromRow)]
struct Stored {
    call: String,
    leg: sqlx::types::Json<Leg>,
    fields: Option<sqlx::types::Json<BTreeMap<String, String>>>,
}

/// Waits until nobody else puts calls of the account together, in any instance.
pub async fn lock(scope: &mut Scope) -> Result<()> {
    let lock = scope.query("select pg_advisory_xact_lock(hashtextextended('dialers', $1))");
    lock.execute(scope.connection()).await?;
    Ok(())
}

/// Joins legs with those that are stored. Each is of one family.
pub async fn join(scope: &mut Scope, source: Source, legs: &[(u64, Leg)]) -> Result<Vec<Family>> {
    let names: BTreeSet<&str> = legs
        .iter()
        .flat_map(|(_, leg)| leg.family.iter().map(String::as_str))
        .collect();
    let find = scope.select::<(String, String)>(include_str!("../sql/names.sql"));
    let find = find
        .bind(source.name())
        .bind(Vec::from_iter(names.iter().copied()));
    let known: HashMap<String, String> = find
        .fetch_all(scope.connection())
        .await?
        .into_iter()
        .collect();
    let calls: BTreeSet<&String> = known.values().collect();
    let find = scope.select::<Stored>(include_str!("../sql/legs.sql"));
    let find = find
        .bind(source.name())
        .bind(Vec::from_iter(calls.into_iter().map(String::as_str)));
    let stored = find.fetch_all(scope.connection()).await?;
    Ok(families(legs, &known, stored))
}

/// The families of stored calls.
pub async fn of_calls(scope: &mut Scope, source: Source, calls: &[String]) -> Result<Vec<Family>> {
    let find = scope.select::<Stored>(include_str!("../sql/legs.sql"));
    let find = find.bind(source.name()).bind(calls);
    let stored = find.fetch_all(scope.connection()).await?;
    let known = calls.iter().map(|call| (call.clone(), call.clone()));
    Ok(families(&[], &known.collect(), stored))
}

/// The families of legs, and of stored ones whose call a leg names.
fn families(
    legs: &[(u64, Leg)],
    known: &HashMap<String, String>,
    stored: Vec<Stored>,
) -> Vec<Family> {
    let mut union = Union::default();
    for (_, leg) in legs {
        for name in &leg.family {
            union.join(&leg.family[0], name);
            if let Some(call) = known.get(name) {
                union.join(name, &of_call(call));
            }
        }
    }
    let mut families = BTreeMap::<usize, Family>::new();
    for Stored { call, leg, fields } in stored {
        let family = families.entry(union.group(&of_call(&call))).or_default();
        let mut leg = leg.0;
        family.is_faded |= fields.is_none();
        leg.fields = fields.map(|fields| fields.0).unwrap_or_default();
        family.names.extend(leg.family.iter().cloned());
        family.legs.push(leg);
    }
    for call in known.values() {
        let family = families.entry(union.group(&of_call(call))).or_default();
        family.was.insert(call.clone());
    }
    for (record, leg) in legs {
        let family = families.entry(union.group(&leg.family[0])).or_default();
        family.names.extend(leg.family.iter().cloned());
        family.records.push(*record);
        add(family, leg.clone());
    }
    families.into_values().collect()
}

/// Adds a leg, or what its record says of one that is there.
fn add(family: &mut Family, leg: Leg) {
    let Some(at) = family.legs.iter().position(|known| known.key == leg.key) else {
        family.news.insert(leg.key.clone());
        family.legs.push(leg);
        return;
    };
    let known = family.legs.swap_remove(at);
    let knows_more = better(known.clone(), leg);
    if knows_more != known {
        family.news.insert(knows_more.key.clone());
    }
    family.legs.push(knows_more);
}

/// A call among the names of legs, which never begin with a line break.
fn of_call(call: &str) -> String {
    format!("\n{call}")
}

/// Sets of texts, joined pair by pair.
#[derive(Default)]
struct Union {
    places: HashMap<String, usize>,
    parents: Vec<usize>,
}

impl Union {
    fn join(&mut self, one: &str, other: &str) {
        let (one, other) = (self.group(one), self.group(other));
        self.parents[one.max(other)] = one.min(other);
    }

    fn group(&mut self, text: &str) -> usize {
        let place = match self.places.get(text) {
            Some(place) => *place,
            None => {
                let place = self.parents.len();
                self.places.insert(text.to_owned(), place);
                self.parents.push(place);
                place
            }
        };
        let mut root = place;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        let mut place = place;
        while self.parents[place] != root {
            place = std::mem::replace(&mut self.parents[place], root);
        }
        root
    }
}

/// A family whose call has this id from now on.
pub struct Named<'a> {
    pub id: &'a str,
    pub family: &'a Family,
}

/// Stores what is new of families, and the names of their calls.
pub async fn save(
    scope: &mut Scope,
    source: Source,
    named: &[Named<'_>],
    now: DateTime<Utc>,
) -> Result<()> {
    let (mut keys, mut calls, mut legs, mut fields) = (vec![], vec![], vec![], vec![]);
    let (mut names, mut names_of, mut moved) = (vec![], vec![], vec![]);
    for Named { id, family } in named {
        for leg in family
            .legs
            .iter()
            .filter(|leg| family.news.contains(&leg.key))
        {
            let mut bare = leg.clone();
            let said = std::mem::take(&mut bare.fields);
            keys.push(leg.key.as_str());
            calls.push(*id);
            legs.push(serde_json::to_string(&bare).map_err(Error::internal)?);
            fields.push(serde_json::to_string(&said).map_err(Error::internal)?);
        }
        names.extend(family.names.iter().map(String::as_str));
        names_of.extend(family.names.iter().map(|_| *id));
        let former = family.was.iter().filter(|was| was != id);
        moved.extend(former.map(|was| (was.as_str(), *id)));
    }
    if !keys.is_empty() {
        let save = scope.query(include_str!("../sql/save_legs.sql"));
        let save = save.bind(source.name()).bind(keys).bind(calls);
        let save = save.bind(legs).bind(fields).bind(now);
        save.execute(scope.connection()).await?;
    }
    let save = scope.query(include_str!("../sql/save_names.sql"));
    let save = save.bind(source.name()).bind(names).bind(names_of);
    save.execute(scope.connection()).await?;
    if !moved.is_empty() {
        let (from, to): (Vec<&str>, Vec<&str>) = moved.into_iter().unzip();
        for statement in [
            include_str!("../sql/move_legs.sql"),
            include_str!("../sql/move_names.sql"),
        ] {
            let mv = scope.query(statement).bind(source.name());
            let mv = mv.bind(&from).bind(&to);
            mv.execute(scope.connection()).await?;
        }
    }
    Ok(())
}
