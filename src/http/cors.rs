//! Which pages of others may ask us from a browser: none, unless an operator names their origins.

use std::time::Duration;

use axum::http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER,
};
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
    let named = || origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let allowed =
        if origins.iter().any(|origin| origin == "*") { AllowOrigin::any() } else { AllowOrigin::list(named()) };
    let custom = HeaderName::from_static;
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CACHE_CONTROL,
            CONTENT_TYPE,
            IF_NONE_MATCH,
            custom("idempotency-key"),
            custom("x-request-id"),
        ])
        .expose_headers([
            AGE,
            CONTENT_DISPOSITION,
            ETAG,
            RETRY_AFTER,
            custom("x-ratelimit-limit"),
            custom("x-ratelimit-remaining"),
            custom("x-ratelimit-reset"),
            custom("x-request-id"),
        ])
        .max_age(KEPT);
    Some(layer)
}
