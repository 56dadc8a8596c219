//! Kept sums that a new edition takes over: what lies before an account's complete-from cannot be made anew from rows.
//!
//! A roll-up is copied from the newest older edition that has one with the same digest, as far as a rebuild would leave it. All
//! else is built from the rows that are left. Must not know how an edition is installed.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::catalog::Module;
use super::install;
use super::template::sql;
use crate::error::{Error, Result};

/// Copies the kept sums of every tenant that has some into the edition whose tables have just been created. A setup error if a
/// roll-up is in no older edition: then nothing may be installed.
pub async fn carry(connection: &mut PgConnection, schema: &str) -> Result<()> {
    let tenants = tenants(connection).await?;
    if tenants.is_empty() {
        return Ok(());
    }
    let families = Module::ALL.into_iter().flat_map(Module::families);
    for rollup in families.flat_map(|family| family.rollups) {
        let from = source(connection, rollup.name).await?;
        let copy = include_str!("sql/carry.sql")
            .replace("{{to}}", &format!("{schema}.{}", rollup.name))
            .replace("{{from}}", &format!("{from}.{}", rollup.name));
        for tenant in &tenants {
            enter(connection, Some(*tenant)).await?;
            let copied = sqlx::query(AssertSqlSafe(copy.as_str())).bind(tenant);
            copied.execute(&mut *connection).await?;
        }
        enter(connection, None).await?;
    }
    Ok(())
}

/// The tenants with a complete-from, which no longer moves: whoever sets it holds the lock of installations.
async fn tenants(connection: &mut PgConnection) -> Result<Vec<i64>> {
    sqlx::query("set local callboard.roll_call = 'on'")
        .execute(&mut *connection)
        .await?;
    let kept =
        sqlx::query_scalar("select id from tenants where complete_from is not null order by id");
    Ok(kept.fetch_all(connection).await?)
}

/// The schema of the newest edition with the same roll-up.
async fn source(connection: &mut PgConnection, rollup: &str) -> Result<String> {
    let parts = install::parts();
    let own = parts
        .iter()
        .find(|part| part.relation == rollup && part.name.is_empty());
    let digest = own.map(|part| part.digest.as_str()).unwrap_or_default();
    let found: Option<String> = sqlx::query_scalar(sql!("carry_from"))
        .bind(rollup)
        .bind(digest)
        .fetch_optional(connection)
        .await?;
    found.ok_or_else(|| {
        Error::setup(format!(
            "accounts with complete_from keep sums that this version computes otherwise ({rollup}) and cannot take over: \
             go back to the version before"
        ))
    })
}

/// Makes the rows of a tenant visible, or of none.
async fn enter(connection: &mut PgConnection, tenant: Option<i64>) -> Result<()> {
    let tenant = tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
    sqlx::query("select set_config('callboard.tenant', $1, true)")
        .bind(tenant)
        .execute(connection)
        .await?;
    Ok(())
}
