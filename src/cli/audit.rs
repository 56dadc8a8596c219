//! `callboard audit`

use std::io::Write;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;
use futures_util::TryStreamExt;

use super::{account, print_line, unknown_secret};
use crate::app::App;
use crate::auth::audit::{self, Event, Wanted};
use crate::auth::secret::{self, Standing};
use crate::auth::username::username_key;
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The account. Without it: logins under names that no user has, which belong to no account.
    #[arg(long)]
    tenant: Option<i64>,
    /// Only these events.
    #[arg(long, value_enum)]
    event: Option<Event>,
    /// Only what this user did, or who tried this name.
    #[arg(long)]
    username: Option<String>,
    /// Only of the last so long (7d, 12h).
    #[arg(long, value_parser = humantime::parse_duration)]
    since: Option<Duration>,
}

/// Prints the log, the oldest entry first, a JSON object a line.
pub async fn run(app: &App, arguments: Arguments) -> Result<()> {
    let Arguments {
        tenant,
        event,
        username,
        since,
    } = arguments;
    let ago = |since| {
        TimeDelta::from_std(since)
            .ok()
            .and_then(|since| app.clock.now().checked_sub_signed(since))
    };
    let wanted = Wanted {
        event,
        since: since.and_then(ago),
    };
    let username = username.as_deref();
    match tenant {
        None => {
            let digests = match username {
                Some(name) => Some(name_digests(app, name).await?),
                None => None,
            };
            let mut out = std::io::stdout().lock();
            audit::of_strangers(&app.db, wanted, digests, |entry| {
                print_line(&mut out, &entry)
            })
            .await?;
        }
        Some(tenant) => {
            account(app, "tenant", tenant).await?;
            let mut scope = app.db.read(tenant).await?;
            scope.take_your_time().await?;
            let mut out = std::io::stdout().lock();
            let mut entries = audit::of_account(&mut scope, wanted, username);
            while let Some(entry) = entries.try_next().await? {
                print_line(&mut out, &entry);
            }
        }
    }
    let _ = std::io::stdout().flush();
    Ok(())
}

/// The digests under which a server may have recorded that name.
async fn name_digests(app: &App, name: &str) -> Result<Vec<String>> {
    match secret::standing(&app.db, &app.keys).await? {
        Standing::Absent => Err(Error::setup(
            "CALLBOARD_SECRET is not set: names that no user has are looked up under the servers' secret",
        )),
        Standing::Unknown => Err(unknown_secret()),
        Standing::NoServer | Standing::SignsUnknown | Standing::Known => {
            Ok(app.keys.name_digests(&username_key(name)).collect())
        }
    }
}
