//! The measured Postgres and its databases: the loaded one, copies of it for writing, and empty ones.
//!
//! It syncs to disk like a production server. It has more memory than Postgres' defaults, because the benchmark measures
//! Callboard's statements and not a minimal configuration.

use std::path::{Path, PathBuf};

use callboard::auth::Tenant;
use callboard::auth::tenant::DEFAULT_TIMEZONE;
use callboard::db::{Database, Embedded, EmbeddedSettings};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::TENANT;

/// Settings of the server: name and value.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "2GB"),
    ("effective_cache_size", "6GB"),
    ("max_wal_size", "2GB"),
    ("checkpoint_timeout", "30min"),
    ("max_connections", "200"),
];

/// Name prefix of databases that a part creates and drops.
const OURS: &str = "callboard_bench_";

pub struct Cluster {
    embedded: Embedded,
    dir: PathBuf,
}

impl Cluster {
    /// Starts the cluster in this directory; creates it first if there is none.
    pub async fn start(dir: &Path) -> Self {
        let embedded = start(dir).await;
        let this = Self {
            embedded,
            dir: dir.to_owned(),
        };
        let mut connection = this.superuser("postgres").await;
        this.remove_leftovers(&mut connection).await;
        let mut is_as_wanted = true;
        for (name, value) in SETTINGS {
            let current: String = sqlx::query_scalar("select current_setting($1)")
                .bind(name)
                .fetch_one(&mut connection)
                .await
                .expect("a setting");
            is_as_wanted &= current == *value;
            run(
                &mut connection,
                &format!("alter system set {name} = '{value}'"),
            )
            .await;
        }
        if is_as_wanted {
            return this;
        }
        drop(connection);
        this.stop().await;
        Self {
            embedded: start(dir).await,
            dir: dir.to_owned(),
        }
    }

    /// Process id of the server.
    pub async fn postmaster(&self) -> u32 {
        let line = "select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int";
        let pid: i32 = scalar(&mut self.superuser("postgres").await, line).await;
        u32::try_from(pid).expect("a process id")
    }

    pub async fn stop(self) {
        self.embedded.stop().await;
    }

    /// Drops the leftovers of an aborted run.
    async fn remove_leftovers(&self, connection: &mut PgConnection) {
        let names: Vec<String> = sqlx::query_scalar(
            "select datname::text from pg_database where starts_with(datname, $1)",
        )
        .bind(OURS)
        .fetch_all(&mut *connection)
        .await
        .expect("databases");
        for name in names {
            self.drop(&name).await;
        }
    }

    /// Recreates the loaded database, empty.
    pub async fn cleared(self) -> Self {
        self.drop(self.loaded()).await;
        let dir = self.dir.clone();
        self.stop().await;
        Self {
            embedded: start(&dir).await,
            dir,
        }
    }

    /// Name of the loaded database.
    pub fn loaded(&self) -> &str {
        self.options().get_database().expect("a name")
    }

    /// Connection options of the server for the loaded database.
    pub fn options(&self) -> &PgConnectOptions {
        self.embedded.options()
    }

    /// Postgres' log file.
    pub fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    /// A superuser's connection to a database.
    pub async fn superuser(&self, database: &str) -> PgConnection {
        connect(
            &self
                .options()
                .clone()
                .username("postgres")
                .database(database),
        )
        .await
    }

    /// A copy of the loaded database, which must have no connections meanwhile. The caller drops it.
    pub async fn copy(&self, name: &str) -> PgConnectOptions {
        self.create(
            name,
            &format!("template {} strategy file_copy", self.loaded()),
        )
        .await
    }

    /// A database with only the schema and a tenant. The caller drops it.
    pub async fn empty(&self, name: &str) -> PgConnectOptions {
        let options = self.create(name, "").await;
        callboard::boot::migrate(&options)
            .await
            .expect("migrations");
        let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
            .await
            .expect("a database");
        Tenant::create(&db, TENANT, "Bench", *DEFAULT_TIMEZONE, None)
            .await
            .expect("an account");
        db.close().await;
        options
    }

    async fn create(&self, name: &str, how: &str) -> PgConnectOptions {
        assert!(name.starts_with(OURS), "{name} would not be found again");
        self.drop(name).await;
        let owner = self.options().get_username();
        let mut connection = self.superuser("postgres").await;
        run(
            &mut connection,
            &format!("create database {name} owner {owner} {how}"),
        )
        .await;
        run(&mut connection, "checkpoint").await; // not while something is measured
        self.options().clone().database(name)
    }

    pub async fn drop(&self, name: &str) {
        let mut connection = self.superuser("postgres").await;
        run(
            &mut connection,
            &format!("drop database if exists {name} with (force)"),
        )
        .await;
    }

    /// Description of the machine and the server.
    pub async fn facts(&self) -> String {
        let mut connection = self.superuser("postgres").await;
        let version: String = scalar(&mut connection, "show server_version").await;
        let version = version.split(' ').next().unwrap_or_default().to_owned();
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        format!(
            "{cores} cores, {}, Postgres {version} with {} of shared buffers",
            std::env::consts::ARCH,
            SETTINGS[0].1
        )
    }
}

async fn start(dir: &Path) -> Embedded {
    let started = Embedded::start(dir, &EmbeddedSettings::default())
        .await
        .expect("Postgres");
    started.unwrap_or_else(|| panic!("another benchmark runs on {}", dir.display()))
}

pub async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options)
        .await
        .expect("a connection")
}

/// Runs trusted statements.
pub async fn run(connection: &mut PgConnection, sql: &str) {
    if let Err(error) = connection.execute(AssertSqlSafe(sql.to_owned())).await {
        panic!("{error}: {}", sql.chars().take(300).collect::<String>());
    }
}

pub async fn scalar<T>(connection: &mut PgConnection, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(sql)
        .fetch_one(connection)
        .await
        .expect("a value")
}
