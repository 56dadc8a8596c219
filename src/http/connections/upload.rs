//! The body of one request: timed out without progress, counted while unfinished, discarded when refused.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::EXPECT;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::sync::Notify;

use super::Limits;
use super::bodies::{Bodies, Whose};
use crate::error::{Error, Result};

/// Size above which a body counts as unfinished before it is read.
const LARGE: u64 = 64 << 10;

/// Reasons for ending a body early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// No progress within the timeout.
    Silent,
    /// Too many unfinished bodies, or evicted for another.
    TooMany,
    /// The server is stopping.
    Stopping,
}

impl BodyEnd {
    fn cause(self) -> &'static str {
        match self {
            Self::Silent => "body timed out",
            Self::TooMany => "too many unfinished bodies",
            Self::Stopping => "server stopped while receiving a body",
        }
    }
}

impl From<BodyEnd> for StatusCode {
    fn from(end: BodyEnd) -> Self {
        match end {
            BodyEnd::Silent => Self::REQUEST_TIMEOUT,
            BodyEnd::TooMany | BodyEnd::Stopping => Self::SERVICE_UNAVAILABLE,
        }
    }
}

/// The body of a request, shared by its handler and the middleware. Cheap to clone; clones refer to the same body.
#[derive(Clone)]
pub struct Upload(Arc<Shared>);

struct Shared {
    bodies: Bodies,
    may_be_large: bool,
    tenant: OnceLock<i64>,
    end: OnceLock<BodyEnd>,
    /// The body's entry among the unfinished ones, while it counts as one.
    entry: Mutex<Option<(u64, Arc<Notify>)>>,
    is_finished: OnceLock<()>,
}

impl Upload {
    /// Applies the server's limits to the body of a request.
    pub fn watch(bodies: &Bodies, request: Request) -> (Request, Self) {
        let size = request.body().size_hint().upper();
        let expects_continue = request.headers().contains_key(EXPECT);
        let upload = Upload(Arc::new(Shared {
            bodies: bodies.clone(),
            may_be_large: size.is_none_or(|size| size > LARGE),
            tenant: OnceLock::new(),
            end: OnceLock::new(),
            entry: Mutex::default(),
            is_finished: OnceLock::new(),
        }));
        let watched = |body| Watched {
            body: Some(body),
            expects_continue,
            first_waited: None,
            waiting: None,
            upload: upload.clone(),
        };
        (request.map(|body| Body::new(watched(body))), upload)
    }

    /// Attributes the body to a tenant. `Unavailable` if it may be large and the tenant is at its limit of unfinished
    /// bodies.
    pub fn belongs_to(&self, tenant: i64) -> Result<()> {
        self.0.tenant.get_or_init(|| tenant);
        if !self.0.may_be_large || self.0.is_finished.get().is_some() {
            return Ok(());
        }
        self.0
            .count()
            .map(drop)
            .map_err(|end| Error::Unavailable(end.cause().into()))
    }

    /// The reason for ending the body early, if it was ended early.
    pub fn end(&self) -> Option<BodyEnd> {
        self.0.end.get().copied()
    }

    /// True while the body counts as unfinished: the request has waited for more of it for some time.
    pub fn is_awaited(&self) -> bool {
        self.0.is_counted()
    }
}

impl Shared {
    /// Registers the body as unfinished, once.
    fn count(&self) -> Result<Arc<Notify>, BodyEnd> {
        let mut entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, give_way)) = &*entry {
            return Ok(Arc::clone(give_way));
        }
        let whose = self
            .tenant
            .get()
            .map_or(Whose::Stranger, |tenant| Whose::Tenant(*tenant));
        let Some((id, give_way)) = self.bodies.enter(whose) else {
            return Err(*self.end.get_or_init(|| BodyEnd::TooMany));
        };
        *entry = Some((id, Arc::clone(&give_way)));
        Ok(give_way)
    }

    fn is_counted(&self) -> bool {
        self.entry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn finish(&self) {
        self.is_finished.get_or_init(|| ());
        self.leave();
    }

    fn leave(&self) {
        let entry = self
            .entry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((id, _)) = entry {
            self.bodies.leave(id);
        }
    }
}

