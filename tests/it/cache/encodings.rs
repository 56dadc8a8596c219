//! Content codings negotiated by `Accept-Encoding`.

use std::io::Read;

use reqwest::Method;
use serde_json::json;

use super::{LONG, with_an_attempt};
use crate::support::{Answer, Client, TestApp};

const HEATMAP: &str = "/api/autocall/campaigns/1/reports/heatmap";

async fn accepting(client: &Client, path: &str, codings: &str) -> Answer {
    client.get_with(path, "accept-encoding", codings).await
}

/// The decompressed body.
fn decompressed(answer: &Answer) -> Vec<u8> {
    let (mut plain, packed) = (Vec::new(), answer.bytes.as_slice());
    let read = match answer.header("content-encoding") {
        "br" => brotli::Decompressor::new(packed, 4096).read_to_end(&mut plain),
        "gzip" => flate2::read::GzDecoder::new(packed).read_to_end(&mut plain),
        "" => return answer.bytes.clone(),
        other => panic!("{other}"),
    };
    read.expect("packed as it says");
    plain
}

#[tokio::test]
async fn a_report_has_one_tag_in_every_coding_and_the_suffix_of_a_proxy_is_understood() {
    let test = with_an_attempt(LONG).await;
    let plain = accepting(&test, HEATMAP, "identity").await;
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        ("", "Authorization, Accept-Encoding")
    );
    assert!(plain.bytes.len() > 1024);
    let tag = plain.header("etag");
    for coding in ["br", "gzip"] {
        let packed = accepting(&test, HEATMAP, coding).await;
        assert_eq!(
            (packed.header("content-encoding"), packed.header("etag")),
            (coding, tag)
        );
        assert_eq!(packed.header("vary"), "Authorization, Accept-Encoding");
        assert!(
            packed.bytes.len() < plain.bytes.len() / 4,
            "{coding}: {}",
            packed.bytes.len()
        );
        assert_eq!(decompressed(&packed), plain.bytes);
    }
    for theirs in [
        tag.to_owned(),
        tag.replace("\"\n", ""),
        format!("{}-gzip\"", tag.trim_end_matches('"')),
    ] {
        let unchanged = test.get_with(HEATMAP, "if-none-match", &theirs).await;
        assert_eq!(
            (unchanged.status.as_u16(), unchanged.header("etag")),
            (304, tag),
            "{theirs}"
        );
        assert_eq!(unchanged.header("vary"), "Authorization, Accept-Encoding");
    }
}

#[tokio::test]
async fn a_cached_answer_is_compressed_once_per_coding_and_counted() {
    let test = with_an_attempt(LONG).await;
    let plain = accepting(&test, HEATMAP, "identity").await;
    let without = test.app.answers.weight();
    let first = accepting(&test, HEATMAP, "gzip").await;
    let with = test.app.answers.weight();
    assert_eq!(with - without, first.bytes.len() as u64);
    assert_eq!(accepting(&test, HEATMAP, "gzip").await.bytes, first.bytes);
    assert_eq!(test.app.answers.weight(), with);
    let other = accepting(&test, HEATMAP, "br").await;
    assert_eq!(test.app.answers.weight() - with, other.bytes.len() as u64);
    assert_eq!(
        accepting(&test, HEATMAP, "identity").await.bytes,
        plain.bytes
    );
}

/// JSON of more than a kibibyte is compressed on every route; files and small bodies are not.
#[tokio::test]
async fn every_route_compresses_large_json_but_not_files() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": "C", "started_at": "2026-06-01T00:00:00Z"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
    ];
    lines.extend((2..40).map(|id| json!({"kind": "autocall_campaign", "id": id, "name": "C"})));
    lines.extend(
        (1..40).map(
            |id| json!({"kind": "agent", "id": id, "name": "A", "username": format!("a{id}")}),
        ),
    );
    test.ingest(&lines).await;
    let document = serde_json::to_value(callboard::http::openapi::generate()).expect("JSON");
    let (mut packed, mut files) = (0, 0);
    for (path, item) in document["paths"].as_object().expect("paths") {
        if item.get("get").is_none() || path.starts_with("/api/public/") {
            continue;
        }
        let path = path.replace("{id}", "1").replace("{job_id}", "export_none");
        let path = format!("{path}?date_from=2026-06-01&date_to=2026-06-08&campaign_ids=1");
        let plain = accepting(&test, &path, "identity").await;
        let coded = accepting(&test, &path, "gzip, br").await;
        let is_file = !plain.header("content-disposition").is_empty();
        let is_worth_it = !is_file && plain.bytes.len() > 1024;
        assert_eq!(
            coded.header("content-encoding"),
            if is_worth_it { "br" } else { "" },
            "{path}"
        );
        let head = test.request(Method::HEAD, &path, Some(&test.token)).await;
        assert_eq!(head.status, plain.status, "{path}");
        if is_worth_it {
            let varies: Vec<&str> = coded.header("vary").split(", ").collect();
            assert!(varies.contains(&"Accept-Encoding"), "{path}: {varies:?}");
            assert_eq!(
                coded.header("content-length"),
                coded.bytes.len().to_string()
            );
            assert_eq!(decompressed(&coded).len(), plain.bytes.len(), "{path}");
        }
        packed += usize::from(is_worth_it);
        files += usize::from(is_file);
    }
    assert!(packed >= 4 && files >= 8, "{packed} packed, {files} files");
}

#[tokio::test]
async fn analytics_and_failures_are_compressed_but_logins_are_not() {
    let test = with_an_attempt(LONG).await;
    let question = json!({"query_type": "hourly_heatmap", "page_size": 24});
    let request = || test.post("/analytics").json(&question);
    assert_eq!(
        test.send(request()).await.header("vary"),
        "Authorization, Accept, Accept-Encoding"
    );
    let filters = json!({"date_from": "2026-01-01", "date_to": "2026-06-30"});
    let padded = json!({"query_type": "calls_over_time", "filters": filters, "page_size": 1000});
    let request = || test.post("/analytics").json(&padded);
    let plain = test.send(request()).await;
    let packed = test.send(request().header("accept-encoding", "br")).await;
    assert_eq!(
        (plain.status.as_u16(), packed.header("content-encoding")),
        (200, "br"),
        "{}",
        plain.text()
    );
    assert_eq!(decompressed(&packed), plain.bytes);

    let bad: String = (0..100)
        .map(|number| format!("{{\"kind\":\"team\",\"id\":{number}}}\n"))
        .collect();
    let request = test
        .post("/api/ingest?atomic=true")
        .header("content-type", "application/x-ndjson")
        .body(bad);
    let refused = test.send(request.header("accept-encoding", "gzip")).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("content-encoding")),
        (422, "gzip")
    );
    assert!(decompressed(&refused).starts_with(b"{\"message\":"));

    let name = "n".repeat(200);
    let login = json!({"username": "admin-1", "password": "correct horse", "device_name": name});
    let request = test
        .post("/api/auth/login")
        .header("accept-encoding", "br")
        .json(&login);
    let answer = test.send(request).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-encoding")),
        (200, "")
    );
}
