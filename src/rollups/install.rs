//! Installation of the derived tables, from the catalog.
//!
//! Owns the list of statements. A server that finds the tables of another catalog drops them, creates its own, and marks
//! every tenant stale: reports read rows until the compactor has rebuilt the roll-ups.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::catalog::{AUTOCALL_LEAD_STATES, Family, Module};
use super::template::sql;
use super::{ddl, links, sources, states};
use crate::db;
use crate::error::Result;

/// Postgres advisory lock of the installation.
const LOCK: i64 = 0x6361_6c6c_0002;

/// Version of the rules by which sums are computed. Raise it when the rules change but the tables do not, so that roll-ups
/// are rebuilt.
const RULES: u32 = 2;

const ALL_STALE: &str = sql!("all_stale");
/// Drops whatever an earlier catalog derived, but for the functions that a version before read it through: an instance of
/// that version may still serve, and calls them.
const DROP: &str = sql!("drop_tables");

/// Installs the derived tables unless they are this catalog's. Concurrent instances are safe: one of them does the work.
pub async fn install(connection: &mut PgConnection) -> Result<()> {
    let wanted = &*FINGERPRINT;
    let mut transaction = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await?;
    let installed: Option<String> = sqlx::query_scalar("select tables from rollup_schema")
        .fetch_optional(&mut *transaction)
        .await?;
    if installed.as_ref() == Some(wanted) {
        return Ok(transaction.commit().await?);
    }
    run(&mut transaction, &[DROP]).await?;
    run(&mut transaction, &tables()).await?;
    let stale = ["set local callboard.roll_call = 'on'", ALL_STALE];
    run(&mut transaction, &stale).await?;
    run(&mut transaction, &["delete from rollup_schema"]).await?;
    // Versions that read through functions compare theirs with `readers`, and make them again where it differs.
    let note = sqlx::query("insert into rollup_schema (tables, readers) values ($1, '')");
    note.bind(wanted).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

async fn run<S: AsRef<str>>(connection: &mut PgConnection, statements: &[S]) -> Result<()> {
    for statement in statements {
        connection
            .execute(AssertSqlSafe(statement.as_ref().to_owned()))
            .await?;
    }
    Ok(())
}

/// The fingerprint of this catalog and this version of the rules.
static FINGERPRINT: LazyLock<String> = LazyLock::new(|| fingerprint(&tables()));

/// Ignores comments and layout: reformatting a statement does not cause a rebuild.
fn fingerprint(statements: &[String]) -> String {
    let mut digest = Sha256::new_with_prefix(RULES.to_string());
    for word in statements.iter().flat_map(|sql| sql.split_whitespace()) {
        digest.update(word);
        digest.update(" ");
    }
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// True if the derived tables are this catalog's. Another version of the server may have replaced them by its own, with sums
/// by other rules.
pub async fn is_ours(scope: &mut db::Scope) -> Result<bool> {
    let ours = sqlx::query_scalar("select exists (select from rollup_schema where tables = $1)");
    Ok(ours
        .bind(FINGERPRINT.as_str())
        .fetch_one(scope.connection())
        .await?)
}

fn families() -> impl Iterator<Item = &'static Family> {
    Module::ALL.into_iter().flat_map(Module::families)
}

/// The tables of sums, and the triggers that feed them.
pub fn tables() -> Vec<String> {
    let mut statements = Vec::new();
    for family in families() {
        statements.extend(ddl::journal(family));
        statements.extend(family.rollups.iter().map(ddl::rollup));
        statements.extend(family.stages.map(|stages| links::tables(family, stages)));
    }
    statements.push(sources::table());
    statements.push(states::trail());
    statements.push(ddl::rollup(&AUTOCALL_LEAD_STATES));
    statements.extend(families().map(|family| ddl::truncation(family, &derived_from(family))));
    statements
}

/// Tables that are empty where that family's is.
fn derived_from(family: &Family) -> Vec<String> {
    let rollups = family.rollups.iter().map(|rollup| rollup.name.to_owned());
    let of_leads = family.stages.iter();
    let of_leads = of_leads.flat_map(|stages| [links::trail(stages), links::table(stages)]);
    rollups
        .chain([family.journal()])
        .chain(of_leads)
        .chain(sources::derived_from(family))
        .chain(states::derived_from(family).map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_no_part_of_a_fingerprint() {
        let of = |sql: &str| fingerprint(&[sql.to_owned()]);
        assert_eq!(
            of("create table t (a text)"),
            of("create  table t\n(a text)")
        );
        assert_ne!(of("create table t (a text)"), of("create table t (b text)"));
    }
}
