//! Access to the database: pools, migrations, and separation by tenant.
//!
//! Owns the pools and the server's database role. Must not know any table of the reports: all
//! access goes through a [`Scope`], which is bound to one tenant.

mod embedded;
mod lane;
mod ownership;
mod scope;
mod slots;
pub mod tz_release;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Postgres, Transaction};

pub use embedded::{
    Embedded, Guest, Pace as EmbeddedPace, Settings as EmbeddedSettings, TASK as EMBEDDED_TASK,
    program,
};
pub use lane::Lane;
pub use scope::{ReachableTenant, Scope, Select};
pub use slots::{Slot, Slots};

use crate::error::{Cause, Error, Result};
use crate::supervise::Backoff;

static MIGRATOR: Migrator = sqlx::migrate!();

/// Role that replaces a superuser, because row-level security does not apply to superusers.
const GUARDED_ROLE: &str = "callboard_guarded";

/// Settings of read connections. Roll-ups are read with a generic plan, because planning would take
/// longer than reading.
pub const READING_SETTINGS: [(&str, &str); 4] = [
    ("statement_timeout", "30s"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("max_parallel_workers_per_gather", "0"),
];

/// Lock timeout of migrations, in milliseconds.
const MIGRATION_LOCK_TIMEOUT: &str = "2000";
/// Back-off between attempts at a migration.
const MIGRATION_PAUSES: Backoff = Backoff {
    first: Duration::from_millis(250),
    longest: Duration::from_secs(5),
};

/// Limits of write connections: longer than any chunk or lock should take.
const WRITING_SETTINGS: [(&str, &str); 2] = [("statement_timeout", "60s"), ("lock_timeout", "10s")];

/// Maximum number of export connections: one per running export and one that listens.
pub const EXPORT_CONNECTIONS: u32 = 17;

/// Default number of read connections.
pub const READ_CONNECTIONS: u32 = 16;

/// Minimum number of write connections.
const MIN_WRITE_CONNECTIONS: u32 = 8;
/// Maximum wait of a request for a read connection; beyond it the client gets a 503 and retries.
const READ_MAX_WAIT: Duration = Duration::from_secs(2);
/// Maximum wait for a write connection. Longer, because an interrupted body must be sent again from
/// the start.
const WRITE_MAX_WAIT: Duration = Duration::from_secs(10);
/// Maximum wait, without a connection, for a slot to read raw rows.
const ROWS_MAX_WAIT: Duration = Duration::from_secs(10);
/// Deadline of an answer: all of its statements, including waits.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// Maximum wait of an atomic body for its tenant's slot, before it is read or while it is spooled.
const ATOMIC_MAX_WAIT: Duration = Duration::from_secs(30);
/// Maximum number of atomic bodies in total and per tenant. Half of the write connections stay free
/// for others.
const ATOMIC_BODIES: u32 = 64;
const ATOMIC_BODIES_PER_TENANT: u32 = 2;
/// Maximum number of connections of one tenant that read raw rows.
const ROW_READERS_PER_TENANT: u32 = 2;

const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// Makes Postgres check that the client is still connected during a statement. Not supported on
/// every operating system.
const CHECK_CLIENT_CONNECTION: &str = "do $$ begin set client_connection_check_interval = '1s'; exception when others then null; end $$";

/// Maximum number of connections of an instance.
pub const fn most_connections(reading: u32, workers: u32) -> u32 {
    let (mut lanes, mut at) = (0, 0);
    while at < Lane::ALL.len() {
        lanes += Lane::ALL[at].connections();
        at += 1;
    }
    reading + writing(reading) + workers + 1 + lanes
}

/// Number of write connections for a number of read connections.
const fn writing(reading: u32) -> u32 {
    let half = reading.div_ceil(2);
    if half > MIN_WRITE_CONNECTIONS {
        half
    } else {
        MIN_WRITE_CONNECTIONS
    }
}

/// The pools of a database: one for answers (read-only, with a statement timeout), one for writes,
/// one for work without a time limit, and small ones for work that must not wait for others
/// ([`Lane`]).
///
/// The first two are shared fairly by tenants.
#[derive(Clone)]
pub struct Database {
    reading: Pool,
    writing: Pool,
    exporting: PgPool,
    lanes: Arc<BTreeMap<Lane, PgPool>>,
    /// Lane of this handle; `None` if it serves requests.
    lane: Option<Lane>,
    /// Slots to read raw rows.
    rows: Slots,
    deadline: Duration,
    /// Slots for atomic bodies: those being received, and those that hold a connection.
    atomic_bodies: Slots,
    atomic_stores: Slots,
}

/// A pool, with slots if tenants share it.
#[derive(Clone)]
struct Pool {
    connections: PgPool,
    slots: Option<Slots>,
    max_wait: Duration,
}

impl Pool {
    async fn scope(&self, begin: &str, tenant: i64, max_wait: Duration) -> Result<Scope> {
        let slot = match &self.slots {
            Some(slots) => Some(
                slots
                    .acquire(tenant, max_wait)
                    .await
                    .map_err(|_| no_connection())?,
            ),
            None => None,
        };
        // Boxed because the future is large and would otherwise be moved with every request, even
        // one without a scope.
        let connection = Box::pin(self.connections.acquire()).await?;
        Box::pin(Scope::begin(connection, slot, begin, tenant)).await
    }
}

fn no_connection() -> Error {
    Error::Unavailable("timed out waiting for a database connection".into())
}

/// An advisory lock held by this instance. See [`Database::lease`].
pub struct Lease(Transaction<'static, Postgres>);

impl Lease {
    /// Releases the lease. A dropped lease is released too, but later.
    pub async fn release(self) -> Result<()> {
        Ok(self.0.rollback().await?)
    }
}

impl Database {
    /// Opens the pools. Fails if the database cannot be reached or its role bypasses row-level
    /// security without a replacement.
    pub async fn open(options: PgConnectOptions) -> Result<Self> {
        Self::open_pools(options, READ_CONNECTIONS).await
    }

    /// Like [`Database::open`], with a given number of read connections. Write connections are half
    /// as many, at least [`MIN_WRITE_CONNECTIONS`].
    pub async fn open_pools(options: PgConnectOptions, reading: u32) -> Result<Self> {
        let mut connection = PgConnection::connect_with(&options)
            .await
            .map_err(unreachable_database)?;
        let needs_guarded_role = bypasses_guard(&mut connection).await?;
        connection.close().await?;

        // `cache` logs slow reads by name; sqlx would log whole statements.
        let never = "off".parse().map_err(Error::internal)?;
        let options = options
            .application_name("callboard")
            .log_slow_statements(never, Duration::MAX);
        let pool = |size, max_wait| {
            PgPoolOptions::new()
                .max_connections(size)
                .acquire_timeout(max_wait)
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        if needs_guarded_role {
                            connection
                                .execute(AssertSqlSafe(format!("set role {GUARDED_ROLE}")))
                                .await?;
                        }
                        connection.execute(CHECK_CLIENT_CONNECTION).await?;
                        Ok(())
                    })
                })
        };
        let exporting = [
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("jit", "off"),
        ];
        let exporting = pool(EXPORT_CONNECTIONS, WRITE_MAX_WAIT)
            // Closed after use: a connection in the middle of a long statement would have to be
            // drained first.
            .after_release(|_, _| Box::pin(async { Ok(false) }))
            .connect_lazy_with(options.clone().options(exporting));
        let lanes = Lane::ALL.iter().map(|lane| {
            let options = options.clone().options(lane.settings().iter().copied());
            (
                *lane,
                pool(lane.connections(), lane.acquire_timeout()).connect_lazy_with(options),
            )
        });
        let lanes = Arc::new(lanes.collect::<BTreeMap<_, _>>());
        let shared = |size, max_wait, options| Pool {
            connections: pool(size, max_wait).connect_lazy_with(options),
            slots: Some(Slots::new(size)),
            max_wait,
        };
        let writers = shared(
            writing(reading),
            WRITE_MAX_WAIT,
            options.clone().options(WRITING_SETTINGS),
        );
        let readers = shared(reading, READ_MAX_WAIT, options.options(READING_SETTINGS));
        let rows = Slots::with_max(reading / 4, ROW_READERS_PER_TENANT);
        let atomic_bodies = Slots::with_max(ATOMIC_BODIES, ATOMIC_BODIES_PER_TENANT);
        let atomic_stores = Slots::with_max(writing(reading) / 2, ATOMIC_BODIES_PER_TENANT);
        Ok(Self {
            atomic_bodies,
            atomic_stores,
            reading: readers,
            writing: writers,
            exporting,
            lanes,
            lane: None,
            rows,
            deadline: DEADLINE,
        })
    }

    /// Replaces the deadline [`DEADLINE`].
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The same database through the connections of a lane. They are not shared fairly by tenants.
    pub fn lane(&self, lane: Lane) -> Self {
        let connections = self
            .lanes
            .get(&lane)
            .unwrap_or(&self.reading.connections)
            .clone();
        let pool = Pool {
            connections,
            slots: None,
            max_wait: lane.acquire_timeout(),
        };
        Self {
            reading: pool.clone(),
            writing: pool,
            lane: Some(lane),
            ..self.clone()
        }
    }

    /// Applies the migrations, then the derived schema. Safe to run from several instances: one of
    /// them does the work.
    ///
    /// The lock timeout is short and migrations are retried without limit, because a session that
    /// waits for a table lock blocks all later ones, including readers.
    pub async fn migrate(
        options: &PgConnectOptions,
        derive: impl AsyncFn(&mut PgConnection) -> Result<()> + Copy,
    ) -> Result<()> {
        let options = options
            .clone()
            .options([("lock_timeout", MIGRATION_LOCK_TIMEOUT)]);
        for failures in 1.. {
            let mut connection = PgConnection::connect_with(&options)
                .await
                .map_err(unreachable_database)?;
            let migrated = migrate_once(&mut connection, derive).await;
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

    /// Runs `read` on a snapshot of one tenant's rows, within the deadline of 30 s; returns
    /// `TimedOut` after that. `read` restarts in a later snapshot if another tenant needs the
    /// connection, or if it has to wait for a slot to read raw rows.
    pub async fn answer<T, F>(&self, tenant: i64, read: impl Fn(Scope) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let answering = async {
            let (mut max_wait, mut rows) = (self.reading.max_wait, None);
            loop {
                let mut scope = self.reading.scope(SNAPSHOT, tenant, max_wait).await?;
                let restart = scope.guard_rows(self.rows.clone(), rows.take());
                let answer = tokio::select! {
                    answer = read(scope) => Some(answer),
                    () = restart.reclaimed.notified() => None,
                };
                match answer {
                    Some(_) if restart.refused.load(Ordering::Acquire) => {
                        let slot = self.rows.acquire(tenant, ROWS_MAX_WAIT).await;
                        rows = Some(slot.map_err(|_| {
                            Error::Unavailable("too many concurrent raw-row queries".into())
                        })?);
                    }
                    Some(answer) => return answer,
                    None => {}
                }
                // It had a connection before, so it may wait until the deadline.
                max_wait = self.deadline;
            }
        };
        tokio::time::timeout(self.deadline, answering)
            .await
            .unwrap_or(Err(Error::TimedOut))
    }

    /// A read-only snapshot of one tenant's rows.
    pub async fn read(&self, tenant: i64) -> Result<Scope> {
        self.reading
            .scope(SNAPSHOT, tenant, self.reading.max_wait)
            .await
    }

    /// Like [`Database::read`], without a time limit and on connections that reports do not use.
    pub async fn read_unbounded(&self, tenant: i64) -> Result<Scope> {
        Box::pin(Scope::begin(
            self.exporting.acquire().await?,
            None,
            SNAPSHOT,
            tenant,
        ))
        .await
    }

    /// A read-write transaction on the rows of one tenant; rolled back unless committed.
    pub async fn write(&self, tenant: i64) -> Result<Scope> {
        self.writing
            .scope("begin", tenant, self.writing.max_wait)
            .await
    }

    /// Waits for a slot to store an atomic body in one long transaction.
    pub async fn atomic_store_slot(&self, tenant: i64) -> Result<Slot> {
        self.atomic_stores
            .acquire(tenant, ATOMIC_MAX_WAIT)
            .await
            .map_err(|_| no_connection())
    }

    /// Waits for a slot to send an atomic body.
    pub async fn atomic_body_slot(&self, tenant: i64) -> Result<Slot> {
        let busy = |_| Error::Unavailable("too many concurrent atomic uploads".into());
        self.atomic_bodies
            .acquire(tenant, ATOMIC_MAX_WAIT)
            .await
            .map_err(busy)
    }

    /// Like [`Database::write`], with a single snapshot: later commits are invisible, and writing
    /// to a row that was changed since is an error.
    pub async fn write_snapshot(&self, tenant: i64) -> Result<Scope> {
        self.writing
            .scope(
                "begin isolation level repeatable read",
                tenant,
                self.writing.max_wait,
            )
            .await
    }

    /// Ids of all tenants, in order, for work that visits each in a scope of its own.
    pub async fn tenants(&self) -> Result<Vec<i64>> {
        let mut transaction = self
            .reading
            .connections
            .begin_with("begin read only; set local callboard.roll_call = 'on'")
            .await?;
        Ok(sqlx::query_scalar("select id from tenants order by id")
            .fetch_all(&mut *transaction)
            .await?)
    }

    /// A transaction that sees waiting and running jobs of all tenants, and no other rows of
    /// theirs.
    pub async fn queue(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .lane_pool(Lane::Queue)
            .begin_with("begin; set local callboard.queue = 'on'")
            .await?)
    }

    /// Listens on a channel.
    pub async fn listen(&self, channel: &str) -> Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.exporting).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    /// A transaction that sees one user of any tenant, by normalized user name.
    pub async fn login(&self, username_key: &str) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self
            .lane_pool(Lane::SignIn)
            .begin_with("begin read only")
            .await?;
        let named =
            sqlx::query("select set_config('callboard.login', $1, true)").bind(username_key);
        named.execute(&mut *transaction).await?;
        Ok(transaction)
    }

    /// A transaction on failed logins under unknown user names, which belong to no tenant.
    pub async fn unknown_logins(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .lane_pool(Lane::SignIn)
            .begin_with("begin; set local callboard.strangers = 'on'")
            .await?)
    }

    /// A transaction on the fingerprints of the servers' secrets.
    pub async fn secrets(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .writing
            .connections
            .begin_with("begin; set local callboard.secrets = 'on'")
            .await?)
    }

    /// A transaction on the releases of the tz database that servers use.
    pub async fn tz_releases(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .writing
            .connections
            .begin_with("begin; set local callboard.tz_releases = 'on'")
            .await?)
    }

    /// Takes the lease `lock`, held by one instance at a time until it is released. Returns `None`
    /// if another instance holds it.
    pub async fn lease(&self, lock: i64) -> Result<Option<Lease>> {
        // The transaction idles while the work runs on other connections.
        let mut transaction = self
            .writing
            .connections
            .begin_with("begin; set local idle_in_transaction_session_timeout = 0")
            .await?;
        let lock = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(lock);
        let is_taken: bool = lock.fetch_one(&mut *transaction).await?;
        Ok(is_taken.then_some(Lease(transaction)))
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

    /// The pool itself, without scope and slots: a query on it sees no tenant's rows.
    pub fn unscoped(&self) -> &PgPool {
        &self.reading.connections
    }

    /// Pool of this handle's lane, otherwise of `lane`.
    fn lane_pool(&self, lane: Lane) -> &PgPool {
        self.lanes
            .get(&self.lane.unwrap_or(lane))
            .unwrap_or(&self.reading.connections)
    }

    pub async fn close(&self) {
        let all = [
            &self.reading.connections,
            &self.writing.connections,
            &self.exporting,
        ];
        for pool in all.into_iter().chain(self.lanes.values()) {
            pool.close().await;
        }
    }
}

