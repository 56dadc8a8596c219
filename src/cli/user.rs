//! `callboard user create`, `list`, `passwd`, `disable` and `enable`

use std::io::{BufRead, IsTerminal, Read};

use clap::{Args, Subcommand};

use super::{account, print_line, say};
use crate::app::App;
use crate::auth::Role;
use crate::auth::user::{self, NewUser, Sessions};
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
        /// What the user may do.
        #[arg(long, value_enum)]
        role: Role,
        /// Where to reach the user.
        #[arg(long)]
        email: Option<String>,
        /// The team the user belongs to.
        #[arg(long)]
        team: Option<i64>,
    },
    /// List an account's users by id, a JSON object a line.
    List {
        /// The account.
        #[arg(long)]
        tenant: i64,
    },
    /// Give a user another password, which comes on standard input; its tokens end for good.
    Passwd {
        #[command(flatten)]
        user: Named,
        /// Let the user's tokens go on.
        #[arg(long)]
        keep_sessions: bool,
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
    /// The user's name, in any case.
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
                "created user {id} {:?} in account {tenant}, role {}",
                made.username,
                made.role.name()
            ));
        }
        Command::List { tenant } => {
            account(app, "tenant", tenant).await?;
            let users = user::list(&mut app.db.read(tenant).await?).await?;
            let mut out = std::io::stdout().lock();
            users.iter().for_each(|user| print_line(&mut out, user));
        }
        Command::Passwd {
            user: Named { tenant, username },
            keep_sessions,
        } => {
            account(app, "tenant", tenant).await?;
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
                "changed the password of {username:?} in account {tenant}; {ended} tokens ended"
            ));
        }
        Command::Disable(Named { tenant, username }) => {
            user::disable(&app.db, tenant, &username, now).await?;
            say(format_args!(
                "disabled {username:?} in account {tenant}; its tokens ended"
            ));
        }
        Command::Enable(Named { tenant, username }) => {
            user::enable(&app.db, tenant, &username, now).await?;
            say(format_args!("enabled {username:?} in account {tenant}"));
        }
    }
    Ok(())
}

/// No password that is taken has more bytes.
const PASSWORD_BYTES: u64 = 16 << 10;

/// The first line of standard input, without what ends it.
fn read_password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("Password (shown as it is typed): ");
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
