//! `callboard link`

use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;

use super::say;
use crate::app::App;
use crate::auth::sign_in_link;
use crate::config::{Config, within};
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The tenant's id.
    #[arg(long)]
    tenant: i64,
    /// User who is signed in.
    #[arg(long)]
    username: String,
    /// Lifetime of the link, at most 7d.
    #[arg(long, default_value = "10m", value_parser = within("1s", "7d"))]
    expires_in: Duration,
}

pub async fn run(app: &App, config: &Config, arguments: &Arguments) -> Result<()> {
    let Arguments {
        tenant,
        username,
        expires_in,
    } = arguments;
    let base = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", config.listen));
    let link = make(app, &base, (*tenant, username), *expires_in).await?;
    say(format_args!("{link}"));
    Ok(())
}

/// A link to the page at `base` that signs a user in once. Its code follows `#`, so that neither a log nor a preview sees it.
pub async fn make(
    app: &App,
    base: &str,
    user: (i64, &str),
    expires_in: Duration,
) -> Result<String> {
    let now = app.clock.now();
    let expires = now + TimeDelta::from_std(expires_in).map_err(Error::internal)?;
    let code = sign_in_link::make(&app.db, user, expires, now).await?;
    Ok(format!("{base}/#sign-in={code}"))
}
