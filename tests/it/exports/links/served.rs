//! Downloads: ranges, HEAD, the audit log, and their limit.

use callboard::time::Clock;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::super::download;
use super::{at, files, follow, link, with_export};
use crate::support::{TENANT, TestApp, http};

#[tokio::test]
async fn range_requests_are_served() {
    let (test, ready) = with_export("csv").await;
    let (link, whole) = (link(&ready), download(&test, &ready).await);
    let size = whole.bytes.len();
    let tag = whole.header("etag").to_owned();
    for (range, from, to) in [
        ("bytes=0-2", 0, 3),
        ("bytes=10-", 10, size),
        ("bytes=-5", size - 5, size),
        ("bytes=3-999999", 3, size),
    ] {
        let part = test.get_with(&link, "range", range).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(part.bytes, whole.bytes[from..to], "{range}");
        assert_eq!(
            part.header("content-range"),
            format!("bytes {from}-{}/{size}", to - 1)
        );
    }
    for range in ["bytes=0-1,4-5", "lines=1-2", "bytes=5-4"] {
        let answer = test.get_with(&link, "range", range).await;
        assert_eq!(
            (answer.status, &answer.bytes),
            (StatusCode::OK, &whole.bytes),
            "{range}"
        );
    }
    let beyond = test
        .get_with(&link, "range", &format!("bytes={size}-"))
        .await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (
            StatusCode::RANGE_NOT_SATISFIABLE,
            format!("bytes */{size}").as_str()
        )
    );
    for (if_range, status) in [
        (tag.as_str(), StatusCode::PARTIAL_CONTENT),
        ("\"another\"", StatusCode::OK),
    ] {
        let request = http()
            .get(format!("{}{link}", test.url))
            .header("range", "bytes=0-0")
            .header("if-range", if_range);
        assert_eq!(test.send(request).await.status, status, "{if_range}");
    }
    let head = test.request(Method::HEAD, &link, None).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (StatusCode::OK, size.to_string().as_str())
    );
}

/// Downloads in the audit log.
async fn downloads(test: &TestApp) -> Vec<Value> {
    test.query(
        TENANT,
        "select to_jsonb(address) from audit_log where event = 'export_downloaded' order by id",
    )
    .await
}

#[tokio::test]
async fn downloads_are_logged_once_per_link_address_and_hour() {
    let (mut test, ready) = with_export("csv").await;
    let link = link(&ready);
    test.app.exports.ttl = std::time::Duration::from_secs(7200);
    test.app.trusted_proxies = vec![
        "127.0.0.1"
            .parse::<std::net::IpAddr>()
            .expect("an address")
            .into(),
    ]
    .into();
    let from = async |seconds: i64, address: &str, range: &str, method: Method| {
        let then = test.app.clock.now() + TimeDelta::seconds(seconds);
        let client = test.changed(|app| app.clock = Clock::Fixed(then)).await;
        let request = http().request(method, format!("{}{link}", client.url));
        client
            .send(
                request
                    .header("x-forwarded-for", address)
                    .header("range", range),
            )
            .await
            .status
            .as_u16()
    };
    let head = from(0, "192.0.2.1", "bytes=0-0", Method::HEAD).await;
    assert_eq!(
        (head, downloads(&test).await.len()),
        (200, 0),
        "no bytes are sent"
    );
    assert_eq!(
        (
            from(0, "192.0.2.1", "bytes=9999999-", Method::GET).await,
            downloads(&test).await.len()
        ),
        (416, 0)
    );
    for range in ["bytes=0-0", "bytes=1-", "bytes=-1", ""] {
        from(0, "192.0.2.1", range, Method::GET).await;
    }
    assert_eq!(
        downloads(&test).await,
        ["192.0.2.1"],
        "a part is a download too"
    );
    from(60, "192.0.2.2", "", Method::GET).await;
    from(3_599, "192.0.2.1", "", Method::GET).await;
    assert_eq!(downloads(&test).await, ["192.0.2.1", "192.0.2.2"]);
    // Concurrent downloads from one address make one entry.
    let at_once = (0..8).map(|_| from(120, "192.0.2.3", "bytes=0-0", Method::GET));
    assert_eq!(futures_util::future::join_all(at_once).await, [206; 8]);
    assert_eq!(downloads(&test).await.len(), 3);
    test.execute(
        TENANT,
        "update exports set expires_at = expires_at + interval '1 day'",
    )
    .await;
    let expires = ready["completed_at"].as_str().map(|at| {
        at.parse::<chrono::DateTime<chrono::Utc>>()
            .expect("an instant")
    });
    let expires = expires.expect("text") + TimeDelta::hours(25);
    let longer = callboard::exports::link::Links::new(
        &test.app.keys,
        callboard::http::paths::DOWNLOAD.into(),
    );
    let name = percent_encoding::percent_decode_str(
        link.split_once('?')
            .expect("a query")
            .0
            .rsplit('/')
            .next()
            .expect("a name"),
    );
    let name = name.decode_utf8().expect("UTF-8");
    let longer = longer.link(ready["job_id"].as_str().expect("an id"), &name, expires);
    let later = at(&test, 3_601).await;
    let request = http()
        .get(format!("{}{longer}", later.url))
        .header("x-forwarded-for", "192.0.2.1");
    assert_eq!(later.send(request).await.status, StatusCode::OK);
    assert_eq!(downloads(&test).await.len(), 4, "another hour");
}

#[tokio::test]
async fn links_are_rate_limited_by_address() {
    let (test, ready) = with_export("csv").await;
    let limited = test
        .changed(|app| app.limits = callboard::auth::limit::Limits::on(app.clock))
        .await;
    let link = link(&ready);
    for left in (0..120).rev() {
        // Valid and invalid links count alike.
        let asked = if left % 2 == 0 {
            link.clone()
        } else {
            link.replace("signature=", "signature=0")
        };
        let answer = follow(&limited, &asked).await;
        let (status, remaining) = (
            answer.status.as_u16(),
            answer.header("x-ratelimit-remaining"),
        );
        assert_eq!(
            (status, remaining),
            (
                if left % 2 == 0 { 200 } else { 403 },
                left.to_string().as_str()
            )
        );
        assert_eq!(answer.header("x-ratelimit-limit"), "120");
    }
    let refused = follow(&limited, &link).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (StatusCode::TOO_MANY_REQUESTS, "1")
    );
}

#[tokio::test]
async fn head_equals_get_without_a_body() {
    let (test, ready) = with_export("csv").await;
    let link = link(&ready);
    let get = follow(&test, &link).await;
    let head = test
        .send(
            http()
                .head(format!("{}{link}", test.url))
                .header("range", "bytes=0-0"),
        )
        .await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
    for name in [
        "content-length",
        "content-type",
        "content-disposition",
        "etag",
        "accept-ranges",
        "cache-control",
    ] {
        assert!(!get.header(name).is_empty());
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    for file in files(test.files.path()) {
        std::fs::remove_file(file).expect("removed");
    }
    let gone = test.request(Method::HEAD, &link, None).await.status;
    assert_eq!(
        (gone, follow(&test, &link).await.status),
        (StatusCode::GONE, StatusCode::GONE)
    );
}
