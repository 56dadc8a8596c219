//! Results that an account gives to causes, dispositions and statuses, in place of those of the table.
//!
//! Owns their rows, their bounds and their faults. Endings whose result a change touches are noted in the same transaction, for
//! whoever maps stored calls anew. Must not know calls.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::causes::{self, Outcome, Verdict};
use super::leg::{Ending, Vocabulary};
use crate::auth::audit::Changes;
use crate::closed::{OverruledCause, OverruledStatus};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::input::fault;
use crate::text::{self, NAME_LEN};

/// Maximum number of names that an account may overrule.
pub const MAX: usize = 1_000;
/// Maximum number of endings whose calls wait to be mapped anew.
const MAX_WAITING: i64 = 10_000;
/// Maximum number of unknown members that are reported, and of characters of a name in a fault.
const MAX_UNKNOWN: usize = 20;
const MAX_SHOWN: usize = 100;

/// The member of each vocabulary, and the results that it may have.
pub const MEMBERS: [(Vocabulary, &str, &[&str]); 4] = [
    (Vocabulary::Cause, "causes", OverruledCause::VALUES),
    (
        Vocabulary::Disposition,
        "dispositions",
        OverruledCause::VALUES,
    ),
    (
        Vocabulary::Dialstatus,
        "dialstatuses",
        OverruledCause::VALUES,
    ),
    (Vocabulary::Status, "statuses", OverruledStatus::VALUES),
];

/// Results by ending. The names are canonical ([`causes::canonical`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides(BTreeMap<(Vocabulary, String), &'static str>);

/// Results by name, as clients see them.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = DialerCauses)]
pub struct Shown {
    /// Of causes of FreeSWITCH.
    #[schema(value_type = BTreeMap<String, OverruledCause>, example = json!({"USER_BUSY": "failed"}))]
    causes: BTreeMap<String, &'static str>,
    /// Of dispositions of Asterisk.
    #[schema(value_type = BTreeMap<String, OverruledCause>, example = json!({"CONGESTION": "busy"}))]
    dispositions: BTreeMap<String, &'static str>,
    /// Of values of DIALSTATUS.
    #[schema(value_type = BTreeMap<String, OverruledCause>, example = json!({"CHANUNAVAIL": "no_answer"}))]
    dialstatuses: BTreeMap<String, &'static str>,
    /// Of statuses of VICIdial.
    #[schema(value_type = BTreeMap<String, OverruledStatus>, example = json!({"TPTIM": "abandoned"}))]
    statuses: BTreeMap<String, &'static str>,
}

impl Overrides {
    /// The verdict of the account, else of the table. `None` if neither knows the ending.
    pub fn verdict(&self, ending: &Ending) -> Option<Verdict> {
        let of_table = causes::verdict(ending);
        if self.0.is_empty() {
            return of_table;
        }
        let name = causes::canonical(ending.vocabulary, &ending.name);
        let Some(stated) = self.0.get(&(ending.vocabulary, name)) else {
            return of_table;
        };
        let (result, rejected) = outcome(stated);
        let retries = of_table.map_or(matches!(result, Outcome::NoAnswer | Outcome::Busy), |it| {
            it.retry
        });
        Some(Verdict {
            result,
            rejected,
            group: None,
            retry: retries && !rejected,
            amd: of_table.and_then(|it| it.amd),
        })
    }

    pub fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        for ((vocabulary, name), result) in &self.0 {
            let names = match vocabulary {
                Vocabulary::Cause => &mut shown.causes,
                Vocabulary::Disposition => &mut shown.dispositions,
                Vocabulary::Dialstatus => &mut shown.dialstatuses,
                Vocabulary::Status => &mut shown.statuses,
            };
            names.insert(name.clone(), result);
        }
        shown
    }

    /// Reads a body, whole: a member that is left out, or null, overrules nothing. `Invalid` with every fault.
    pub fn read(members: &Map<String, Value>) -> Result<Self> {
        let mut faults = Faults::default();
        let is_known = |name: &str| MEMBERS.iter().any(|(_, member, _)| *member == name);
        let unknown = members.keys().filter(|name| !is_known(name));
        unknown.take(MAX_UNKNOWN).for_each(|name| {
            let name: String = name.chars().take(MAX_SHOWN).collect();
            faults.add(name, "is no member of this resource.");
        });
        let mut read = Self::default();
        for (vocabulary, member, results) in MEMBERS {
            match members.get(member) {
                None | Some(Value::Null) => {}
                Some(Value::Object(names)) => {
                    read.add(vocabulary, member, results, names, &mut faults);
                }
                Some(_) => faults.add(member, fault::of_field(member, fault::OBJECT)),
            }
        }
        if read.0.len() > MAX {
            let rest = format!("may not overrule more than {MAX} names.");
            faults.add("causes", fault::of_field("causes", &rest));
        }
        faults.into_result(Some(read))
    }

    fn add(
        &mut self,
        vocabulary: Vocabulary,
        member: &str,
        results: &'static [&'static str],
        names: &Map<String, Value>,
        faults: &mut Faults,
    ) {
        for (name, result) in names.iter().take(MAX + 1) {
            let shown: String = name.chars().take(MAX_SHOWN).collect();
            let place = format!("{member}.{shown}");
            let fault = match (line(name), results.iter().find(|known| result == *known)) {
                (Err(rest), _) => rest,
                (_, None) => fault::one_of(results.iter().copied()),
                (Ok(name), Some(result)) => {
                    let name = causes::canonical(vocabulary, &name);
                    match self.0.insert((vocabulary, name), result) {
                        None => continue,
                        Some(_) => "has a name that is there in another spelling.".to_owned(),
                    }
                }
            };
            faults.add(place.as_str(), fault::of_field(&place, &fault));
        }
    }
}

