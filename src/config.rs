//! Every setting once: its environment variable, its default, its meaning (contract, section 7).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// No answer may be older, whatever is set (contract, section 6).
const OLDEST_ANSWER: Duration = Duration::from_secs(5);
/// The most exports that an instance makes at a time.
pub const MOST_WORKERS: u64 = 16;

#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Postgres to use. Without it, one of Callboard's own is run under the data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,

    /// Where Callboard keeps what is its own: the embedded Postgres, the secret, exports.
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

    /// How old an answer may be that is given to several who ask the same, at most 5s; 0 reads each one anew.
    #[arg(long, env = "CALLBOARD_CACHE_TTL", default_value = "5s", value_parser = duration, global = true)]
    pub cache_ttl: Duration,

    /// What links to exports begin with. Without it, the address that is listened on.
    #[arg(long, env = "CALLBOARD_PUBLIC_URL", value_parser = base_url, global = true)]
    pub public_url: Option<String>,

    /// Where finished exports are kept: a directory, or s3://bucket/prefix with endpoint and keys in the usual AWS_…
    /// variables. Without it, `exports` in the data directory.
    #[arg(long, env = "CALLBOARD_EXPORT_STORE", global = true)]
    pub export_store: Option<String>,

    /// How many exports are made at a time; 0 leaves them to other instances.
    #[arg(long, env = "CALLBOARD_EXPORT_WORKERS", default_value_t = 2, value_parser = workers(), global = true)]
    pub export_workers: u64,

    /// How long a finished export can be downloaded.
    #[arg(long, env = "CALLBOARD_EXPORT_TTL", default_value = "1h", value_parser = pause, global = true)]
    pub export_ttl: Duration,
}

/// As many as there are connections for.
fn workers() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=MOST_WORKERS)
}

/// What paths are put behind: a scheme and a host, without a slash at the end.
fn base_url(text: &str) -> Result<String, String> {
    let is_base = ["http://", "https://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if !is_base || text.contains(['?', '#']) {
        return Err("write it as https://reports.example.com".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
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

    /// Where finished exports are kept.
    pub fn export_store(&self) -> String {
        let given = self.export_store.clone().filter(|store| !store.is_empty());
        given.unwrap_or_else(|| self.data_dir.join("exports").display().to_string())
    }

    /// How long what was read may be kept: as set, within what clients are promised.
    pub fn keep(&self) -> Duration {
        self.cache_ttl.min(OLDEST_ANSWER)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn nothing_is_kept_longer_than_clients_are_promised() {
        let keep = |ttl: &str| {
            let settings = Settings::try_parse_from(["callboard", "--cache-ttl", ttl]);
            settings.map(|settings| settings.config.keep()).ok()
        };
        for (ttl, kept) in [("0", 0), ("0s", 0), ("250ms", 250), ("5s", 5_000), ("6s", 5_000), ("1h", 5_000)] {
            assert_eq!(keep(ttl), Some(Duration::from_millis(kept)), "{ttl}");
        }
        for ttl in ["", "5", "-1s", "soon"] {
            assert_eq!(keep(ttl), None, "{ttl}");
        }
    }
}
