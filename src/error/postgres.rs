//! Maps the SQLSTATE codes of Postgres to kinds of failures.
//!
//! Owns the codes that need more than a 500. Must not know the statements.

use super::{Cause, Error};

/// SQLSTATE of a statement that exceeded `statement_timeout`.
const QUERY_CANCELED: &str = "57014";

/// SQLSTATE of a full disk on the database's side.
const DISK_FULL: &str = "53100";

/// SQLSTATE of a lock timeout.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// SQLSTATE class of transaction conflicts.
const GAVE_WAY: &str = "40";

/// Transient SQLSTATE classes: lost connections, insufficient resources, a server that starts or
/// stops, a lock timeout.
const TRANSIENT: [&str; 4] = ["08", "53", "57P", LOCK_NOT_AVAILABLE];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unavailable(error.into()),
            sqlx::Error::Database(database) => match database.code().as_deref() {
                Some(QUERY_CANCELED) => Self::TimedOut,
                Some(DISK_FULL) => Self::NoRoom(Cause::from(error).context("the database's disk")),
                Some(code) if code.starts_with(GAVE_WAY) => Self::GaveWay(error.into()),
                Some(code) if TRANSIENT.iter().any(|class| code.starts_with(class)) => {
                    Self::Unavailable(error.into())
                }
                _ => Self::Internal(error.into()),
            },
            _ => Self::Internal(error.into()),
        }
    }
}
