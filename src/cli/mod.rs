//! The commands, one file each: `callboard --help` lists them.
//!
//! Owns terminal output and the exit code. Must not decide anything that a request could also
//! cause; that belongs to the modules that the commands call.

mod audit;
mod check;
mod demo;
mod healthy;
mod import;
mod link;
mod psql;
mod rebuild;
mod serve;
mod tenant;
mod token;
mod user;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde::Serialize;

use crate::app::App;
use crate::auth::Tenant;
use crate::boot::{Running, Sharing};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ingest;

/// Self-hosted reports on outbound-call campaigns, on Postgres.
#[derive(Debug, Parser)]
#[command(name = "callboard", version)]
pub struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API.
    Serve,
    /// Serve the API with a tenant full of sample data.
    Demo(demo::Arguments),
    /// Check settings, database, clock, store, mail and free space, before a server is started.
    Check,
    /// Ask whether the server is alive, for health checks.
    Healthy,
    /// Apply the database migrations.
    Migrate,
    /// Import call data, one JSON object per line.
    Import(import::Arguments),
    /// Create, change and list tenants.
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// Create, list, enable and disable users, and change their passwords.
    #[command(subcommand)]
    User(user::Command),
    /// Issue, list and revoke tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Print a link that signs a user in to the page, once.
    Link(link::Arguments),
    /// Print the audit log: logins, tokens and exports.
    Audit(audit::Arguments),
    /// Open a psql shell on the database in use, also the embedded one; read-only by default.
    Psql(psql::Arguments),
    /// Compare the roll-ups that reports read with the raw rows.
    Verify(verify::Arguments),
    /// Rebuild roll-ups from the raw rows, while both are in use.
    Rebuild(rebuild::Arguments),
    /// Print the OpenAPI document.
    Openapi,
    /// Print all generated SQL of the roll-ups: tables, triggers, readers and compaction.
    Schema,
    /// Print the kinds and fields of `import` and /api/ingest as Markdown.
    Fields,
}

/// Runs a command. The exit code is 0 on success, otherwise 1.
pub fn run(cli: Cli) -> ExitCode {
    log_to_stderr();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Error::internal(error)),
    };
    let done = runtime.block_on(execute(cli));
    // A pending read of standard input must not keep a failed command from exiting.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn execute(cli: Cli) -> Result<ExitCode> {
    let Cli { config, command } = cli;
    let config = config.with_secret_files()?;
    match command {
        Command::Check => return check::run(&config).await,
        Command::Healthy => return healthy::run(&config).await,
        Command::Serve => serve::run(&config).await?,
        Command::Demo(arguments) => demo::run(&config, &arguments).await?,
        Command::Migrate => {
            with_app(&config, async |app| ingest::normal::run(&app.db).await).await?
        }
        Command::Import(arguments) => {
            return with_app(&config, async |app| import::run(app, &arguments).await).await;
        }
        Command::Tenant(command) => {
            with_app(&config, async |app| tenant::run(app, command).await).await?
        }
        Command::User(command) => {
            with_app(&config, async |app| user::run(app, command).await).await?
        }
        Command::Token(command) => {
            with_app(&config, async |app| token::run(app, command).await).await?
        }
        Command::Link(arguments) => {
            with_app(&config, async |app| {
                link::run(app, &config, &arguments).await
            })
            .await?
        }
        Command::Audit(arguments) => {
            with_app(&config, async |app| audit::run(app, arguments).await).await?
        }
        Command::Psql(arguments) => {
            return with_app(&config, async |app| {
                psql::run(app, &config, &arguments).await
            })
            .await;
        }
        Command::Verify(arguments) => {
            return with_app(&config, async |app| verify::run(app, &arguments).await).await;
        }
        Command::Rebuild(arguments) => {
            with_app(&config, async |app| rebuild::run(app, &arguments).await).await?
        }
        Command::Openapi => {
            let document = serde_json::to_string_pretty(&crate::http::openapi::generate())
                .map_err(Error::internal)?;
            // The reader may have closed the pipe.
            let _ = writeln!(std::io::stdout(), "{document}");
        }
        Command::Schema => {
            let _ = write!(std::io::stdout(), "{}", crate::rollups::schema());
        }
        Command::Fields => {
            let _ = write!(std::io::stdout(), "{}", crate::ingest::document::markdown());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a command against the database, next to a running server if there is one.
async fn with_app<T>(config: &Config, command: impl AsyncFnOnce(&App) -> Result<T>) -> Result<T> {
    let running = Running::start(config, Sharing::Beside).await?;
    let done = command(&running.app).await;
    running.stop().await;
    done
}

/// Prints a JSON object as one line. Ignores a closed pipe.
fn print_line(out: &mut impl Write, object: &impl Serialize) {
    if let Ok(line) = serde_json::to_string(object) {
        let _ = writeln!(out, "{line}");
    }
}

/// Prints a line of text. Ignores a closed pipe.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Loads the tenant named by an argument.
async fn load_tenant(app: &App, argument: &'static str, id: i64) -> Result<Tenant> {
    Tenant::load(&mut app.db.read(id).await?)
        .await
        .map_err(|error| no_tenant(error, argument, id))
}

/// Converts `NotFound` into a fault of the argument that names the tenant.
fn no_tenant(error: Error, argument: &'static str, id: i64) -> Error {
    match error {
        Error::NotFound => Error::invalid(argument, format!("there is no tenant {id}")),
        other => other,
    }
}

/// Error of a secret that no server of the database uses.
fn unknown_secret() -> Error {
    Error::setup(
        "no server of this database uses this secret: set CALLBOARD_SECRET to the servers' secret, or CALLBOARD_DATA_DIR to the \
         directory that contains it",
    )
}

/// Prints an error to the terminal.
fn fail(error: &Error) -> ExitCode {
    match error {
        Error::Invalid(faults) => {
            for (field, messages) in faults.iter() {
                eprintln!("callboard: {field}: {}", messages.join(" "));
            }
        }
        other => eprintln!("callboard: {other}"),
    }
    ExitCode::FAILURE
}

/// Levels of logs without `RUST_LOG`. The verifier of certificates would log an error for each webhook whose receiver has a
/// wrong one; the delivery says so.
const DEFAULT_FILTER: &str = "info,sqlx=warn,rustls_platform_verifier=off";

/// Sets up structured logs: JSON for machines, plain lines on a terminal. `RUST_LOG` sets the
/// level.
fn log_to_stderr() {
    use std::io::IsTerminal;
    use tracing_subscriber::EnvFilter;

    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.init();
    } else {
        logs.json().flatten_event(true).with_span_list(false).init();
    }
}
