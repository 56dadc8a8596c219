//! `GET /metrics`, on the listener for probes alone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::{self, metrics};

/// The metrics of this process, for whoever has the token, if there is one.
pub async fn scrape(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response> {
    if let Some(token) = app.metrics_token.as_deref()
        && !is_allowed(&headers, token)
    {
        return Err(Error::Unauthenticated);
    }
    let metrics = metrics();
    for (pool, used, idle) in app.db.pools() {
        metrics.pool_connections.set([pool, "used"], used.into());
        metrics.pool_connections.set([pool, "idle"], idle.into());
    }
    let kind = HeaderValue::from_static(metrics::CONTENT_TYPE);
    Ok(([(CONTENT_TYPE, kind)], metrics.text()).into_response())
}

fn is_allowed(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let given = given.and_then(|it| it.strip_prefix("Bearer "));
    // Digests are compared, so that the time tells nothing about the token.
    given.is_some_and(|given| Sha256::digest(given) == Sha256::digest(token))
}
