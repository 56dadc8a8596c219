//! Request bodies: compressed, truncated, chunked, of other types.

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
const JSON: &str = "application/json";

#[tokio::test]
async fn every_member_of_a_gzip_body_is_read() {
    let test = TestApp::new().await;
    let mut packed = gzip(&body(&(1..=12_000).map(team).collect::<Vec<_>>()));
    packed.extend(gzip("\n"));
    packed.extend(gzip(&body(&[team(12_001)])));
    let answer = sent_as(&test, NDJSON, "gzip", packed).await;
    assert_eq!(
        answer.json()["data"],
        json!({"received": 12_001, "stored": 12_001, "rejected": 0, "errors": []})
    );
    assert_eq!(count(&test, "teams").await, 12_001);
    for kind in [
        "application/x-ndjson; charset=utf-8",
        "Application/X-NDJSON",
    ] {
        for (encoding, text) in [
            ("", team(0).to_string().into_bytes()),
            ("identity", b"".into()),
            ("gzip", gzip("")),
            ("X-GZIP", gzip("\n")),
        ] {
            let answer = sent_as(&test, kind, encoding, text).await;
            assert_eq!(
                answer.status.as_u16(),
                200,
                "{kind} {encoding}: {}",
                answer.text()
            );
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
    for broken in [
        garbled,
        followed,
        cut,
        whole[..4].to_vec(),
        team(1).to_string().into(),
    ] {
        let answer = sent_as(&test, NDJSON, "gzip", broken).await;
        assert_eq!(answer.status.as_u16(), 400, "{}", answer.text());
        assert_eq!(answer.json(), json!({"message": "Malformed request body"}));
    }
    assert_eq!(
        sent_as(&test, NDJSON, "gzip", whole).await.json()["data"]["stored"],
        2_000
    );
}

#[tokio::test]
async fn unsupported_types_and_encodings_are_refused_with_the_accepted_ones() {
    let test = TestApp::new().await;
    let text = || team(1).to_string().into_bytes();
    for (kind, encoding) in [
        ("", ""),
        ("application/jsonp", ""),
        ("application/x-ndjsonp", ""),
        ("text/plain", "gzip"),
        (NDJSON, "br"),
        (JSON, "deflate"),
        (NDJSON, "gzip, gzip"),
    ] {
        let is_type = ![NDJSON, JSON].contains(&kind);
        let answer = sent_as(&test, kind, encoding, text()).await;
        assert_eq!(answer.status.as_u16(), 415, "{kind} {encoding}");
        assert_eq!(answer.json(), json!({"message": "Unsupported media type"}));
        let named = if is_type {
            answer.header("accept-post")
        } else {
            answer.header("accept-encoding")
        };
        assert_eq!(
            named,
            if is_type {
                "application/x-ndjson, application/json"
            } else {
                "gzip"
            },
            "{kind} {encoding}"
        );
    }
    assert_eq!(count(&test, "teams").await, 0);
    let stranger = Client::new(test.url.clone(), "nonsense".into());
    for (kind, encoding) in [("text/plain", ""), (NDJSON, "br")] {
        assert_eq!(
            sent_as(&stranger, kind, encoding, text())
                .await
                .status
                .as_u16(),
            401,
            "{kind} {encoding}"
        );
    }
}

#[tokio::test]
async fn a_body_may_be_split_anywhere() {
    let test = TestApp::new().await;
    let names = ["Đội Hà Nội 🦀", "Команда", "\u{7ff}\u{800}\u{10ffff}"];
    let lines: Vec<_> = (1..)
        .zip(names)
        .map(|(id, name)| json!({"kind": "team", "id": id, "name": name}))
        .collect();
    let bytes = body(&lines).into_bytes();
    let pieces = bytes
        .into_iter()
        .map(|byte| Ok::<_, std::io::Error>(vec![byte]))
        .collect::<Vec<_>>();
    let slowly = futures_util::StreamExt::then(futures_util::stream::iter(pieces), |piece| async {
        tokio::time::sleep(Duration::from_micros(200)).await;
        piece
    });
    let tally = tally(&test, reqwest::Body::wrap_stream(slowly)).await;
    assert_eq!(
        (&tally["stored"], &tally["rejected"]),
        (&json!(3), &json!(0))
    );
    let stored: Vec<_> = rows(&test, "teams")
        .await
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(stored, names);
}

/// Sends part of a request, then disconnects.
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
async fn client_disconnects_leave_the_server_healthy() {
    let test = TestApp::new().await;
    let long = body(&(1..=10_500).map(team).collect::<Vec<_>>());
    for round in 0..6 {
        let callers = (0..8).map(|caller| {
            hang_up(
                test.clone(),
                long.clone(),
                Duration::from_millis(round * 30 + caller * 15),
            )
        });
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

/// tar(1) and block devices pad with zeros to the next block.
#[tokio::test]
async fn zero_padding_after_gzip_is_ignored() {
    let test = TestApp::new().await;
    for (zeros, lines) in [(1, 1), (511, 12_000), (100_000, 2)] {
        let mut packed = gzip(&body(&(1..=lines).map(team).collect::<Vec<_>>()));
        packed.resize(packed.len() + zeros, 0);
        for encoding in ["gzip", "x-gzip"] {
            let answer = sent_as(&test, NDJSON, encoding, packed.clone()).await;
            assert_eq!(
                answer.json()["data"]["stored"],
                lines,
                "{zeros} zeros: {}",
                answer.text()
            );
        }
        packed.push(b'x');
        assert_eq!(
            sent_as(&test, NDJSON, "gzip", packed).await.status.as_u16(),
            400,
            "{zeros} zeros and more"
        );
    }
}

#[tokio::test]
async fn a_one_mebibyte_line_may_end_with_crlf() {
    let test = TestApp::new().await;
    let padded = |bytes: usize| {
        let line = team(1).to_string();
        format!("{line}{}", " ".repeat(bytes - line.len()))
    };
    for (bytes, end, stored) in [
        (1 << 20, "\r\n", 2),
        (1 << 20, "\n", 2),
        (1 << 20, "\r", 2),
        ((1 << 20) + 1, "\r\n", 1),
        ((1 << 20) + 1, "", 1),
    ] {
        let text = format!("{}\r\n{}{end}", team(2), padded(bytes));
        let reported = tally(&test, text).await;
        assert_eq!(
            reported["stored"], stored,
            "{bytes} bytes and {end:?}: {reported}"
        );
    }
}

#[tokio::test]
async fn json_objects_and_arrays_are_accepted_and_faults_named_by_index() {
    let test = TestApp::new().await;
    let sent = async |body: &str| sent_as(&test, JSON, "", body.into()).await;
    let stored =
        |lines: u64| json!({"received": lines, "stored": lines, "rejected": 0, "errors": []});
    let many = json!((1..=10_500).map(team).collect::<Vec<_>>());
    for (body, lines) in [
        (team(1).to_string(), 1),
        (format!("\u{feff} {:#}\n", team(2)), 1),
        ("[]".into(), 0),
        (many.to_string(), 10_500),
        (format!("{many:#}"), 10_500),
    ] {
        assert_eq!(sent(&body).await.json(), json!({"data": stored(lines)}));
    }
    assert_eq!(count(&test, "teams").await, 10_500);
    let answer = sent_as(
        &test,
        "Application/JSON; charset=utf-8",
        "gzip",
        gzip(&many.to_string()),
    )
    .await;
    assert_eq!(answer.json(), json!({"data": stored(10_500)}));

    let long = format!(
        "{{\"kind\":\"team\",\"id\":1,\"name\":\"T\"{}}}",
        " ".repeat(1 << 20)
    );
    let mixed = format!(
        "[{}, 7, {{\"kind\":\"team\",\"id\":\"x\",\"name\":\"T\"}},\n[{}],{long}, null]",
        team(1),
        team(2)
    );
    let reported = sent(&mixed).await.json();
    assert_eq!(
        [
            &reported["data"]["received"],
            &reported["data"]["stored"],
            &reported["data"]["rejected"]
        ],
        [6, 1, 5]
    );
    let places: Vec<_> = reported["data"]["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|reported| {
            assert!(reported.get("line").is_none(), "{reported}");
            (
                reported["index"].as_u64().expect("an index"),
                super::fields(&reported["errors"]).concat(),
            )
        })
        .collect();
    let item = |index: u64| (index, "item".to_owned());
    assert_eq!(
        places,
        [item(1), (2, "id".into()), item(3), item(4), item(5)]
    );

    let atomic = test
        .post("/api/ingest?atomic=1")
        .header("content-type", JSON)
        .body(mixed);
    let answer = test.send(atomic).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["data"]["stored"]),
        (422, &json!(0))
    );
    let expected = [
        "items.1.item",
        "items.2.id",
        "items.3.item",
        "items.4.item",
        "items.5.item",
    ];
    assert_eq!(super::fields(&answer.json()["errors"]), expected);
}

#[tokio::test]
async fn a_malformed_json_body_stores_nothing() {
    let test = TestApp::new().await;
    let team = team(1);
    for body in [
        String::new(),
        "[".into(),
        format!("[{team}"),
        format!("[{team},]"),
        format!("[{team}] x"),
        format!("{team}{team}"),
        format!("{team},"),
    ] {
        let answer = sent_as(&test, JSON, "", body.clone().into()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (400, json!({"message": "Malformed request body"})),
            "{body}"
        );
    }
    for body in ["7", "\"[]\"", "null"] {
        let answer = sent_as(&test, JSON, "", body.into()).await;
        let errors = json!({"body": ["must be an object or an array of objects."]});
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"]),
            (400, &errors),
            "{body}"
        );
    }
    let of = |bytes: usize| format!("[{team}{}]", " ".repeat(bytes - team.to_string().len() - 2));
    for (encoding, packed) in [
        ("", of((16 << 20) + 1).into_bytes()),
        ("gzip", gzip(&of((16 << 20) + 1))),
    ] {
        let answer = sent_as(&test, JSON, encoding, packed).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (413, json!({"message": "Payload too large"})),
            "{encoding}"
        );
    }
    assert_eq!(count(&test, "teams").await, 0);
    assert_eq!(
        sent_as(&test, JSON, "", of(16 << 20).into()).await.json()["data"]["stored"],
        1
    );
}
