//! HTTP caching (RFC 9110 and 9111): request conditions, ETags, and caching headers. Must not know the cache.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, IF_NONE_MATCH, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::headers::items;
use crate::encoded::Coding;

/// Conditional-request headers, with the accepted coding.
pub struct Conditions {
    /// Maximum age of a cached response.
    pub max_age: Duration,
    /// Tags that the client already has.
    none_match: Vec<HeaderValue>,
    /// The preferred content coding.
    pub coding: Option<Coding>,
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
        let max_age = items(headers.get_all(CACHE_CONTROL).iter())
            .filter_map(max_age)
            .min();
        Self {
            max_age: max_age.unwrap_or(Duration::MAX),
            none_match,
            coding: Coding::accepted(headers),
        }
    }

    /// True if the client has the response with that tag. Compared weakly: `W/` makes no difference.
    pub fn matches(&self, tag: &[u8]) -> bool {
        // Our tags contain no comma, so a foreign tag split at its comma matches none of them.
        items(self.none_match.iter()).any(|theirs| theirs == "*" || is_same(theirs.as_bytes(), tag))
    }
}

/// Suffixes that proxies add, inside the quotes, to the tag of a response that they compress.
const PROXY_SUFFIXES: [&[u8]; 5] = [b"--gzip", b"-gzip", b"-br", b"-zstd", b";gzip"];

fn is_same(theirs: &[u8], ours: &[u8]) -> bool {
    opaque(theirs).is_some_and(|theirs| opaque(ours) == Some(theirs))
}

/// A tag without its quotes, weakness mark and proxy suffix.
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

/// The maximum age that a directive demands. A malformed value demands a fresh response.
fn max_age(directive: &str) -> Option<Duration> {
    let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
    match name.trim_end().to_ascii_lowercase().as_str() {
        "no-cache" | "no-store" => Some(Duration::ZERO),
        "max-age" => Some(Duration::from_secs(
            value.trim().trim_matches('"').parse().unwrap_or(0),
        )),
        _ => None,
    }
}

/// The tag of a response with those figures: the same on every instance, and in every version that returns the same.
pub fn tag(figures: &str) -> Bytes {
    let hash = Sha256::digest(figures);
    let mut tag = String::from("W/\"");
    for byte in &hash[..16] {
        let _ = write!(tag, "{byte:02x}"); // into a string, which takes everything
    }
    tag.push('"');
    tag.into()
}

/// `Cache-Control: private, no-cache` and `Vary: Authorization`.
pub fn private_no_cache(headers: &mut HeaderMap) {
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
    fn cache_control_limits_the_age() {
        let seconds = |value| conditions(&[("cache-control", value)]).max_age;
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
        assert_eq!(conditions(&[]).max_age, Duration::MAX);
    }

    #[test]
    fn tags_in_a_list_are_compared_weakly() {
        for value in [
            "W/\"a1-gzip\"",
            "\"a1-gzip\"",
            "\"a1--gzip\"",
            "W/\"a1-br\"",
            "W/\"a1;gzip\"",
        ] {
            assert!(
                conditions(&[("if-none-match", value)]).matches(b"W/\"a1\""),
                "{value}: with a proxy's suffix"
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
                conditions(&[("if-none-match", value)]).matches(b"W/\"a1\""),
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
                !conditions(&[("if-none-match", value)]).matches(b"W/\"a1\""),
                "{value}"
            );
        }
        let two = [("if-none-match", "\"x\""), ("if-none-match", "\"a1\"")];
        assert!(conditions(&two).matches(b"W/\"a1\""));
    }

    /// Clients keep tags over upgrades.
    #[test]
    fn tags_are_stable_across_versions() {
        assert_eq!(
            tag("{\"data\":[]}"),
            "W/\"8fe32e407a1038ee38753b70e5374b3a\""
        );
    }
}
