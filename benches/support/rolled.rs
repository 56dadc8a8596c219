//! Where the benchmarks meet the roll-ups: all they know of them is in this file.
//!
//! The roll-ups are not there yet, so for now everything is read from the rows, and nothing is installed.

use callboard::db::Database;
use callboard::reports::report::{Format, Occasion, Request};
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinHandle;

/// What a report is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The roll-ups: as the server answers.
    Rolled,
    /// The rows themselves: naive SQL.
    Raw,
}

/// A request as the server makes it, for the source that is wanted.
pub fn request<'a>(occasion: Occasion<'a>, query: &'a str, _source: Source) -> Request<'a> {
    Request { occasion, query, formats: &[Format::Json] }
}

/// Makes the roll-ups' tables and triggers where they are not there yet, or older ones are.
pub async fn install(_options: &PgConnectOptions) {}

/// Builds and folds until nothing is pending.
pub async fn settle(_db: &Database) {}

/// The compactor, as it runs beside a server. It ends when this is dropped.
pub fn compactor(_db: &Database) -> Compactor {
    Compactor(tokio::spawn(std::future::pending()))
}

pub struct Compactor(JoinHandle<()>);

impl Drop for Compactor {
    fn drop(&mut self) {
        self.0.abort();
    }
}