async fn migrate_once(
    connection: &mut PgConnection,
    derive: impl AsyncFn(&mut PgConnection) -> Result<()>,
) -> Result<()> {
    ownership::check(connection).await?;
    MIGRATOR
        .run_direct(None, connection, false)
        .await
        .map_err(ownership::failure)?;
    derive(connection).await?;
    if bypasses_guard(connection).await? {
        create_guarded_role(connection).await?;
    }
    Ok(())
}

fn unreachable_database(error: sqlx::Error) -> Error {
    Error::Unavailable(Cause::from(error).context("cannot reach the database"))
}

async fn bypasses_guard(connection: &mut PgConnection) -> Result<bool> {
    let sql = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Creates the role that a superuser's connections switch to, with rights on Callboard's tables
/// only. Runs under a lock, because concurrent grants on a table fail. The role belongs to the
/// whole cluster, beyond the reach of the lock.
async fn create_guarded_role(connection: &mut PgConnection) -> Result<()> {
    let create = format!(
        "select pg_advisory_xact_lock(hashtext('{GUARDED_ROLE}'));
         do $$ begin
             if not exists (select from pg_roles where rolname = '{GUARDED_ROLE}') then
                 create role {GUARDED_ROLE} nologin;
             end if;
         exception when duplicate_object or unique_violation then null; -- created by another instance
         end $$;
         do $$ begin
             grant {GUARDED_ROLE} to current_user;
         exception when unique_violation then null; -- likewise
         end $$;
         grant usage on schema public to {GUARDED_ROLE};
         grant select, insert, update, delete on all tables in schema public to {GUARDED_ROLE};
         grant usage on all sequences in schema public to {GUARDED_ROLE};"
    );
    connection.execute(AssertSqlSafe(create)).await.map_err(|error| match Error::from(error) {
        transient @ Error::Unavailable(_) => transient,
        error => Error::Internal(format!(
            "this database role bypasses row-level security and cannot create the role {GUARDED_ROLE}; \
             connect as a role without SUPERUSER or BYPASSRLS: {error}"
        ).into()),
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Postgres allows 100 connections by default, 3 of them reserved for superusers. The README
    /// states the first sum.
    #[test]
    fn two_instances_fit_into_a_default_postgres() {
        assert_eq!(most_connections(READ_CONNECTIONS, 2), 47);
        assert!(2 * most_connections(READ_CONNECTIONS, 2) <= 97);
        assert_eq!(most_connections(40, 16), 40 + 20 + 17 + 20);
    }
}
