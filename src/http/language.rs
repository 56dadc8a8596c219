//! The language that a client reads: `Accept-Language`.
//!
//! Owns reading the header, and the `Vary` of an answer that it decided.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use crate::files::layout::Wording;
use crate::words::Language;

/// The preferred language of those that files have; `None` if the client names none of them.
#[derive(Debug, Clone, Copy)]
pub struct Accepted(pub Option<Language>);

impl<S: Sync> FromRequestParts<S> for Accepted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(accepted(&parts.headers)))
    }
}

/// The first of languages with equal quality. A language with a region is the language.
fn accepted(headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all(ACCEPT_LANGUAGE).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let mut best: Option<(Language, f32)> = None;
    for item in lines.flat_map(|line| line.split(',')) {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality =
            parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        let language = range.split('-').next().and_then(Language::named);
        if let Some(language) = language
            && quality > best.map_or(0.0, |(_, best)| best)
        {
            best = Some((language, quality));
        }
    }
    best.map(|(language, _)| language)
}

/// Says that the answer depends on the header, where it does.
pub fn vary(headers: &mut HeaderMap, wording: Wording) {
    if wording.is_negotiated {
        headers.append(VARY, HeaderValue::from_static("Accept-Language"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_is_chosen() {
        for (header, language) in [
            ("vi", Some("vi")),
            ("vi-VN,vi;q=0.9,en;q=0.8", Some("vi")),
            ("en-US, vi", Some("en")),
            ("fr, vi;q=0.2, en;q=0.1", Some("vi")),
            ("VI;Q=0.5, en;q=0.7", Some("en")),
            ("vi;q=0, en;q=0.1", Some("en")),
            ("vi;q=0", None),
            ("vi;q=x", None),
            ("vie, eng", None),
            ("fr, *", None),
            ("", None),
        ] {
            let line = HeaderValue::from_static(header);
            let found = accepted(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, line)]));
            assert_eq!(found.map(Language::name), language, "{header}");
        }
        assert_eq!(accepted(&HeaderMap::new()), None);
    }
}
