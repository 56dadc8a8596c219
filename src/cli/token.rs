//! `callboard token issue`, `callboard token list` and `callboard token revoke`

use std::time::Duration;

use chrono::TimeDelta;
use clap::Subcommand;
use uuid::Uuid;

use super::{load_tenant, print_line, say, unknown_secret};
use crate::app::App;
use crate::auth::Permission;
use crate::auth::audit::Event;
use crate::auth::secret::{self, SecretStatus};
use crate::auth::session::{self, TokenRequest};
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue a token and print only the token.
    Issue {
        /// The tenant's id.
        #[arg(long)]
        tenant: i64,
        /// User of the token.
        #[arg(long)]
        username: String,
        /// Permissions of the token; by default all of the user's role.
        #[arg(long = "permission", value_enum)]
        permissions: Vec<Permission>,
        /// Lifetime, such as 90d or 12h; by default until revoked.
        #[arg(long, value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
    /// List tokens, oldest first, one JSON object per line. The tokens themselves are not shown.
    List {
        /// The tenant's id.
        #[arg(long)]
        tenant: i64,
        /// Only tokens of this user.
        #[arg(long)]
        username: Option<String>,
    },
    /// Revoke a token; takes effect within 10 s on every instance.
    Revoke {
        /// The tenant's id.
        #[arg(long)]
        tenant: i64,
        /// Id of the token, from the list.
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
                Error::NotFound => Error::invalid("id", "no active token with this id"),
                other => other,
            })?;
            say(format_args!("revoked token {id} of tenant {tenant}"));
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
    match secret::status(&app.db, &app.keys).await? {
        SecretStatus::Absent => {
            return Err(Error::setup(
                "CALLBOARD_SECRET is not set: set it to the servers' secret",
            ));
        }
        SecretStatus::Unknown => return Err(unknown_secret()),
        SecretStatus::SignsUnknown => {
            return Err(Error::setup(
                "no server of this database uses the first secret of CALLBOARD_SECRET, which signs tokens: \
                 restart the servers with it first",
            ));
        }
        SecretStatus::NoServer | SecretStatus::Known => {}
    }
    let session = TokenRequest {
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
    load_tenant(app, "tenant", tenant).await?;
    let sessions = session::list(&mut app.db.read(tenant).await?, username).await?;
    let mut out = std::io::stdout().lock();
    sessions
        .iter()
        .for_each(|session| print_line(&mut out, session));
    Ok(())
}
