//! What stands around every request: its id, its line in the log, its time limit, and an answer of ours whatever
//! becomes of it.
//!
//! One service instead of a stack of layers, because an answer that is kept costs less than passing through those.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use futures_util::FutureExt;
use tower::Service;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::error::{self, Cause};
use crate::error::Error;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// What took longer is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);

/// All routes, and what stands around them.
#[derive(Clone)]
pub struct Around {
    router: Router,
    /// The path that takes as long as its body does.
    unbounded: &'static str,
}

impl Around {
    pub fn new(router: Router, unbounded: &'static str) -> Self {
        Self { router, unbounded }
    }
}

impl Service<Request> for Around {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // as a router always is
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let told = Told {
            started: Instant::now(),
            id: id(&request),
            method: request.method().clone(),
            uri: request.uri().clone(),
        };
        let limit = if told.uri.path() == self.unbounded { Duration::MAX } else { TIMEOUT };
        Box::pin(pass(self.router.call(request), limit, told))
    }
}

async fn pass(answering: RouteFuture<Infallible>, limit: Duration, told: Told) -> Result<Response, Infallible> {
    let reads = told.method.is_safe();
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
    response.headers_mut().insert(REQUEST_ID, told.id);
    Ok(response)
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

/// The id that the request brings, or one made for it.
fn id(request: &Request) -> HeaderValue {
    request.headers().get(REQUEST_ID).cloned().unwrap_or_else(|| {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v4().as_hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("")) // infallible: all ASCII
    })
}
