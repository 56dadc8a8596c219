//! `callboard demo`: serves the API with a tenant full of sample data.

mod templates;
mod tenant;
mod webhook;
mod world;

use std::time::Duration;

use clap::Args;

use super::link;
use super::serve::{self, Work};
use crate::app::App;
use crate::auth::session::{self, TokenRequest};
use crate::config::Config;
use crate::error::{Error, Result};

const USERNAME: &str = "demo";
const PASSWORD: &str = "callboard-demo";
/// Lifetime of the link that signs in.
const LINK_TTL: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Args)]
pub struct Arguments {
    /// Write the demo's tenant into the database of DATABASE_URL.
    #[arg(long)]
    yes: bool,
}

pub async fn run(config: &Config, arguments: &Arguments) -> Result<()> {
    if config.database_url().is_some() && !arguments.yes {
        return Err(Error::setup(
            "DATABASE_URL is set, and the demo would write a tenant into that database: unset it, or pass --yes",
        ));
    }
    serve::run_with(config, async |app, work| {
        demonstrate(config, app, work).await
    })
    .await
}

async fn demonstrate(config: &Config, app: &App, work: Work) -> Result<()> {
    println!("Generating a month of calls…");
    let started = std::time::Instant::now();
    let (tenant, rows) = tenant::refresh(app).await?;
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
    let day = |ago| (app.clock.now() - chrono::TimeDelta::days(ago)).date_naive();
    println!(
        "Open              {link}\n\
         Valid             once, within a day; then sign in with the login\n\n\
         Callboard is at   http://{address}\n\
         Login             {USERNAME} / {PASSWORD}\n\
         Tenant            {tenant}, regenerated at each start of the demo\n\
         Data              {}\n\n\
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
    serve::serve(config, app.clone(), work).await
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
