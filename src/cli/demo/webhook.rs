//! The demo's webhook: it gets the events of the newest calls, and shows what became of them.
//!
//! Owns its address and the outcomes of its deliveries. The webhook is paused before a worker sees it: the demo sends
//! nothing.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::error::Result;
use crate::webhooks::request::Change;
use crate::webhooks::store;

const URL: &str = "https://crm.example.com/callboard";
const EVENTS: [&str; 2] = ["autocall.call.*", "telesales.call.disposed"];

/// Creates the webhook; ingest that makes events writes its deliveries. Returns its id.
pub async fn subscribe(app: &App, tenant: i64, now: DateTime<Utc>) -> Result<i64> {
    let change = Change {
        url: Some(URL.into()),
        events: Some(EVENTS.map(str::to_owned).into()),
        description: Some(Some("CRM. Paused: the demo sends nothing.".into())),
        status: None,
    };
    let mut scope = app.db.write(tenant).await?;
    let webhook = store::create(&mut scope, &app.keys, &change, now).await?;
    scope.commit().await?;
    Ok(webhook.id)
}

/// Gives the deliveries their outcomes, and pauses the webhook.
pub async fn settle(app: &App, tenant: i64, webhook: i64, now: DateTime<Utc>) -> Result<()> {
    let mut scope = app.db.write(tenant).await?;
    for sql in [include_str!("deliveries.sql"), include_str!("webhook.sql")] {
        let settle = scope.query(sql).bind(webhook).bind(now);
        settle.execute(scope.connection()).await?;
    }
    scope.commit().await
}
