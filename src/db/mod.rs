//! The database: how it is reached, brought up to date, and divided by account.
//!
//! Owns the pools and the role that the server acts under. Must not know a single table of the reports: all
//! access goes through a [`Scope`], which is bound to one tenant.

mod embedded;
mod ours;
mod scope;
pub mod tz_release;

use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, Postgres, Transaction};

pub use embedded::{
    Embedded, Guest, Pace as EmbeddedPace, Settings as EmbeddedSettings, TASK as EMBEDDED_TASK, program,
};
pub use scope::{Account, Scope};

use crate::error::{Error, Result};
use crate::supervise::Backoff;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The role that stands in for a superuser, whom row-level security does not hold.
const GUARDED_ROLE: &str = "callboard_guarded";

/// What connections that read are opened with. Roll-ups are read by the same plan whatever is asked for, and planning
/// would take longer than reading.
pub const READING_SETTINGS: [(&str, &str); 4] = [
    ("statement_timeout", "30s"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("max_parallel_workers_per_gather", "0"),
];

/// How long a migration waits for a lock, in milliseconds.
const MIGRATION_LOCK_TIMEOUT: &str = "2000";
/// Pauses between attempts at a migration.
const MIGRATION_PAUSES: Backoff = Backoff { first: Duration::from_millis(250), longest: Duration::from_secs(5) };

/// Connections for exports: one for each that is made, and one that listens.
pub const EXPORTING: u32 = 17;

/// Connections that read, unless an operator says otherwise.
const READING: u32 = 16;

/// The fewest connections that write. The compactor alone may use eight: it folds and makes anew at once, both modules
/// each time, and takes its turn on one connection while it works on another.
const WRITING: u32 = 8;
/// How long who wants to read waits for a connection: who would wait longer is better told to come again.
const READ_PATIENCE: Duration = Duration::from_secs(2);
/// How long who wants to write waits. Longer, because a body that broke off has to be sent again as a whole.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Pools on one database: one that only reads, with a limit on every statement, one that writes, and one for work
/// that takes as long as it takes.
#[derive(Clone)]
pub struct Database {
    reading: PgPool,
    writing: PgPool,
    exporting: PgPool,
}

/// See [`Database::turn`].
pub struct Turn(Transaction<'static, Postgres>);

impl Turn {
    /// Gives the turn to whoever comes next. One that is dropped is given up too, but some time later.
    pub async fn end(self) -> Result<()> {
        Ok(self.0.rollback().await?)
    }
}

impl Database {
    /// Opens the pools. Fails with a sentence for the operator where the database cannot be reached or the
    /// role in use would see through the guard and nothing can be done about it.
    pub async fn open(options: PgConnectOptions) -> Result<Self> {
        Self::open_pools(options, READING).await
    }

    /// As [`Database::open`], with so many connections that read, and half as many that write but [`WRITING`] at least.
    pub async fn open_pools(options: PgConnectOptions, reading: u32) -> Result<Self> {
        let mut connection = PgConnection::connect_with(&options).await.map_err(unreachable_database)?;
        let stand_in = bypasses_guard(&mut connection).await?;
        connection.close().await?;

        let options = options.application_name("callboard");
        let pool = |size, patience| {
            PgPoolOptions::new().max_connections(size).acquire_timeout(patience).after_connect(move |connection, _| {
                Box::pin(async move {
                    if stand_in {
                        connection.execute(AssertSqlSafe(format!("set role {GUARDED_ROLE}"))).await?;
                    }
                    Ok(())
                })
            })
        };
        let exporting = [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"), ("jit", "off")];
        let exporting = pool(EXPORTING, WRITE_PATIENCE)
            // Used once: one that is left in the middle of a long statement would have to be read to its end first.
            .after_release(|_, _| Box::pin(async { Ok(false) }))
            .connect_lazy_with(options.clone().options(exporting));
        let readers = pool(reading, READ_PATIENCE).connect_lazy_with(options.clone().options(READING_SETTINGS));
        let writers = pool(reading.div_ceil(2).max(WRITING), WRITE_PATIENCE).connect_lazy_with(options);
        Ok(Self { reading: readers, writing: writers, exporting })
    }

    /// Brings the schema up to date, and then what is derived from it. Several instances may do so at once: one
    /// of them does the work.
    ///
    /// Locks are waited for a short time only, then given up and tried for again, for as long as it takes: whoever waits
    /// for a table makes everybody wait who comes later, readers too.
    pub async fn migrate(
        options: &PgConnectOptions,
        derive: impl AsyncFn(&mut PgConnection) -> Result<()> + Copy,
    ) -> Result<()> {
        let options = options.clone().options([("lock_timeout", MIGRATION_LOCK_TIMEOUT)]);
        for failures in 1.. {
            let mut connection = PgConnection::connect_with(&options).await.map_err(unreachable_database)?;
            let migrated = migrate_once(&mut connection, derive).await;
            let closed = connection.close().await; // and its locks with it
            match migrated {
                Ok(()) => return Ok(closed?),
                Err(error @ Error::Unavailable(_)) => {
                    let pause = MIGRATION_PAUSES.after(failures);
                    tracing::warn!(%error, ms = pause.as_millis(), "a migration has to wait; will retry");
                    tokio::time::sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("it is tried for as long as it takes")
    }

    /// A snapshot of one account's rows, for reading only.
    pub async fn read(&self, tenant: i64) -> Result<Scope> {
        Scope::begin(&self.reading, "begin isolation level repeatable read read only", tenant).await
    }

    /// As [`Database::read`], for as long as it takes, and without keeping reports from their connections.
    pub async fn read_at_length(&self, tenant: i64) -> Result<Scope> {
        let mut scope =
            Scope::begin(&self.exporting, "begin isolation level repeatable read read only", tenant).await?;
        // Postgres then looks whether anybody still waits for a statement; not on every system it can.
        let look =
            "do $$ begin set local client_connection_check_interval = '1s'; exception when others then null; end $$";
        scope.connection().execute(look).await?;
        Ok(scope)
    }

    /// A transaction in which rows of one account are read and written; undone unless committed.
    pub async fn write(&self, tenant: i64) -> Result<Scope> {
        Scope::begin(&self.writing, "begin", tenant).await
    }

    /// As [`Database::write`], of one snapshot: everything it reads was committed before it began, and a row
    /// that somebody else changed since is an error to write.
    pub async fn write_snapshot(&self, tenant: i64) -> Result<Scope> {
        Scope::begin(&self.writing, "begin isolation level repeatable read", tenant).await
    }

    /// Every account, by id: for work that visits one after the other, each in a scope of its own.
    pub async fn tenants(&self) -> Result<Vec<i64>> {
        let mut transaction = self.reading.begin_with("begin read only; set local callboard.roll_call = 'on'").await?;
        Ok(sqlx::query_scalar("select id from tenants order by id").fetch_all(&mut *transaction).await?)
    }

    /// A transaction that sees the jobs waiting or under way of every account, and no other row of theirs.
    pub async fn queue(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.writing.begin_with("begin; set local callboard.queue = 'on'").await?)
    }

    /// What is notified on a channel from now on.
    pub async fn listen(&self, channel: &str) -> Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.exporting).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    /// A transaction that sees one user, of whatever account: whoever has that name, in the spelling it is compared in.
    pub async fn login(&self, username_key: &str) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self.reading.begin_with("begin read only").await?;
        let named = sqlx::query("select set_config('callboard.login', $1, true)").bind(username_key);
        named.execute(&mut *transaction).await?;
        Ok(transaction)
    }

    /// A transaction on what belongs to no account: who tried to come in.
    pub async fn strangers(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.writing.begin_with("begin; set local callboard.strangers = 'on'").await?)
    }

    /// A transaction on the fingerprints of the servers' secrets.
    pub async fn secrets(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.writing.begin_with("begin; set local callboard.secrets = 'on'").await?)
    }

    /// A transaction on the releases of the tz database that servers use.
    pub async fn tz_releases(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.writing.begin_with("begin; set local callboard.tz_releases = 'on'").await?)
    }

    /// A turn at something that one instance at a time may do, kept until it is ended. None where another
    /// instance has it.
    pub async fn turn(&self, lock: i64) -> Result<Option<Turn>> {
        // It idles while the work goes on elsewhere.
        let mut transaction =
            self.writing.begin_with("begin; set local idle_in_transaction_session_timeout = 0").await?;
        let lock = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(lock);
        let taken: bool = lock.fetch_one(&mut *transaction).await?;
        Ok(taken.then_some(Turn(transaction)))
    }

    /// Whether the database answers and has every migration of this build.
    pub async fn ready(&self) -> Result<()> {
        let applied: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations where success")
            .fetch_one(&self.reading)
            .await
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        if usize::try_from(applied).is_ok_and(|applied| applied >= MIGRATOR.iter().count()) {
            return Ok(());
        }
        Err(Error::Unavailable("migrations are missing: run `callboard migrate`".into()))
    }

    /// The pool itself, without a scope: a query on it sees no account's rows.
    pub fn unscoped(&self) -> &PgPool {
        &self.reading
    }

    pub async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
        self.exporting.close().await;
    }
}

