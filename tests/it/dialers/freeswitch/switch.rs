//! The switch that tests post with keeps what a server refuses, in a form that can be read.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use callboard::dialers::freeswitch::document;
use tokio::net::TcpListener;

use super::{bytes, leg, read};
use crate::support::switch::{Encode, Switch};

/// Requests of a server: query, authorization, media type and body.
type Seen = Arc<Mutex<Vec<(String, String, String, String)>>>;

/// A server that answers with these statuses, then with 200.
async fn server(answers: &[u16]) -> (String, Seen) {
    let seen = Seen::default();
    let answers: VecDeque<u16> = answers.iter().copied().collect();
    let (answers, log) = (Arc::new(Mutex::new(answers)), Arc::clone(&seen));
    let answer = move |uri: Uri, headers: HeaderMap, body: String| async move {
        let header = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let request = (
            uri.query().unwrap_or_default().to_owned(),
            header("authorization"),
            header("content-type"),
            body,
        );
        log.lock().expect("a lock").push(request);
        let status = answers.lock().expect("a lock").pop_front().unwrap_or(200);
        StatusCode::from_u16(status).expect("a status")
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/cdr", listener.local_addr().expect("an address"));
    let router = Router::new().route("/cdr", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

const NAME: &str = "16-2025-11-12-dialer-originate-playback-answered.json";

#[tokio::test]
async fn a_record_is_posted_until_it_is_taken() {
    let record = String::from_utf8(bytes(NAME)).expect("text");
    let folder = tempfile::tempdir().expect("a folder");
    for encode in [Encode::False, Encode::True, Encode::Base64] {
        let (url, seen) = server(&[503, 500]).await;
        let switch = Switch::new(&url, "secret", folder.path()).encoded(encode);
        let tries = switch.end_call("u1", &record).await;
        assert_eq!(tries, [Some(503), Some(500), Some(200)]);
        let seen = seen.lock().expect("a lock").clone();
        assert_eq!(seen.len(), 3);
        for (query, authorization, media, body) in seen {
            assert_eq!(
                (query.as_str(), authorization.as_str()),
                ("uuid=u1", "Basic ZnJlZXN3aXRjaDpzZWNyZXQ=")
            );
            assert_eq!(
                leg(document(&media, Some("u1"), body.as_bytes())),
                read(record.as_bytes())
            );
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[tokio::test]
async fn a_record_that_is_never_taken_is_kept_in_a_file_that_can_be_read() {
    let record = String::from_utf8(bytes(NAME)).expect("text");
    for encode in [Encode::False, Encode::True, Encode::Base64] {
        let folder = tempfile::tempdir().expect("a folder");
        let switch = Switch::new("http://127.0.0.1:1/cdr", "secret", folder.path()).encoded(encode);
        assert_eq!(switch.end_call("u1", &record).await, [None; 3]);
        let file = fs::read(folder.path().join("u1.cdr.json")).expect("a file");
        assert_eq!(leg(document("", None, &file)), read(record.as_bytes()));
    }
}
