//! All settings: environment variable, default and meaning (contract, section 7).

mod secret_files;

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::db::READ_CONNECTIONS;

/// Upper bound on `CALLBOARD_CACHE_TTL` (contract, section 6).
const MAX_CACHE_TTL: Duration = Duration::from_secs(5);
/// Maximum number of concurrent exports of an instance.
pub const MAX_WORKERS: u64 = 16;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings of all commands, also read from the environment")]
pub struct Config {
    /// URL of the Postgres database. Without it, an embedded Postgres runs in the data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<Hidden>,

    /// File that holds the database's URL, in place of DATABASE_URL.
    #[arg(long, env = "DATABASE_URL_FILE", global = true)]
    pub database_url_file: Option<PathBuf>,

    /// Number of read connections; half as many write.
    #[arg(long, env = "CALLBOARD_DATABASE_POOL", default_value_t = READ_CONNECTIONS, value_parser = clap::value_parser!(u32).range(2..=1000), global = true)]
    pub database_pool: u32,

    /// Directory of the embedded Postgres, the secret and the exports.
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

    /// Address of a second listener that answers only /healthz, /readyz and /metrics, independent of the
    /// first one's load. Empty to disable. An address that is neither this machine's own nor private needs a token.
    #[arg(long, env = "CALLBOARD_METRICS_LISTEN", default_value = "", value_parser = optional::<SocketAddr>, global = true)]
    pub metrics_listen: Optional<SocketAddr>,

    /// Bearer token that /metrics asks for.
    #[arg(
        long,
        env = "CALLBOARD_METRICS_TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub metrics_token: Option<Hidden>,

    /// Secret that signs tokens, at least 32 bytes. Several may be given, separated by commas or
    /// blanks: the first signs, all are accepted. Without it, one is generated and kept in the data
    /// directory.
    #[arg(long, env = "CALLBOARD_SECRET", hide_env_values = true, global = true)]
    pub secret: Option<Hidden>,

    /// File that holds the secret, in place of CALLBOARD_SECRET.
    #[arg(long, env = "CALLBOARD_SECRET_FILE", global = true)]
    pub secret_file: Option<PathBuf>,

    /// Time between the signal to stop and the end of listening, in which /readyz already answers 503: load
    /// balancers need it to notice. A second signal ends at once.
    #[arg(long, env = "CALLBOARD_DRAIN", default_value = "0s", value_parser = within("0s", "1h"), global = true)]
    pub drain: Duration,

    /// Interval at which new data is folded into the roll-ups. It affects only the speed of
    /// reports, not their figures.
    #[arg(long, env = "CALLBOARD_COMPACT_EVERY", default_value = "5s", value_parser = within("1ms", "1d"), global = true)]
    pub compact_every: Duration,

    /// Time that responses may be reused for identical requests, at most 5s; 0 disables reuse.
    #[arg(long, env = "CALLBOARD_CACHE_TTL", default_value = "5s", value_parser = within("0s", "1d"), global = true)]
    pub cache_ttl: Duration,

    /// URL under which browsers reach the server, also the base of links to exports. Without it, the listen address.
    #[arg(long, env = "CALLBOARD_PUBLIC_URL", value_parser = base_url, global = true)]
    pub public_url: Option<String>,

    /// Store of finished exports: a directory, or s3://bucket/prefix with endpoint and keys in the
    /// usual AWS_… variables. Without it, `exports` in the data directory.
    #[arg(long, env = "CALLBOARD_EXPORT_STORE", global = true)]
    pub export_store: Option<String>,

    /// Number of concurrent exports; 0 leaves them to other instances.
    #[arg(long, env = "CALLBOARD_EXPORT_WORKERS", default_value_t = 2, value_parser = workers(), global = true)]
    pub export_workers: u64,

    /// Time that a finished export can be downloaded, at most 365d.
    #[arg(long, env = "CALLBOARD_EXPORT_TTL", default_value = "1h", value_parser = within("1s", "365d"), global = true)]
    pub export_ttl: Duration,

    /// Retention of audit log entries.
    #[arg(long, env = "CALLBOARD_AUDIT_KEEP", default_value = "1825d", value_parser = within("1d", "36500d"), global = true)]
    pub audit_keep: Duration,

    /// Retention of what records of dialers say and no field holds.
    #[arg(long, env = "CALLBOARD_KEEP_RAW", default_value = "30d", value_parser = within("1d", "36500d"), global = true)]
    pub keep_raw: Duration,

    /// Retention of ended sessions, for `callboard token list`.
    #[arg(long, env = "CALLBOARD_SESSIONS_KEEP", default_value = "90d", value_parser = within("1d", "36500d"), global = true)]
    pub sessions_keep: Duration,

