//! How a body comes: packed, broken, in pieces, as something else, or not to its end.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{count, rows, tally, team};
use crate::support::{Answer, Client, TestApp, body, gzip};

async fn sent_as(client: &Client, kind: &str, encoding: &str, body: Vec<u8>) -> Answer {
    let mut post = client.post("/api/ingest").body(body);
    for (name, value) in [("content-type", kind), ("content-encoding", encoding)] {
        if !value.is_empty() {
            post = post.header(name, value);
        }
    }
    client.send(post).await
}

const NDJSON: &str = "application/x-ndjson";

#[tokio::test]
async fn a_gzip_body_is_read_to_its_end_however_many_parts_it_has() {
    let test = TestApp::new().await;
    let mut packed = gzip(&body(&(1..=12_000).map(team).collect::<Vec<_>>()));
    packed.extend(gzip("\n"));
    packed.extend(gzip(&body(&[team(12_001)])));
    let answer = sent_as(&test, NDJSON, "gzip", packed).await;
    assert_eq!(answer.json()["data"], json!({"received": 12_001, "stored": 12_001, "rejected": 0, "errors": []}));
    assert_eq!(count(&test, "teams").await, 12_001);
    for kind in ["application/x-ndjson; charset=utf-8", "Application/X-NDJSON"] {
        for (encoding, text) in [("", team(0).to_string().into_bytes()), ("identity", b"".into()), ("gzip", gzip(""))] {
            let answer = sent_as(&test, kind, encoding, text).await;
            assert_eq!(answer.status.as_u16(), 200, "{kind} {encoding}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_broken_gzip_body_is_malformed() {
    let test = TestApp::new().await;
    let whole = gzip(&body(&(1..=2_000).map(team).collect::<Vec<_>>()));
    let mut garbled = whole.clone();
    garbled[20..60].fill(0xff);
    let mut followed = whole.clone();
    followed.extend(b"and now for something else");
    let cut = whole[..whole.len() - 5].to_vec();
    for broken in [garbled, followed, cut, whole[..4].to_vec(), team(1).to_string().into()] {
        let answer = sent_as(&test, NDJSON, "gzip", broken).await;
        assert_eq!(answer.status.as_u16(), 400, "{}", answer.text());
        assert_eq!(answer.json(), json!({"message": "Malformed request body"}));
    }
    assert_eq!(sent_as(&test, NDJSON, "gzip", whole).await.json()["data"]["stored"], 2_000);
}

#[tokio::test]
async fn what_is_no_ndjson_is_not_taken() {
    let test = TestApp::new().await;
    let text = || team(1).to_string().into_bytes();
    for (kind, encoding) in [
        ("", ""),
        ("application/json", ""),
        ("application/x-ndjsonp", ""),
        ("text/plain", "gzip"),
        (NDJSON, "br"),
        (NDJSON, "deflate"),
        (NDJSON, "gzip, gzip"),
    ] {
        let answer = sent_as(&test, kind, encoding, text()).await;
        assert_eq!(answer.status.as_u16(), 415, "{kind} {encoding}");
        assert_eq!(answer.json(), json!({"message": "Unsupported media type"}));
    }
    assert_eq!(count(&test, "teams").await, 0);
    let stranger = Client::new(test.url.clone(), "nonsense".into());
    for (kind, encoding) in [("text/plain", ""), (NDJSON, "br")] {
        assert_eq!(sent_as(&stranger, kind, encoding, text()).await.status.as_u16(), 401, "{kind} {encoding}");
    }
}

#[tokio::test]
async fn a_body_may_come_in_pieces_cut_anywhere() {
    let test = TestApp::new().await;
    let names = ["Đội Hà Nội 🦀", "Команда", "\u{7ff}\u{800}\u{10ffff}"];
    let lines: Vec<_> = (1..).zip(names).map(|(id, name)| json!({"kind": "team", "id": id, "name": name})).collect();
    let bytes = body(&lines).into_bytes();
    let pieces = bytes.into_iter().map(|byte| Ok::<_, std::io::Error>(vec![byte])).collect::<Vec<_>>();
    let slowly = futures_util::StreamExt::then(futures_util::stream::iter(pieces), |piece| async {
        tokio::time::sleep(Duration::from_micros(200)).await;
        piece
    });
    let tally = tally(&test, reqwest::Body::wrap_stream(slowly)).await;
    assert_eq!((&tally["stored"], &tally["rejected"]), (&json!(3), &json!(0)));
    let stored: Vec<_> = rows(&test, "teams").await.iter().map(|row| row["name"].clone()).collect();
    assert_eq!(stored, names);
}

/// As much of a request as somebody sends who hangs up after a while.
async fn hang_up(client: Client, body: String, after: Duration) {
    let address = client.url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST /api/ingest HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: {NDJSON}\r\n\
         content-length: {}\r\n\r\n",
        client.token,
        body.len() + 1
    );
    socket.write_all(head.as_bytes()).await.expect("sent");
    socket.write_all(body.as_bytes()).await.expect("sent");
    tokio::time::sleep(after).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_the_server_whole() {
    let test = TestApp::new().await;
    let long = body(&(1..=10_500).map(team).collect::<Vec<_>>());
    for round in 0..6 {
        let callers =
            (0..8).map(|caller| hang_up(test.clone(), long.clone(), Duration::from_millis(round * 30 + caller * 15)));
        futures_util::future::join_all(callers).await;
    }
    for _ in 0..3 {
        let writers = (0..16).map(|id| {
            let client = test.clone();
            async move { tally(&client, body(&[team(100_000 + id)])).await }
        });
        for tally in futures_util::future::join_all(writers).await {
            assert_eq!(tally["stored"], 1);
        }
    }
}