async fn migrate_once(
    connection: &mut PgConnection,
    derive: impl AsyncFn(&mut PgConnection) -> Result<()>,
) -> Result<()> {
    ours::check(connection).await?;
    MIGRATOR.run_direct(None, connection, false).await.map_err(ours::failure)?;
    derive(connection).await?;
    if bypasses_guard(connection).await? {
        stand_in_role(connection).await?;
    }
    Ok(())
}

fn unreachable_database(error: sqlx::Error) -> Error {
    Error::Unavailable(format!("cannot reach the database: {error}"))
}

async fn bypasses_guard(connection: &mut PgConnection) -> Result<bool> {
    let sql = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Makes the role that a superuser's connections act under, with the rights on our tables and no more. One
/// instance after the other, for Postgres refuses two who grant on the same table; the role is the whole
/// cluster's, where the lock does not reach.
async fn stand_in_role(connection: &mut PgConnection) -> Result<()> {
    let create = format!(
        "select pg_advisory_xact_lock(hashtext('{GUARDED_ROLE}'));
         do $$ begin
             if not exists (select from pg_roles where rolname = '{GUARDED_ROLE}') then
                 create role {GUARDED_ROLE} nologin;
             end if;
         exception when duplicate_object or unique_violation then null; -- another instance was first
         end $$;
         do $$ begin
             grant {GUARDED_ROLE} to current_user;
         exception when unique_violation then null; -- here too
         end $$;
         grant usage on schema public to {GUARDED_ROLE};
         grant select, insert, update, delete on all tables in schema public to {GUARDED_ROLE};
         grant usage on all sequences in schema public to {GUARDED_ROLE};"
    );
    connection.execute(AssertSqlSafe(create)).await.map_err(|error| match Error::from(error) {
        passing @ Error::Unavailable(_) => passing,
        error => Error::Internal(format!(
            "this database role passes by row-level security and may not create {GUARDED_ROLE}, under which \
             Callboard would act; use a role without BYPASSRLS: {error}"
        )),
    })?;
    Ok(())
}
