//! Postgres as a child process, for trying Callboard and for its tests: no database to set up.
//!
//! Owns the cluster under the data directory and its life cycle: finding the programs, initdb,
//! dropping root, supervision, shutdown. Postgres listens on a Unix socket only, at one path while
//! Callboard runs.

mod cluster;
mod keeper;
mod owner;
mod postmaster;
mod programs;
mod sockets;
mod supervisor;

use std::fs::{self, File, TryLockError};
use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::{Cause, Error, Result};
use cluster::{Cluster, LEFTOVER_TIMEOUT};
use postmaster::Postmaster;
pub use programs::program;
pub use supervisor::{Pace, TASK};

const NAME: &str = "callboard";

#[derive(Debug, Default, Clone)]
pub struct Settings {
    /// For tests: no fsync, more connections, and the data directory is removed when Postgres ends.
    pub volatile: bool,
    pub pace: Pace,
}

/// A supervised cluster. Dropping it stops Postgres; [`Embedded::stop`] also waits.
pub struct Embedded {
    stop: DropGuard,
    stopped: oneshot::Receiver<()>,
    options: PgConnectOptions,
    _lock: File,
}

impl Embedded {
    /// Starts and supervises the cluster of `data_dir`, creating it if needed.
    ///
    /// Returns `None` if another Callboard runs it already; use [`Embedded::join`] then.
    pub async fn start(data_dir: &Path, settings: &Settings) -> Result<Option<Self>> {
        fs::create_dir_all(data_dir).map_err(|error| at(data_dir, error))?;
        let data_dir = fs::canonicalize(data_dir).map_err(|error| at(data_dir, error))?;
        match lock(&data_dir)? {
            Some(lock) => Ok(Some(Self::start_locked(&data_dir, settings, lock).await?)),
            None => Ok(None),
        }
    }

    async fn start_locked(data_dir: &Path, settings: &Settings, lock: File) -> Result<Self> {
        let cluster = Cluster::prepare(data_dir, settings.volatile)?;
        let (options, stop) = (connect_options(&cluster.sockets), CancellationToken::new());
        let started = async {
            let keeper = cluster.start(LEFTOVER_TIMEOUT, &stop).await?;
            create_database(&options).await.map(|()| keeper)
        };
        let keeper = match started.await {
            Ok(keeper) => keeper,
            Err(error) => {
                sockets::remove(&cluster.sockets);
                return Err(error);
            }
        };
        let stopped = supervisor::spawn(cluster, keeper, settings.clone(), stop.clone())?;
        Ok(Self {
            stop: stop.drop_guard(),
            stopped,
            options,
            _lock: lock,
        })
    }

    /// Connects to the cluster of `data_dir` that another process runs. Returns `None` if it cannot
    /// be reached (yet) or is about to stop.
    pub async fn join(data_dir: &Path) -> Option<(PgConnectOptions, Guest)> {
        let guests = guests(data_dir).ok()?;
        guests.try_lock_shared().ok()?;
        let options = connect_options(&Postmaster::read(&data_dir.join("postgres"))?.sockets);
        PgConnection::connect_with(&options)
            .await
            .ok()?
            .close()
            .await
            .ok()?;
        Some((options, Guest(guests)))
    }

    /// Waits until no other process uses the cluster, and prevents new ones. The returned value
    /// must be held until the cluster has stopped.
    pub async fn await_guests(data_dir: &Path) -> Result<impl Sized + use<>> {
        let guests = guests(data_dir)?;
        let locked = tokio::task::spawn_blocking(move || guests.lock().map(|()| guests)).await;
        locked.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// Connection options of the database owner, who is not a superuser.
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Stops the cluster and waits.
    pub async fn stop(self) {
        drop(self.stop);
        if self.stopped.await.is_err() {
            tracing::warn!("Postgres may not have stopped");
        }
    }
}

/// Marks this process as a user of a cluster run by another one, until dropped.
pub struct Guest(#[expect(dead_code, reason = "held, not used")] File);

fn guests(data_dir: &Path) -> Result<File> {
    let path = data_dir.join("callboard.guests");
    File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| at(&path, error))
}

/// Lock that marks the data directory as in use. The operating system releases it when the process
/// exits.
fn lock(data_dir: &Path) -> Result<Option<File>> {
    let path = data_dir.join("callboard.lock");
    let lock = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| at(&path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(at(&path, error)),
    }
}

fn connect_options(sockets: &Path) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .socket(sockets)
        .port(5432)
        .ssl_mode(PgSslMode::Disable);
    options.username(NAME).database(NAME)
}

/// Creates Callboard's role and database at the first start.
async fn create_database(options: &PgConnectOptions) -> Result<()> {
    let superuser = options.clone().username("postgres").database("postgres");
    let mut connection = PgConnection::connect_with(&superuser).await?;
    let exists = "select exists (select from pg_database where datname = $1)";
    if !sqlx::query_scalar::<_, bool>(exists)
        .bind(NAME)
        .fetch_one(&mut connection)
        .await?
    {
        let role = format!(
            "do $$ begin create role {NAME} login createdb; exception when duplicate_object then null; end $$"
        );
        connection.execute(AssertSqlSafe(role)).await?;
        connection
            .execute(AssertSqlSafe(format!(
                "create database {NAME} owner {NAME}"
            )))
            .await?;
    }
    Ok(connection.close().await?)
}

fn at(path: &Path, error: std::io::Error) -> Error {
    Error::Setup(Cause::from(error).context(path.display().to_string()))
}
