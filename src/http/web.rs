//! The page: `/`, and its files under `/assets/{hash}/`.
//!
//! Owns their addresses, encodings and headers. What is shown is decided by the files in `web/`; `build.rs` links them, and the
//! binary holds what it makes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::caching::Conditions;
use super::language::Accepted;
use super::{compression, paths};
use crate::app::App;
use crate::encoded::{Coding, Encoded};
use crate::error::{Error, Result};
use crate::words::Language;

/// Every file of the page with its path, in order of the paths.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// The document. In its holes are put: `{{assets}}`, the base of all addresses, and `{{language}}`, the one of its texts that
/// the browser is likely to need.
const DOCUMENT: &str = "index.html";

/// Sent with the document and its files. Scripts and styles come from here alone, no text becomes code, and nothing frames
/// the page or is opened by it.
const POLICY: [(HeaderName, &str); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; \
         manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=()",
    ),
];

/// The files as they are served.
struct Web {
    /// Hash of all files, in hex: one changed file moves all, so that modules of two versions never meet.
    hash: String,
    files: BTreeMap<&'static str, Encoded>,
    /// The document for each language, with its ETag.
    documents: BTreeMap<&'static str, (Encoded, HeaderValue)>,
}

/// Made by the first request; encoded when a file is first asked for.
static WEB: LazyLock<Web> = LazyLock::new(Web::new);

impl Web {
    fn new() -> Self {
        let mut hash = Sha256::new();
        for (name, bytes) in FILES {
            hash.update(name.len().to_le_bytes());
            hash.update(name);
            hash.update(bytes.len().to_le_bytes());
            hash.update(bytes);
        }
        let mut hex = String::new();
        for byte in &hash.finalize()[..8] {
            let _ = write!(hex, "{byte:02x}"); // a string takes anything
        }
        let assets = paths::ASSET.replace("{hash}/{*path}", &hex);
        let document = text(DOCUMENT).replace("{{assets}}", &assets);
        let documents = Language::NAMES.iter().map(|language| {
            let document = document.replace("{{language}}", language);
            let tag = HeaderValue::from_str(&format!("W/\"{hex}-{language}\""));
            let tag = tag.unwrap_or_else(|_| HeaderValue::from_static("")); // infallible: hex digits and letters
            (*language, (Encoded::lasting(document.into()), tag))
        });
        let files = FILES.iter().filter(|(name, _)| *name != DOCUMENT);
        Self {
            files: files
                .map(|(name, bytes)| (*name, Encoded::lasting(Bytes::from_static(bytes))))
                .collect(),
            documents: documents.collect(),
            hash: hex,
        }
    }
}

/// Adds the routes. They need no token, and are not of the API.
pub fn add(router: Router<Arc<App>>) -> Router<Arc<App>> {
    let router = router.route(paths::PAGE, get(document));
    router.route(paths::ASSET, get(asset))
}

async fn document(Accepted(language): Accepted, conditions: Conditions) -> Result<Response> {
    let language = language.unwrap_or(Language::English).name();
    let (document, tag) = WEB.documents.get(language).ok_or(Error::NotFound)?;
    let mut response = if conditions.matches(tag.as_bytes()) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        answer(document, media_type(DOCUMENT), conditions.coding).await?
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag.clone());
    // A 304 too: browsers put its headers in place of those that they have kept.
    protect(headers);
    let varies = HeaderValue::from_static("Accept-Encoding, Accept-Language");
    headers.insert(VARY, varies);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

async fn asset(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response> {
    let web = &*WEB;
    let file = web.files.get(name.as_str()).filter(|_| hash == web.hash);
    let file = file.ok_or(Error::NotFound)?;
    let mut response = answer(file, media_type(&name), Coding::accepted(&headers)).await?;
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    Ok(response)
}

async fn answer(
    file: &Encoded,
    media_type: &'static str,
    coding: Option<Coding>,
) -> Result<Response> {
    if let Some(coding) = coding {
        file.coded(coding).await?;
    }
    let mut response = Response::<()>::default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    protect(headers);
    let body = compression::body(file, coding, headers);
    Ok(response.map(|()| body))
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in POLICY {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("map") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

/// Text of a file, empty if there is none.
fn text(name: &str) -> &'static str {
    let file = FILES.iter().find(|(named, _)| *named == name);
    file.and_then(|(_, bytes)| std::str::from_utf8(bytes).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_named_in_the_document_are_there() {
        let names = text(DOCUMENT).split("{{assets}}/").skip(1);
        let names: Vec<&str> = names.filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.contains(&"app.js"));
        for language in Language::NAMES {
            for name in &names {
                let name = name.replace("{{language}}", language);
                assert!(FILES.iter().any(|(file, _)| *file == name), "{name}");
            }
        }
    }
}
