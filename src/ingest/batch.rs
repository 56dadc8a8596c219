//! Stores a chunk of lines: checks references, stages rows by COPY, and upserts them with the
//! statements of their kind.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row as _};

use super::counted::Counted;
use super::field::Key;
use super::kind::{KINDS, Kind};
use super::line::Row;
use super::statements::{STATEMENTS, Statements};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::input::fault;

/// Maximum number of keys that are looked up by a plan that is kept.
const MAX_KEPT: usize = 100;

/// A parsed line: its number, and its row or faults.
pub type Line = (u64, Result<Row, Faults>);

/// Result of a chunk.
#[derive(Debug, Default)]
pub struct Outcome {
    pub stored: u64,
    pub rejected: Vec<(u64, Faults)>,
    pub counted: Counted,
}

/// The valid lines of a chunk; they can be stored repeatedly.
pub struct Accepted(BTreeMap<usize, Rows>);

/// Checks the lines of a chunk within the scope's transaction. Returns the accepted rows and the
/// faults of the others.
pub async fn check(scope: &mut Scope, lines: Vec<Line>) -> Result<(Accepted, Outcome)> {
    let rows = lines.iter().filter_map(|(_, line)| line.as_ref().ok());
    let known = known_references(scope, rows).await?;
    let (rows, outcome) = accept(lines, known);
    Ok((Accepted(rows), outcome))
}

/// Checks accepted rows once more, in the transaction of another attempt to store them. `Unavailable` if a row that they
/// refer to has been deleted since: the body has to be sent again.
pub async fn check_again(scope: &mut Scope, accepted: &Accepted) -> Result<()> {
    let rows = || accepted.0.values().flat_map(HashMap::values);
    let mut known = known_references(scope, rows()).await?;
    let is_complete = |row: &&Row| row.missing().next().is_none();
    let complete = rows().filter(is_complete);
    known.extend(complete.map(|row| (row.kind.name, row.key.clone())));
    let is_known = |kind, key: &Key| known.contains(&(kind, key.clone()));
    let is_kept = |row: &Row| {
        let mut references = row.references.iter();
        is_known(row.kind.name, &row.key) && references.all(|(_, kind, key)| is_known(kind, key))
    };
    if rows().all(is_kept) {
        Ok(())
    } else {
        let reason = "rows that the lines refer to were deleted meanwhile";
        Err(Error::Unavailable(reason.into()))
    }
}

/// Stores accepted rows within the scope's transaction.
pub async fn store(scope: &mut Scope, accepted: &Accepted) -> Result<()> {
    for (kind, rows) in &accepted.0 {
        upsert(scope, &KINDS[*kind], rows).await?;
    }
    Ok(())
}

type Rows = HashMap<Key, Row>;
type Known = HashSet<(&'static str, Key)>;

/// Finds the stored rows among those that rows refer to, or rely on for required fields. Kinds are looked up by name: a
/// campaign is locked before its leads.
async fn known_references(scope: &mut Scope, rows: impl Iterator<Item = &Row>) -> Result<Known> {
    let mut referenced: BTreeMap<&'static str, HashSet<&Key>> = BTreeMap::new();
    for row in rows {
        for (_, kind, key) in &row.references {
            referenced.entry(kind).or_default().insert(key);
        }
        if row.missing().next().is_some() {
            referenced
                .entry(row.kind.name)
                .or_default()
                .insert(&row.key);
        }
    }
    let mut known = Known::new();
    for (kind, keys) in referenced {
        // A plan that is kept may be one for a table without rows, which compares all keys with all rows.
        let is_short = keys.len() <= MAX_KEPT;
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                Key::Number(number) => numbers.push(*number),
                Key::Text(text) => texts.push(text.clone()),
            }
        }
        let Some(statements) = STATEMENTS.get(kind) else {
            continue;
        };
        let find = sqlx::query(AssertSqlSafe(statements.find.as_str())).bind(scope.tenant());
        let find = find.persistent(is_short);
        let by_number = statements.key_type == "bigint";
        let find = if by_number {
            find.bind(numbers)
        } else {
            find.bind(texts)
        };
        for row in find.fetch_all(scope.connection()).await? {
            let key = if by_number {
                Key::Number(row.try_get(0)?)
            } else {
                Key::Text(row.try_get(0)?)
            };
            known.insert((kind, key));
        }
    }
    Ok(known)
}

