//! Migrations, and the check that a database has those of this build.

use std::time::Duration;

use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::{Database, Lane, guard, ownership, unreachable_database};
use crate::error::{Error, Result};
use crate::supervise::Backoff;

static MIGRATOR: Migrator = sqlx::migrate!();

/// Lock timeout of migrations, in milliseconds.
const MIGRATION_LOCK_TIMEOUT: &str = "2000";
/// Back-off between attempts at a migration.
const MIGRATION_PAUSES: Backoff = Backoff {
    first: Duration::from_millis(250),
    longest: Duration::from_secs(5),
};

/// A schema of derived tables, made by the server itself after the migrations.
pub trait Derived: Sync {
    fn schema(&self) -> &str;

    /// Creates it unless it is there, in one transaction.
    fn derive(&self, connection: &mut PgConnection) -> impl Future<Output = Result<()>> + Send;
}

impl Database {
    /// Applies the migrations, then the derived schema. Safe to run from several instances: one of
    /// them does the work.
    ///
    /// The lock timeout is short and migrations are retried without limit, because a session that
    /// waits for a table lock blocks all later ones, including readers.
    pub async fn migrate(options: &PgConnectOptions, derived: &impl Derived) -> Result<()> {
        let options = options.clone().options([
            ("lock_timeout", MIGRATION_LOCK_TIMEOUT),
            // Whatever the options say: migrations create tables in the first schema.
            ("search_path", "public"),
        ]);
        for failures in 1.. {
            let mut connection = PgConnection::connect_with(&options)
                .await
                .map_err(unreachable_database)?;
            let migrated = migrate_once(&mut connection, derived).await;
            let closed = connection.close().await; // releases its locks
            match migrated {
                Ok(()) => return Ok(closed?),
                Err(error @ (Error::Unavailable(_) | Error::GaveWay(_))) => {
                    let pause = MIGRATION_PAUSES.after(failures);
                    tracing::warn!(%error, ms = pause.as_millis(), "could not migrate yet; will retry");
                    tokio::time::sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("retries are unlimited")
    }

    /// A connection with the rights of the tables' owner, who creates and drops them. Names are
    /// looked up in `public`.
    pub async fn owner(&self) -> Result<PgConnection> {
        let options = self.unscoped().connect_options();
        let options = options
            .as_ref()
            .clone()
            .options([("statement_timeout", "60s"), ("search_path", "public")]);
        PgConnection::connect_with(&options)
            .await
            .map_err(unreachable_database)
    }

    /// Checks that the database answers and has every migration of this build.
    pub async fn ready(&self) -> Result<()> {
        let applied: i64 =
            sqlx::query_scalar("select count(*) from _sqlx_migrations where success")
                .fetch_one(self.lane_pool(Lane::Probes))
                .await
                .map_err(|error| Error::Unavailable(error.into()))?;
        if usize::try_from(applied).is_ok_and(|applied| applied >= MIGRATOR.iter().count()) {
            return Ok(());
        }
        Err(Error::Unavailable(
            "migrations are missing: run `callboard migrate`".into(),
        ))
    }
}

async fn migrate_once(connection: &mut PgConnection, derived: &impl Derived) -> Result<()> {
    ownership::check(connection).await?;
    MIGRATOR
        .run_direct(None, connection, false)
        .await
        .map_err(ownership::failure)?;
    derived.derive(connection).await?;
    if guard::is_bypassed(connection).await? {
        guard::create_role(connection, derived.schema()).await?;
    }
    Ok(())
}
