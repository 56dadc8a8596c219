//! Exports in a bucket: the real program against an S3-compatible server.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{june, order, path, records, show, unzip};
use crate::support::program::{Program, eventually};
use crate::support::{Answer, Client, TENANT, TestApp, http};

/// An S3-compatible server with one bucket.
struct Bucket {
    server: Child,
    url: String,
}

impl Bucket {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("an address")
            .port();
        Self::start_at(port).await
    }

    /// Starts with an empty bucket.
    async fn start_at(port: u16) -> Self {
        let executable =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("target/s3-server/bin/moto_server");
        assert!(
            executable.exists(),
            "there is no {}: script/test installs it",
            executable.display()
        );
        let mut command = Command::new(executable);
        command
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .kill_on_drop(true);
        let server = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let this = Self {
            server,
            url: format!("http://127.0.0.1:{port}"),
        };
        let create = || http().put(format!("{}/files", this.url)).send();
        eventually("there is a bucket", async || {
            create().await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        this
    }

    /// The response to a request without a token.
    async fn get(&self, path: &str) -> Answer {
        Client::new(self.url.clone(), String::new())
            .request(Method::GET, path, None)
            .await
    }

    async fn keys(&self) -> Vec<String> {
        let list = self.get("/files?list-type=2").await;
        list.text()
            .split("<Key>")
            .skip(1)
            .map(|rest| rest.split('<').next().expect("a key").to_owned())
            .collect()
    }

    fn program(&self, test: &TestApp) -> Program {
        Program::beside(test)
            .with("CALLBOARD_EXPORT_STORE", "s3://files/some/where")
            .with("CALLBOARD_RATE_LIMIT", "off")
            .with("AWS_ENDPOINT_URL", &self.url)
            .with("AWS_ACCESS_KEY_ID", "key")
            .with("AWS_SECRET_ACCESS_KEY", "secret")
            .with("AWS_REGION", "us-east-1")
    }
}

async fn until(client: &Client, id: &str, status: &str) -> Value {
    let mut seen = Value::Null;
    eventually(&format!("{id} is {status}"), async || {
        seen = show(client, id).await;
        seen["status"] == status
    })
    .await;
    seen
}

async fn follow(client: &Client, ready: &Value) -> Answer {
    client
        .request(
            Method::GET,
            path(ready["download_url"].as_str().expect("a link")),
            None,
        )
        .await
}

async fn with_campaign() -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "Gia hạn"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
        json!({"kind": "autocall_attempt", "uuid": "Đà Nẵng", "campaign_id": 1, "lead_id": 1, "attempt_number": 1, "started_at": "2026-06-03"}),
    ])
    .await;
    test
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bucket_file_is_served_by_redirect_and_expires() {
    let (bucket, test) = (Bucket::start().await, with_campaign().await);
    let program = bucket.program(&test).with("CALLBOARD_EXPORT_TTL", "8s");
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let id = order(&client, &june("full", "csv")).await;
    let ready = until(&client, &id, "ready").await;
    let led = follow(&client, &ready).await;
    assert_eq!(led.status, StatusCode::FOUND, "{}", led.text());
    let address = led.header("location");
    assert!(
        address.starts_with(&format!("{}/files/some/where/1/{id}/", bucket.url)),
        "{address}"
    );
    let file = bucket
        .get(address.strip_prefix(&bucket.url).expect("of the bucket"))
        .await;
    assert_eq!(
        (file.status, file.bytes.len()),
        (
            StatusCode::OK,
            usize::try_from(ready["file_size"].as_u64().expect("a size")).expect("small")
        )
    );
    assert_eq!(file.header("content-type"), "application/zip");
    assert!(
        file.header("content-disposition")
            .ends_with("filename*=UTF-8''Gia%20h%E1%BA%A1n_full_2026-06-01_2026-06-07.zip")
    );
    let (name, attempts) = unzip(&file.bytes).pop().expect("attempts");
    assert_eq!(
        (name.as_str(), records(&attempts)[1][0].as_str()),
        ("attempts", "Đà Nẵng")
    );
    let tampered = ready["download_url"]
        .as_str()
        .expect("a link")
        .replace("signature=", "signature=0");
    assert_eq!(
        client
            .request(Method::GET, path(&tampered), None)
            .await
            .status,
        StatusCode::FORBIDDEN
    );

    until(&client, &id, "expired").await;
    assert_eq!(follow(&client, &ready).await.status, StatusCode::GONE);
    server.stop().await;
    let again = program.serve().await; // the sweep runs at startup
    eventually("the file is gone", async || bucket.keys().await.is_empty()).await;
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn presigned_bucket_urls_last_at_most_seven_days() {
    let (bucket, test) = (Bucket::start().await, with_campaign().await);
    let program = bucket.program(&test).with("CALLBOARD_EXPORT_TTL", "30d");
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let id = order(&client, &june("kpis", "csv")).await;
    let ready = until(&client, &id, "ready").await;
    let link = path(ready["download_url"].as_str().expect("a link"));
    let mut signatures = Vec::new();
    for method in [Method::GET, Method::HEAD] {
        let led = client.request(method.clone(), link, None).await;
        assert_eq!(led.status, StatusCode::FOUND, "{method}");
        let address = led.header("location").to_owned();
        assert!(address.contains("X-Amz-Expires=604800"), "{address}");
        let file = address.strip_prefix(&bucket.url).expect("of the bucket");
        let found = Client::new(bucket.url.clone(), String::new())
            .request(method, file, None)
            .await;
        assert_eq!(
            (found.status, found.header("content-length")),
            (StatusCode::OK, ready["file_size"].to_string().as_str())
        );
        signatures.push(
            address
                .split_once("X-Amz-Signature=")
                .expect("a signature")
                .1
                .to_owned(),
        );
    }
    assert_ne!(signatures[0], signatures[1]);
    let downloads = "select to_jsonb(count(*)) from audit_log where event = 'export_downloaded'";
    assert_eq!(test.query(TENANT, downloads).await, [json!(1)]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_waits_while_the_bucket_is_unavailable() {
    let (mut bucket, test) = (Bucket::start().await, with_campaign().await);
    let program = bucket.program(&test);
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    bucket.server.kill().await.expect("killed");
    let id = order(&client, &june("kpis", "xlsx")).await;
    eventually("it is tried", async || {
        server.logged("export attempt failed").is_some()
    })
    .await;
    until(&client, &id, "queued").await;
    let port = bucket
        .url
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .expect("a port");
    let bucket = Bucket::start_at(port).await;
    until(&client, &id, "ready").await;
    assert_eq!(bucket.keys().await.len(), 1);
    server.stop().await;
}
