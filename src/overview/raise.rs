//! The minute check of warnings: tells the webhooks of accounts that subscribe to them which have begun.
//!
//! Only these accounts are visited. A warning and its event are written in one transaction, so that neither exists without the other,
//! whenever a server dies. Any number of instances may run the check; one at a time does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::Executor;
use tracing::Instrument;

use super::account::Sees;
use super::calls;
use super::make::{Making, Wanted};
use super::pace::paces_of;
use super::paces::ByCampaign;
use super::raised::{self, Key};
use super::warnings::{Code, Warning};
use crate::app::App;
use crate::auth::Tenant;
use crate::db::{Database, Lane, Scope};
use crate::error::{Error, Result};
use crate::page::PageRequest;
use crate::rollups::Module;
use crate::supervise;

const EVERY: Duration = Duration::from_secs(60);
/// Postgres advisory lock of the check.
const LOCK: i64 = 0x6361_6c6c_0025;
/// The event of a warning that begins.
const EVENT: &str = "warning.raised";

/// Name in the count of panics.
pub const TASK: &str = "warning check";

/// Checks each minute, as long as it is polled. A failed check is logged; the next one tries again.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    let check = async || check(&app).await.map(drop);
    supervise::every(TASK, EVERY, check).await;
}

/// Checks all tenants that subscribe once. Returns the number of warnings raised; 0 if another instance is checking.
pub async fn check(app: &App) -> Result<u64> {
    let Some(lease) = app.db.lease(LOCK).await? else {
        return Ok(0);
    };
    let mut raised = 0;
    for tenant in tenants_to_check(&app.db).await? {
        // One tenant's failure must not affect the others.
        let account = tracing::error_span!("account", tenant);
        raised += supervise::attempt(TASK, check_tenant(app, tenant))
            .instrument(account)
            .await
            .unwrap_or_default();
    }
    lease.release().await?;
    Ok(raised)
}

/// Tenants whose warnings are told, or were until now.
pub async fn tenants_to_check(db: &Database) -> Result<Vec<i64>> {
    let list = sqlx::query_scalar(include_str!("sql/tenants_to_warn.sql"));
    db.tenants_listed(list.bind(EVENT)).await
}

async fn check_tenant(app: &App, id: i64) -> Result<u64> {
    let now = app.clock.now();
    let mut scope = app.db.read(id).await?;
    let tenant = Tenant::load(&mut scope).await?;
    drop(scope);
    let mut paces = Vec::new();
    for module in Module::ALL {
        let day = (module, tenant.timezone, now);
        let of = paces_of(&app.db, &app.paces, &tenant, day).await?;
        paces.push((module, of));
    }
    let mut scope = app.db.write_snapshot(id).await?;
    let timeout = "set local statement_timeout = '30s'";
    scope.connection().execute(timeout).await?;
    scope.make_events().await?;
    let holding = holding(&mut scope, &tenant, &paces, now).await?;
    let raised = raised::store(&mut scope, &holding, now).await?;
    scope.commit().await?;
    Ok(raised)
}

/// Warnings that hold, with the data of their events; none where nobody subscribes to them.
async fn holding(
    scope: &mut Scope,
    tenant: &Tenant,
    paces: &[(Module, Arc<ByCampaign>)],
    now: DateTime<Utc>,
) -> Result<BTreeMap<Key, Value>> {
    let subscribes = scope.select::<(bool,)>(include_str!("sql/subscribes.sql"));
    let subscribes = subscribes.bind(EVENT).fetch_one(scope.connection());
    let (subscribes,) = subscribes.await?;
    let mut holding = BTreeMap::new();
    if !subscribes {
        return Ok(holding);
    }
    for (module, paces) in paces {
        let wanted = Wanted {
            module: *module,
            q: None,
            campaign: None,
            page: PageRequest::of_query(None)?,
            zone: None,
            user: 0,
            sees: Sees::ALL,
        };
        let source = calls::source(scope, *module).await?;
        let making = Making::new(&wanted, paces, tenant, (tenant.timezone, now, source));
        let (campaigns, _, warnings) = making.read(scope).await?;
        let names = campaigns.iter().map(|it| (it.id, it.name.as_str()));
        let names: BTreeMap<i64, &str> = names.collect();
        for warning in warnings {
            let name = warning.campaign.and_then(|id| names.get(&id).copied());
            let module = (warning.code != Code::WebhookSuspended).then(|| module.name());
            let key = Key::of(&warning, module.unwrap_or_default());
            holding.insert(key, data(warning, (module, name))?);
        }
    }
    Ok(holding)
}

/// Data of the event of a warning.
fn data(warning: Warning, (module, name): (Option<&str>, Option<&str>)) -> Result<Value> {
    let mut data = json!({"module": module, "campaign_name": name});
    let shown = serde_json::to_value(warning.shown()).map_err(Error::internal)?;
    if let (Value::Object(data), Value::Object(shown)) = (&mut data, shown) {
        data.extend(shown);
    }
    Ok(data)
}
