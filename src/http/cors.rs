//! Cross-origin requests from browsers: refused unless the operator lists the origin.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    ACCEPT_RANGES, AGE, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, IF_RANGE, ORIGIN, RANGE,
    RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use tower::{Layer, Service};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::window;

/// Lifetime of a preflight response in a browser.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Adds CORS headers to responses.
#[derive(Clone)]
pub struct Cors(CorsLayer);

/// The part of a request that the CORS headers depend on.
pub struct Asked {
    method: Method,
    origin: Option<HeaderValue>,
}

impl Asked {
    pub fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            origin: request.headers().get(ORIGIN).cloned(),
        }
    }
}

impl Cors {
    /// Adds the headers to a finished response. Applied outside the routes, so that every response has them; they alone
    /// answer a preflight request.
    pub async fn apply(&self, asked: Asked, answer: Response) -> Response {
        let mut request = axum::http::Request::new(());
        *request.method_mut() = asked.method;
        request
            .headers_mut()
            .extend(asked.origin.map(|origin| (ORIGIN, origin)));
        let Ok(answer) = self.0.layer(Answered(Some(answer))).call(request).await;
        answer
    }
}

/// A service that returns a finished response.
struct Answered(Option<Response>);

impl Service<axum::http::Request<()>> for Answered {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: axum::http::Request<()>) -> Self::Future {
        ready(Ok(self.0.take().unwrap_or_default()))
    }
}

/// The policy for those origins; `None` if there are none. `*` is safe: credentials are never allowed, so the answer to a
/// request with the page's cookie is hidden from every other page, and one gets only what its own token permits.
pub fn policy(origins: &[String]) -> Option<Cors> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        // Browsers send origins in lower case; operators and other clients may not.
        let origins = origins.to_vec();
        let is_listed = move |origin: &HeaderValue, _: &Parts| {
            origins
                .iter()
                .any(|named| named.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
        };
        AllowOrigin::predicate(is_listed)
    };
    let custom = HeaderName::from_static;
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
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
            window::NAME,
            custom("accept-post"),
            custom("x-ratelimit-limit"),
            custom("x-ratelimit-remaining"),
            custom("x-ratelimit-reset"),
            custom("x-request-id"),
        ])
        .max_age(MAX_AGE);
    Some(Cors(layer))
}
