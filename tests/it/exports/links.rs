//! Download links: scope, expiry, ranges, logging and limits.

use std::path::Path;

use callboard::exports::sweep;
use callboard::time::Clock;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{download, june, order, path, settle, show};
use crate::support::{Answer, Client, TENANT, TestApp, http};

/// A campaign with a name in many scripts, and a ready export of it.
async fn with_export(format: &str) -> (TestApp, Value) {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "../Gia hạn \"quý\" 3/4 — 顧客 😀"}),
    ])
    .await;
    let id = order(&test, &june("funnel", format)).await;
    settle(&test.app).await;
    let ready = show(&test, &id).await;
    (test, ready)
}

async fn follow(client: &Client, path: &str) -> Answer {
    client.request(Method::GET, path, None).await
}

fn link(ready: &Value) -> String {
    path(ready["download_url"].as_str().expect("a link")).to_owned()
}

async fn at(test: &TestApp, seconds: i64) -> Client {
    let then = test.app.clock.now() + TimeDelta::seconds(seconds);
    test.changed(|app| app.clock = Clock::Fixed(then)).await
}

fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()))
        } else {
            found.push(entry.path().display().to_string())
        }
    }
    found
}

#[tokio::test]
async fn file_names_keep_any_script_and_contain_no_path() {
    let (test, ready) = with_export("csv").await;
    let answer = download(&test, &ready).await;
    let disposition = answer.header("content-disposition");
    let name = "Gia%20h%E1%BA%A1n%20_qu%C3%BD_%203_4%20%E2%80%94%20%E9%A1%A7%E5%AE%A2%20%F0%9F%98%80_funnel_2026-06-01_2026-06-07.csv";
    assert!(
        disposition.starts_with("attachment; filename=\"Gia h_n _qu__ 3_4"),
        "{disposition}"
    );
    assert!(
        disposition.ends_with(&format!("filename*=UTF-8''{name}")),
        "{disposition}"
    );
    assert!(
        answer
            .text()
            .starts_with("\u{feff}stage,count,drop_rate_pct\r\n")
    );
    for (header, value) in [
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(answer.header(header), value);
    }
}

