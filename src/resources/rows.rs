//! Rows that clients create and change: the same steps on every table, by static statements.
//!
//! Columns arrive as one JSON object, which Postgres reads as a row. Must not know any table.

use serde_json::Value;

use super::ids;
use super::members::Columns;
use crate::auth::audit::Changes;
use crate::db::Scope;
use crate::error::{Error, Result};

/// Statements of a table.
#[derive(Debug)]
pub struct Rows {
    /// Inserts the columns `$2`; no row if the id is taken.
    pub insert: &'static str,
    /// Columns of row `$2` that the columns `$3` would change, each with its old and new value.
    pub differences: &'static str,
    /// Changes row `$2` to the columns `$3`.
    pub update: &'static str,
}

impl Rows {
    /// Inserts a row under a new id, and returns the id.
    pub async fn insert(&self, scope: &mut Scope, mut columns: Columns) -> Result<i64> {
        loop {
            for id in ids::next(scope, 1).await? {
                columns.set_text("id", id);
                let insert = scope.query(self.insert).bind(columns.object());
                let inserted = insert.execute(scope.connection()).await?.rows_affected();
                // Ingest can have stored a row with this id since.
                if inserted == 1 {
                    return Ok(id);
                }
            }
        }
    }

    /// Changes that the columns make to a row, by column.
    pub async fn differences(
        &self,
        scope: &mut Scope,
        id: i64,
        columns: &Columns,
    ) -> Result<Changes> {
        let select = scope.select::<(String, Value, Value)>(self.differences);
        let differences = select
            .bind(id)
            .bind(columns.object())
            .fetch_all(scope.connection())
            .await?;
        let of_column = |(name, old, new)| (name, (old, new));
        Ok(differences.into_iter().map(of_column).collect())
    }

    /// Changes a row. `NotFound` without it.
    pub async fn update(&self, scope: &mut Scope, id: i64, columns: &Columns) -> Result<()> {
        let update = scope.query(self.update).bind(id).bind(columns.object());
        let updated = update.execute(scope.connection()).await?.rows_affected();
        if updated == 0 {
            return Err(Error::NotFound);
        }
        Ok(())
    }
}
