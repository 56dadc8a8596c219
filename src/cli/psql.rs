//! `callboard psql`: a psql shell on the database that Callboard uses, also the embedded one.
//!
//! The shell is subject to the same row-level security as the server: it uses the server's role and
//! sees the rows of one tenant, or of none. Secrets are not passed as process arguments, which
//! every local user can read.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use super::load_tenant;
use crate::app::App;
use crate::config::Config;
use crate::db;
use crate::error::{Cause, Error, Result};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Tenant whose rows are visible; by default none.
    #[arg(long)]
    tenant: Option<i64>,
    /// Allow writes.
    #[arg(long)]
    write: bool,
    /// Arguments of psql: `-- -c 'select count(*) from telesales_calls'`
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Returns the exit code of psql.
pub async fn run(app: &App, config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    let names = "select current_user::text, session_user::text, current_database()::text";
    let (role, login, database): (String, String, String) =
        sqlx::query_as(names).fetch_one(app.db.unscoped()).await?;
    let mut options = vec![
        "default_transaction_read_only=".to_owned() + if arguments.write { "off" } else { "on" },
    ];
    if role != login {
        options.push(format!("role={role}"));
    }
    let rows = match arguments.tenant {
        Some(id) => {
            options.push(format!("callboard.tenant={id}"));
            format!(
                "rows of tenant {id} {:?}",
                load_tenant(app, "tenant", id).await?.name
            )
        }
        None => {
            "no tenant's rows: select one with --tenant ID, or with set callboard.tenant = 'ID'"
                .to_owned()
        }
    };
    let access = if arguments.write {
        "read and write"
    } else {
        "read only"
    };
    eprintln!("callboard: database {database}, {access}, {rows}");

    let mut psql = command(app, config, options)?;
    // Ctrl-C is meant for psql, which cancels its statement. Callboard's default would end the
    // process.
    let _interrupts = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let status = psql
        .args(&arguments.arguments)
        .status()
        .await
        .map_err(|error| {
            Error::setup(format!(
                "cannot run psql: {error}; install it with `apt-get install postgresql-client`"
            ))
        })?;
    Ok(ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    ))
}

/// Command line of psql for the database in use, with session settings.
fn command(app: &App, config: &Config, mut options: Vec<String>) -> Result<Command> {
    let mut psql = Command::new(db::program("psql"));
    if let Some(url) = config.database_url() {
        let target = Target::parse(url)
            .map_err(|error| Error::Setup(Cause::from(error).context("DATABASE_URL")))?;
        options.splice(0..0, target.options);
        psql.arg("--dbname").arg(target.url);
        if let Some(password) = target.password {
            psql.env("PGPASSWORD", password);
        }
    } else {
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG"))
        {
            psql.env_remove(name); // meant for other clusters
        }
        let connection = app.db.unscoped().connect_options();
        psql.env("PGUSER", connection.get_username())
            .env("PGPORT", connection.get_port().to_string());
        psql.env("PGDATABASE", connection.get_database().unwrap_or_default());
        psql.env(
            "PGHOST",
            connection.get_socket().map_or_else(
                || connection.get_host().into(),
                |path| path.as_os_str().to_owned(),
            ),
        );
    }
    let options: Vec<String> = options
        .iter()
        .map(|option| format!("-c {}", escaped(option)))
        .collect();
    psql.env("PGOPTIONS", options.join(" "))
        .env("PGAPPNAME", "callboard psql");
    Ok(psql)
}

/// Escapes a setting for `PGOPTIONS`.
fn escaped(option: &str) -> String {
    option.replace('\\', "\\\\").replace(' ', "\\ ")
}

/// A database URL of Callboard, converted for psql.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    url: String,
    password: Option<String>,
    /// Session settings as `name=value`.
    options: Vec<String>,
}

impl Target {
    fn parse(url: &str) -> Result<Self, url::ParseError> {
        let mut url = Url::parse(url)?;
        let decoded = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        let mut password = url.password().map(decoded);
        let _ = url.set_password(None); // fails without a host, which has no password
        let (mut parameters, mut options) = (Vec::new(), Vec::new());
        for (name, value) in url.query_pairs() {
            let name = match name.as_ref() {
                "ssl-mode" => "sslmode",
                "ssl-root-cert" | "ssl-ca" => "sslrootcert",
                "ssl-cert" => "sslcert",
                "ssl-key" => "sslkey",
                "password" => {
                    password = Some(value.into_owned());
                    continue;
                }
                "options" => {
                    let settings = value
                        .split("-c ")
                        .map(str::trim)
                        .filter(|setting| !setting.is_empty());
                    options.extend(settings.map(str::to_owned));
                    continue;
                }
                name if name.starts_with("options[") => {
                    options.push(format!(
                        "{}={value}",
                        name.trim_start_matches("options[").trim_end_matches(']')
                    ));
                    continue;
                }
                name => name,
            };
            if SHARED_PARAMETERS.contains(&name) {
                parameters.push((name.to_owned(), value.into_owned()));
            }
        }
        // libpq takes a form-encoded blank for a plus sign.
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        url.set_query(
            (!parameters.is_empty())
                .then(|| parameters.join("&"))
                .as_deref(),
        );
        Ok(Self {
            url: url.into(),
            password,
            options,
        })
    }
}

/// Parameters with the same meaning for Callboard and psql.
const SHARED_PARAMETERS: [&str; 9] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
];

fn encoded(text: &str) -> impl std::fmt::Display {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_is_converted_for_psql_without_its_password() {
        for (connection, url, password, options) in [
            (
                "postgres://u:p%40ss@h:5433/d?ssl-mode=require",
                "postgres://u@h:5433/d?sslmode=require",
                Some("p@ss"),
                "",
            ),
            (
                "postgres:///d?host=/tmp/a+b&user=u&password=p&statement-cache-capacity=9",
                "postgres:///d?host=%2Ftmp%2Fa%20b&user=u",
                Some("p"),
                "",
            ),
            (
                "postgres://h/d?options=-c a=1 -c b=2&options[c.d]=3",
                "postgres://h/d",
                None,
                "a=1 b=2 c.d=3",
            ),
        ] {
            let options = options
                .split(' ')
                .filter(|option| !option.is_empty())
                .map(str::to_owned)
                .collect();
            let expected = Target {
                url: url.into(),
                password: password.map(str::to_owned),
                options,
            };
            assert_eq!(Target::parse(connection), Ok(expected), "{connection}");
        }
        assert!(Target::parse("nonsense").is_err());
        assert_eq!(escaped(r"a b\c"), r"a\ b\\c");
    }
}
