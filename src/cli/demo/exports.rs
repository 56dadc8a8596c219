//! The demo's exports: some that are made when it starts, one that fails, and one at work.
//!
//! All are orders like those of the API. Only the one at work is slower: its worker is here, and takes minutes over it.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::people::ANALYST;
use super::{USERNAME, templates};
use crate::app::App;
use crate::auth::Tenant;
use crate::auth::user;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::exports::calls::CallsOrder;
use crate::exports::entry::Entry;
use crate::exports::make::make;
use crate::exports::progress::Progress;
use crate::exports::queue;
use crate::exports::request::Order;
use crate::supervise;

/// Progress at which the one at work is met, and stays where time stands still.
const MET_AT: i16 = 38;
/// Time that it takes from there, about; the next one follows it.
const SLOW: Duration = Duration::from_secs(10 * 60);
/// Least time between two of them, where somebody cancels one.
const PAUSE: Duration = Duration::from_secs(2 * 60);

/// Name in the count of panics.
const TASK: &str = "demo export";

/// An order: the user who gave it, the campaign (none for a list of calls), and its members.
type Ordered = (&'static str, Option<i64>, Value);

fn orders() -> [Ordered; 4] {
    [
        (
            USERNAME,
            Some(1),
            json!({"report_type": "trend", "window": "last_30_days", "template": "campaign-trend"}),
        ),
        (
            ANALYST,
            None,
            json!({"window": "yesterday", "campaign_id": "47"}),
        ),
        (
            ANALYST,
            Some(1),
            json!({"report_type": "kpis", "window": "yesterday", "format": "csv", "lang": "vi"}),
        ),
        (
            USERNAME,
            Some(1),
            json!({"report_type": "full", "window": "last_7_days", "lang": "vi"}),
        ),
    ]
}

/// Adds orders to the queue, for the workers that start later. One of them names a template that is deleted meanwhile.
pub async fn order(app: &App, tenant: i64) -> Result<()> {
    for (ordered, minutes) in orders().into_iter().zip([50, 41, 26, 12]) {
        let mut scope = app.db.write(tenant).await?;
        submit(app, &mut scope, ordered, minutes).await?;
        scope.commit().await?;
    }
    let mut scope = app.db.write(tenant).await?;
    let order = json!({"report_type": "trend", "window": "last_7_days", "template": templates::SHORT_LIVED});
    submit(app, &mut scope, (ANALYST, Some(1), order), 7).await?;
    templates::delete_short_lived(&mut scope).await?;
    scope.commit().await
}

/// Adds an order that was given some minutes ago.
async fn submit(
    app: &App,
    scope: &mut Scope,
    (by, campaign, members): Ordered,
    minutes: i64,
) -> Result<String> {
    let now = app.clock.now() - TimeDelta::minutes(minutes);
    let tenant = Tenant::load(scope).await?;
    let none = Map::new();
    let members = (members.as_object().unwrap_or(&none), None);
    let entry: Entry = match campaign {
        Some(campaign) => {
            let order = Order::read(scope, &tenant, campaign, members, now).await?;
            order.entry()
        }
        None => CallsOrder::read(scope, &tenant, members, now)
            .await?
            .entry(),
    };
    let (by, _) = user::enabled(scope, by).await?;
    Ok(queue::submit(scope, entry, by, now).await?.id)
}

/// Keeps an export at work, as long as it is polled; where time stands still always the same.
pub async fn work(app: App, tenant: i64, is_still: bool) {
    supervise::every(TASK, PAUSE, || work_slowly(&app, tenant, is_still)).await;
}

/// Orders an export, and makes it slowly.
async fn work_slowly(app: &App, tenant: i64, is_still: bool) -> Result<()> {
    let lease = app.exports.pace.lease;
    let order = json!({"report_type": "full", "window": "last_30_days"});
    let mut scope = app.db.write(tenant).await?;
    let id = submit(app, &mut scope, (ANALYST, Some(1), order), 4).await?;
    let claim = queue::claim_submitted(&mut scope, &id, lease).await?;
    scope.commit().await?;
    let claimed = queue::claimed(&app.db, tenant, id, claim, app.clock.now());
    let Some(job) = claimed.await? else {
        return Ok(()); // cancelled
    };
    let mut pct = MET_AT;
    while pct < 100 {
        if !queue::renew(&app.db, &job, lease, pct).await? {
            return Ok(()); // cancelled
        }
        sleep(SLOW / u32::from((100 - MET_AT).unsigned_abs())).await;
        pct += i16::from(!is_still);
    }
    let made = make(app, &job, &Arc::new(Progress::new(job.rows_expected))).await;
    let made = made.map_err(|failure| Error::internal(failure.to_string()))?;
    queue::finish(app, &job, &made).await.map(drop)
}
