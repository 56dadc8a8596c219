//! The commands, one file each: `callboard --help` lists them.
//!
//! Owns what is said on the terminal and the exit code. Must not decide anything that a request could also
//! bring about: that is the business of the modules the commands call.

mod audit;
mod demo;
mod import;
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

/// Reports on outbound-call campaigns, self-hosted, on Postgres.
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
    /// Serve the API with an account full of data to look at.
    Demo(demo::Arguments),
    /// Bring the database's schema up to date.
    Migrate,
    /// Store call data, one JSON object a line.
    Import(import::Arguments),
    /// Make, change and list accounts.
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// Make and list users, change their passwords, and let them in or not.
    #[command(subcommand)]
    User(user::Command),
    /// Issue, list and revoke tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Print the log of who came in and what they took away.
    Audit(audit::Arguments),
    /// Open a psql shell on the database in use, the embedded one too; read only unless told otherwise.
    Psql(psql::Arguments),
    /// Hold the roll-ups that reports are read from against the rows they were made of.
    Verify(verify::Arguments),
    /// Make roll-ups anew from the rows, while they are written and read.
    Rebuild(rebuild::Arguments),
    /// Print the OpenAPI document.
    Openapi,
    /// Print all SQL that roll-ups are made of: tables, triggers, readers and compaction.
    Schema,
    /// Print the kinds and fields that `import` and /api/ingest take, as Markdown.
    Fields,
}

/// Runs the command: 0 where it did what it was asked for, 1 where not.
pub fn run(cli: Cli) -> ExitCode {
    log_to_stderr();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Error::internal(error)),
    };
    let done = runtime.block_on(execute(cli));
    // A read of standard input that is still waiting must not keep a command that has failed from ending.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn execute(cli: Cli) -> Result<ExitCode> {
    let Cli { config, command } = cli;
    match command {
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
            // Whoever reads it may have had enough.
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

/// Runs a command against the database, beside a server if one is running.
async fn with_app<T>(config: &Config, command: impl AsyncFnOnce(&App) -> Result<T>) -> Result<T> {
    let running = Running::start(config, Sharing::Beside).await?;
    let done = command(&running.app).await;
    running.stop().await;
    done
}

/// Prints a JSON object on a line of its own. Whoever reads it may have had enough.
fn print_line(out: &mut impl Write, object: &impl Serialize) {
    if let Ok(line) = serde_json::to_string(object) {
        let _ = writeln!(out, "{line}");
    }
}

/// Prints a line for people. Whoever reads it may have had enough.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The account that an argument names.
async fn account(app: &App, argument: &'static str, id: i64) -> Result<Tenant> {
    Tenant::load(&mut app.db.read(id).await?)
        .await
        .map_err(|error| no_account(error, argument, id))
}

/// NotFound, where an account is all that can be missing, as the fault of the argument that names it.
fn no_account(error: Error, argument: &'static str, id: i64) -> Error {
    match error {
        Error::NotFound => Error::invalid(argument, format!("there is no account {id}")),
        other => other,
    }
}

/// A secret that no server of the database uses.
fn unknown_secret() -> Error {
    Error::setup(
        "no server of this database uses this secret: set CALLBOARD_SECRET to theirs, or CALLBOARD_DATA_DIR to the \
         directory that keeps it",
    )
}

/// What is wrong, in words for the terminal.
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

/// Structured logs: JSON for machines, plain lines on a terminal. `RUST_LOG` says how much.
fn log_to_stderr() {
    use std::io::IsTerminal;
    use tracing_subscriber::EnvFilter;

    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.init();
    } else {
        logs.json().flatten_event(true).with_span_list(false).init();
    }
}