/// A name, or the rest of a sentence about it.
fn line(name: &str) -> Result<String, String> {
    match text::line(name, NAME_LEN) {
        Ok(Some(name)) if !name.contains('*') => Ok(name),
        Ok(Some(_)) => Err("must be one name, without *.".to_owned()),
        Ok(None) => Err("must have a name.".to_owned()),
        Err(rest) => Err(format!("{rest}.")),
    }
}

/// The result that a word stands for, and true if the call was refused.
fn outcome(stated: &str) -> (Outcome, bool) {
    match stated {
        "answered" => (Outcome::Answered, false),
        "no_answer" => (Outcome::NoAnswer, false),
        "busy" => (Outcome::Busy, false),
        "rejected" => (Outcome::Failed, true),
        "abandoned" => (Outcome::Abandoned, false),
        "blocked" => (Outcome::Blocked, false),
        "not_final" => (Outcome::NotFinal, false),
        "not_an_attempt" => (Outcome::NotAnAttempt, false),
        _ => (Outcome::Failed, false),
    }
}

/// The overrides of an account. A stored one that this version does not know is left out.
pub async fn of_account(scope: &mut Scope) -> Result<Overrides> {
    let select = scope.select::<(String, String, String)>(
        "select vocabulary, name, result from dialer_causes where tenant_id = $1",
    );
    let rows = select.fetch_all(scope.connection()).await?;
    let known = |(vocabulary, name, result): (String, String, String)| {
        let mut members = MEMBERS.into_iter();
        let (of, _, results) = members.find(|(known, ..)| known.name() == vocabulary)?;
        let result = results.iter().find(|known| **known == result)?;
        Some(((of, name), *result))
    };
    Ok(Overrides(rows.into_iter().filter_map(known).collect()))
}

/// Puts overrides in place of those of the account, and notes the endings whose calls are to be mapped anew. Returns what
/// changed. `Conflict` while too many endings of earlier changes wait.
pub async fn put(scope: &mut Scope, after: &Overrides, now: DateTime<Utc>) -> Result<Changes> {
    // Two changes at once would each miss the other.
    let lock = scope.query("select pg_advisory_xact_lock(hashtextextended('dialer_causes', $1))");
    lock.execute(scope.connection()).await?;
    let before = of_account(scope).await?;
    let keys: BTreeSet<_> = before.0.keys().chain(after.0.keys()).collect();
    let changed: Vec<_> = keys
        .into_iter()
        .filter(|key| before.0.get(*key) != after.0.get(*key))
        .collect();
    if changed.is_empty() {
        return Ok(Changes::new());
    }
    let clear = scope.query("delete from dialer_causes where tenant_id = $1");
    clear.execute(scope.connection()).await?;
    let [vocabularies, names, results] = columns(after);
    let insert = scope.query(include_str!("sql/put_causes.sql"));
    let insert = insert.bind(vocabularies).bind(names).bind(results);
    insert.execute(scope.connection()).await?;
    let remapped = changed.iter().filter(|(vocabulary, name)| {
        let ending = Ending {
            vocabulary: *vocabulary,
            name: name.clone(),
        };
        before.verdict(&ending).map(of) != after.verdict(&ending).map(of)
    });
    let (vocabularies, names): (Vec<String>, Vec<String>) = remapped
        .map(|(vocabulary, name)| (vocabulary.name().to_owned(), name.clone()))
        .unzip();
    note(scope, vocabularies, names, now).await?;
    let told = |overrides: &Overrides, key: &(Vocabulary, String)| {
        let result = overrides.0.get(key);
        result.map_or(Value::Null, |result| Value::from(*result))
    };
    let change = |key: &(Vocabulary, String)| {
        let field = format!("{}.{}", key.0.name(), key.1);
        (field, (told(&before, key), told(after, key)))
    };
    Ok(changed.into_iter().map(change).collect())
}

/// The part of a verdict that a stored call shows.
fn of(verdict: Verdict) -> (Outcome, bool) {
    (verdict.result, verdict.rejected)
}

fn columns(overrides: &Overrides) -> [Vec<String>; 3] {
    let rows = overrides.0.iter();
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for ((vocabulary, name), result) in rows {
        columns[0].push(vocabulary.name().to_owned());
        columns[1].push(name.clone());
        columns[2].push((*result).to_owned());
    }
    columns
}

async fn note(
    scope: &mut Scope,
    vocabularies: Vec<String>,
    names: Vec<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    let insert = scope.query(include_str!("sql/note_remaps.sql"));
    let insert = insert.bind(vocabularies).bind(names).bind(now);
    insert.execute(scope.connection()).await?;
    let waiting = scope.select::<(i64,)>("select count(*) from dialer_remaps where tenant_id = $1");
    let (waiting,) = waiting.fetch_one(scope.connection()).await?;
    if waiting > MAX_WAITING {
        let rule = "Calls are still being mapped by earlier changes; try again later.";
        return Err(Error::conflict(rule));
    }
    Ok(())
}
