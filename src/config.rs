//! Every setting once: its environment variable, its default, its meaning (contract, section 7).

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::db::READ_CONNECTIONS;

/// No answer may be older, whatever is set (contract, section 6).
const OLDEST_ANSWER: Duration = Duration::from_secs(5);
/// The most exports that an instance makes at a time.
pub const MOST_WORKERS: u64 = 16;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings of every command, also taken from the environment")]
pub struct Config {
    /// Postgres to use. Without it, one of Callboard's own is run under the data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<Hidden>,

    /// How many connections read from the database; half as many write to it.
    #[arg(long, env = "CALLBOARD_DATABASE_POOL", default_value_t = READ_CONNECTIONS, value_parser = clap::value_parser!(u32).range(2..=1000), global = true)]
    pub database_pool: u32,

    /// Where Callboard keeps what is its own: the embedded Postgres, the secret, exports.
    #[arg(
        long,
        env = "CALLBOARD_DATA_DIR",
        default_value = "./data",
        global = true
    )]
    pub data_dir: PathBuf,

    /// Address to listen on, as host:port; the host may be a name.
    #[arg(long, env = "CALLBOARD_LISTEN", default_value = "127.0.0.1:8080", value_parser = host_and_port, global = true)]
    pub listen: String,

    /// Where a second listener answers /healthz and /readyz, whatever the first one is busy with. Off where it is empty.
    #[arg(long, env = "CALLBOARD_METRICS_LISTEN", default_value = "", value_parser = optional::<SocketAddr>, global = true)]
    pub metrics_listen: Optional<SocketAddr>,

    /// What tokens are signed with, at least 32 bytes. Several, with commas or blanks between them: the first one
    /// signs, all are taken. Without it, one is made once and kept in the data directory.
    #[arg(long, env = "CALLBOARD_SECRET", hide_env_values = true, global = true)]
    pub secret: Option<Hidden>,

    /// How often what was written is moved into the roll-ups. Figures do not depend on it, only how soon they come.
    #[arg(long, env = "CALLBOARD_COMPACT_EVERY", default_value = "5s", value_parser = within("1ms", "1d"), global = true)]
    pub compact_every: Duration,

    /// How old an answer may be that is given to several who ask the same, at most 5s; 0 reads each one anew.
    #[arg(long, env = "CALLBOARD_CACHE_TTL", default_value = "5s", value_parser = within("0s", "1d"), global = true)]
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

    /// How long a finished export can be downloaded, at most 365d.
    #[arg(long, env = "CALLBOARD_EXPORT_TTL", default_value = "1h", value_parser = within("1s", "365d"), global = true)]
    pub export_ttl: Duration,

    /// How long entries of the audit log are kept.
    #[arg(long, env = "CALLBOARD_AUDIT_KEEP", default_value = "1825d", value_parser = within("1d", "36500d"), global = true)]
    pub audit_keep: Duration,

    /// How long sessions are kept after their end, for `callboard token list`.
    #[arg(long, env = "CALLBOARD_SESSIONS_KEEP", default_value = "90d", value_parser = within("1d", "36500d"), global = true)]
    pub sessions_keep: Duration,

    /// Whether it is counted how often a token asks. Off for load tests only.
    #[arg(
        long,
        env = "CALLBOARD_RATE_LIMIT",
        value_enum,
        default_value = "on",
        global = true
    )]
    pub rate_limit: Switch,

    /// Proxies in front, addresses or networks with commas between them: who asks is then whom they name in
    /// X-Forwarded-For. Nobody else is believed.
    #[arg(long, env = "CALLBOARD_TRUSTED_PROXIES", default_value = "", value_parser = |text: &str| list(text, network), global = true)]
    pub trusted_proxies: List<IpNet>,

    /// Origins whose pages may ask from a browser (`https://reports.example.com`), with commas between them, or * for
    /// any.
    #[arg(long, env = "CALLBOARD_CORS_ORIGINS", default_value = "", value_parser = |text: &str| list(text, origin), global = true)]
    pub cors_origins: List<String>,
}

/// As many as there are connections for.
fn workers() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=MOST_WORKERS)
}

/// A host, by name or by address, and a port.
fn host_and_port(text: &str) -> Result<String, String> {
    let is_complete = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_complete {
        Ok(text.to_owned())
    } else {
        Err("write it as host:port, such as localhost:8080".into())
    }
}

/// What paths are put behind: a scheme and a host, without a slash at the end.
fn base_url(text: &str) -> Result<String, String> {
    let is_base = ["http://", "https://"]
        .iter()
        .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if !is_base || text.contains(['?', '#']) {
        return Err("write it as https://reports.example.com".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// A setting that is nobody's to see: not in a log, not in an error, not in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// A length of time as operators write it: `8s`, `5m`, `1h`, `90d`. Each setting has its bounds, both included, within
/// which no sum of it and an instant overflows.
fn within(
    min: &'static str,
    max: &'static str,
) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| {
        let read = |text: &str| humantime::parse_duration(text);
        let duration =
            read(text).map_err(|error| format!("{error}; write it as 8s, 5m, 1h or 90d"))?;
        let is_within = read(min).is_ok_and(|min| min <= duration)
            && read(max).is_ok_and(|max| duration <= max);
        if is_within {
            Ok(duration)
        } else {
            Err(format!("must be between {min} and {max}"))
        }
    }
}

/// Several of something, with commas between them, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

fn list<T>(text: &str, item: impl Fn(&str) -> Result<T, String>) -> Result<List<T>, String> {
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    items.map(item).collect::<Result<_, _>>().map(List)
}

/// A setting that may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Optional<T>(pub Option<T>);

fn optional<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<Optional<T>, String> {
    let value = Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::parse)
        .transpose();
    value
        .map(Optional)
        .map_err(|error: T::Err| error.to_string())
}

/// An address, or a network as `10.0.0.0/8`.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from).ok();
    text.parse()
        .ok()
        .or_else(address)
        .ok_or_else(|| "must be an address or a network, such as 10.0.0.0/8".to_owned())
}

