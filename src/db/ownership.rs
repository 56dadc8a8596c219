//! Check before a migration that the database is empty or Callboard's.
//!
//! Callboard uses schema `public`. A database with tables of another application there is refused
//! before anything is written.

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnection;

use crate::error::{Error, Result};

/// Maximum number of tables named in the error.
const NAMED: usize = 3;

/// Returns a setup error if `public` has relations but no migrations of Callboard. Relations of
/// extensions do not count.
pub async fn check(connection: &mut PgConnection) -> Result<()> {
    let sql = include_str!("sql/foreign_relations.sql");
    let found: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await?;
    if found.is_empty() {
        return Ok(());
    }
    let more = if found.len() > NAMED { " and more" } else { "" };
    let names = found
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    Err(Error::setup(format!(
        "this database has tables of another application ({names}{more}): create a separate database for Callboard"
    )))
}

/// Converts a migration error into one for the operator.
pub fn failure(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) => Error::setup(format!(
            "migration {version} of this database is unknown to this build: it belongs to a newer Callboard or \
             to another application"
        )),
        MigrateError::VersionMismatch(version) => Error::setup(format!(
            "migration {version} of this database differs from this build's: it belongs to another application, or the file \
             was changed after it was released"
        )),
        // Can be transient, for instance a lock timeout.
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::internal(other),
    }
}