    /// Enable rate limiting. Turn off only for load tests.
    #[arg(
        long,
        env = "CALLBOARD_RATE_LIMIT",
        value_enum,
        default_value = "on",
        global = true
    )]
    pub rate_limit: Switch,

    /// Trusted proxies: addresses or networks, separated by commas. X-Forwarded-For is accepted
    /// only from them.
    #[arg(long, env = "CALLBOARD_TRUSTED_PROXIES", default_value = "", value_parser = |text: &str| list(text, network), global = true)]
    pub trusted_proxies: List<IpNet>,

    /// Origins allowed to call the API from a browser (`https://reports.example.com`), separated by
    /// commas, or * for any.
    #[arg(long, env = "CALLBOARD_CORS_ORIGINS", default_value = "", value_parser = |text: &str| list(text, origin), global = true)]
    pub cors_origins: List<String>,

    /// Networks that webhooks may lead to although they are private, and over http: a list such as
    /// 10.0.0.0/8,fd00::/8, separated by commas.
    #[arg(long, env = "CALLBOARD_WEBHOOK_ALLOW", default_value = "", value_parser = |text: &str| list(text, network), global = true)]
    pub webhook_allow: List<IpNet>,

    /// URL of the proxy that webhooks are sent through, such as http://proxy:3128. The proxy
    /// decides which addresses names have.
    #[arg(
        long,
        env = "CALLBOARD_WEBHOOK_PROXY",
        hide_env_values = true,
        global = true
    )]
    pub webhook_proxy: Option<Hidden>,

    /// File of certificates in PEM: authorities that webhooks trust besides those of the system.
    #[arg(long, env = "CALLBOARD_WEBHOOK_CA", global = true)]
    pub webhook_ca: Option<PathBuf>,

    /// URL of the server that takes mail, as smtp://user:password@host:587 or smtps://…:465. With
    /// smtp, STARTTLS is used where the server offers it, and required with a password. Without it,
    /// no mail is sent.
    #[arg(
        long,
        env = "CALLBOARD_SMTP_URL",
        hide_env_values = true,
        global = true
    )]
    pub smtp_url: Option<Hidden>,

    /// File that holds the URL of the mail server, in place of CALLBOARD_SMTP_URL.
    #[arg(long, env = "CALLBOARD_SMTP_URL_FILE", global = true)]
    pub smtp_url_file: Option<PathBuf>,

    /// Sender of mail, such as Reports <reports@example.com>.
    #[arg(long, env = "CALLBOARD_MAIL_FROM", global = true)]
    pub mail_from: Option<String>,

    /// Time that the file of a schedule's run can be downloaded, by the link in a mail or an event.
    #[arg(long, env = "CALLBOARD_MAIL_LINK_TTL", default_value = "7d", value_parser = within("1s", "365d"), global = true)]
    pub mail_link_ttl: Duration,
}

/// Limited by the number of export connections.
fn workers() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=MAX_WORKERS)
}

/// Parses a host, by name or address, and a port.
fn host_and_port(text: &str) -> Result<String, String> {
    let is_complete = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_complete {
        Ok(text.to_owned())
    } else {
        Err("must be host:port, such as localhost:8080".into())
    }
}

/// Parses a base URL: scheme and host, without a trailing slash.
fn base_url(text: &str) -> Result<String, String> {
    let is_base = ["http://", "https://"]
        .iter()
        .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if !is_base || text.contains(['?', '#']) {
        return Err("must be a URL such as https://reports.example.com".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// A secret setting; never printed, not even by `Debug`.
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

/// Parses a duration such as `8s`, `5m`, `1h` or `90d` within inclusive bounds. The bounds keep
/// sums with an instant from overflowing.
pub fn within(
    min: &'static str,
    max: &'static str,
) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| {
        let read = |text: &str| humantime::parse_duration(text);
        let duration = read(text)
            .map_err(|error| format!("{error}; must be a duration such as 8s, 5m, 1h or 90d"))?;
        let is_within = read(min).is_ok_and(|min| min <= duration)
            && read(max).is_ok_and(|max| duration <= max);
        if is_within {
            Ok(duration)
        } else {
            Err(format!("must be between {min} and {max}"))
        }
    }
}

/// A comma-separated list, possibly empty.
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

/// Parses an address, or a network such as `10.0.0.0/8`.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from).ok();
    text.parse()
        .ok()
        .or_else(address)
        .ok_or_else(|| "must be an address or a network, such as 10.0.0.0/8".to_owned())
}

/// Parses a browser origin: scheme, host and optional port.
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
    /// The database URL; an empty one is treated as absent.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url
            .as_ref()
            .map(Hidden::reveal)
            .filter(|url| !url.is_empty())
    }

    /// The store of finished exports.
    pub fn export_store(&self) -> String {
        let given = self.export_store.clone().filter(|store| !store.is_empty());
        given.unwrap_or_else(|| self.data_dir.join("exports").display().to_string())
    }

    /// Effective cache lifetime: the setting, capped at the promised maximum.
    pub fn keep(&self) -> Duration {
        self.cache_ttl.min(MAX_CACHE_TTL)
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
    fn the_cache_lifetime_is_capped() {
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
    fn proxies_and_origins_are_validated() {
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
            ("--webhook-allow", "10.0.0.0/33"),
            ("--webhook-allow", "10.0.0.0/8,intranet"),
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

    /// Settings that are neither numbers nor durations.
    const UNBOUNDED: &[&str] = &[
        "database_url",
        "database_url_file",
        "data_dir",
        "listen",
        "metrics_listen",
        "metrics_token",
        "secret",
        "secret_file",
        "public_url",
        "export_store",
        "rate_limit",
        "trusted_proxies",
        "cors_origins",
        "webhook_allow",
        "webhook_proxy",
        "webhook_ca",
        "smtp_url",
        "smtp_url_file",
        "mail_from",
    ];

    #[test]
    fn every_number_and_duration_has_an_upper_bound() {
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
            // The longest parsable duration, the longest that can be added to a clock, and one that
            // is merely too long.
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
    fn secrets_are_not_printed() {
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
