//! A mail server as a process (`server.py`), and what it got.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use callboard::mail::settings::{Server, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_util::task::AbortOnDropHandle;

/// Certificates of tests.
fn tls(file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/it/webhooks/tls").join(file)
}

pub struct MailServer {
    pub port: u16,
    told: Arc<Mutex<Vec<Value>>>,
    #[expect(dead_code, reason = "killed when dropped")]
    process: Child,
    #[expect(dead_code, reason = "held")]
    reader: AbortOnDropHandle<()>,
}

/// A message that the server took.
#[derive(Debug, Clone)]
pub struct Message(Value);

impl Message {
    pub fn header(&self, name: &str) -> &str {
        let headers = self.0["headers"].as_array().expect("headers");
        let mut values = headers.iter().filter(|header| header[0] == name);
        let value = values.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(values.next().is_none(), "{name} twice");
        value[1].as_str().expect("text")
    }

    /// The recipients of the envelope.
    pub fn to(&self) -> Vec<&str> {
        let to = self.0["to"].as_array().expect("recipients");
        to.iter().map(|to| to.as_str().expect("text")).collect()
    }

    /// The content of the only part of that type.
    pub fn part(&self, content_type: &str) -> Vec<u8> {
        let part = self.parts().find(|part| part["type"] == content_type);
        let part = part.unwrap_or_else(|| panic!("no {content_type}"));
        let content = part["content"].as_str().expect("text");
        BASE64_STANDARD.decode(content).expect("base64")
    }

    pub fn text(&self, content_type: &str) -> String {
        String::from_utf8(self.part(content_type)).expect("text")
    }

    fn parts(&self) -> impl Iterator<Item = &Value> {
        self.0["parts"].as_array().expect("parts").iter()
    }

    /// Names and contents of the attached files.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let files = self.parts().filter(|part| part["file"].is_string());
        let file = |part: &Value| {
            let content = part["content"].as_str().expect("text");
            let name = part["file"].as_str().expect("a name").to_owned();
            (name, BASE64_STANDARD.decode(content).expect("base64"))
        };
        files.map(file).collect()
    }

    pub fn value(&self, name: &str) -> &Value {
        &self.0[name]
    }
}

impl MailServer {
    /// A server without TLS and logins.
    pub async fn start() -> Self {
        Self::with(json!({})).await
    }

    pub async fn with(settings: Value) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/mail/bin/python3");
        assert!(
            python.exists(),
            "there is no {}: script/test installs it",
            python.display()
        );
        let mut process = Command::new(python)
            .arg(root.join("tests/it/schedules/mail/server.py"))
            .arg(settings.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let first = lines.next_line().await.expect("a line").expect("a port");
        let first: Value = serde_json::from_str(&first).expect("JSON");
        let told = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&told);
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let line = serde_json::from_str(&line).expect("JSON");
                kept.lock().expect("no panic").push(line);
            }
        });
        Self {
            port: u16::try_from(first["port"].as_u64().expect("a port")).expect("a port"),
            told,
            process,
            reader: AbortOnDropHandle::new(reader),
        }
    }

    /// A server with a certificate of the tests' authority.
    pub async fn with_tls(mut settings: Value) -> Self {
        settings["certificate"] = json!(tls("receiver.pem"));
        Self::with(settings).await
    }

    pub fn url(&self, scheme: &str, login: &str) -> String {
        format!("{scheme}://{login}127.0.0.1:{}", self.port)
    }

    /// Settings for this server.
    pub fn settings(&self) -> Settings {
        settings(&self.url("smtp", ""))
    }

    pub fn messages(&self) -> Vec<Message> {
        let told = self.told.lock().expect("no panic");
        let messages = told.iter().filter(|line| !line["headers"].is_null());
        messages.cloned().map(Message).collect()
    }

    /// How often it was asked for a recipient.
    pub fn asked(&self, address: &str) -> usize {
        let told = self.told.lock().expect("no panic");
        told.iter().filter(|line| line["asked"] == address).count()
    }
}

/// Settings for a server that has a certificate of the tests' authority, if it has one.
pub fn settings(url: &str) -> Settings {
    let from = "Reports <reports@callboard.test>"
        .parse()
        .expect("a sender");
    let settings = Settings::new(Server::read(url).expect(url), from);
    let authority = std::fs::read(tls("authority.pem")).expect("an authority");
    settings.with_authority(&authority).expect("an authority")
}
