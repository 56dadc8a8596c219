//! `callboard token issue`, `callboard token list` and `callboard token revoke`

use std::time::Duration;

use chrono::TimeDelta;
use clap::Subcommand;
use uuid::Uuid;

use super::{account, print_line, say, unknown_secret};
use crate::app::App;
use crate::auth::Permission;
use crate::auth::audit::Event;
use crate::auth::secret::{self, Standing};
use crate::auth::session::{self, NewSession};
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue a token and print it, and nothing else.
    Issue {
        /// The account.
        #[arg(long)]
        tenant: i64,
        /// The user whose token it is.
        #[arg(long)]
        username: String,
        /// What the token may do; all that the user's role may, unless named.
        #[arg(long = "permission", value_enum)]
        permissions: Vec<Permission>,
        /// For how long it is good (90d, 12h); until it is revoked, unless named.
        #[arg(long, value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
    /// List tokens, the oldest first, a JSON object a line. What opens anything is not shown.
    List {
        /// The account.
        #[arg(long)]
        tenant: i64,
        /// Of this user only.
        #[arg(long)]
        username: Option<String>,
    },
    /// Revoke a token: within 10 s it opens nothing any more, on any instance.
    Revoke {
        /// The account.
        #[arg(long)]
        tenant: i64,
        /// Its id, from the list.
        id: Uuid,
    },
}

pub async fn run(app: &App, command: Command) -> Result<()> {
    let now = app.clock.now();
    let (tenant, username, permissions, expires_in) = match command {
        Command::Issue {
            tenant,
            username,
            permissions,
            expires_in,
        } => (tenant, username, permissions, expires_in),
        Command::List { tenant, username } => return list(app, tenant, username.as_deref()).await,
        Command::Revoke { tenant, id } => {
            let revoked =
                session::revoke(&app.db, tenant, id, (Event::TokenRevoked, None), now).await;
            revoked.map_err(|error| match error {
                Error::NotFound => {
                    Error::invalid("id", "the account has no such token that is not revoked")
                }
                other => other,
            })?;
            say(format_args!("revoked token {id} of account {tenant}"));
            return Ok(());
        }
    };
    let expires = match expires_in {
        Some(duration) => Some(
            TimeDelta::from_std(duration)
                .ok()
                .and_then(|duration| now.checked_add_signed(duration))
                .ok_or_else(|| Error::invalid("expires-in", "is too long"))?,
        ),
        None => None,
    };
    match secret::standing(&app.db, &app.keys).await? {
        Standing::Absent => {
            return Err(Error::setup(
                "CALLBOARD_SECRET is not set: set it to the servers' secret",
            ));
        }
        Standing::Unknown => return Err(unknown_secret()),
        Standing::SignsUnknown => {
            return Err(Error::setup(
                "the first secret of CALLBOARD_SECRET, which signs, is not one that a server of this database uses: \
                 restart the servers with it first",
            ));
        }
        Standing::NoServer | Standing::Known => {}
    }
    let session = NewSession {
        tenant,
        username: &username,
        permissions: &permissions,
        expires,
    };
    say(format_args!(
        "{}",
        session::issue(&app.db, &app.keys, session, now).await?
    ));
    Ok(())
}

async fn list(app: &App, tenant: i64, username: Option<&str>) -> Result<()> {
    account(app, "tenant", tenant).await?;
    let sessions = session::list(&mut app.db.read(tenant).await?, username).await?;
    let mut out = std::io::stdout().lock();
    sessions
        .iter()
        .for_each(|session| print_line(&mut out, session));
    Ok(())
}
