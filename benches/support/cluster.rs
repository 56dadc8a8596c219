//! The Postgres that is measured, and databases on it: the loaded one, copies of it to write to, and empty ones.
//!
//! It waits for the disk as a server's does; it has more memory than Postgres takes by itself, because what
//! is measured is Callboard's statements and not the least of all configurations.

use std::path::{Path, PathBuf};

use callboard::auth::Tenant;
use callboard::auth::tenant::DEFAULT_TIMEZONE;
use callboard::db::{Database, Embedded, EmbeddedSettings};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::TENANT;

/// Of the server: name and value.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "2GB"),
    ("effective_cache_size", "6GB"),
    ("max_wal_size", "2GB"),
    ("checkpoint_timeout", "30min"),
    ("max_connections", "200"),
];

/// How the names of databases begin that are made and dropped by a part.
const OURS: &str = "callboard_bench_";

pub struct Cluster {
    embedded: Embedded,
    dir: PathBuf,
}

impl Cluster {
    /// Starts the cluster of this directory, making it first where there is none.
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

    pub async fn stop(self) {
        self.embedded.stop().await;
    }

    /// Drops what a run that broke off has left.
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

    /// The same with the loaded database empty again.
    pub async fn cleared(self) -> Self {
        self.drop(self.loaded()).await;
        let dir = self.dir.clone();
        self.stop().await;
        Self {
            embedded: start(&dir).await,
            dir,
        }
    }

    /// The name of the database that is loaded.
    pub fn loaded(&self) -> &str {
        self.options().get_database().expect("a name")
    }

    /// How the server connects to the database that is loaded.
    pub fn options(&self) -> &PgConnectOptions {
        self.embedded.options()
    }

    /// What Postgres says, statements included once they are logged.
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

    /// A copy of the loaded database, which nobody may be connected to meanwhile; to be dropped.
    pub async fn copy(&self, name: &str) -> PgConnectOptions {
        self.create(
            name,
            &format!("template {} strategy file_copy", self.loaded()),
        )
        .await
    }

    /// A database with the schema and an account, and no more; to be dropped.
    pub async fn empty(&self, name: &str) -> PgConnectOptions {
        let options = self.create(name, "").await;
        callboard::boot::migrate(&options)
            .await
            .expect("migrations");
        let db = Database::open(options.clone()).await.expect("a database");
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

    /// What the numbers were measured on.
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

/// Runs statements that are nobody's input.
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
