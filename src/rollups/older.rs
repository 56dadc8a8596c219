//! Older editions, read while this server's own is not built: no tenant falls back to its rows because of an upgrade.
//!
//! An older edition answers a report if its marks say that it can be trusted and every relation that the report's statements
//! name is the same in both: otherwise the report reads rows. The report's own statements are executed, with the older schema
//! in the search path; that plans them again, so it is done only for what the own edition cannot answer.

use std::collections::HashSet;

use sqlx::Executor;

use super::edition::VISIBLE;
use super::template::sql;
use crate::db::Scope;
use crate::error::{Error, Result};

/// An edition other than this server's.
#[derive(Debug)]
pub struct Older {
    schema: String,
    /// Relations of this server's edition, or columns of them, that it does not have or has in another form.
    lacking: Vec<(String, String)>,
}

impl Older {
    /// The editions to try, newest first. None in an installation that has not been upgraded lately.
    pub async fn all(scope: &mut Scope) -> Result<Vec<Self>> {
        scope.connection().execute(VISIBLE).await?;
        let rows: Vec<(String, Vec<String>)> = sqlx::query_as(sql!("older"))
            .fetch_all(scope.connection())
            .await?;
        let names = |part: String| {
            let (relation, column) = part.split_once('.')?;
            Some((relation.to_owned(), column.to_owned()))
        };
        let older = rows.into_iter().map(|(schema, lacking)| Self {
            schema,
            lacking: lacking.into_iter().filter_map(names).collect(),
        });
        Ok(older.collect())
    }

    /// Lets the scope read this edition instead of its own.
    pub async fn enter(self, scope: &mut Scope) -> Result<()> {
        let schema = self.schema.clone();
        scope
            .enter_schema(&schema, move |sql| self.can_execute(sql))
            .await
    }

    /// Lets the scope read its own edition again. Returns what was read: `None` if the edition could not be trusted, lacked
    /// something, or is gone.
    pub async fn leave<T>(scope: &mut Scope, read: Result<Option<T>>) -> Result<Option<T>> {
        let could_read = scope.leave_schema().await?;
        match read {
            Ok(read) => Ok(read.filter(|_| could_read)),
            Err(_) if !could_read => Ok(None),
            Err(error @ Error::Internal(_)) => {
                tracing::warn!(%error, "could not read the roll-ups of another version");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// True if a statement names nothing that this edition lacks.
    fn can_execute(&self, sql: &str) -> bool {
        if self.lacking.is_empty() {
            return true;
        }
        let words: HashSet<&str> = sql
            .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
            .collect();
        !self.lacking.iter().any(|(relation, column)| {
            words.contains(relation.as_str())
                && (column.is_empty() || words.contains(column.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_needs_the_relations_and_columns_that_it_names() {
        let part = |relation: &str, column: &str| (relation.to_owned(), column.to_owned());
        let older = Older {
            schema: "other".into(),
            lacking: vec![part("new_totals", ""), part("calls_journal", "cid")],
        };
        for (sql, can) in [
            ("select * from totals", true),
            ("select * from new_totals", false),
            ("select * from my_new_totals", true),
            ("select j.day from calls_journal j", true),
            ("select j.cid from calls_journal j", false),
            ("select c.cid from calls c", true),
        ] {
            assert_eq!(older.can_execute(sql), can, "{sql}");
        }
    }
}