/// Checks the lines in order. A row may refer to stored rows and to accepted rows before it; a
/// later row replaces an earlier one with the same key unless it is less complete. Returns rows by
/// their position in [`KINDS`].
fn accept(lines: Vec<Line>, mut known: Known) -> (BTreeMap<usize, Rows>, Outcome) {
    let (mut rows, mut outcome) = (BTreeMap::<usize, Rows>::new(), Outcome::default());
    for (number, line) in lines {
        let kind = line.as_ref().ok().map(|row| row.kind.name);
        let checked = line.and_then(|row| check_references(row, &known));
        outcome.counted.note(kind, checked.is_ok());
        match checked {
            Ok(row) => {
                outcome.stored += 1;
                known.insert((row.kind.name, row.key.clone()));
                let place = KINDS
                    .iter()
                    .position(|kind| kind.name == row.kind.name)
                    .unwrap_or(0);
                let rows = rows.entry(place).or_default();
                match rows.entry(row.key.clone()) {
                    Entry::Vacant(place) => drop(place.insert(row)),
                    Entry::Occupied(place) if row.replaces(place.get()) => {
                        let (key, earlier) = place.remove_entry();
                        rows.insert(key, row.over(earlier));
                    }
                    Entry::Occupied(_) => {}
                }
            }
            Err(faults) => outcome.rejected.push((number, faults)),
        }
    }
    (rows, outcome)
}

fn check_references(mut row: Row, known: &Known) -> Result<Row, Faults> {
    let mut faults = std::mem::take(&mut row.faults);
    for (field, kind, key) in &row.references {
        if !known.contains(&(*kind, key.clone())) {
            faults.add(
                *field,
                format!("refers to no {kind} that is stored or stands earlier."),
            );
        }
    }
    let is_known = |row: &Row| known.contains(&(row.kind.name, row.key.clone()));
    if row.missing().next().is_some() && !is_known(&row) {
        row.missing()
            .for_each(|field| faults.add(field, fault::REQUIRED));
    }
    if faults.is_empty() {
        Ok(row)
    } else {
        Err(faults)
    }
}

async fn upsert(scope: &mut Scope, kind: &'static Kind, rows: &Rows) -> Result<()> {
    let Some(statements) = STATEMENTS.get(kind.name) else {
        return Ok(());
    };
    let tenant = scope.tenant();
    let connection = scope.connection();
    connection
        .execute(AssertSqlSafe(statements.stage.as_str()))
        .await?;
    copy(connection, statements, rows).await?;
    for upsert in &statements.upserts {
        let done = sqlx::query(AssertSqlSafe(upsert.as_str()))
            .bind(tenant)
            .execute(&mut *connection)
            .await?;
        if kind.keeps_absent && done.rows_affected() == rows.len() as u64 {
            break; // All rows are new.
        }
    }
    connection
        .execute(AssertSqlSafe(statements.clear.as_str()))
        .await?;
    Ok(())
}

async fn copy(connection: &mut PgConnection, statements: &Statements, rows: &Rows) -> Result<()> {
    let mut text = String::new();
    for row in rows.values() {
        text.push_str(row.created_at.as_deref().unwrap_or("\\N"));
        text.push_str(&row.columns);
        if row.kind.keeps_absent {
            let _ = write!(text, "\t{}", row.absent); // infallible: a String takes everything
        }
        text.push('\n');
    }
    let mut copy = connection.copy_in_raw(&statements.copy).await?;
    copy.send(text.into_bytes()).await?;
    copy.finish().await?;
    Ok(())
}