#[tokio::test]
async fn no_character_of_a_link_can_be_changed() {
    let (test, ready) = with_export("csv").await;
    let link = link(&ready);
    assert_eq!(follow(&test, &link).await.status, StatusCode::OK);
    let mut refused = 0;
    for (at, letter) in link.char_indices().skip("/api/public/exports/".len()) {
        for other in ['0', '1', 'f', 'F', 'g', '-', '%', '=', '&', ' '] {
            let same = other.eq_ignore_ascii_case(&letter) && link[..at].ends_with(['%'])
                || other == letter;
            let percent = link[..at].ends_with('%')
                || link[..at.saturating_sub(1)].ends_with('%')
                || letter == '%'
                || other == '%';
            if same || percent {
                continue;
            }
            let tampered = format!("{}{other}{}", &link[..at], &link[at + letter.len_utf8()..]);
            let status = follow(&test, &tampered.replace(' ', "%20")).await.status;
            assert!(matches!(status.as_u16(), 403 | 404), "{status} {tampered}");
            refused += 1;
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[tokio::test]
async fn tampered_extended_and_swapped_links_are_refused() {
    let (test, ready) = with_export("csv").await;
    let link = link(&ready);
    let (base, query) = link.split_once('?').expect("a query");
    let (expires, signature) = query.split_once('&').expect("two parameters");
    let other = order(&test, &june("kpis", "csv")).await;
    settle(&test.app).await;
    let other = show(&test, &other).await;
    let other = self::link(&other);
    let other_query = other.split_once('?').expect("a query").1;
    let job = ready["job_id"].as_str().expect("an id");
    let stretched = expires.replace("1782810000", "1782813600");
    let zero = expires.replace("expires=", "expires=0");
    let plus = expires.replace("expires=", "expires=%2B");
    for tampered in [
        base.to_owned(),
        format!("{base}?"),
        format!("{base}?{expires}"),
        format!("{base}?{signature}"),
        format!("{base}?{expires}&signature="),
        format!("{base}?{stretched}&{signature}"),
        format!("{base}?{zero}&{signature}"),
        format!("{base}?{plus}&{signature}"),
        format!(
            "{base}?{expires}&{}",
            signature.to_uppercase().replace("SIGNATURE", "signature")
        ),
        format!("{base}?{expires}&{signature}00"),
        format!("{base}?{expires}&{}", &signature[..signature.len() - 2]),
        format!("{base}?{expires}&{}", &signature[..signature.len() - 1]),
        format!(
            "{base}?{link}&{signature}&{expires}&expires=9999999999",
            link = expires
        ),
        format!("{base}?{other_query}"),
        format!("{}?{query}", other.split_once('?').expect("a query").0),
        link.replace(".csv", ".xlsx"),
        link.replace(job, "export_0"),
        link.replace(job, &format!("{job}%0a")),
        format!("{}/x?{query}", base.rsplit_once('/').expect("a path").0),
        link.replace("signature=", "signature=%00"),
    ] {
        let answer = follow(&test, &tampered).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{tampered}");
        assert_eq!(
            answer.json(),
            json!({"message": "This action is unauthorized."})
        );
    }
    let spelled = format!("{base}?{signature}&utm=1&{expires}");
    assert_eq!(
        follow(&test, &spelled).await.status,
        StatusCode::OK,
        "order and what nobody reads do not matter"
    );
    let forged = test
        .changed(|app| app.keys = callboard::auth::token::Keys::new(&[8; 32]).expect("long enough"))
        .await;
    assert_eq!(
        follow(&forged, &link).await.status,
        StatusCode::FORBIDDEN,
        "another secret"
    );
    let rotated = [[8_u8; 32].as_slice(), b",", &[7; 32]].concat();
    let rotated = test
        .changed(|app| app.keys = callboard::auth::token::Keys::new(&rotated).expect("two"))
        .await;
    assert_eq!(
        follow(&rotated, &link).await.status,
        StatusCode::OK,
        "links outlive a change of the secret"
    );
}

#[tokio::test]
async fn an_expired_link_is_refused_and_its_file_deleted() {
    let (test, ready) = with_export("xlsx").await;
    let (id, link) = (ready["job_id"].as_str().expect("an id"), link(&ready));
    assert_eq!(
        show(&at(&test, 3599).await, id).await["expires_in_seconds"],
        1
    );
    assert_eq!(
        follow(&at(&test, 3599).await, &link).await.status,
        StatusCode::OK
    );
    let over = at(&test, 3600).await;
    let expired = json!({"job_id": id, "status": "expired", "report_type": "funnel"});
    assert_eq!(show(&over, id).await, expired, "before it is swept");
    let gone = follow(&over, &link).await;
    assert_eq!(
        (gone.status, gone.json()),
        (
            StatusCode::GONE,
            json!({"message": "This link has expired."})
        )
    );

    sweep::sweep(&test.app, true).await.expect("swept");
    assert_eq!(files(test.files.path()).len(), 1, "its time is not over");
    let mut then = test.app.clone();
    then.clock = Clock::Fixed(then.clock.now() + TimeDelta::seconds(3600));
    sweep::sweep(&then, false).await.expect("swept");
    assert_eq!(files(test.files.path()), Vec::<String>::new());
    assert_eq!(show(&test, id).await, expired, "after it is swept");
    assert_eq!(
        follow(&test, &link).await.status,
        StatusCode::GONE,
        "even where a clock is late"
    );
}

#[tokio::test]
async fn file_lifetime_is_configurable() {
    let mut test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C"})])
        .await;
    test.app.exports.ttl = std::time::Duration::from_secs(7200);
    let id = order(&test, &june("kpis", "csv")).await;
    settle(&test.app).await;
    assert_eq!(show(&test, &id).await["expires_in_seconds"], 7200);
}

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

#[tokio::test]
async fn the_sweep_deletes_orphaned_files_and_keeps_foreign_ones() {
    let (test, ready) = with_export("csv").await;
    let dir = test.files.path();
    let of_tenant = dir.join(TENANT.to_string());
    std::fs::create_dir_all(of_tenant.join("export_dead")).expect("made");
    let left = [
        of_tenant.join("export_dead/claim.xlsx"),
        of_tenant.join("export_dead/claim.xlsx#1"),
    ];
    let kept = [dir.join("notes.txt"), of_tenant.join("notes.txt")];
    for file in left.iter().chain(&kept) {
        std::fs::write(file, "x").expect("written");
    }
    let mut then = test.app.clone();
    // File times come from the system clock, which may be before or after the tests' clock.
    then.clock = Clock::Fixed(Clock::System.now());
    test.execute(TENANT, "update exports set expires_at = '2100-01-01'")
        .await;
    sweep::sweep(&then, true).await.expect("swept");
    assert!(left.iter().all(|file| file.exists()), "too young to go");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3700);
    for file in &left {
        std::fs::File::options()
            .append(true)
            .open(file)
            .expect("a file")
            .set_modified(old)
            .expect("aged");
    }
    sweep::sweep(&then, true).await.expect("swept");
    assert!(left.iter().all(|file| !file.exists()));
    assert!(kept.iter().all(|file| file.exists()));
    let link = link(&ready);
    assert_eq!(follow(&test, &link).await.status, StatusCode::OK);
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

#[tokio::test]
async fn files_of_a_deleted_campaign_are_gone_with_it() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C", "status": "draft"})])
        .await;
    let order_kpis = json!({"report_type": "kpis", "from": "2026-06-01", "to": "2026-06-02"});
    let ready = {
        let id = order(&test, &order_kpis).await;
        settle(&test.app).await;
        show(&test, &id).await
    };
    let stored = async || {
        let files = test.app.exports.store.list();
        let files: Vec<_> = futures_util::TryStreamExt::try_collect(files)
            .await
            .expect("files");
        files.len()
    };
    assert_eq!(stored().await, 1, "{ready}");
    let campaign = "/api/autocall/campaigns/1";
    let deleted = test
        .request(Method::DELETE, campaign, Some(&test.token))
        .await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(stored().await, 0);
    let link = path(ready["download_url"].as_str().expect("a link"));
    let gone = test.request(Method::GET, link, None).await;
    assert_eq!(gone.status, StatusCode::GONE);
}
