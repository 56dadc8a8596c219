//! A try: one request to a receiver, and its answer.
//!
//! Owns the time limit, the check of literal addresses, and the texts of failures. Must not know the queue.

use std::error::Error as StdError;
use std::iter::successors;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use url::{Host, Url};
use uuid::Uuid;

use super::event;
use super::guard::Refusal;
use super::signature::{Secrets, Signed};
use crate::app::App;
use crate::error::Error;

/// Number of bytes of an answer that are kept.
const KEPT: usize = 1_024;
/// Number of bytes of an answer that are read. The rest does not matter.
const READ: usize = 64 << 10;
/// Maximum length of a failure's text, in code points.
const MAX_TEXT: usize = 255;

/// The webhook of a try.
#[derive(Debug)]
pub struct Target {
    pub tenant: i64,
    pub url: String,
    /// `None` if they cannot be decrypted.
    pub secrets: Option<Secrets>,
}

/// The event of a try.
#[derive(Debug)]
pub struct Message {
    pub id: Uuid,
    pub event: String,
    pub data: Value,
    pub created_at: DateTime<Utc>,
}

/// The end of a try.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Time of the answer.
    pub at: DateTime<Utc>,
    /// `None` if there was no answer.
    pub status: Option<u16>,
    /// First bytes of the answer, as text.
    pub body: Option<String>,
    /// Reason of a failure.
    pub error: Option<String>,
    /// The wait that the receiver asked for.
    pub retry_after: Option<TimeDelta>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        self.error.is_none()
    }

    /// True if the receiver wants no more deliveries.
    pub fn is_gone(&self) -> bool {
        self.status == Some(StatusCode::GONE.as_u16())
    }

    fn failed(at: DateTime<Utc>, error: String) -> Self {
        Self {
            at,
            status: None,
            body: None,
            error: Some(error.chars().take(MAX_TEXT).collect()),
            retry_after: None,
        }
    }
}

/// Sends a message and waits for the whole answer.
pub async fn send(app: &App, target: &Target, message: &Message) -> Answer {
    let timeout = app.webhooks.pace.timeout;
    match tokio::time::timeout(timeout, exchange(app, target, message)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Answer::failed(app.clock.now(), error),
        Err(_) => Answer::failed(app.clock.now(), no_answer(timeout)),
    }
}

fn no_answer(timeout: Duration) -> String {
    format!("No answer within {} seconds.", timeout.as_secs_f64())
}

/// The answer, or the reason why there is none.
async fn exchange(app: &App, target: &Target, message: &Message) -> Result<Answer, String> {
    let bug = |error: Error| {
        tracing::error!(tenant = target.tenant, delivery = %message.id, %error, "could not make a delivery");
        "The server could not make this delivery.".to_owned()
    };
    let Message {
        id,
        event,
        data,
        created_at,
    } = message;
    let secrets = target.secrets.as_ref().ok_or(
        "The secret cannot be decrypted, because the server's secret has changed. Rotate it.",
    )?;
    let url = Url::parse(&target.url).map_err(|_| not_sent(Refusal::Malformed))?;
    let is_name = matches!(url.host(), Some(Host::Domain(_)));
    if !is_name || app.webhooks.has_proxy() {
        // Otherwise the client's resolver judges the addresses.
        app.webhooks.guard.check(&url).await.map_err(not_sent)?;
    }
    let body = event::body(app, event, data, target.tenant, *created_at).map_err(bug)?;
    let signed = Signed {
        id: *id,
        event,
        timestamp: app.clock.now().timestamp(),
        body: &body,
    };
    let headers = signed.headers(secrets).map_err(bug)?;
    let client = app.webhooks.client(url.scheme() != "https").map_err(bug)?;
    let request = client
        .post(url)
        .headers(headers)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(body);
    let mut response = request.send().await.map_err(|error| reason(&error))?;
    let bytes = read(&mut response).await.map_err(|error| reason(&error))?;
    let (status, now) = (response.status(), app.clock.now());
    let refused = || {
        let redirect = if status.is_redirection() {
            " Redirects are not followed."
        } else {
            ""
        };
        format!("The receiver answered {}.{redirect}", status.as_u16())
    };
    Ok(Answer {
        at: now,
        status: Some(status.as_u16()),
        body: Some(text(&bytes)),
        error: (!status.is_success()).then(refused),
        retry_after: retry_after(response.headers(), now),
    })
}

/// The first bytes of an answer. It must arrive whole, unless it is very long.
async fn read(response: &mut Response) -> reqwest::Result<Vec<u8>> {
    let (mut kept, mut count) = (Vec::new(), 0);
    while let Some(part) = response.chunk().await? {
        count += part.len();
        // One byte more, so that `text` sees the cut.
        let room = (KEPT + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&part[..part.len().min(room)]);
        if count > READ {
            break;
        }
    }
    Ok(kept)
}

/// The first [`KEPT`] bytes as text that the database can store. A character cut in two is dropped; invalid bytes and NUL
/// are replaced.
fn text(bytes: &[u8]) -> String {
    let mut end = bytes.len().min(KEPT);
    let is_continuation = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    let start = (end.saturating_sub(3)..=end)
        .rev()
        .find(|at| !is_continuation(*at));
    if bytes.len() > KEPT {
        end = start.unwrap_or(end);
    }
    String::from_utf8_lossy(&bytes[..end]).replace('\0', "\u{FFFD}")
}

/// Retry-After, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value
            .parse()
            .ok()
            .and_then(TimeDelta::try_seconds)
            .or(Some(TimeDelta::MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(DateTime::<Utc>::from(date) - now)
}

fn not_sent(refusal: Refusal) -> String {
    format!("Not sent: the URL {refusal}")
}

/// The reason of a failed request, from the errors that caused it.
fn reason(error: &reqwest::Error) -> String {
    let chain = || {
        successors(error.source(), |error: &&(dyn StdError + 'static)| {
            (*error).source()
        })
    };
    if let Some(refusal) = chain().find_map(|error| error.downcast_ref::<Refusal>()) {
        return not_sent(*refusal);
    }
    let cause = chain().last().map_or_else(String::new, ToString::to_string);
    if error.is_connect() {
        format!("Could not connect: {cause}.")
    } else {
        format!("The connection failed: {cause}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_of_an_answer_are_kept_as_text() {
        assert_eq!(text(b"a\0b\xFFc"), "a\u{FFFD}b\u{FFFD}c");
        assert_eq!(text("é".as_bytes()), "é");
        for before in 1_020..1_026 {
            let whole = format!("{}🎉x", "a".repeat(before));
            let kept = text(&whole.as_bytes()[..whole.len().min(KEPT + 1)]);
            let fits = if before <= 1_020 { "🎉" } else { "" };
            assert_eq!(
                kept,
                format!("{}{fits}", "a".repeat(before.min(KEPT))),
                "{before}"
            );
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now: DateTime<Utc> = "2026-06-30T08:00:00Z".parse().unwrap();
        let read = |text: &str| {
            let headers = [(RETRY_AFTER, HeaderValue::from_str(text).unwrap())];
            retry_after(&headers.into_iter().collect(), now)
        };
        for (text, seconds) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("Tue, 30 Jun 2026 08:02:00 GMT", Some(120)),
            ("Tue, 30 Jun 2026 07:00:00 GMT", Some(-3_600)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(read(text), seconds.map(TimeDelta::seconds), "{text}");
        }
        assert_eq!(read("99999999999999999999"), Some(TimeDelta::MAX));
    }
}
