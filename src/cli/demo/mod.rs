//! `callboard demo`: serves the API with a tenant full of sample data, in which calls go on.

mod exports;
mod feed;
mod people;
mod templates;
mod tenant;
mod webhook;
mod world;

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use tokio::task::JoinSet;

use tenant::Filled;

use super::link;
use super::serve::{self, Work};
use crate::app::App;
use crate::auth::session::{self, TokenRequest};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::time::Clock;
use people::{ANALYST, READER};
use world::DAYS_AHEAD;

const USERNAME: &str = "demo";
const PASSWORD: &str = "callboard-demo";
/// Lifetime of the link that signs in.
const LINK_TTL: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Args)]
pub struct Arguments {
    /// Write the demo's tenant into the database of DATABASE_URL.
    #[arg(long)]
    yes: bool,
    /// Add no calls while it runs, so that figures stay.
    #[arg(long)]
    still: bool,
    /// Make it this instant, for as long as it runs: the same figures each time, and no calls that are added.
    #[arg(long, value_name = "INSTANT", value_parser = |text: &str| text.parse::<DateTime<Utc>>())]
    at: Option<DateTime<Utc>>,
}

pub async fn run(config: &Config, arguments: &Arguments) -> Result<()> {
    if config.database_url().is_some() && !arguments.yes {
        return Err(Error::setup(
            "DATABASE_URL is set, and the demo would write a tenant into that database: unset it, or pass --yes",
        ));
    }
    serve::run_with(config, async |app, work| {
        let clock = arguments.at.map_or(app.clock, Clock::Fixed);
        let app = App {
            clock,
            ..app.clone()
        };
        let is_still = arguments.still || arguments.at.is_some();
        demonstrate(config, &app, work, is_still).await
    })
    .await
}

async fn demonstrate(config: &Config, app: &App, work: Work, is_still: bool) -> Result<()> {
    println!("Generating a month of calls…");
    let started = std::time::Instant::now();
    let Filled {
        target,
        rows,
        coming,
    } = tenant::refresh(app).await?;
    let tenant = target.tenant;
    println!("{rows} rows in {:.1} s.\n", started.elapsed().as_secs_f64());
    let session = TokenRequest {
        tenant,
        username: USERNAME,
        permissions: &[],
        expires: None,
    };
    let token = session::issue(&app.db, &app.keys, session, app.clock.now()).await?;
    let address = work.listener.local_addr().map_err(Error::internal)?;
    let base = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{address}"));
    let link = link::make(app, &base, (tenant, USERNAME), LINK_TTL).await?;
    let calls = if is_still {
        "of a month up to now; none are added".to_owned()
    } else {
        format!("of a month up to now; for {DAYS_AHEAD} days new ones come")
    };
    let day = |ago| (app.clock.now() - chrono::TimeDelta::days(ago)).date_naive();
    println!(
        "Open              {link}\n\
         Valid             once, within a day; then sign in with the login\n\n\
         Callboard is at   http://{address}\n\
         Login             {USERNAME} / {PASSWORD}\n\
         Other logins      {ANALYST} (supervisor) and {READER} (read only), with the same password\n\
         Tenant            {tenant}, regenerated at each start of the demo\n\
         Data              {}\n\
         Calls             {calls}\n\n\
         Try, in another terminal:\n\n\
         export TOKEN={token}\n\
         curl -H \"Authorization: Bearer $TOKEN\" http://{address}/api/autocall/campaigns/1/reports/kpis\n\
         curl -H \"Authorization: Bearer $TOKEN\" \
         'http://{address}/api/telesales/reports/dashboard?date_from={}&date_to={}&timezone=Asia/Ho_Chi_Minh'\n\n\
         Press Ctrl-C to stop.",
        place(config),
        day(30),
        day(0),
    );
    let mut beside = JoinSet::new();
    beside.spawn(exports::work(app.clone(), tenant, is_still));
    if !is_still {
        beside.spawn(feed::run(app.clone(), target, coming));
    }
    let served = serve::serve(config, app.clone(), work).await;
    beside.shutdown().await;
    served
}

/// Location of the data, with instructions to remove it.
fn place(config: &Config) -> String {
    match config.database_url() {
        Some(_) => "in the database of DATABASE_URL".into(),
        None => format!(
            "in {}; stop the demo and delete that directory to start over",
            config.data_dir.display()
        ),
    }
}
