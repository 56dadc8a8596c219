//! Caching as clients speak of it (RFC 9110 and 9111): how old an answer may be, whether they have it already, and
//! what they are told about the one they get.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::compression;
use super::headers::items;
use crate::answers::{self, AnswerKey, Answers};
use crate::cache::Found;
use crate::encoded::{Coding, SMALL};
use crate::error::{Error, Result};

/// What a request says about answers that are there already.
pub struct Conditions {
    /// How old an answer may be.
    pub oldest: Duration,
    /// The tags of those the client has.
    none_match: Vec<HeaderValue>,
    /// The coding in which a body is wanted.
    coding: Option<Coding>,
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl Conditions {
    fn of(headers: &HeaderMap) -> Self {
        let none_match = headers.get_all(IF_NONE_MATCH).iter().cloned().collect();
        let oldest = items(headers.get_all(CACHE_CONTROL).iter())
            .filter_map(oldest)
            .min();
        Self {
            oldest: oldest.unwrap_or(Duration::MAX),
            none_match,
            coding: Coding::accepted(headers),
        }
    }

    /// Whether the client has the answer of that tag. Compared weakly, as a GET may: `W/` makes no difference.
    fn have(&self, tag: &[u8]) -> bool {
        // Our tags have no comma, so one that is cut in two at its own is none of ours.
        items(self.none_match.iter()).any(|theirs| theirs == "*" || is_same(theirs.as_bytes(), tag))
    }
}

/// Suffixes that proxies add to the tag of an answer they pack, inside the quotes.
const PROXY_SUFFIXES: [&[u8]; 5] = [b"--gzip", b"-gzip", b"-br", b"-zstd", b";gzip"];

fn is_same(theirs: &[u8], ours: &[u8]) -> bool {
    opaque(theirs).is_some_and(|theirs| opaque(ours) == Some(theirs))
}

/// A tag without its quotes, what marks it as weak, and what a proxy added.
fn opaque(tag: &[u8]) -> Option<&[u8]> {
    let tag = tag
        .strip_prefix(b"W/")
        .unwrap_or(tag)
        .strip_prefix(b"\"")?
        .strip_suffix(b"\"")?;
    Some(
        PROXY_SUFFIXES
            .iter()
            .find_map(|suffix| tag.strip_suffix(*suffix))
            .unwrap_or(tag),
    )
}

/// What a directive of the request demands. Nothing that is read wrongly may make an answer older.
fn oldest(directive: &str) -> Option<Duration> {
    let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
    match name.trim_end().to_ascii_lowercase().as_str() {
        "no-cache" | "no-store" => Some(Duration::ZERO),
        "max-age" => Some(Duration::from_secs(
            value.trim().trim_matches('"').parse().unwrap_or(0),
        )),
        _ => None,
    }
}

/// The tag of an answer with those figures: the same on every instance and in every version that says the same.
pub fn tag(figures: &str) -> Bytes {
    let hash = Sha256::digest(figures);
    let mut tag = String::from("W/\"");
    for byte in &hash[..16] {
        let _ = write!(tag, "{byte:02x}"); // into a string, which takes everything
    }
    tag.push('"');
    tag.into()
}

/// Makes the coding of an answer that its client wants, once for all who ask for it, and counts it in the cache's size.
pub async fn encode(
    answers: &Answers,
    key: &(i64, AnswerKey),
    found: &Found<answers::Body>,
    conditions: &Conditions,
) -> Result<()> {
    let answers::Body { encoded: body, tag } = &found.value;
    let Some(coding) = conditions
        .coding
        .filter(|_| body.plain().len() > SMALL && !conditions.have(tag))
    else {
        return Ok(());
    };
    let (_, is_new) = body.coded(coding).await?;
    if is_new {
        answers.reweigh(key);
    }
    Ok(())
}

/// That answer, or that the client has it. All that is done for a poll that nothing has changed for.
pub fn respond(found: Found<answers::Body>, conditions: &Conditions) -> Result<Response> {
    let answers::Body { encoded: body, tag } = found.value;
    let mut response = Response::default();
    let headers = response.headers_mut();
    headers.reserve(13); // at once, with room for those that are added on the way out
    let have = conditions.have(&tag);
    if !have {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(
        ETAG,
        HeaderValue::from_maybe_shared(tag).map_err(Error::internal)?,
    );
    if let Some(age) = found.age {
        headers.insert(AGE, HeaderValue::from(age.as_secs()));
    }
    for_nobody_else(headers);
    headers.insert(
        VARY,
        HeaderValue::from_static("Authorization, Accept-Encoding"),
    );
    if have {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = compression::body(&body, conditions.coding, headers);
    }
    Ok(response)
}

/// The answer to a question that was posted: it has no tag, for HTTP knows no conditions on a POST.
pub fn posted(found: Found<answers::Body>, conditions: &Conditions, kind: HeaderValue) -> Response {
    let mut response = Response::<Body>::default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    if let Some(age) = found.age {
        headers.insert(AGE, HeaderValue::from(age.as_secs()));
    }
    for_nobody_else(headers);
    headers.insert(
        VARY,
        HeaderValue::from_static("Authorization, Accept, Accept-Encoding"),
    );
    let body = compression::body(&found.value.encoded, conditions.coding, headers);
    response.map(|_| body)
}

/// An answer is its caller's alone, and whoever keeps it asks before showing it again.
pub fn for_nobody_else(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("Authorization"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(headers: &[(&'static str, &'static str)]) -> Conditions {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        Conditions::of(&headers.fold(
            HeaderMap::new(),
            |mut headers, (name, value): (axum::http::HeaderName, _)| {
                headers.append(name, value);
                headers
            },
        ))
    }

    #[test]
    fn a_client_says_how_old_an_answer_may_be() {
        let seconds = |value| conditions(&[("cache-control", value)]).oldest;
        for value in [
            "no-cache",
            "NO-CACHE",
            "no-store",
            "max-age=0",
            "max-age=\"0\"",
            "max-age=3, no-cache",
        ] {
            assert_eq!(seconds(value), Duration::ZERO, "{value}");
        }
        for value in ["max-age", "max-age=", "max-age=-1", "max-age=x"] {
            assert_eq!(seconds(value), Duration::ZERO, "{value}");
        }
        assert_eq!(seconds("max-age=3,max-age=2"), Duration::from_secs(2));
        for value in ["", "private", "max-stale=9", "only-if-cached, no-transform"] {
            assert_eq!(seconds(value), Duration::MAX, "{value}");
        }
        assert_eq!(conditions(&[]).oldest, Duration::MAX);
    }

    #[test]
    fn tags_are_compared_weakly_wherever_they_stand_in_the_list() {
        for value in [
            "W/\"a1-gzip\"",
            "\"a1-gzip\"",
            "\"a1--gzip\"",
            "W/\"a1-br\"",
            "W/\"a1;gzip\"",
        ] {
            assert!(
                conditions(&[("if-none-match", value)]).have(b"W/\"a1\""),
                "{value}: a proxy packed it"
            );
        }
        for value in [
            "W/\"a1\"",
            "\"a1\"",
            "\"x\", W/\"a1\"",
            "\"x,y\" ,\"a1\",",
            "*",
            " * ",
        ] {
            assert!(
                conditions(&[("if-none-match", value)]).have(b"W/\"a1\""),
                "{value}"
            );
        }
        for value in [
            "",
            "a1",
            "\"A1\"",
            "w/\"a1\"",
            "\"a1",
            "W/\"a\", \"1\"",
            "\"*\"",
        ] {
            assert!(
                !conditions(&[("if-none-match", value)]).have(b"W/\"a1\""),
                "{value}"
            );
        }
        let two = [("if-none-match", "\"x\""), ("if-none-match", "\"a1\"")];
        assert!(conditions(&two).have(b"W/\"a1\""));
    }

    /// Clients hold tags of instances that ran another version.
    #[test]
    fn a_tag_says_the_same_in_every_version() {
        assert_eq!(
            tag("{\"data\":[]}"),
            "W/\"8fe32e407a1038ee38753b70e5374b3a\""
        );
    }
}
