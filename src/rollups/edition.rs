//! Editions: the derived tables of one catalog, in a schema of their own that is named by the catalog's fingerprint.
//!
//! Owns the installation. Servers of two versions each use their own edition, which their connections find by their search
//! path; triggers of both write to both journals. A new edition marks every tenant stale: the compactor builds it, and
//! until then reports read an older one (`older`). Editions that no server uses are removed (`upkeep`).

use std::sync::LazyLock;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::carry::carry;
use super::ddl::SCHEMA;
use super::template::sql;
use super::{install, released};
use crate::db::Derived;
use crate::error::{Error, Result};

/// Postgres advisory lock of installations and removals.
pub const LOCK: i64 = 0x6361_6c6c_0002;

/// Makes the rows of editions visible in a transaction.
pub const VISIBLE: &str = "set local callboard.editions = 'on'";

const ALL_STALE: &str = sql!("all_stale");
const RECORD: &str = sql!("record_edition");
const RECORD_PART: &str = sql!("record_part");

/// An edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    schema: String,
}

static OWN: LazyLock<Edition> = LazyLock::new(|| Edition::salted(""));

impl Edition {
    /// The edition of this build.
    pub fn own() -> &'static Self {
        &OWN
    }

    /// The edition of another build with the same tables: only the fingerprint differs.
    pub fn salted(salt: &str) -> Self {
        let fingerprint = install::fingerprint(salt);
        Self {
            schema: format!("rollups_{}", &fingerprint[..16]),
        }
    }

    /// The schema of its tables, a plain name.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    async fn record(&self, connection: &mut PgConnection) -> Result<()> {
        let edition = sqlx::query(RECORD).bind(&self.schema);
        edition.execute(&mut *connection).await?;
        for part in install::parts() {
            let names = (part.relation.as_str(), part.name, part.digest.as_str());
            record_part(connection, &self.schema, names).await?;
        }
        // The tables of a release before editions, if they are there and known.
        let release: Option<String> = sqlx::query_scalar(sql!("release_before_editions"))
            .fetch_optional(&mut *connection)
            .await?;
        if release.as_deref() == Some(released::FIRST_RELEASE) {
            for part in released::OF_FIRST_RELEASE {
                record_part(connection, "public", *part).await?;
            }
        }
        Ok(())
    }
}

impl Derived for Edition {
    fn schema(&self) -> &str {
        self.schema()
    }

    /// Concurrent instances are safe: one of them does the work.
    async fn derive(&self, connection: &mut PgConnection) -> Result<()> {
        let mut transaction = connection.begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(LOCK)
            .execute(&mut *transaction)
            .await?;
        transaction.execute(VISIBLE).await?;
        // Nobody removes it before this server has stated that it uses it.
        let used = "update rollup_editions set used_at = null where schema_name = $1";
        let used = sqlx::query(used).bind(&self.schema);
        if used.execute(&mut *transaction).await?.rows_affected() > 0 {
            return Ok(transaction.commit().await?);
        }
        check_rights(&mut transaction).await?;
        let schema = &self.schema;
        run(&mut transaction, &format!("create schema {schema}")).await?;
        // Tables are created in the first schema of the path.
        let path = format!("set local search_path = {schema}, public, pg_temp");
        run(&mut transaction, &path).await?;
        for statement in install::tables() {
            run(&mut transaction, &statement.replace(SCHEMA, schema)).await?;
        }
        carry(&mut transaction, schema).await?;
        run(&mut transaction, ALL_STALE).await?;
        self.record(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }
}

/// Returns a setup error with the statement to run if the role may not create schemas.
async fn check_rights(connection: &mut PgConnection) -> Result<()> {
    let (may, grant): (bool, String) = sqlx::query_as(sql!("may_create_schemas"))
        .fetch_one(connection)
        .await?;
    if may {
        return Ok(());
    }
    Err(Error::setup(format!(
        "this database role cannot create the schema of the roll-ups: run `{grant}` as the database's owner"
    )))
}

/// Records a part of an edition: relation, column and digest.
async fn record_part(
    connection: &mut PgConnection,
    schema: &str,
    (relation, name, digest): (&str, &str, &str),
) -> Result<()> {
    let part = sqlx::query(RECORD_PART).bind(schema);
    let part = part.bind(relation).bind(name).bind(digest);
    part.execute(connection).await?;
    Ok(())
}

async fn run(connection: &mut PgConnection, statement: &str) -> Result<()> {
    connection
        .execute(AssertSqlSafe(statement.to_owned()))
        .await?;
    Ok(())
}
