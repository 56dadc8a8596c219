//! Responses of reports and analytics: read at most once, cached, encoded, and returned by the same code.
//!
//! Must not know any report or question.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::{AGE, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::caching::{self, Conditions};
use super::{compression, window};
use crate::answers::{AnswerKey, Answers, Body, Form};
use crate::app::App;
use crate::asked::{Answer, Asked};
use crate::cache::{Found, Origin};
use crate::encoded::SMALL;
use crate::error::{Error, Result};
use crate::files::{csv, workbook};
use crate::metrics::{Cached, metrics};
use crate::rollups::Source;
use crate::table::Table;
use crate::table::worded::{titled, worded};

/// The response to a request: from the cache, or read from one snapshot.
pub async fn answer(
    app: &App,
    tenant: i64,
    form: Form,
    asked: Arc<dyn Asked>,
    conditions: &Conditions,
) -> Result<Response> {
    let clock = app.clock;
    let key = (tenant, AnswerKey { form, asked });
    let asked = Arc::clone(&key.1.asked);
    let read = move |mut scope| {
        let asked = Arc::clone(&asked);
        async move {
            let answer = asked.ask(&mut scope, clock.now(), Source::Rolled).await?;
            aside(move || written(form, &answer)).await
        }
    };
    let found = app
        .answers
        .get(&app.db, key.clone(), conditions.max_age, read)
        .await?;
    metrics().cache_requests.add([found.origin.name()], 1);
    encode(&app.answers, &key, &found, conditions).await?;
    respond(form, found, conditions)
}

/// Runs CPU-heavy work without blocking other tasks.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(workbook::panic_cause)?
}

fn written(form: Form, answer: &Answer) -> Result<Body> {
    let outcome = &answer.outcome;
    let mut tag = None;
    let body = match form {
        Form::TaggedJson => {
            let json = outcome.json()?;
            let figures = outcome.json_without_timestamps()?;
            tag = Some(caching::tag(figures.as_deref().unwrap_or(&json)));
            Bytes::from(json)
        }
        Form::Json => Bytes::from(outcome.json()?),
        Form::Csv => {
            let tables = outcome.tables().into_iter();
            let pieces = tables.flat_map(|table| csv::chunks(table, answer.caption.zone));
            pieces.collect::<Result<Vec<_>>>()?.concat().into()
        }
        Form::CsvIn(language) => {
            let told = |table: Table| {
                let of = format!("analytics.{}", table.name);
                titled(worded(table, &of, language))
            };
            let tables = outcome.tables().into_iter().map(told);
            let pieces = tables.flat_map(|table| csv::chunks(table, answer.caption.zone));
            pieces.collect::<Result<Vec<_>>>()?.concat().into()
        }
    };
    Ok(Body {
        encoded: body.into(),
        tag,
        window: answer.caption.window.as_ref().map(window::value),
    })
}

/// True if the client has the response.
fn is_unchanged(body: &Body, conditions: &Conditions) -> bool {
    body.tag.as_ref().is_some_and(|tag| conditions.matches(tag))
}

/// Encodes a cached response in the client's coding, once for all clients, and adds it to the cache's size.
async fn encode(
    answers: &Answers,
    key: &(i64, AnswerKey),
    found: &Found<Body>,
    conditions: &Conditions,
) -> Result<()> {
    let body = &found.value.encoded;
    let Some(coding) = conditions
        .coding
        .filter(|_| body.plain().len() > SMALL && !is_unchanged(&found.value, conditions))
    else {
        return Ok(());
    };
    let (_, is_new) = body.coded(coding).await?;
    if is_new {
        answers.reweigh(key);
    }
    Ok(())
}

/// The response, or a 304 if the client has it. HTTP defines no such conditions for POST.
fn respond(form: Form, found: Found<Body>, conditions: &Conditions) -> Result<Response> {
    let is_unchanged = is_unchanged(&found.value, conditions);
    let Body {
        encoded: body,
        tag,
        window,
    } = found.value;
    let (kind, vary) = match form {
        Form::TaggedJson => ("application/json", "Authorization, Accept-Encoding"),
        Form::Json => ("application/json", "Authorization, Accept, Accept-Encoding"),
        Form::Csv | Form::CsvIn(_) => (csv::CONTENT_TYPE, "Authorization, Accept, Accept-Encoding"),
    };
    let mut response = Response::default();
    let headers = response.headers_mut();
    headers.reserve(14); // one allocation, including the headers added by the middleware
    if !is_unchanged {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(tag) = tag {
        let tag = HeaderValue::from_maybe_shared(tag).map_err(Error::internal)?;
        headers.insert(ETAG, tag);
    }
    if let Some(window) = window {
        window::add(headers, window)?;
    }
    if let Some(age) = found.age {
        headers.insert(AGE, HeaderValue::from(age.as_secs()));
    }
    caching::private_no_cache(headers);
    headers.insert(VARY, HeaderValue::from_static(vary));
    if is_unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = compression::body(&body, conditions.coding, headers);
    }
    if found.origin != Origin::Hit {
        response.extensions_mut().insert(Cached::Miss);
    }
    Ok(response)
}
