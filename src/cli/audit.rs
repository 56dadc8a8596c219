//! `callboard audit`

use std::io::Write;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;
use futures_util::TryStreamExt;

use super::{load_tenant, print_line, unknown_secret};
use crate::app::App;
use crate::auth::audit::Event;
use crate::auth::log::{self, EntryFilter};
use crate::auth::secret::{self, SecretStatus};
use crate::auth::username::username_key;
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The tenant's id. Without it, logins under unknown user names, which belong to no tenant.
    #[arg(long)]
    tenant: Option<i64>,
    /// Only entries with this action, such as campaign.started.
    #[arg(long = "action", alias = "event", value_enum)]
    event: Option<Event>,
    /// Only events of this user, or logins under this unknown name.
    #[arg(long)]
    username: Option<String>,
    /// Only events of the last period, such as 7d or 12h.
    #[arg(long, value_parser = humantime::parse_duration)]
    since: Option<Duration>,
}

/// Prints the log as one JSON object per line, oldest entry first.
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
    let wanted = EntryFilter {
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
            log::list_unknown_logins(&app.db, wanted, digests, |entry| {
                print_line(&mut out, &entry)
            })
            .await?;
        }
        Some(tenant) => {
            load_tenant(app, "tenant", tenant).await?;
            let mut scope = app.db.read(tenant).await?;
            scope.disable_statement_timeout().await?;
            let mut out = std::io::stdout().lock();
            let mut entries = log::list(&mut scope, wanted, username);
            while let Some(entry) = entries.try_next().await? {
                print_line(&mut out, &entry);
            }
        }
    }
    let _ = std::io::stdout().flush();
    Ok(())
}

/// Digests under which a server may have recorded a name.
async fn name_digests(app: &App, name: &str) -> Result<Vec<String>> {
    match secret::status(&app.db, &app.keys).await? {
        SecretStatus::Absent => Err(Error::setup(
            "CALLBOARD_SECRET is not set: it is needed to look up unknown user names; set it to the servers' secret",
        )),
        SecretStatus::Unknown => Err(unknown_secret()),
        SecretStatus::NoServer | SecretStatus::SignsUnknown | SecretStatus::Known => {
            Ok(app.keys.name_digests(&username_key(name)).collect())
        }
    }
}
