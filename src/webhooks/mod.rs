//! Webhooks: events of a tenant, sent to its URLs.
//!
//! Must not know HTTP routes, nor who makes events: triggers write them (`migrations/0022_events.sql`) in transactions that
//! ask for it ([`Scope::make_events`](crate::db::Scope::make_events)).

pub mod attempt;
pub mod deliveries;
pub mod event;
pub mod guard;
pub mod health;
mod plan;
pub mod request;
pub mod secret;
pub mod settings;
pub mod signature;
pub mod store;
pub mod sweep;
mod target;
pub mod worker;

use crate::db::Scope;
use crate::error::Result;

/// Name of the worker in logs and in the count of panics.
pub const TASK: &str = "webhook worker";

/// Notification channel of new deliveries (`migrations/0021_webhooks.sql`); the payload is the tenant.
const CHANNEL: &str = "callboard_webhooks";

/// Wakes the workers once the transaction is committed.
async fn wake(scope: &mut Scope) -> Result<()> {
    let notify = scope
        .query("select pg_notify($2, $1::bigint::text)")
        .bind(CHANNEL);
    notify.execute(scope.connection()).await?;
    Ok(())
}
