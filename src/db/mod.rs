//! The database: how it is reached, brought up to date, and divided by account.
//!
//! Owns the pools and the role that the server acts under. Must not know a single table of the reports: all
//! access goes through a [`Scope`], which is bound to one tenant.

mod door;
mod embedded;
mod lane;
mod ours;
mod scope;
pub mod tz_release;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Postgres, Transaction};

pub use door::{Door, Place};
pub use embedded::{
    Embedded, Guest, Pace as EmbeddedPace, Settings as EmbeddedSettings, TASK as EMBEDDED_TASK,
    program,
};
pub use lane::Lane;
pub use scope::{Account, Scope};

use crate::error::{Cause, Error, Result};
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
const MIGRATION_PAUSES: Backoff = Backoff {
    first: Duration::from_millis(250),
    longest: Duration::from_secs(5),
};

/// Limits of connections that write: longer than any chunk or lock should take.
const WRITING_SETTINGS: [(&str, &str); 2] = [("statement_timeout", "60s"), ("lock_timeout", "10s")];

/// The most connections for exports: one for each that is made, and one that listens.
pub const EXPORTING: u32 = 17;

/// Connections that read, unless an operator says otherwise.
pub const READING: u32 = 16;

/// The fewest connections that write.
const WRITING: u32 = 8;
/// Time that a request waits for a connection to read: one that would wait longer is better told to come again.
const READ_PATIENCE: Duration = Duration::from_secs(2);
/// Time that it waits for one to write. Longer, because a body that broke off has to be sent again as a whole.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// Time that a reading waits, without a connection, for its account's turn to read raw rows.
const ROWS_PATIENCE: Duration = Duration::from_secs(10);
/// Time for all statements behind an answer together, waiting included.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// Time that a body which is all or nothing waits for its account's turn, unread or spooled.
const WHOLE_PATIENCE: Duration = Duration::from_secs(30);
/// The most such bodies at a time, and of one account. Half of the connections that write are for others.
const WHOLE_BODIES: u32 = 64;
const WHOLES_OF_ACCOUNT: u32 = 2;
/// The most connections of one account that read raw rows.
const ROWS_OF_ACCOUNT: u32 = 2;

const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// Has Postgres look whether anybody still waits for a statement; not every system lets it.
const LOOK_FOR_CLIENT: &str = "do $$ begin set client_connection_check_interval = '1s'; exception when others then null; end $$";

/// The most connections that an instance with so many that read and so many export workers opens.
pub const fn most_connections(reading: u32, workers: u32) -> u32 {
    let (mut apart, mut at) = (0, 0);
    while at < Lane::ALL.len() {
        apart += Lane::ALL[at].connections();
        at += 1;
    }
    reading + writing(reading) + workers + 1 + apart
}

/// Connections that write, beside so many that read.
const fn writing(reading: u32) -> u32 {
    let half = reading.div_ceil(2);
    if half > WRITING { half } else { WRITING }
}

/// Pools on one database: one for answers, which only reads, with a limit on every statement, one that writes, one for
/// work that takes as long as it takes, and small ones for work that must not wait for others ([`Lane`]).
///
/// The first two are shared by account.
#[derive(Clone)]
pub struct Database {
    reading: Pool,
    writing: Pool,
    exporting: PgPool,
    lanes: Arc<BTreeMap<Lane, PgPool>>,
    /// Lane in which this one works; None: it serves requests.
    lane: Option<Lane>,
    /// Leave to read raw rows.
    rows: Door,
    deadline: Duration,
    /// Bodies that are all or nothing: those that are there, and those that hold a connection.
    whole_bodies: Door,
    wholes: Door,
}

/// A pool, and the door to it where accounts share it.
#[derive(Clone)]
struct Pool {
    connections: PgPool,
    door: Option<Door>,
    patience: Duration,
}

impl Pool {
    async fn scope(&self, begin: &str, tenant: i64, patience: Duration) -> Result<Scope> {
        let place = match &self.door {
            Some(door) => Some(
                door.enter(tenant, patience)
                    .await
                    .map_err(|_| no_connection())?,
            ),
            None => None,
        };
        // On the heap, for it is large, and would be moved about with every request that needs no scope after all.
        let connection = Box::pin(self.connections.acquire()).await?;
        Box::pin(Scope::begin(connection, place, begin, tenant)).await
    }
}

