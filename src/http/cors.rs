//! Which pages of others may ask us from a browser: none, unless an operator names their origins.

use std::time::Duration;

use axum::http::header::{
    ACCEPT_RANGES, AGE, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// For how long a browser may keep what it was told.
const KEPT: Duration = Duration::from_secs(3600);

/// None where no origin is named. Nothing here is sent with cookies, so that any origin (`*`) gets no more than what
/// its own token opens.
pub fn layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        // Browsers send an origin in lower case, other clients and operators write it as they like.
        let origins = origins.to_vec();
        let is_named = move |origin: &HeaderValue, _: &Parts| {
            origins.iter().any(|named| named.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
        };
        AllowOrigin::predicate(is_named)
    };
    let custom = HeaderName::from_static;
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CACHE_CONTROL,
            CONTENT_ENCODING,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            IF_RANGE,
            RANGE,
            custom("idempotency-key"),
            custom("x-request-id"),
        ])
        .expose_headers([
            ACCEPT_RANGES,
            AGE,
            ALLOW,
            CONTENT_DISPOSITION,
            CONTENT_RANGE,
            ETAG,
            RETRY_AFTER,
            WWW_AUTHENTICATE,
            custom("accept-post"),
            custom("x-ratelimit-limit"),
            custom("x-ratelimit-remaining"),
            custom("x-ratelimit-reset"),
            custom("x-request-id"),
        ])
        .max_age(KEPT);
    Some(layer)
}
