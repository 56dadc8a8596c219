//! POST requests that may have an `Idempotency-Key`: a repeat gets the answer of the first.
//!
//! Owns the header and the order of checks around it. The answer is kept in the transaction of the request's changes.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::body;
use crate::app::App;
use crate::auth::Caller;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::idempotency::{Answer, HEADER, Request};

/// Maximum length of a key, in bytes.
const MAX_KEY: usize = 255;

/// Description of the header, for documents.
pub const ABOUT: &str = "A key for the request, 1 to 255 printable ASCII characters. The same request sent again within 24 hours is not made again, but gets the same answer.";

/// Pattern of the header.
pub const PATTERN: &str = "^[ -~]{1,255}$";

/// The key of a request: `None` without one, an error for an invalid one.
pub struct Key(Result<Option<String>, Faults>);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self::of(&parts.headers))
    }
}

impl Key {
    /// The header may be repeated, with the same key.
    fn of(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(HEADER).iter();
        let Some(key) = sent.next() else {
            return Self(Ok(None));
        };
        let refused = |fault: String| {
            let mut faults = Faults::default();
            faults.add(HEADER, fault);
            Self(Err(faults))
        };
        if sent.any(|other| other != key) {
            return refused("must be one key.".into());
        }
        let is_plain = |key: &&str| {
            (1..=MAX_KEY).contains(&key.len())
                && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        match key.to_str().ok().filter(is_plain) {
            Some(key) => Self(Ok(Some(key.to_owned()))),
            None => refused(format!(
                "must be 1 to {MAX_KEY} printable characters of ASCII."
            )),
        }
    }
}

/// A request that has not been answered before. Its changes are made in `scope`.
pub struct Run {
    pub scope: Scope,
    body: Result<Vec<u8>>,
    request: Option<Request>,
    /// Faults of the key.
    faults: Faults,
    /// It makes nothing: `scope` is read only.
    pub is_dry: bool,
    now: DateTime<Utc>,
}

/// A request, or the answer to an earlier one with the same key.
pub enum Once {
    New(Box<Run>),
    Repeated(Response),
}

impl Once {
    /// Reads the body, of at most `most` bytes, and claims the key. `path` is the route's path with its ids. A body that
    /// cannot be read is an error only when [`Run::body`] is asked for it, because a missing id comes first.
    /// `Conflict` while a request with this key runs; `Invalid` if it had another body.
    pub async fn begin(
        app: &App,
        caller: &Caller,
        (key, path): (Key, &str),
        (headers, body): (&HeaderMap, Body),
        most: usize,
    ) -> Result<Self> {
        let body = body::read(headers, body, most).await;
        Self::with_body(app, caller, (key, path), body).await
    }

    /// Like [`Once::begin`], with a body that has been read.
    pub async fn with_body(
        app: &App,
        caller: &Caller,
        (key, path): (Key, &str),
        body: Result<Vec<u8>>,
    ) -> Result<Self> {
        let (key, faults) = match key.0 {
            Ok(key) => (key, Faults::default()),
            Err(faults) => (None, faults),
        };
        let now = app.clock.now();
        let request = match (key, &body) {
            (Some(key), Ok(body)) => Some(Request::new(Method::POST.as_str(), path, key, body)),
            _ => None,
        };
        let tenant = caller.tenant.id;
        let scope = match &request {
            None => app.db.write(tenant).await?,
            Some(request) => match request.begin(&app.db, tenant, now).await? {
                (_, Some(answer)) => return Ok(Self::Repeated(respond(answer)?)),
                (scope, None) => scope,
            },
        };
        Ok(Self::New(Box::new(Run {
            scope,
            body,
            request,
            faults,
            is_dry: false,
            now,
        })))
    }
}

impl Run {
    /// A request that makes nothing: its key is checked, and not used. `others`: further faults.
    pub async fn dry(
        app: &App,
        caller: &Caller,
        (key, others): (Key, Faults),
        (headers, body): (&HeaderMap, Body),
        most: usize,
    ) -> Result<Box<Self>> {
        let mut faults = key.0.err().unwrap_or_default();
        faults.merge(others);
        Ok(Box::new(Self {
            body: body::read(headers, body, most).await,
            scope: app.db.read(caller.tenant.id).await?,
            request: None,
            faults,
            is_dry: true,
            now: app.clock.now(),
        }))
    }

    /// The body, or the error of reading it.
    pub fn body(&self) -> Result<&[u8]> {
        self.body.as_deref().map_err(Clone::clone)
    }

    /// The result of the request's checks, with the faults of its key.
    pub fn checked<T>(&self, result: Result<T>) -> Result<T> {
        self.faults.clone().combine(result)
    }

    /// Keeps the answer and commits.
    pub async fn finish(self, status: StatusCode, answer: &impl Serialize) -> Result<Response> {
        let Self {
            mut scope,
            request,
            faults,
            now,
            ..
        } = self;
        faults.into_result(Some(()))?;
        let answer = Answer {
            status: i16::try_from(status.as_u16()).map_err(Error::internal)?,
            answer: serde_json::to_string(answer).map_err(Error::internal)?,
        };
        if let Some(request) = request {
            request.finish(&mut scope, answer.clone(), now).await?;
        }
        scope.commit().await?;
        respond(answer)
    }
}

fn respond(Answer { status, answer }: Answer) -> Result<Response> {
    let status = u16::try_from(status).map_err(Error::internal)?;
    let status = StatusCode::from_u16(status).map_err(Error::internal)?;
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((status, json, answer).into_response())
}
