//! What stands around every request: its id, its line in the log, its time limit, what browsers are told of every
//! answer, and an answer of ours whatever becomes of it.
//!
//! One service instead of a stack of layers, because an answer that is kept costs less than passing through those.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use futures_util::FutureExt;
use tower::Service;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::error::{self, Cause};
use super::visit::Visit;
use crate::error::Error;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a client, in bytes.
const ID_LEN: usize = 128;
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How many bytes the head of a request may have, about: a thousand agents in a query fit.
const HEAD: usize = 64 << 10;
/// What took longer is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);

/// All routes, and what stands around them.
#[derive(Clone)]
pub struct Around {
    router: Router,
    /// The path that takes as long as its body does.
    unbounded: &'static str,
    limit: Duration,
}

impl Around {
    pub fn new(router: Router, unbounded: &'static str) -> Self {
        Self { router, unbounded, limit: TIMEOUT }
    }

    /// Answers a request that came from there. The limit is on how long it takes until the answer begins; its body
    /// then takes as long as it takes.
    pub fn answer(
        &self,
        mut request: Request,
        peer: SocketAddr,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let told = Told {
            started: Instant::now(),
            id: id(&request),
            method: request.method().clone(),
            uri: request.uri().clone(),
        };
        let visit = Visit::new(peer);
        request.extensions_mut().insert(visit.clone());
        let limit = if told.uri.path() == self.unbounded { Duration::MAX } else { self.limit };
        // A router is always ready.
        let answering = (head(&request) <= HEAD).then(|| self.router.clone().call(request));
        pass(answering, limit, told, visit)
    }
}

/// How many bytes the head of a request has, about.
fn head(request: &Request) -> usize {
    let target = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    request.headers().iter().fold(target, |head, (name, value)| head + name.as_str().len() + value.len())
}

/// None is not answered, for its head is too large.
async fn pass(
    answering: Option<RouteFuture<Infallible>>,
    limit: Duration,
    told: Told,
    visit: Visit,
) -> Result<Response, Infallible> {
    let reads = told.method.is_safe();
    let answering = async move {
        match answering {
            Some(answering) => answering.await,
            None => Ok(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()),
        }
    };
    let mut answering = pin!(AssertUnwindSafe(answering).catch_unwind());
    // What is answered at once has nothing to log, and a span costs as much as such an answer.
    let at_once = poll_fn(|context| Poll::Ready(if reads { answering.as_mut().poll(context) } else { Poll::Pending }));
    let answered = match at_once.await {
        Poll::Ready(answered) => Ok(answered),
        Poll::Pending => tokio::time::timeout(limit, answering).instrument(told.span()).await,
    };
    let mut response = match answered {
        Ok(Ok(Ok(response))) => error::as_json(response),
        Ok(Err(_)) => Error::internal("a handler panicked").into_response(),
        Err(_) => Error::TimedOut.into_response(),
    };
    told.log(&mut response);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, told.id);
    visit.tell(headers);
    protect(headers);
    Ok(response)
}

/// Nothing we answer is taken for something else, shown inside another page, runs, or tells others where it was read.
/// Who answers with a page says himself what it may do.
fn protect(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(nothing);
}

/// What of a request is told in the log.
struct Told {
    started: Instant,
    id: HeaderValue,
    method: Method,
    uri: Uri,
}

impl Told {
    /// At the level of errors, so that whatever is logged has the id that the client is given.
    fn span(&self) -> Span {
        let Self { id, method, uri, .. } = self;
        tracing::error_span!("request", id = id.to_str().unwrap_or_default(), %method, path = uri.path())
    }

    /// Answers that went as they should would drown the rest, and cost more to write down than to give.
    fn log(&self, response: &mut Response) {
        let took = self.started.elapsed();
        let (status, ms) = (response.status().as_u16(), took.as_secs_f64() * 1000.0);
        if let Some(Cause(cause)) = response.extensions_mut().remove() {
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                self.span().in_scope(|| tracing::warn!(status, ms, cause, "unavailable"));
            } else {
                self.span().in_scope(|| tracing::error!(status, ms, cause, "failed"));
            }
        } else if status >= 500 || took > SLOW {
            self.span().in_scope(|| tracing::info!(status, ms, "answered"));
        } else if tracing::enabled!(tracing::Level::DEBUG) {
            self.span().in_scope(|| tracing::debug!(status, ms, "answered"));
        }
    }
}

/// The id that the request brings, unless it is longer than any id, or one made for it.
fn id(request: &Request) -> HeaderValue {
    let brought = request.headers().get(REQUEST_ID).filter(|id| id.len() <= ID_LEN);
    brought.cloned().unwrap_or_else(|| {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v4().as_hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("")) // infallible: all ASCII
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;

    use super::*;

    async fn status(around: &Around, path: &str) -> (StatusCode, bool) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let Ok(response) = around.answer(request, "192.0.2.1:1".parse().unwrap()).await;
        let is_json = response.headers().get("content-type").is_some_and(|kind| kind == "application/json");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        (response.status(), is_json)
    }

    #[tokio::test]
    async fn what_takes_too_long_panics_or_is_unknown_is_told_in_json() {
        async fn panics() {
            panic!("as it should");
        }
        let router = Router::new()
            .route("/slow", get(std::future::pending::<()>))
            .route("/stream", get(|| tokio::time::sleep(Duration::from_millis(60))))
            .route("/panics", get(panics));
        let around = Around { limit: Duration::from_millis(20), ..Around::new(router, "/stream") };
        assert_eq!(status(&around, "/slow").await, (StatusCode::GATEWAY_TIMEOUT, true));
        assert_eq!(status(&around, "/panics").await, (StatusCode::INTERNAL_SERVER_ERROR, true));
        assert_eq!(status(&around, "/nothing").await, (StatusCode::NOT_FOUND, true));
        assert_eq!(status(&around, "/stream").await.0, StatusCode::OK, "it takes as long as it takes");
    }
}