/// A body under limits.
struct Watched {
    /// `None` after its end, or when given up.
    body: Option<Body>,
    /// The client waits for a `100 Continue` before it sends the body.
    expects_continue: bool,
    /// Instant of the first wait for more of it.
    first_waited: Option<Instant>,
    /// Resolves with the reason when the wait for the next bytes has to end.
    waiting: Option<Pin<Box<dyn Future<Output = BodyEnd> + Send>>>,
    upload: Upload,
}

impl Watched {
    fn wait(&mut self) -> Pin<Box<dyn Future<Output = BodyEnd> + Send>> {
        let waited = self.first_waited.get_or_insert_with(Instant::now).elapsed();
        let shared = Arc::clone(&self.upload.0);
        Box::pin(async move {
            let &Limits {
                body_timeout,
                body_grace,
                ..
            } = shared.bodies.limits();
            let unread = async {
                let grace = body_grace.saturating_sub(waited);
                if !grace.is_zero() && !shared.is_counted() {
                    tokio::time::sleep(grace).await;
                }
                if let Ok(give_way) = shared.count() {
                    give_way.notified().await;
                }
            };
            tokio::select! {
                () = tokio::time::sleep(body_timeout) => BodyEnd::Silent,
                () = unread => BodyEnd::TooMany,
                () = shared.bodies.stopped() => BodyEnd::Stopping,
            }
        })
    }

    /// Ends the body with an error in place of its next bytes.
    fn give_up(&mut self, end: BodyEnd) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let end = *self.upload.0.end.get_or_init(|| end);
        self.waiting = None;
        if end == BodyEnd::Silent {
            self.body = None; // not worth discarding: nothing arrives
        }
        Poll::Ready(Some(Err(axum::Error::new(std::io::Error::other(
            end.cause(),
        )))))
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Some(end) = this.upload.end() {
            return this.give_up(end);
        }
        this.expects_continue = false;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(context) {
            this.waiting = None;
            let is_last = !matches!(frame, Some(Ok(_))) || body.is_end_stream();
            if is_last {
                this.body = None;
                this.upload.0.finish();
            } else if this.upload.0.bodies.is_stopped() {
                return this.give_up(BodyEnd::Stopping);
            }
            return Poll::Ready(frame);
        }
        let mut waiting = this.waiting.take().unwrap_or_else(|| this.wait());
        let Poll::Ready(end) = waiting.as_mut().poll(context) else {
            this.waiting = Some(waiting);
            return Poll::Pending;
        };
        this.give_up(end)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), |body| body.size_hint())
    }
}

impl Drop for Watched {
    /// Discards the rest. A client that still waits for a `100 Continue` has sent nothing.
    fn drop(&mut self) {
        self.upload.0.leave();
        let Some(body) = self.body.take().filter(|_| !self.expects_continue) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.upload.0.bodies.clone().discard(body));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use futures_util::future::join_all;
    use futures_util::stream;

    use super::*;

    /// Reads that many bodies of one tenant concurrently, each ready on the second poll. Returns the number of bodies
    /// ended early.
    async fn ended_of(requests: usize, body_grace: Duration) -> usize {
        let bodies = Bodies::new(Limits {
            body_grace,
            ..Limits::default()
        });
        let reading = (0..requests).map(|_| {
            let late = stream::once(async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Bytes::from_static(b"{}"))
            });
            let (request, upload) = Upload::watch(&bodies, Request::new(Body::from_stream(late)));
            upload.0.tenant.get_or_init(|| 1);
            async move {
                let read = axum::body::to_bytes(request.into_body(), 10).await;
                assert_eq!(read.is_err(), upload.end().is_some());
                usize::from(read.is_err())
            }
        });
        join_all(reading).await.into_iter().sum()
    }

    /// In a burst, all bodies have arrived, but none is read to its end before the other tasks have run.
    #[tokio::test]
    async fn a_burst_of_requests_is_not_a_flood_of_unfinished_bodies() {
        let limits = Limits::default();
        assert_eq!(ended_of(300, limits.body_grace).await, 0);
        assert_eq!(
            ended_of(300, Duration::ZERO).await,
            300 - limits.bodies_per_tenant,
            "without the grace period it is"
        );
    }
}
