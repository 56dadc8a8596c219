//! Every setting once: its environment variable, its default, its meaning (contract, section 7).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Postgres to use. Without it, one of Callboard's own is run under the data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,

    /// Where Callboard keeps what is its own: the embedded Postgres and the secret.
    #[arg(long, env = "CALLBOARD_DATA_DIR", default_value = "./data", global = true)]
    pub data_dir: PathBuf,

    /// Where to listen.
    #[arg(long, env = "CALLBOARD_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    pub listen: SocketAddr,

    /// What tokens are signed with, at least 32 bytes. Without it, one is made once and kept in the data directory.
    #[arg(long, env = "CALLBOARD_SECRET", hide_env_values = true, global = true)]
    pub secret: Option<String>,

    /// How often what was written is moved into the roll-ups. Figures do not depend on it, only how soon they come.
    #[arg(long, env = "CALLBOARD_COMPACT_EVERY", default_value = "5s", value_parser = pause, global = true)]
    pub compact_every: Duration,
}

/// A duration that work may be repeated by.
fn pause(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|pause| if pause.is_zero() { Err("must be longer than nothing".into()) } else { Ok(pause) })
}

/// A length of time as operators write it: `8s`, `5m`, `1h`, `90d`.
fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 8s, 5m, 1h or 90d"))
}

impl Config {
    /// Empty, it is as if absent.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.is_empty())
    }
}
