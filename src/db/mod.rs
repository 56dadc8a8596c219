//! Access to the database: pools, migrations, and separation by tenant.
//!
//! Owns the pools and the server's database role. Must not know any table of the reports: all
//! access goes through a [`Scope`], which is bound to one tenant.

mod embedded;
mod guard;
mod installation;
mod lane;
mod migration;
mod ownership;
mod scope;
mod slots;
pub mod statistics;
pub mod tz_release;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, Postgres};

pub use embedded::{
    Embedded, Guest, Pace as EmbeddedPace, Settings as EmbeddedSettings, TASK as EMBEDDED_TASK,
    program,
};
pub use installation::Lease;
pub use lane::Lane;
pub use migration::Derived;
pub use scope::{ReachableTenant, Scope, Select};
pub use slots::{Slot, Slots};

use crate::error::{Cause, Error, Result};
use crate::metrics::metrics;

/// Settings of read connections. Roll-ups are read with a generic plan, because planning would take
/// longer than reading.
pub const READING_SETTINGS: [(&str, &str); 3] = [
    ("statement_timeout", "30s"),
    ("plan_cache_mode", "force_generic_plan"),
    ("max_parallel_workers_per_gather", "0"),
];

/// Settings of every connection. Compiling a statement (JIT) takes longer than executing it.
pub const SETTINGS: [(&str, &str); 1] = [("jit", "off")];

/// Name of the connections. Versions before schemas of derived tables had their own called
/// themselves `callboard` (`rollups::upkeep`).
const APPLICATION: &str = "callboard-server";

/// Limits of write connections: longer than any chunk or lock should take.
const WRITING_SETTINGS: [(&str, &str); 2] = [("statement_timeout", "60s"), ("lock_timeout", "10s")];

/// Maximum number of export connections: one per running export, and one for each listener.
pub const EXPORT_CONNECTIONS: u32 = 16 + LISTENERS;
/// Connections that listen: for exports and for webhooks.
const LISTENERS: u32 = 2;

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

/// Maximum number of connections of an instance.
pub const fn most_connections(reading: u32, workers: u32) -> u32 {
    let (mut lanes, mut at) = (0, 0);
    while at < Lane::ALL.len() {
        lanes += Lane::ALL[at].connections();
        at += 1;
    }
    reading + writing(reading) + workers + LISTENERS + lanes
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
        let asked_at = Instant::now();
        let slot = match &self.slots {
            Some(slots) => Some(slots.acquire(tenant, max_wait).await.map_err(|_| {
                metrics().waited(asked_at.elapsed());
                no_connection()
            })?),
            None => None,
        };
        // Boxed because the future is large and would otherwise be moved with every request, even
        // one without a scope.
        let beginning = Box::pin(self.begin(begin, tenant, asked_at));
        let begun = tokio::time::timeout(self.max_wait, beginning).await;
        let connection = begun.map_err(|_| no_connection())??;
        Ok(Scope::new(connection, slot, tenant))
    }

    /// Begins a transaction. Idle connections are not tested before, which would cost each request
    /// a round trip: one that turns out to be broken is closed, and the next one taken.
    async fn begin(
        &self,
        begin: &str,
        tenant: i64,
        asked_at: Instant,
    ) -> Result<PoolConnection<Postgres>> {
        let mut idle = self.connections.num_idle();
        loop {
            let acquired = self.connections.acquire().await;
            metrics().waited(asked_at.elapsed());
            let mut connection = acquired?;
            match scope::begin(&mut connection, begin, tenant).await {
                Ok(()) => return Ok(connection),
                Err(error) if idle == 0 => return Err(error),
                Err(_) => {
                    idle -= 1;
                    connection.close_on_drop();
                }
            }
        }
    }
}

fn no_connection() -> Error {
    Error::Unavailable("timed out waiting for a database connection".into())
}

impl Database {
    /// Opens the pools; unqualified names are looked up in that schema, then in `public`. Fails if
    /// the database cannot be reached or its role bypasses row-level security without a
    /// replacement.
    pub async fn open(options: PgConnectOptions, schema: &str) -> Result<Self> {
        Self::open_pools(options, schema, READ_CONNECTIONS).await
    }

    /// Like [`Database::open`], with a given number of read connections. Write connections are half
    /// as many, at least [`MIN_WRITE_CONNECTIONS`].
    pub async fn open_pools(options: PgConnectOptions, schema: &str, reading: u32) -> Result<Self> {
        let mut connection = PgConnection::connect_with(&options)
            .await
            .map_err(unreachable_database)?;
        let needs_guarded_role = guard::is_bypassed(&mut connection).await?;
        connection.close().await?;

        // `cache` logs slow reads by name; sqlx would log whole statements.
        let never = "off".parse().map_err(Error::internal)?;
        let options = options
            .application_name(APPLICATION)
            .options(SETTINGS)
            .options([("search_path", format!("{schema},public"))])
            .log_slow_statements(never, Duration::MAX);
        let pool = |size, max_wait| {
            PgPoolOptions::new()
                .max_connections(size)
                .acquire_timeout(max_wait)
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        if needs_guarded_role {
                            guard::enter(connection).await?;
                        }
                        connection
                            .execute(include_str!("sql/check_client_connection.sql"))
                            .await?;
                        Ok(())
                    })
                })
        };
        let exporting = [
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
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
            connections: pool(size, max_wait)
                .test_before_acquire(false) // see `Pool::begin`
                .connect_lazy_with(options),
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
        let mut connection = self.exporting.acquire().await?;
        scope::begin(&mut connection, SNAPSHOT, tenant).await?;
        Ok(Scope::new(connection, None, tenant))
    }

    /// A read-write transaction on the rows of one tenant; rolled back unless committed.
    pub async fn write(&self, tenant: i64) -> Result<Scope> {
        self.writing
            .scope("begin", tenant, self.writing.max_wait)
            .await
    }

    /// Like [`Database::write`], with [`Scope::make_events`].
    pub async fn write_with_events(&self, tenant: i64) -> Result<Scope> {
        const BEGIN: &str = "begin; set local callboard.events = 'on'";
        self.writing
            .scope(BEGIN, tenant, self.writing.max_wait)
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

    /// Connections of each pool: its name, those in use, and those that are idle.
    pub fn pools(&self) -> Vec<(&'static str, u32, u32)> {
        let shared = [
            ("read", &self.reading.connections),
            ("write", &self.writing.connections),
            ("export", &self.exporting),
        ];
        let lanes = self.lanes.iter().map(|(lane, pool)| (lane.name(), pool));
        let pools = shared.into_iter().chain(lanes).map(|(name, pool)| {
            let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
            (name, pool.size().saturating_sub(idle), idle)
        });
        pools.collect()
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

fn unreachable_database(error: sqlx::Error) -> Error {
    Error::Unavailable(Cause::from(error).context("cannot reach the database"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Postgres allows 100 connections by default, 3 of them reserved for superusers. The README
    /// states the first sum.
    #[test]
    fn two_instances_fit_into_a_default_postgres() {
        assert_eq!(most_connections(READ_CONNECTIONS, 2), 48);
        assert!(2 * most_connections(READ_CONNECTIONS, 2) <= 97);
        assert_eq!(most_connections(40, 16), 40 + 20 + 18 + 20);
    }
}