/// What a browser calls itself from: a scheme, a host, maybe a port, and nothing behind.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text.split_once("://").map_or("", |(_, host)| host);
    let is_origin = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'/');
    if text == "*" || is_origin {
        return Ok(text.to_owned());
    }
    Err("must be an origin, such as https://reports.example.com, or *".to_owned())
}

impl Config {
    /// Empty, it is as if absent.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url
            .as_ref()
            .map(Hidden::reveal)
            .filter(|url| !url.is_empty())
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
        for (ttl, kept) in [
            ("0", 0),
            ("0s", 0),
            ("250ms", 250),
            ("5s", 5_000),
            ("6s", 5_000),
            ("1h", 5_000),
        ] {
            assert_eq!(keep(ttl), Some(Duration::from_millis(kept)), "{ttl}");
        }
        for ttl in ["", "5", "-1s", "soon"] {
            assert_eq!(keep(ttl), None, "{ttl}");
        }
    }

    #[test]
    fn who_is_believed_and_who_may_ask_is_named_exactly() {
        let read = |arguments: &[&str]| {
            Settings::try_parse_from(["callboard"].iter().chain(arguments))
                .map(|settings| settings.config)
                .ok()
        };
        let config = read(&["--trusted-proxies", "10.0.0.0/8,::1, 192.0.2.1"]).unwrap();
        assert!(
            config
                .trusted_proxies
                .0
                .iter()
                .any(|net| net.contains(&"192.0.2.1".parse::<IpAddr>().unwrap()))
        );
        assert_eq!(config.trusted_proxies.0.len(), 3);
        let config = read(&["--cors-origins", "https://a.example,http://localhost:3000/"]).unwrap();
        assert_eq!(
            config.cors_origins.0,
            ["https://a.example", "http://localhost:3000"]
        );
        assert_eq!(
            read(&["--trusted-proxies", ""]).unwrap().trusted_proxies,
            List(Vec::new())
        );
        for (setting, wrong) in [
            ("--trusted-proxies", "proxy"),
            ("--trusted-proxies", "10.0.0.0/33"),
            ("--cors-origins", "a.example"),
            ("--cors-origins", "https://a.example/path"),
            ("--rate-limit", "maybe"),
            ("--database-pool", "1"),
            ("--audit-keep", "23h"),
            ("--audit-keep", "36501d"),
            ("--sessions-keep", "0"),
            ("--sessions-keep", "300000y"),
            ("--listen", "8080"),
            ("--listen", "localhost"),
            ("--listen", "localhost:http"),
        ] {
            assert!(read(&[setting, wrong]).is_none(), "{setting} {wrong}");
        }
    }

    /// Settings that are no number and no length of time.
    const UNBOUNDED: &[&str] = &[
        "database_url",
        "data_dir",
        "listen",
        "metrics_listen",
        "secret",
        "public_url",
        "export_store",
        "rate_limit",
        "trusted_proxies",
        "cors_origins",
    ];

    #[test]
    fn every_number_and_length_of_time_has_an_upper_bound() {
        use clap::CommandFactory;
        let command = Settings::command();
        let settings: Vec<_> = command
            .get_arguments()
            .filter(|setting| setting.get_long() != Some("help"))
            .collect();
        assert!(settings.len() >= 16, "only {} seen", settings.len());
        for setting in settings
            .iter()
            .filter(|setting| !UNBOUNDED.contains(&setting.get_id().as_str()))
        {
            let name = format!("--{}", setting.get_long().unwrap());
            // The longest that can be written, the longest that a clock could be set forward by, and merely too long.
            for large in [
                "300000y",
                "18446744073709551615s",
                "292y",
                "18446744073709551615",
                "4294967295",
                "100001",
            ] {
                let read = Settings::try_parse_from(["callboard", &name, large]);
                assert!(read.is_err(), "{name} {large}");
            }
            let default = setting.get_default_values()[0].to_str().unwrap();
            assert!(
                Settings::try_parse_from(["callboard", &name, default]).is_ok(),
                "{name} {default}"
            );
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let arguments = [
            "callboard",
            "--secret",
            "sesame",
            "--database-url",
            "postgres://user:sesame@host/db",
        ];
        let settings = Settings::try_parse_from(arguments).unwrap();
        assert!(!format!("{:?}", settings.config).contains("sesame"));
        assert_eq!(
            settings.config.database_url(),
            Some("postgres://user:sesame@host/db")
        );
    }
}
