//! Events: the catalogue, subscriptions to them, and the bodies that are sent.
//!
//! Owns what an event is called and what its data looks like. Must not know webhooks, nor how a body is sent.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::error::{Error, Result};
use crate::time::Instant;

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'a str,
    timestamp: Instant,
    tenant_id: i64,
    data: &'a Value,
}

/// Body of a delivery: the event, with its `data` as stored and the instant at which it was written. Made anew for each
/// try, because a link to an export is made when it is sent.
pub fn body(
    _app: &App,
    event: &str,
    data: &Value,
    tenant: i64,
    created_at: DateTime<Utc>,
) -> Result<String> {
    let envelope = Envelope {
        event,
        timestamp: Instant(created_at),
        tenant_id: tenant,
        data,
    };
    serde_json::to_string(&envelope).map_err(Error::internal)
}
