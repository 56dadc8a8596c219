//! The page: its document, its files, and what browsers are told about them.

use flate2::read::GzDecoder;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_ENCODING, IF_NONE_MATCH};
use std::collections::{BTreeMap, BTreeSet};
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
async fn the_document_names_the_texts_that_the_browser_reads() {
    let test = TestApp::new().await;
    let ask = |languages| test.get_with("/", ACCEPT_LANGUAGE.as_str(), languages);
    for (languages, named) in [
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("fr, en;q=0.5", "en"),
        ("fr", "en"),
    ] {
        let document = ask(languages).await;
        assert!(
            document.text().contains(&format!("/words/{named}.js")),
            "{languages}"
        );
        assert!(
            document.header("vary").contains("Accept-Language"),
            "{}",
            document.header("vary")
        );
    }
    let tags =
        [ask("vi").await, ask("en").await].map(|document| document.header("etag").to_owned());
    assert_ne!(tags[0], tags[1]);
}

#[tokio::test]
async fn linked_files_lead_back_to_the_sources_that_they_are_made_of() {
    let test = TestApp::new().await;
    let document = test.request(reqwest::Method::GET, "/", None).await;
    let assets = named(document.text())[0]
        .rsplit_once('/')
        .expect("a folder")
        .0
        .to_owned();
    for (file, source) in [
        ("app.js", "web/core/format.js"),
        ("views/exports.js", "web/views/exports.js"),
    ] {
        let linked = test
            .request(reqwest::Method::GET, &format!("{assets}/{file}"), None)
            .await;
        let last = linked.text().lines().last().expect("a line").to_owned();
        let map = last.strip_prefix("//# sourceMappingURL=").expect("a map");
        let folder = file
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let map = test
            .request(
                reqwest::Method::GET,
                &format!("{assets}/{folder}{map}"),
                None,
            )
            .await;
        let sources = map.json()["sources"].as_array().expect("names").clone();
        let name = source.strip_prefix("web/").expect("a folder");
        let found = sources
            .iter()
            .filter_map(serde_json::Value::as_str)
            .find(|path| path.ends_with(name));
        let path = format!(
            "{assets}/{}",
            found.expect("the source").trim_start_matches("../")
        );
        let sent = test.request(reqwest::Method::GET, &path, None).await;
        assert_eq!(
            sent.text(),
            std::fs::read_to_string(source).expect("the source")
        );
    }
}

#[tokio::test]
async fn files_are_immutable_under_the_hash_of_all_and_nowhere_else() {
    let test = TestApp::new().await;
    let document = test.request(reqwest::Method::GET, "/", None).await;
    let files = named(document.text());
    // Browsers ask HTTP/1.1 servers for six files at once: these and the session come in one round trip.
    assert!((4..6).contains(&files.len()), "{files:?}");
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
        &format!("/assets/{hash}/core/dom.js"),
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
    let (mut first, mut texts) = (size(&test, "/").await, BTreeMap::new());
    for path in named(document.text()) {
        let size = size(&test, path).await;
        if path.contains("/words/") {
            texts.insert(path.to_owned(), size);
        } else {
            first += size;
        }
    }
    let assets = named(document.text())[0]
        .rsplit_once('/')
        .expect("a folder")
        .0;
    let app = test
        .request(reqwest::Method::GET, &format!("{assets}/app.js"), None)
        .await;
    let names = app.text().split("later(\"").skip(1);
    let names: BTreeSet<&str> = names.filter_map(|rest| rest.split('"').next()).collect();
    let mut later = 0;
    for name in names {
        let path = format!("{assets}/{name}");
        let size = size(&test, &path).await;
        if name.starts_with("words/") {
            texts.insert(path, size);
        } else {
            later += size;
        }
    }
    assert_eq!(texts.len(), 2, "{texts:?}");
    // In the language whose texts are longest.
    later += texts.values().min().expect("texts");
    first += texts.values().max().expect("texts");
    println!("first view {first} bytes, all {}", first + later);
    assert!(first <= FIRST_VIEW, "{first} bytes of the first view");
    assert!(first + later <= ALL, "{} bytes of all", first + later);
}