fn no_connection() -> Error {
    Error::Unavailable("no connection became free in time".into())
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
        let mut connection = PgConnection::connect_with(&options)
            .await
            .map_err(unreachable_database)?;
        let stand_in = bypasses_guard(&mut connection).await?;
        connection.close().await?;

        // Slow readings are logged by name where they are made (`cache`); sqlx would log statements whole.
        let never = "off".parse().map_err(Error::internal)?;
        let options = options
            .application_name("callboard")
            .log_slow_statements(never, Duration::MAX);
        let pool = |size, patience| {
            PgPoolOptions::new()
                .max_connections(size)
                .acquire_timeout(patience)
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        if stand_in {
                            connection
                                .execute(AssertSqlSafe(format!("set role {GUARDED_ROLE}")))
                                .await?;
                        }
                        connection.execute(LOOK_FOR_CLIENT).await?;
                        Ok(())
                    })
                })
        };
        let exporting = [
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("jit", "off"),
        ];
        let exporting = pool(EXPORTING, WRITE_PATIENCE)
            // Used once: one that is left in the middle of a long statement would have to be read to its end first.
            .after_release(|_, _| Box::pin(async { Ok(false) }))
            .connect_lazy_with(options.clone().options(exporting));
        let lanes = Lane::ALL.iter().map(|lane| {
            let options = options.clone().options(lane.settings().iter().copied());
            (
                *lane,
                pool(lane.connections(), lane.patience()).connect_lazy_with(options),
            )
        });
        let lanes = Arc::new(lanes.collect::<BTreeMap<_, _>>());
        let shared = |size, patience, options| Pool {
            connections: pool(size, patience).connect_lazy_with(options),
            door: Some(Door::new(size)),
            patience,
        };
        let writers = shared(
            writing(reading),
            WRITE_PATIENCE,
            options.clone().options(WRITING_SETTINGS),
        );
        let readers = shared(reading, READ_PATIENCE, options.options(READING_SETTINGS));
        let rows = Door::with_most(reading / 4, ROWS_OF_ACCOUNT);
        let whole_bodies = Door::with_most(WHOLE_BODIES, WHOLES_OF_ACCOUNT);
        let wholes = Door::with_most(writing(reading) / 2, WHOLES_OF_ACCOUNT);
        Ok(Self {
            whole_bodies,
            wholes,
            reading: readers,
            writing: writers,
            exporting,
            lanes,
            lane: None,
            rows,
            deadline: DEADLINE,
        })
    }

    /// With another deadline than [`DEADLINE`].
    pub fn answering_within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The same database by the connections that are set apart for such work. They are not shared by account.
    pub fn lane(&self, lane: Lane) -> Self {
        let connections = self
            .lanes
            .get(&lane)
            .unwrap_or(&self.reading.connections)
            .clone();
        let pool = Pool {
            connections,
            door: None,
            patience: lane.patience(),
        };
        Self {
            reading: pool.clone(),
            writing: pool,
            lane: Some(lane),
            ..self.clone()
        }
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
        let options = options
            .clone()
            .options([("lock_timeout", MIGRATION_LOCK_TIMEOUT)]);
        for failures in 1.. {
            let mut connection = PgConnection::connect_with(&options)
                .await
                .map_err(unreachable_database)?;
            let migrated = migrate_once(&mut connection, derive).await;
            let closed = connection.close().await; // and its locks with it
            match migrated {
                Ok(()) => return Ok(closed?),
                Err(error @ (Error::Unavailable(_) | Error::GaveWay(_))) => {
                    let pause = MIGRATION_PAUSES.after(failures);
                    tracing::warn!(%error, ms = pause.as_millis(), "a migration has to wait; will retry");
                    tokio::time::sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("it is tried for as long as it takes")
    }

    /// What `read` makes of a snapshot of one account's rows, within 30 s: TimedOut after that. It is begun again in a
    /// later snapshot where another account needs its connection, or where it has to wait for leave to read raw rows.
    pub async fn answer<T, F>(&self, tenant: i64, read: impl Fn(Scope) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let answering = async {
            let (mut patience, mut rows) = (self.reading.patience, None);
            loop {
                let mut scope = self.reading.scope(SNAPSHOT, tenant, patience).await?;
                let signs = scope.guard_rows(self.rows.clone(), rows.take());
                let answer = tokio::select! {
                    answer = read(scope) => Some(answer),
                    () = signs.asked_back.notified() => None,
                };
                match answer {
                    Some(_) if signs.refused.load(Ordering::Acquire) => {
                        let place = self.rows.enter(tenant, ROWS_PATIENCE).await;
                        rows = Some(place.map_err(|_| {
                            Error::Unavailable("too many readings of raw rows".into())
                        })?);
                    }
                    Some(answer) => return answer,
                    None => {}
                }
                // It was let in once, and waits for as long as there is time.
                patience = self.deadline;
            }
        };
        tokio::time::timeout(self.deadline, answering)
            .await
            .unwrap_or(Err(Error::TimedOut))
    }

    /// A snapshot of one account's rows, for reading only.
    pub async fn read(&self, tenant: i64) -> Result<Scope> {
        self.reading
            .scope(SNAPSHOT, tenant, self.reading.patience)
            .await
    }

    /// As [`Database::read`], for as long as it takes, and without keeping reports from their connections.
    pub async fn read_at_length(&self, tenant: i64) -> Result<Scope> {
        Box::pin(Scope::begin(
            self.exporting.acquire().await?,
            None,
            SNAPSHOT,
            tenant,
        ))
        .await
    }

    /// A transaction in which rows of one account are read and written; undone unless committed.
    pub async fn write(&self, tenant: i64) -> Result<Scope> {
        self.writing
            .scope("begin", tenant, self.writing.patience)
            .await
    }

    /// A turn at storing a body that is all or nothing, whose transaction lasts.
    pub async fn turn_to_store_whole(&self, tenant: i64) -> Result<Place> {
        self.wholes
            .enter(tenant, WHOLE_PATIENCE)
            .await
            .map_err(|_| no_connection())
    }

    /// A turn at sending a body that is all or nothing.
    pub async fn turn_to_send_whole(&self, tenant: i64) -> Result<Place> {
        let busy = |_| Error::Unavailable("too many bodies that are all or nothing".into());
        self.whole_bodies
            .enter(tenant, WHOLE_PATIENCE)
            .await
            .map_err(busy)
    }

    /// As [`Database::write`], of one snapshot: everything it reads was committed before it began, and a row
    /// that somebody else changed since is an error to write.
    pub async fn write_snapshot(&self, tenant: i64) -> Result<Scope> {
        self.writing
            .scope(
                "begin isolation level repeatable read",
                tenant,
                self.writing.patience,
            )
            .await
    }

    /// Every account, by id: for work that visits one after the other, each in a scope of its own.
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

    /// A transaction that sees the jobs waiting or under way of every account, and no other row of theirs.
    pub async fn queue(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .apart(Lane::Queue)
            .begin_with("begin; set local callboard.queue = 'on'")
            .await?)
    }

    /// What is notified on a channel from now on.
    pub async fn listen(&self, channel: &str) -> Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.exporting).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    /// A transaction that sees one user, of whatever account: whoever has that name, in the spelling it is compared in.
    pub async fn login(&self, username_key: &str) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self
            .apart(Lane::SignIn)
            .begin_with("begin read only")
            .await?;
        let named =
            sqlx::query("select set_config('callboard.login', $1, true)").bind(username_key);
        named.execute(&mut *transaction).await?;
        Ok(transaction)
    }

    /// A transaction on what belongs to no account: who tried to come in.
    pub async fn strangers(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self
            .apart(Lane::SignIn)
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

    /// A turn at something that one instance at a time may do, kept until it is ended. None where another
    /// instance has it.
    pub async fn turn(&self, lock: i64) -> Result<Option<Turn>> {
        // It idles while the work goes on elsewhere.
        let mut transaction = self
            .writing
            .connections
            .begin_with("begin; set local idle_in_transaction_session_timeout = 0")
            .await?;
        let lock = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(lock);
        let taken: bool = lock.fetch_one(&mut *transaction).await?;
        Ok(taken.then_some(Turn(transaction)))
    }

    /// Whether the database answers and has every migration of this build.
    pub async fn ready(&self) -> Result<()> {
        let applied: i64 =
            sqlx::query_scalar("select count(*) from _sqlx_migrations where success")
                .fetch_one(self.apart(Lane::Probes))
                .await
                .map_err(|error| Error::Unavailable(error.into()))?;
        if usize::try_from(applied).is_ok_and(|applied| applied >= MIGRATOR.iter().count()) {
            return Ok(());
        }
        Err(Error::Unavailable(
            "migrations are missing: run `callboard migrate`".into(),
        ))
    }

    /// The pool itself, without a scope and past the door: a query on it sees no account's rows.
    pub fn unscoped(&self) -> &PgPool {
        &self.reading.connections
    }

    /// Connections of the lane that this one works in, or else of that one.
    fn apart(&self, lane: Lane) -> &PgPool {
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
    ours::check(connection).await?;
    MIGRATOR
        .run_direct(None, connection, false)
        .await
        .map_err(ours::failure)?;
    derive(connection).await?;
    if bypasses_guard(connection).await? {
        stand_in_role(connection).await?;
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
        ).into()),
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Postgres comes with 100, of which 3 are for its superuser. The README states the first sum.
    #[test]
    fn two_instances_fit_into_a_postgres_as_it_comes() {
        assert_eq!(most_connections(READING, 2), 47);
        assert!(2 * most_connections(READING, 2) <= 97);
        assert_eq!(most_connections(40, 16), 40 + 20 + 17 + 20);
    }
}
