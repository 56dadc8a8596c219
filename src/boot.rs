//! Start and stop of a Callboard process: the database it uses or runs, migrations, and the secret.
//!
//! Owns the order of these steps, and stops what was started if a later step fails.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;

use crate::app::App;
use crate::auth::token::{Keys, SECRET_LEN};
use crate::config::{Config, Hidden};
use crate::db::{Database, Embedded, EmbeddedSettings, Guest};
use crate::error::{Cause, Error, Result};
use crate::exports::settings::Settings as Exports;
use crate::rollups::Edition;
use crate::schedules::settings::Settings as Schedules;
use crate::webhooks::settings::Settings as Webhooks;

/// Timeout of a command for another Callboard process to start or exit.
const NEIGHBOUR_TIMEOUT: Duration = Duration::from_secs(60);

/// Timeout of a server for its data directory, which a child of a killed process may still hold.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(2);

/// Timeout for connections in use to be returned.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// An app together with the database it may have started.
pub struct Running {
    pub app: App,
    postgres: Postgres,
}

/// Origin of the database.
enum Postgres {
    /// External: `DATABASE_URL`.
    Named,
    /// Started by this process. A command waits for other commands that have joined it.
    Started(Box<Embedded>, Sharing, PathBuf),
    /// Run by another process.
    Joined(Guest),
}

impl Postgres {
    async fn stop(self) {
        match self {
            Self::Named => {}
            Self::Joined(guest) => drop(guest),
            Self::Started(embedded, Sharing::Alone, _) => embedded.stop().await,
            Self::Started(embedded, Sharing::Beside, data_dir) => {
                let _alone = Embedded::await_guests(&data_dir).await;
                embedded.stop().await;
            }
        }
    }
}

/// Use of an embedded Postgres that another process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// A server needs its data directory exclusively.
    Alone,
    /// A command may run beside a server.
    Beside,
}

impl Running {
    /// Connects to the database, starting the embedded one if none is configured, migrates it, and opens the pools. On
    /// failure, stops everything it started.
    pub async fn start(config: &Config, sharing: Sharing) -> Result<Self> {
        if config.keep() < config.cache_ttl {
            tracing::warn!(
                ms = config.keep().as_millis(),
                "CALLBOARD_CACHE_TTL is capped at 5s"
            );
        }
        let keys = keys(config, sharing)?;
        let exports = match sharing {
            Sharing::Alone => Exports::of(config)?,
            Sharing::Beside => Exports::of_command(config),
        };
        let senders = (Webhooks::of(config)?, Schedules::of(config)?);
        let (options, postgres) = database(config, sharing).await?;
        match open(options, config.database_pool).await {
            Ok(db) => Ok(Self {
                app: App::configured(db, keys, config, exports, senders),
                postgres,
            }),
            Err(error) => {
                postgres.stop().await;
                Err(error)
            }
        }
    }

    /// Closes the pools and stops the database that this app started. Connections still in use after a timeout are dropped;
    /// their transactions roll back.
    pub async fn stop(self) {
        self.stop_within(Duration::MAX).await;
    }

    /// Like [`Running::stop`], with a timeout. A Postgres that needs more time stops on its own.
    pub async fn stop_within(self, time: Duration) {
        let begun = Instant::now();
        // Most of the time is for Postgres' checkpoint.
        if tokio::time::timeout(CLOSE_TIMEOUT.min(time / 3), self.app.db.close())
            .await
            .is_err()
        {
            tracing::warn!("aborted open transactions at shutdown");
        }
        if tokio::time::timeout(time.saturating_sub(begun.elapsed()), self.postgres.stop())
            .await
            .is_err()
        {
            tracing::warn!("Postgres is still stopping");
        }
    }
}

async fn open(options: PgConnectOptions, reading: u32) -> Result<Database> {
    migrate(&options).await?;
    Database::open_pools(options, Edition::own().schema(), reading).await
}

/// Migrates a database to this build.
pub async fn migrate(options: &PgConnectOptions) -> Result<()> {
    migrate_to(options, Edition::own()).await
}

/// Migrates a database to this build with an edition of the roll-ups.
pub async fn migrate_to(options: &PgConnectOptions, edition: &Edition) -> Result<()> {
    Database::migrate(options, edition).await
}

async fn database(config: &Config, sharing: Sharing) -> Result<(PgConnectOptions, Postgres)> {
    if let Some(url) = config.database_url() {
        let options = url
            .parse()
            .map_err(|error| Error::Setup(Cause::from(error).context("DATABASE_URL")))?;
        return Ok((options, Postgres::Named));
    }
    let asked = Instant::now();
    let patience = if sharing == Sharing::Alone {
        HANDOVER_TIMEOUT
    } else {
        NEIGHBOUR_TIMEOUT
    };
    loop {
        if let Some(embedded) =
            Embedded::start(&config.data_dir, &EmbeddedSettings::default()).await?
        {
            let options = embedded.options().clone();
            let host = options
                .get_socket()
                .map_or_else(String::new, |path| path.display().to_string());
            tracing::info!(host, "embedded Postgres is ready");
            return Ok((
                options,
                Postgres::Started(Box::new(embedded), sharing, config.data_dir.clone()),
            ));
        }
        if asked.elapsed() > patience {
            return Err(Error::setup(format!(
                "another Callboard runs on the data directory {}: stop it, or set CALLBOARD_DATA_DIR to another one",
                config.data_dir.display()
            )));
        }
        if sharing == Sharing::Beside
            && let Some((options, guest)) = Embedded::join(&config.data_dir).await
        {
            return Ok((options, Postgres::Joined(guest)));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The keys of a server, or of a command beside one. With an external database, a command generates no secret: its tokens
/// would be invalid.
fn keys(config: &Config, sharing: Sharing) -> Result<Keys> {
    let path = config.data_dir.join("secret");
    let secret = match &config.secret {
        Some(secret) => Hidden::reveal(secret).as_bytes().to_vec(),
        None if sharing == Sharing::Beside && config.database_url().is_some() && !path.exists() => {
            return Ok(Keys::none());
        }
        None => kept_secret(&path)?,
    };
    Keys::new(&secret)
        .ok_or_else(|| Error::setup(format!("each secret must have at least {SECRET_LEN} bytes")))
}

/// The secret in that file, generated on first use. Concurrent processes end up with the same one.
fn kept_secret(path: &Path) -> Result<Vec<u8>> {
    let at = |error: std::io::Error| {
        Error::Setup(Cause::from(error).context(path.display().to_string()))
    };
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(at)?;
    }
    if !path.exists() {
        let secret = format!(
            "{}{}",
            uuid::Uuid::new_v4().simple(),
            uuid::Uuid::new_v4().simple()
        );
        let unfinished = path.with_extension(uuid::Uuid::new_v4().simple().to_string());
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished);
        file.and_then(|mut file| {
            file.write_all(secret.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .map_err(at)?;
        // A link, unlike a rename, never replaces a secret that another process has just written.
        let placed = fs::hard_link(&unfinished, path);
        fs::remove_file(&unfinished).map_err(at)?;
        if let Err(error) = placed
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(at(error));
        }
    }
    fs::read(path).map_err(at)
}
