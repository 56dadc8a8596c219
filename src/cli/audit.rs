//! `callboard audit`

use std::io::Write;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;
use futures_util::TryStreamExt;

use super::print_line;
use crate::app::App;
use crate::auth::Tenant;
use crate::auth::audit::{self, Event, Wanted};
use crate::error::Result;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The account. Without it: logins under names that nobody has, which are no account's.
    #[arg(long)]
    tenant: Option<i64>,
    /// Only these events.
    #[arg(long, value_enum)]
    event: Option<Event>,
    /// Only what this user did.
    #[arg(long)]
    username: Option<String>,
    /// Only of the last so long (7d, 12h).
    #[arg(long, value_parser = humantime::parse_duration)]
    since: Option<Duration>,
}

/// Prints the log, the oldest entry first, a JSON object a line.
pub async fn run(app: &App, arguments: Arguments) -> Result<()> {
    let Arguments { tenant, event, username, since } = arguments;
    let ago = |since| TimeDelta::from_std(since).ok().and_then(|since| app.clock.now().checked_sub_signed(since));
    let wanted = Wanted { event, username, since: since.and_then(ago) };
    let mut out = std::io::stdout().lock();
    match tenant {
        None => audit::of_strangers(&app.db, wanted, |entry| print_line(&mut out, &entry)).await?,
        Some(tenant) => {
            let mut scope = app.db.read(tenant).await?;
            Tenant::load(&mut scope).await?;
            scope.take_your_time().await?;
            let mut entries = audit::of_account(&mut scope, wanted);
            while let Some(entry) = entries.try_next().await? {
                print_line(&mut out, &entry);
            }
        }
    }
    let _ = out.flush();
    Ok(())
}
