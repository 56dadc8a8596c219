//! Stores a chunk of lines: checks references, stages rows by COPY, and upserts them with one
//! statement per kind.
//!
//! The statements are built once from the list of kinds and contain only names from it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row as _};

use super::field::Key;
use super::kind::{KINDS, Kind};
use super::line::Row;
use crate::db::Scope;
use crate::error::{Faults, Result};

/// A parsed line: its number, and its row or faults.
pub type Line = (u64, Result<Row, Faults>);

/// Result of a chunk.
#[derive(Debug, Default)]
pub struct Outcome {
    pub stored: u64,
    pub rejected: Vec<(u64, Faults)>,
}

/// The valid lines of a chunk; they can be stored repeatedly.
pub struct Accepted(BTreeMap<usize, Rows>);

/// Checks the lines of a chunk within the scope's transaction. Returns the accepted rows and the
/// faults of the others.
pub async fn check(scope: &mut Scope, lines: Vec<Line>) -> Result<(Accepted, Outcome)> {
    let known = known_references(scope, &lines).await?;
    let (rows, outcome) = accept(lines, known);
    Ok((Accepted(rows), outcome))
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

/// Finds the stored rows among those that the lines refer to.
async fn known_references(scope: &mut Scope, lines: &[Line]) -> Result<Known> {
    let mut referenced: BTreeMap<&'static str, HashSet<&Key>> = BTreeMap::new();
    for row in lines.iter().filter_map(|(_, row)| row.as_ref().ok()) {
        for (_, kind, key) in &row.references {
            referenced.entry(kind).or_default().insert(key);
        }
    }
    let mut known = Known::new();
    for (kind, keys) in referenced {
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
        match line.and_then(|row| check_references(row, &known)) {
            Ok(mut row) => {
                outcome.stored += 1;
                known.insert((row.kind.name, row.key.clone()));
                let place = KINDS
                    .iter()
                    .position(|kind| kind.name == row.kind.name)
                    .unwrap_or(0);
                let rows = rows.entry(place).or_default();
                match rows.entry(row.key.clone()) {
                    Entry::Vacant(place) => drop(place.insert(row)),
                    Entry::Occupied(mut place) if row.replaces(place.get()) => {
                        row.created_at =
                            row.created_at.or_else(|| place.get_mut().created_at.take());
                        place.insert(row);
                    }
                    Entry::Occupied(_) => {}
                }
            }
            Err(faults) => outcome.rejected.push((number, faults)),
        }
    }
    (rows, outcome)
}

fn check_references(row: Row, known: &Known) -> Result<Row, Faults> {
    let mut faults = Faults::default();
    for (field, kind, key) in &row.references {
        if !known.contains(&(*kind, key.clone())) {
            faults.add(
                *field,
                format!("refers to no {kind} that is stored or stands earlier."),
            );
        }
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
        sqlx::query(AssertSqlSafe(upsert.as_str()))
            .bind(tenant)
            .execute(&mut *connection)
            .await?;
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
        text.push('\n');
    }
    let mut copy = connection.copy_in_raw(&statements.copy).await?;
    copy.send(text.into_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// Statements to store a kind.
struct Statements {
    key_type: &'static str,
    /// Selects the stored ones among the keys in `$2`.
    find: String,
    stage: String,
    copy: String,
    upserts: Vec<String>,
    clear: String,
}

static STATEMENTS: LazyLock<HashMap<&'static str, Statements>> = LazyLock::new(|| {
    KINDS
        .iter()
        .map(|kind| (kind.name, Statements::of(kind)))
        .collect()
});

impl Statements {
    fn of(kind: &'static Kind) -> Self {
        let (table, key) = (kind.table, kind.key().name);
        let staged = format!("staged_{table}");
        let kept = kind.kept().map(|field| field.name);
        let stated: Vec<(&str, &str)> = kind
            .columns()
            .filter(|(name, _)| Some(*name) != kept)
            .collect();
        let typed: Vec<String> = stated
            .iter()
            .map(|(name, kind)| format!("{name} {kind}"))
            .collect();
        let names = stated.iter().map(|(name, _)| *name).collect::<Vec<_>>();

        let mut upserts = vec![upsert_sql(kind, &staged, &names)];
        if kept.is_some() {
            upserts.push(format!(
                "update {table} as stored set created_at = sent.created_at from {staged} as sent
                 where stored.tenant_id = $1 and stored.{key} = sent.{key} and stored.created_at <> sent.created_at"
            ));
        }
        Self {
            key_type: kind.key().kind.sql_type(),
            find: format!("select {key} from {table} where tenant_id = $1 and {key} = any ($2)"),
            stage: format!(
                "create temp table if not exists {staged} (created_at timestamptz, {})",
                typed.join(", ")
            ),
            copy: format!(
                "copy {staged} (created_at, {}) from stdin",
                names.join(", ")
            ),
            upserts,
            clear: format!("truncate {staged}"),
        }
    }
}

/// Upserts rows in key order in one statement, so that concurrent writers of the same rows wait
/// instead of deadlocking. Unchanged and less complete rows are skipped. A stored `created_at`
/// stays.
fn upsert_sql(kind: &Kind, staged: &str, columns: &[&str]) -> String {
    let (table, key) = (kind.table, kind.key().name);
    let changing: Vec<&str> = columns
        .iter()
        .copied()
        .filter(|column| *column != key)
        .collect();
    let list = |prefix: &str| {
        changing
            .iter()
            .map(|column| format!("{prefix}{column}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let set = changing
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect::<Vec<_>>()
        .join(", ");
    let (stored, sent) = (list("stored."), list("excluded."));
    let columns = columns.join(", ");
    let has_created_at = kind.kept().is_some();
    let (created_at, first) = if has_created_at {
        (", created_at", ", coalesce(created_at, now())")
    } else {
        ("", "")
    };
    let knows_enough = kind.finished_by.map_or_else(String::new, |field| {
        format!("and (stored.{field} is null or excluded.{field} is not null)")
    });
    format!(
        "insert into {table} as stored (tenant_id, {columns}{created_at})
         select $1, {columns}{first} from {staged} order by {key}
         on conflict (tenant_id, {key}) do update set {set}
         where ({stored}) is distinct from ({sent}) {knows_enough}"
    )
}
