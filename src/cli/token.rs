//! `callboard token issue`

use std::time::Duration;

use chrono::TimeDelta;
use clap::Subcommand;

use crate::app::App;
use crate::auth::Permission;
use crate::auth::session::{self, NewSession};
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue a token and print it, and nothing else.
    Issue {
        /// The account.
        #[arg(long)]
        tenant: i64,
        #[arg(long)]
        username: String,
        /// What the token may do; all that the user's role may, unless named.
        #[arg(long = "permission", value_enum)]
        permissions: Vec<Permission>,
        /// For how long it is good (90d, 12h); until it is revoked, unless named.
        #[arg(long, value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
}

pub async fn run(app: &App, command: Command) -> Result<()> {
    let Command::Issue { tenant, username, permissions, expires_in } = command;
    let now = app.clock.now();
    let expires = match expires_in {
        Some(duration) => Some(
            TimeDelta::from_std(duration)
                .ok()
                .and_then(|duration| now.checked_add_signed(duration))
                .ok_or_else(|| Error::invalid("expires-in", "is too long"))?,
        ),
        None => None,
    };
    let session = NewSession { tenant, username: &username, permissions: &permissions, expires };
    println!("{}", session::issue(&app.db, &app.keys, session, now).await?);
    Ok(())
}
