//! The page: `/`, and its files under `/assets/{hash}/`.
//!
//! Owns their addresses, encodings and headers. What is shown is decided by the files in `web/`, which the binary holds;
//! this module knows only how they import each other.

use std::collections::{BTreeMap, BTreeSet};
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
use serde_json::json;
use sha2::{Digest, Sha256};

use super::caching::Conditions;
use super::{compression, paths};
use crate::app::App;
use crate::encoded::{Coding, Encoded};
use crate::error::{Error, Result};

/// Every file of the page with its path in `web/`, in order of the paths.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// The document. In its holes are put: `{{assets}}`, the base of all addresses; `{{preload}}`, a link for each module of the
/// first view; `{{later}}`, the modules that each later one needs besides.
const DOCUMENT: &str = "index.html";
/// The module that the document starts.
const FIRST: &str = "app.js";

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
    document: Encoded,
    /// ETag of the document.
    tag: HeaderValue,
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
        let first = imported(FIRST);
        let mut preload = String::new();
        for name in &first {
            let _ = writeln!(
                preload,
                r#"<link rel="modulepreload" href="{assets}/{name}">"#
            );
        }
        let document = text(DOCUMENT).replace("{{assets}}", &assets);
        let document = document.replace("{{preload}}", preload.trim_end());
        let document = document.replace("{{later}}", &json!(later(&first)).to_string());
        let files = FILES.iter().filter(|(name, _)| *name != DOCUMENT);
        let tag = HeaderValue::from_str(&format!("W/\"{hex}\""));
        Self {
            files: files
                .map(|(name, bytes)| (*name, Encoded::lasting(bare(name, bytes))))
                .collect(),
            document: Encoded::lasting(document.into()),
            tag: tag.unwrap_or_else(|_| HeaderValue::from_static("")), // infallible: hex digits
            hash: hex,
        }
    }
}

/// Adds the routes. They need no token, and are not of the API.
pub fn add(router: Router<Arc<App>>) -> Router<Arc<App>> {
    let router = router.route(paths::PAGE, get(document));
    router.route(paths::ASSET, get(asset))
}

async fn document(conditions: Conditions) -> Result<Response> {
    let web = &*WEB;
    let mut response = if conditions.matches(web.tag.as_bytes()) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        answer(&web.document, media_type(DOCUMENT), conditions.coding).await?
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, web.tag.clone());
    // A 304 too: browsers put its headers in place of those that they have kept.
    protect(headers);
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
        _ => "text/plain; charset=utf-8",
    }
}

/// Text of a file, empty if there is none.
fn text(name: &str) -> &'static str {
    let file = FILES.iter().find(|(named, _)| *named == name);
    file.and_then(|(_, bytes)| std::str::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// A file as it is sent: our own sources without the lines that are comments, and without indentation, which together are a
/// third of their bytes.
fn bare(name: &str, bytes: &'static [u8]) -> Bytes {
    let is_ours = !name.starts_with("vendor/") && (name.ends_with(".js") || name.ends_with(".css"));
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| is_ours) else {
        return Bytes::from_static(bytes);
    };
    let (mut kept, mut is_comment) = (String::with_capacity(text.len()), false);
    for line in text.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    kept.into()
}

/// Modules that are loaded later, by `later("…")` somewhere: each with those that it needs and the first view has not.
fn later(first: &BTreeSet<String>) -> BTreeMap<&'static str, Vec<String>> {
    let sources = FILES.iter().filter(|(name, _)| name.ends_with(".js"));
    let calls = sources.flat_map(|(name, _)| text(name).split("later(\"").skip(1));
    let names = calls.filter_map(|rest| rest.split('"').next());
    let needs = names.map(|name| {
        let all = imported(name).into_iter();
        (name, all.filter(|name| !first.contains(name)).collect())
    });
    needs.collect()
}

/// A module and all that it imports, by whatever way.
fn imported(first: &str) -> BTreeSet<String> {
    let (mut found, mut left) = (BTreeSet::new(), vec![first.to_owned()]);
    while let Some(name) = left.pop() {
        left.extend(imports(&name));
        found.insert(name);
        left.retain(|name| !found.contains(name));
    }
    found
}

/// Modules that a module imports when it is loaded, as paths in `web/`: `from "./…"`.
fn imports(name: &str) -> Vec<String> {
    let named = text(name).split("from").skip(1);
    let named = named.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    named
        .filter(|path| path.starts_with('.'))
        .map(|path| resolved(name, path))
        .collect()
}

/// A relative path, seen from a file.
fn resolved(from: &str, path: &str) -> String {
    let mut steps: Vec<&str> = from.split('/').collect();
    steps.pop();
    for step in path.split('/') {
        match step {
            "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_imported_module_is_there() {
        let names: BTreeSet<&str> = FILES.iter().map(|(name, _)| *name).collect();
        let modules = names.iter().filter(|name| name.ends_with(".js"));
        for module in modules {
            for import in imports(module) {
                assert!(names.contains(import.as_str()), "{module} imports {import}");
            }
        }
        assert!(imported(FIRST).contains("vendor/preact.js"));
    }

    #[test]
    fn modules_that_are_loaded_later_are_there_and_not_in_the_first_view() {
        let first = imported(FIRST);
        let later = later(&first);
        assert!(!later.is_empty());
        for (module, needs) in later {
            assert!(FILES.iter().any(|(name, _)| *name == module), "{module}");
            assert!(needs.contains(&module.to_owned()), "{module}");
        }
    }

    #[test]
    fn sources_are_sent_without_comments() {
        let sent = bare(
            "a.js",
            b"// A note.\n\n/**\n * Of a function.\n */\nconst a = 1; // 2\n  b();\n",
        );
        assert_eq!(sent, "const a = 1; // 2\nb();\n");
        let style = bare("a.css", b"/* A note. */\na { b: c }\n");
        assert_eq!(style, "a { b: c }\n");
        let library = b"// Whose it is.\nx()";
        assert_eq!(bare("vendor/a.js", library), &library[..]);
    }

    #[test]
    fn files_that_are_named_in_the_document_are_there() {
        let names = text(DOCUMENT).split("{{assets}}/").skip(1);
        let names: Vec<&str> = names.filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.contains(&FIRST));
        for name in names {
            assert!(FILES.iter().any(|(file, _)| *file == name), "{name}");
        }
    }

    #[test]
    fn paths_are_resolved_from_the_file_that_names_them() {
        assert_eq!(resolved("app.js", "./vendor/htm.js"), "vendor/htm.js");
        assert_eq!(resolved("views/a/b.js", "../../core/c.js"), "core/c.js");
    }
}
