//! Per-request middleware: request id, access log, limits on head and time, CORS and security headers, content coding,
//! and an answer in JSON whatever fails.
//!
//! One service instead of a stack of layers, because a cached response costs less than passing through such a stack.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, IF_RANGE, RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use futures_util::FutureExt;
use hyper::body::Body as _;
use tower::Service;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::compression;
use super::connections::{Bodies, Upload};
use super::context::RequestContext;
use super::cors::{self, Cors};
use super::{error, measured};
use crate::db::DEADLINE;
use crate::encoded::Coding;
use crate::error::{Cause, Error};
use crate::metrics::metrics;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Maximum length of a client's request id, in bytes.
const ID_LEN: usize = 128;
/// Time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum size of a request head in bytes, about: enough for a thousand agents in the query.
const HEAD: usize = 64 << 10;
/// Maximum length of path and query in bytes, just below the HTTP codec's.
const TARGET: usize = 65_000;
/// Maximum number of header lines of a request.
const HEADERS: usize = 100;
/// Duration beyond which a request is logged.
const SLOW: Duration = Duration::from_secs(1);

/// The routes with their middleware.
#[derive(Clone)]
pub struct Middleware {
    router: Router,
    /// The paths without a request timeout: they take as long as their body.
    unbounded: &'static [&'static str],
    limit: Duration,
    bodies: Bodies,
    cors: Option<Cors>,
}

impl Middleware {
    pub fn new(router: Router, unbounded: &'static [&'static str], bodies: Bodies) -> Self {
        Self {
            router,
            unbounded,
            limit: TIMEOUT,
            bodies,
            cors: None,
        }
    }

    pub fn with_cors(self, cors: Option<Cors>) -> Self {
        Self { cors, ..self }
    }

    /// Ends bodies that are being received; see [`Bodies::stop`].
    pub fn stop(&self) {
        self.bodies.stop();
    }

    /// Answers a request of that peer. The timeout covers the time until the response starts, not its body.
    pub fn answer(
        &self,
        request: Request,
        peer: SocketAddr,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let refusal = head_fault(&request);
        self.pass(request, peer, refusal)
    }

    /// Refuses a request on a connection beyond the limit.
    pub fn refuse(
        &self,
        request: Request,
        peer: SocketAddr,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        self.pass(request, peer, Some(StatusCode::SERVICE_UNAVAILABLE))
    }

    fn pass(
        &self,
        mut request: Request,
        peer: SocketAddr,
        refusal: Option<StatusCode>,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let access_log = AccessLog {
            started: Instant::now(),
            id: id(&request),
            method: request.method().clone(),
            uri: request.uri().clone(),
        };
        let coding = Coding::accepted(request.headers());
        let cors = self
            .cors
            .clone()
            .map(|cors| (cors, cors::Asked::of(&request)));
        let mut upload = None;
        if !request.body().is_end_stream() {
            let (watched, watching) = Upload::watch(&self.bodies, request);
            (request, upload) = (watched, Some(watching));
        }
        let context = RequestContext::new(peer, upload);
        request.extensions_mut().insert(context.clone());
        if access_log.method == Method::HEAD {
            // Ranges are defined for GET alone (RFC 9110, section 14.2).
            request.headers_mut().remove(RANGE);
            request.headers_mut().remove(IF_RANGE);
        }
        let limit = if self.unbounded.contains(&access_log.uri.path()) {
            Duration::MAX
        } else {
            self.limit
        };
        let is_preflight = cors.is_some() && access_log.method == Method::OPTIONS;
        let answering = match refusal {
            Some(status) => Err(status),
            None if is_preflight => Err(StatusCode::OK),
            // A router is always ready.
            None => Ok(self.router.clone().call(request)),
        };
        finish(answering, limit, access_log, context, coding, cors)
    }
}

/// The status that refuses a head beyond our limits. They are below the HTTP codec's, which refuses without a body.
fn head_fault(request: &Request) -> Option<StatusCode> {
    let target = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let headers = request.headers();
    let head = headers.iter().fold(target, |head, (name, value)| {
        head + name.as_str().len() + value.len()
    });
    if target > TARGET {
        Some(StatusCode::URI_TOO_LONG)
    } else if head > HEAD || headers.len() > HEADERS {
        Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    } else {
        None
    }
}

