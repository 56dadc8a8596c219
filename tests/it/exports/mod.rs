//! Exports, from the order to the file, and failures on the way.

mod again;
mod dry;
mod evidence;
mod files;
mod links;
mod listed;
mod queue;
mod requests;
mod s3;

use std::io::{Cursor, Read};

use callboard::app::App;
use callboard::exports::worker;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, Client, TestApp};

const EXPORT: &str = "/api/autocall/campaigns/1/reports/export";

/// Runs jobs until none is ready.
pub async fn settle(app: &App) {
    while worker::next(app, &CancellationToken::new())
        .await
        .expect("a queue")
    {}
}

/// Orders an export of campaign 1 and returns its id.
async fn order(client: &Client, body: &Value) -> String {
    let answer = client.send(client.post(EXPORT).json(body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    answer.json()["data"]["job_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

async fn show(client: &Client, id: &str) -> Value {
    client.data(&format!("{EXPORT}/{id}")).await
}

async fn cancel(client: &Client, id: &str) -> Answer {
    client
        .request(
            Method::DELETE,
            &format!("{EXPORT}/{id}"),
            Some(&client.token),
        )
        .await
}

/// The path of a link, for a client of that server.
fn path(link: &str) -> &str {
    link.find("/api/")
        .map(|at| &link[at..])
        .expect("a link of ours")
}

/// Orders a file, has it made and downloads it.
pub async fn file(test: &TestApp, body: &Value) -> Answer {
    let id = order(test, body).await;
    settle(&test.app).await;
    let ready = show(test, &id).await;
    assert_eq!(ready["status"], "ready", "{ready}");
    download(test, &ready).await
}

async fn download(client: &Client, ready: &Value) -> Answer {
    let link = path(ready["download_url"].as_str().expect("a link"));
    let answer = client.request(Method::GET, link, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.bytes.len(), ready["file_size"], "{link}");
    answer
}

/// The files of a ZIP archive: names without `.csv`, and contents.
pub fn unzip(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).expect("a file");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("text");
            (
                file.name()
                    .expect("a name")
                    .trim_end_matches(".csv")
                    .to_owned(),
                text,
            )
        })
        .collect()
}

/// The rows of a CSV file, its header first.
pub fn records(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    reader
        .records()
        .map(|record| {
            record
                .expect("a record")
                .iter()
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

/// An order of that report in that format over the days of the random world.
fn june(report_type: &str, format: &str) -> Value {
    json!({"report_type": report_type, "format": format, "from": "2026-06-01", "to": "2026-06-07"})
}
