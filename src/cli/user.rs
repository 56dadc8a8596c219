//! `callboard user create`, `list`, `passwd`, `disable` and `enable`

use std::io::{BufRead, IsTerminal, Read};

use clap::{Args, Subcommand};

use super::{load_tenant, print_line, say};
use crate::app::App;
use crate::auth::Role;
use crate::auth::user::{self, NewUser, Sessions};
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a user; reads the password from standard input.
    Create {
        /// The tenant's id.
        #[arg(long)]
        tenant: i64,
        /// Unique across the installation, case-insensitive.
        #[arg(long)]
        username: String,
        /// Role of the user.
        #[arg(long, value_enum)]
        role: Role,
        /// Email address of the user.
        #[arg(long)]
        email: Option<String>,
        /// Team of the user.
        #[arg(long)]
        team: Option<i64>,
    },
    /// List a tenant's users by id, one JSON object per line.
    List {
        /// The tenant's id.
        #[arg(long)]
        tenant: i64,
    },
    /// Set a user's password, read from standard input, and revoke the user's tokens.
    Passwd {
        #[command(flatten)]
        user: Named,
        /// Do not revoke the user's tokens.
        #[arg(long)]
        keep_sessions: bool,
    },
    /// Disable a user and revoke the user's tokens.
    Disable(Named),
    /// Enable a disabled user; earlier tokens stay revoked.
    Enable(Named),
}

#[derive(Debug, Args)]
pub struct Named {
    /// The tenant's id.
    #[arg(long)]
    tenant: i64,
    /// The user's name, case-insensitive.
    #[arg(long)]
    username: String,
}

pub async fn run(app: &App, command: Command) -> Result<()> {
    let now = app.clock.now();
    match command {
        Command::Create {
            tenant,
            username,
            role,
            email,
            team,
        } => {
            let (password, email) = (&read_password()?, email.as_deref());
            let user = NewUser {
                tenant,
                username: &username,
                password,
                role,
                email,
                team,
            };
            let id = user::create(&app.db, user).await?;
            let made = user::find(&mut app.db.read(tenant).await?, id).await?;
            say(format_args!(
                "created user {id} {:?} in tenant {tenant}, role {}",
                made.username,
                made.role.name()
            ));
        }
        Command::List { tenant } => {
            load_tenant(app, "tenant", tenant).await?;
            let users = user::list(&mut app.db.read(tenant).await?).await?;
            let mut out = std::io::stdout().lock();
            users.iter().for_each(|user| print_line(&mut out, user));
        }
        Command::Passwd {
            user: Named { tenant, username },
            keep_sessions,
        } => {
            load_tenant(app, "tenant", tenant).await?;
            let sessions = if keep_sessions {
                Sessions::Keep
            } else {
                Sessions::End
            };
            let ended = user::set_password(
                &app.db,
                (tenant, &username),
                &read_password()?,
                sessions,
                now,
            )
            .await?;
            say(format_args!(
                "changed the password of {username:?} in tenant {tenant}; revoked {ended} tokens"
            ));
        }
        Command::Disable(Named { tenant, username }) => {
            user::disable(&app.db, tenant, &username, now).await?;
            say(format_args!(
                "disabled {username:?} in tenant {tenant}; revoked all tokens"
            ));
        }
        Command::Enable(Named { tenant, username }) => {
            user::enable(&app.db, tenant, &username, now).await?;
            say(format_args!("enabled {username:?} in tenant {tenant}"));
        }
    }
    Ok(())
}

/// Limit on the password line, in bytes; longer than any accepted password.
const PASSWORD_BYTES: u64 = 16 << 10;

/// Reads the first line of standard input, without its line ending.
fn read_password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("Password (input is visible): ");
    }
    let mut password = Vec::new();
    let mut input = std::io::stdin().lock().take(PASSWORD_BYTES);
    input
        .read_until(b'\n', &mut password)
        .map_err(Error::internal)?;
    let password =
        String::from_utf8(password).map_err(|_| Error::invalid("password", "must be UTF-8"))?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}
