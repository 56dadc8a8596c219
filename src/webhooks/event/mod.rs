//! Events: the catalogue, subscriptions to them, and the bodies that are sent.
//!
//! Owns what an event is called and what its data looks like. Must not know webhooks, nor how a body is sent.

pub mod catalogue;
mod data;
pub mod subscription;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::app::App;
use crate::error::{Error, Result};
use crate::time::Instant;

/// Event of a test.
pub const TEST: &str = "webhook.test";
/// Event of a finished file.
pub const EXPORT_READY: &str = "report.export.ready";

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'a str,
    timestamp: Instant,
    tenant_id: i64,
    data: &'a RawValue,
}

/// Body of a delivery: the event, with its `data` as stored and the instant at which it was written. Made anew for each
/// try, because a link to an export is made when it is sent. `Internal` if this version does not know the event.
pub fn body(
    app: &App,
    event: &str,
    data: &Value,
    tenant: i64,
    created_at: DateTime<Utc>,
) -> Result<String> {
    let known = catalogue::EVENTS.iter().find(|known| known.name == event);
    let known = known.ok_or_else(|| Error::Internal(format!("unknown event {event}").into()))?;
    let envelope = Envelope {
        event,
        timestamp: Instant(created_at),
        tenant_id: tenant,
        data: &(known.shape)(app, data)?,
    };
    serde_json::to_string(&envelope).map_err(Error::internal)
}

/// Data of a [`TEST`].
pub fn test_data(webhook: i64) -> Value {
    serde_json::json!({ "webhook_id": webhook })
}
