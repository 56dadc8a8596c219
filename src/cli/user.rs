//! `callboard user create`, `callboard user disable` and `callboard user enable`

use std::io::{BufRead, Read};

use clap::{Args, Subcommand};

use crate::app::App;
use crate::auth::Role;
use crate::auth::user::{self, NewUser};
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a user; the password comes on standard input.
    Create {
        /// The account.
        #[arg(long)]
        tenant: i64,
        /// Unique over the whole installation, without case.
        #[arg(long)]
        username: String,
        #[arg(long, value_enum)]
        role: Role,
        #[arg(long)]
        email: Option<String>,
        /// The team the user belongs to.
        #[arg(long)]
        team: Option<i64>,
    },
    /// Let a user in no longer; its tokens end for good.
    Disable(Named),
    /// Let a user in again who was disabled; it needs new tokens.
    Enable(Named),
}

#[derive(Debug, Args)]
pub struct Named {
    /// The account.
    #[arg(long)]
    tenant: i64,
    #[arg(long)]
    username: String,
}

pub async fn run(app: &App, command: Command) -> Result<()> {
    let now = app.clock.now();
    let (tenant, username, role, email, team) = match command {
        Command::Create { tenant, username, role, email, team } => (tenant, username, role, email, team),
        Command::Disable(Named { tenant, username }) => return user::disable(&app.db, tenant, &username, now).await,
        Command::Enable(Named { tenant, username }) => return user::enable(&app.db, tenant, &username, now).await,
    };
    let password = &read_password()?;
    user::create(&app.db, NewUser { tenant, username: &username, password, role, email: email.as_deref(), team })
        .await?;
    Ok(())
}

/// No password that is taken has more bytes.
const PASSWORD_BYTES: u64 = 16 << 10;

/// The first line of standard input, without what ends it.
fn read_password() -> Result<String> {
    let mut password = Vec::new();
    let mut input = std::io::stdin().lock().take(PASSWORD_BYTES);
    input.read_until(b'\n', &mut password).map_err(Error::internal)?;
    let password = String::from_utf8(password).map_err(|_| Error::invalid("password", "must be UTF-8"))?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}
