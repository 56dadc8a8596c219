//! The page: its document, its files, and what browsers are told about them.

use flate2::read::GzDecoder;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, IF_NONE_MATCH};
use std::io::Read;

use crate::support::{Answer, TestApp};

/// Bytes of the first view, gzipped, at most: document, styles, modules, texts.
const FIRST_VIEW: usize = 60_000;
/// Bytes of all files, gzipped, at most.
const ALL: usize = 150_000;

/// Addresses of the files that the document names.
fn named(document: &str) -> Vec<&str> {
    let links = document.split([' ', '>']).filter_map(|attribute| {
        let value = attribute
            .strip_prefix("href=\"")
            .or_else(|| attribute.strip_prefix("src=\""))?;
        value.strip_suffix('"')
    });
    links.filter(|link| link.starts_with("/assets/")).collect()
}

async fn size(test: &TestApp, path: &str) -> usize {
    let request = test.with_method(reqwest::Method::GET, path);
    let answer = test.send(request.header(ACCEPT_ENCODING, "gzip")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    assert_eq!(answer.header(CONTENT_ENCODING.as_str()), "gzip", "{path}");
    let mut text = String::new();
    GzDecoder::new(&answer.bytes[..])
        .read_to_string(&mut text)
        .expect("gzip of a text");
    answer.bytes.len()
}

fn is_guarded(answer: &Answer) {
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

#[tokio::test]
async fn the_document_is_checked_each_time_and_sent_once() {
    let test = TestApp::new().await;
    let first = test.request(reqwest::Method::GET, "/", None).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.header("cache-control"), "no-cache");
    assert_eq!(first.header("content-type"), "text/html; charset=utf-8");
    is_guarded(&first);
    let again = test
        .get_with("/", IF_NONE_MATCH.as_str(), first.header("etag"))
        .await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(again.text(), "");
    is_guarded(&again);
    assert!(!first.text().contains("{{"), "{}", first.text());
}

#[tokio::test]
async fn files_are_immutable_under_the_hash_of_all_and_nowhere_else() {
    let test = TestApp::new().await;
    let document = test.request(reqwest::Method::GET, "/", None).await;
    let files = named(document.text());
    assert!(files.len() > 10, "{files:?}");
    for path in &files {
        let file = test.request(reqwest::Method::GET, path, None).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        let lifetime = "public, max-age=31536000, immutable";
        assert_eq!(file.header("cache-control"), lifetime, "{path}");
        let is_typed = ["text/javascript; ", "text/css; ", "image/svg+xml"]
            .iter()
            .any(|media_type| file.header("content-type").starts_with(media_type));
        assert!(is_typed, "{path}");
        is_guarded(&file);
    }
    let hash = files[0].split('/').nth(2).expect("a hash");
    let other = files[0].replace(hash, "0123456789abcdef");
    for path in [
        other.as_str(),
        &format!("/assets/{hash}/index.html"),
        &format!("/assets/{hash}/vendor/update"),
        &format!("/assets/{hash}/../../etc/passwd"),
        "/assets/",
    ] {
        let answer = test.request(reqwest::Method::GET, path, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["message"], "Resource not found", "{path}");
    }
}

#[tokio::test]
async fn the_page_stays_within_its_bytes() {
    let test = TestApp::new().await;
    let document = test.request(reqwest::Method::GET, "/", None).await;
    let (mut first, mut later) = (size(&test, "/").await, 0);
    for path in named(document.text()) {
        first += size(&test, path).await;
    }
    let base = named(document.text())[0];
    let base = base.rsplit_once('/').expect("a folder").0;
    let start = document.text().find("id=\"later\">").expect("the list");
    let list = document.text()[start..]
        .split(['>', '<'])
        .nth(1)
        .expect("JSON");
    let list: serde_json::Value = serde_json::from_str(list).expect("JSON");
    let mut seen = std::collections::BTreeSet::new();
    for (name, needs) in list.as_object().expect("an object") {
        for need in needs.as_array().expect("names") {
            let need = need.as_str().expect("a name");
            if seen.insert(need.to_owned()) {
                let size = size(&test, &format!("{base}/{need}")).await;
                if name == "words/en.js" {
                    first += size;
                } else {
                    later += size;
                }
            }
        }
    }
    println!("first view {first} bytes, all {}", first + later);
    assert!(first <= FIRST_VIEW, "{first} bytes of the first view");
    assert!(first + later <= ALL, "{} bytes of all", first + later);
}
