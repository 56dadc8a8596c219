//! The check before a migration that a database is Callboard's, or nobody's.
//!
//! Callboard fills schema `public`. A database that holds another application's tables there is refused before
//! anything is written.

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnection;

use crate::error::{Error, Result};

/// As many names are said.
const NAMED: usize = 3;

/// Internal, with a sentence for the operator, where `public` has relations but no migrations of ours. What belongs to
/// an extension does not count.
pub async fn check(connection: &mut PgConnection) -> Result<()> {
    let sql = "select c.relname::text from pg_class c
               where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
                 and to_regclass('public._sqlx_migrations') is null
                 and not exists (select from pg_depend d
                                 where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
               order by c.relname limit 4";
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
        "this database holds something else ({names}{more}): give Callboard one of its own"
    )))
}

/// A failed migration, as a sentence for the operator.
pub fn failure(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) => Error::setup(format!(
            "this database has migration {version}, which this build does not know: it belongs to a newer Callboard, or \
             to another application"
        )),
        MigrateError::VersionMismatch(version) => Error::setup(format!(
            "migration {version} of this database is not this build's: it belongs to another application, or the file \
             was changed after it was released"
        )),
        // Of a lock that others held, say: it may go better later.
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::internal(other),
    }
}
