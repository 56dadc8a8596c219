//! The role that replaces a superuser, because row-level security does not apply to superusers.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};

use crate::error::{Error, Result};
use crate::template::filled;

const ROLE: &str = "callboard_guarded";

/// Returns true if row-level security does not apply to the connection's role.
pub async fn is_bypassed(connection: &mut PgConnection) -> Result<bool> {
    let sql = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Switches a connection to the role.
pub async fn enter(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let sql = AssertSqlSafe(format!("set role {ROLE}"));
    connection.execute(sql).await.map(drop)
}

/// Creates the role that a superuser's connections switch to, with rights on Callboard's tables
/// only: those of `public`, and of the schema of derived ones. Runs under a lock, because concurrent grants on a table fail. The role belongs to the
/// whole cluster, beyond the reach of the lock.
pub async fn create_role(connection: &mut PgConnection, schema: &str) -> Result<()> {
    let sql = filled(
        include_str!("sql/guarded_role.sql"),
        &[("role", &ROLE), ("schema", &schema)],
        |_| None,
    );
    connection
        .execute(AssertSqlSafe(sql))
        .await
        .map_err(|error| {
            match Error::from(error) {
        transient @ Error::Unavailable(_) => transient,
        error => Error::Internal(format!(
            "this database role bypasses row-level security and cannot create the role {ROLE}; \
             connect as a role without SUPERUSER or BYPASSRLS: {error}"
        ).into()),
    }
        })?;
    Ok(())
}