/// Answers with a route, or with that status.
async fn finish(
    answering: Result<RouteFuture<Infallible>, StatusCode>,
    limit: Duration,
    access_log: AccessLog,
    context: RequestContext,
    coding: Option<Coding>,
    cors: Option<(Cors, cors::Asked)>,
) -> Result<Response, Infallible> {
    let (reads, is_refused) = (access_log.method.is_safe(), answering.is_err());
    // Only database statements can delay these.
    let limit = if reads { limit.min(DEADLINE) } else { limit };
    let answering = async move {
        match answering {
            Ok(answering) => answering.await,
            Err(status) => Ok(status.into_response()),
        }
    };
    let mut answering = pin!(AssertUnwindSafe(answering).catch_unwind());
    // A response that is ready on the first poll has nothing to log, and a span would cost as much as the response.
    let at_once = poll_fn(|context| {
        Poll::Ready(if reads {
            answering.as_mut().poll(context)
        } else {
            Poll::Pending
        })
    });
    let answered = match at_once.await {
        Poll::Ready(answered) => Ok(answered),
        Poll::Pending => {
            tokio::time::timeout(limit, answering)
                .instrument(access_log.span())
                .await
        }
    };
    let upload = context.upload();
    let mut response = match answered {
        Ok(Ok(Ok(response))) => error::as_json(response),
        Ok(Err(_)) => Error::internal("a handler panicked").into_response(),
        Err(_) if upload.is_some_and(Upload::is_awaited) => Error::BodyTimedOut.into_response(),
        Err(_) => Error::TimedOut.into_response(),
    };
    // A body ended by the server looks like an incomplete one to its handler.
    let ended = upload
        .and_then(Upload::end)
        .filter(|_| !response.status().is_success());
    if let Some(end) = ended {
        response = error::as_json(StatusCode::from(end).into_response());
    }
    response = compression::pack(response, coding)
        .await
        .unwrap_or_else(IntoResponse::into_response);
    access_log.measure(&mut response);
    access_log.log(&mut response, is_refused || ended.is_some());
    if let Some((cors, asked)) = cors {
        response = cors.apply(asked, response).await;
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, access_log.id);
    context.tell(headers);
    protect(headers);
    Ok(response)
}

/// Security headers: no MIME sniffing, framing, scripts or referrers. Handlers that serve HTML set their own CSP.
fn protect(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(nothing);
}

/// The access log of a request.
struct AccessLog {
    started: Instant,
    id: HeaderValue,
    method: Method,
    uri: Uri,
}

impl AccessLog {
    /// At level ERROR, so that every log line has the request id.
    fn span(&self) -> Span {
        let Self {
            id, method, uri, ..
        } = self;
        tracing::error_span!("request", id = id.to_str().unwrap_or_default(), %method, path = uri.path())
    }

    fn measure(&self, response: &mut Response) {
        let [method, route] = measured::labels(&self.method, self.uri.path());
        let status = measured::status(response.status());
        let cached = measured::cached(response);
        metrics().answered([method, route, status], cached, self.started.elapsed());
    }

    /// Successful responses are not logged: they would drown the others and cost more to log than to send. Neither are
    /// refusals that strangers can cause at will.
    fn log(&self, response: &mut Response, is_quiet: bool) {
        let took = self.started.elapsed();
        let (status, ms) = (response.status().as_u16(), took.as_secs_f64() * 1000.0);
        if let Some(cause) = response.extensions_mut().remove::<Cause>() {
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                self.span()
                    .in_scope(|| tracing::warn!(status, ms, %cause, "unavailable"));
            } else {
                self.span()
                    .in_scope(|| tracing::error!(status, ms, %cause, "failed"));
            }
        } else if (status >= 500 || took > SLOW) && !is_quiet {
            self.span()
                .in_scope(|| tracing::info!(status, ms, "answered"));
        } else if tracing::enabled!(tracing::Level::DEBUG) {
            self.span()
                .in_scope(|| tracing::debug!(status, ms, "answered"));
        }
    }
}

/// The client's request id, or a new one if it is missing or too long.
fn id(request: &Request) -> HeaderValue {
    let brought = request
        .headers()
        .get(REQUEST_ID)
        .filter(|id| id.len() <= ID_LEN);
    brought.cloned().unwrap_or_else(|| {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v4().as_hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("")) // infallible: all ASCII
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, ORIGIN};
    use axum::routing::get;

    use super::super::connections::Limits;
    use super::*;

    const PAGE: &str = "https://reports.example.com";

    /// The status of a response, and whether it is JSON. Checks the headers that every response must have.
    async fn status(middleware: &Middleware, method: Method, path: &str) -> (u16, bool) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(ORIGIN, PAGE);
        let request = request.body(Body::empty()).unwrap();
        let Ok(response) = middleware
            .answer(request, "192.0.2.1:1".parse().unwrap())
            .await;
        let headers = response.headers();
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], PAGE, "{path}");
        let is_json = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind == "application/json");
        (response.status().as_u16(), is_json)
    }

    #[tokio::test]
    async fn answers_made_outside_the_routes_are_json_and_carry_what_browsers_ask_for() {
        async fn panics() {
            panic!("as it should");
        }
        let router = Router::new()
            .route("/slow", get(std::future::pending::<()>))
            .route(
                "/stream",
                get(|| tokio::time::sleep(Duration::from_millis(60))),
            )
            .route("/panics", get(panics));
        let middleware = Middleware::new(router, &["/stream"], Bodies::new(Limits::default()));
        let middleware = Middleware {
            limit: Duration::from_millis(20),
            ..middleware
        }
        .with_cors(cors::policy(&[PAGE.to_owned()]));
        for (method, path, expected) in [
            (Method::GET, "/slow", 504),
            (Method::GET, "/panics", 500),
            (Method::GET, "/nothing", 404),
            (Method::POST, "/slow", 405),
            (Method::GET, &format!("/slow?{}", "q".repeat(TARGET)), 414),
        ] {
            assert_eq!(
                status(&middleware, method, path).await,
                (expected, true),
                "{path}"
            );
        }
        assert_eq!(
            status(&middleware, Method::GET, "/stream").await.0,
            200,
            "it takes as long as it takes"
        );
        assert_eq!(
            status(&middleware, Method::OPTIONS, "/nothing").await.0,
            200
        );
    }
}
