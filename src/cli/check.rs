//! `callboard check`: what a server with these settings would find, before it is started. A line each: `ok`, `note` or `FAIL`.
//!
//! Changes nothing in the database. Makes the data directory and the store's, as a server would, and writes and removes a file in each.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, FromRow};
use tokio::time::timeout;

use super::say;
use crate::config::Config;
use crate::db::program;
use crate::error::Result;
use crate::mail::settings::Settings as Mail;
use crate::store::Store;
use crate::time::Clock;
use crate::time::zone::database::Database as Zones;

/// Difference of two clocks beyond which tokens and leases end at the wrong time.
const MOST_SKEW: TimeDelta = TimeDelta::seconds(2);
/// Free space that is needed, in percent.
const LEAST_FREE: u64 = 10;
/// Time for the database to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The oldest Postgres that works, as its server says it.
const OLDEST: i32 = 150_000;

enum Found {
    Ok(String),
    /// Works, but an operator may not expect it.
    Note(String),
    Fail(String),
}

/// The exit code is 0 unless something fails.
pub async fn run(config: &Config) -> Result<ExitCode> {
    let mut found = vec![("settings", settings(config))];
    match config.database_url() {
        Some(url) => found.extend(database(url).await),
        None => found.push(("database", embedded())),
    }
    found.push(("data directory", directory(&config.data_dir)));
    found.push(("store", store(config)));
    found.push(("free space", free_space(&config.data_dir)));
    let zones = Zones::current();
    let release = format!("release {} ({})", zones.release(), zones.place());
    found.push(("time zones", Found::Ok(release)));
    found.push(("mail", mail(config)));
    let mut has_failed = false;
    for (name, found) in found {
        let (word, text) = match found {
            Found::Ok(text) => ("ok", text),
            Found::Note(text) => ("note", text),
            Found::Fail(text) => {
                has_failed = true;
                ("FAIL", text)
            }
        };
        say(format_args!("{word:4}  {name}: {text}"));
    }
    Ok(if has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Settings that can be read one by one and do not fit together.
fn settings(config: &Config) -> Found {
    if config.database_url().is_some()
        && config
            .secret
            .as_ref()
            .is_none_or(|it| it.reveal().is_empty())
    {
        let text = "CALLBOARD_SECRET is not set: this machine makes its own, and other instances would refuse its tokens";
        return Found::Note(text.to_owned());
    }
    if config.public_url.is_none() {
        let text = "CALLBOARD_PUBLIC_URL is not set: links to exports name the listen address";
        return Found::Note(text.to_owned());
    }
    Found::Ok("read".to_owned())
}

fn embedded() -> Found {
    let path = program("initdb");
    if path.exists() {
        Found::Ok(format!("embedded, by {}", path.display()))
    } else {
        let text = "no Postgres 15 or newer on this machine: install it, or set DATABASE_URL";
        Found::Fail(text.to_owned())
    }
}

#[derive(FromRow)]
struct Server {
    version: String,
    number: i32,
    role: String,
    now: DateTime<Utc>,
    may_create: bool,
    has_schema: bool,
}

async fn database(url: &str) -> Vec<(&'static str, Found)> {
    let server = match timeout(PATIENCE, ask(url)).await {
        Ok(Ok(server)) => server,
        Ok(Err(error)) => return vec![("database", Found::Fail(error.to_string()))],
        Err(_) => {
            let text = format!("no answer within {} s", PATIENCE.as_secs());
            return vec![("database", Found::Fail(text))];
        }
    };
    let told = format!("Postgres {} as {}", server.version, server.role);
    let version = if server.number < OLDEST {
        Found::Fail(format!("{told}: 15 or newer is needed"))
    } else {
        Found::Ok(told)
    };
    let rights = match (server.may_create, server.has_schema) {
        (true, true) => Found::Ok("may create schemas; has Callboard's tables".to_owned()),
        (true, false) => Found::Ok("may create schemas; has no tables yet".to_owned()),
        (false, _) => Found::Fail(format!(
            "{0} may not create schemas: grant create on database … to {0}",
            server.role
        )),
    };
    let skew = (Clock::System.now() - server.now).abs();
    let told = format!("{} ms from the database's", skew.num_milliseconds());
    let clock = if skew > MOST_SKEW {
        Found::Fail(told)
    } else {
        Found::Ok(told)
    };
    vec![("database", version), ("rights", rights), ("clock", clock)]
}

async fn ask(url: &str) -> Result<Server, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let mut connection = PgConnection::connect_with(&options).await?;
    let server = sqlx::query_as(include_str!("sql/check.sql"));
    let server = server.fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(server)
}

fn directory(path: &Path) -> Found {
    let written = fs::create_dir_all(path).and_then(|()| {
        let file = tempfile::NamedTempFile::new_in(path)?;
        file.close()
    });
    match written {
        Ok(()) => Found::Ok(format!("{} can be written", path.display())),
        Err(error) => Found::Fail(format!("{}: {error}", path.display())),
    }
}

fn store(config: &Config) -> Found {
    let spec = config.export_store();
    // Made by the store itself: only its owner may read it.
    match Store::open(&spec, &config.data_dir) {
        Ok(_) if spec.starts_with("s3://") => Found::Ok(format!(
            "{spec}: settings read; the bucket itself is not asked"
        )),
        Ok(_) => directory(Path::new(&spec)),
        Err(error) => Found::Fail(error.to_string()),
    }
}

fn free_space(path: &Path) -> Found {
    let disk = match nix::sys::statvfs::statvfs(path) {
        Ok(disk) => disk,
        Err(error) => return Found::Note(format!("{}: {error}", path.display())),
    };
    let (free, all) = (disk.blocks_available(), disk.blocks().max(1));
    let share = free.saturating_mul(100) / all;
    let gigabytes = free.saturating_mul(disk.fragment_size()) >> 30;
    let told = format!("{share} % ({gigabytes} GiB) where {} is", path.display());
    if share < LEAST_FREE {
        Found::Fail(told)
    } else {
        Found::Ok(told)
    }
}

fn mail(config: &Config) -> Found {
    match Mail::of(config) {
        Ok(Some(_)) => Found::Ok("settings read; the server is not asked".to_owned()),
        Ok(None) => {
            let text = "CALLBOARD_SMTP_URL is not set: schedules send to webhooks only";
            Found::Note(text.to_owned())
        }
        Err(error) => Found::Fail(error.to_string()),
    }
}
