//! `callboard demo`: a server with an account full of data to look at.

use chrono::SecondsFormat;

use super::demo_world;
use super::serve::{Stop, listen, run_with};
use crate::app::App;
use crate::auth::session::{self, NewSession};
use crate::auth::tenant::{Change, DEFAULT_TIMEZONE};
use crate::auth::user::{self, NewUser};
use crate::auth::{Role, Tenant};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ingest::{self, Body, Locale, Target};

const TENANT: i64 = 1;
const NAME: &str = "Callboard demo";
/// Its name until all its data is there, so that a demo killed on the way is filled again by the next.
const BEING_FILLED: &str = "Callboard demo, being filled";
const USERNAME: &str = "demo";
const PASSWORD: &str = "callboard-demo";

pub async fn run(config: &Config) -> Result<()> {
    run_with(config, async |app, stop| serve(config, app, stop).await).await
}

async fn serve(config: &Config, app: &App, stop: Stop) -> Result<()> {
    prepare(app).await?;
    let session = NewSession { tenant: TENANT, username: USERNAME, permissions: &[], expires: None };
    let token = session::issue(&app.db, &app.keys, session, app.clock.now()).await?;
    let listener = listen(config).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let to = app.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let from = (app.clock.now() - chrono::TimeDelta::days(30)).to_rfc3339_opts(SecondsFormat::Secs, true);
    println!(
        "Callboard is at   http://{address}\n\
         Login             {USERNAME} / {PASSWORD}\n\
         Token             {token}\n\n\
         Try               curl -H \"Authorization: Bearer $TOKEN\" \
         http://{address}/api/autocall/campaigns/1/reports/kpis\n\
         And               curl -H \"Authorization: Bearer $TOKEN\" \
         'http://{address}/api/telesales/reports/dashboard?date_from={from}&date_to={to}'\n\n\
         Ctrl-C stops it; what is stored stays."
    );
    super::serve::serve(config, app.clone(), listener, stop).await
}

/// Makes the account and its data, unless an earlier run did. Refuses an account that is somebody's.
async fn prepare(app: &App) -> Result<()> {
    match Tenant::load(&mut app.db.read(TENANT).await?).await {
        Ok(tenant) if tenant.name == BEING_FILLED => {}
        Ok(_) if user::exists(&app.db, TENANT, USERNAME).await? => return Ok(()),
        Ok(_) => {
            return Err(Error::Internal(format!("account {TENANT} of this database is in use: demo wants its own")));
        }
        Err(Error::NotFound) => Tenant::create(&app.db, TENANT, BEING_FILLED, *DEFAULT_TIMEZONE, None).await?,
        Err(error) => return Err(error),
    }
    let world = demo_world::lines(app.clock.now());
    let target = Target { tenant: TENANT, locale: Locale { zone: *DEFAULT_TIMEZONE, country_code: 84 }, atomic: true };
    let tally = ingest::ingest(&app.db, target, Body::Lines(world.as_bytes()), |_| ()).await?;
    if tally.is_refused() {
        return Err(Error::Invalid(tally.faults()));
    }
    tracing::info!(rows = tally.stored, "made the demo's data");
    if !user::exists(&app.db, TENANT, USERNAME).await? {
        let (username, password) = (USERNAME, PASSWORD);
        let user = NewUser { tenant: TENANT, username, password, role: Role::Admin, email: None, team: None };
        user::create(&app.db, user).await?;
    }
    Tenant::change(&app.db, TENANT, &[Change::Name(NAME.into())]).await
}
