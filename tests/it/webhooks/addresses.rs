//! Addresses that webhooks may lead to: nothing leaves for a private one, whatever its name says.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use callboard::webhooks::guard::{Guard, Names};
use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::hooks::{Hooks, WEBHOOKS};
use super::receiver::Receiver;
use crate::support::program::Program;

/// A resolver that answers from a list, and in the end repeats the last answer.
#[derive(Debug)]
struct Changing {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Changing {
    fn new<const N: usize>(answers: [&[&'static str]; N]) -> Arc<Self> {
        Arc::new(Self {
            answers: answers.map(<[&str]>::to_vec).to_vec(),
            asked: AtomicUsize::new(0),
        })
    }
}

impl Names for Changing {
    fn addresses(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = &self.answers[asked.min(self.answers.len() - 1)];
        let addresses: Vec<IpAddr> = answer
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect();
        Box::pin(async move {
            if addresses.is_empty() {
                return Err(io::ErrorKind::NotFound.into());
            }
            Ok(addresses)
        })
    }
}

fn refused(answer: &Value) -> &str {
    answer["errors"]["url"][0].as_str().expect("a fault of url")
}

#[tokio::test]
async fn a_url_of_a_refused_address_is_a_fault() {
    let hooks = Hooks::with(|app| {
        let names = Changing::new([&["93.184.216.34", "10.0.0.7"]]);
        app.webhooks = app
            .webhooks
            .clone()
            .with_guard(Guard::new([]).with_names(names));
    })
    .await;
    for url in [
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://192.168.0.1/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://2130706433/",
        "https://intranet.example/",
    ] {
        let answer = hooks
            .post(WEBHOOKS, &json!({"url": url, "events": ["*"]}))
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let (answer, fault) = (answer.json(), "leads to an address that is not public");
        assert!(refused(&answer).contains(fault), "{url}: {answer}");
        assert!(
            !answer.to_string().contains("10.0.0.7"),
            "an address is told: {answer}"
        );
    }
    for (url, fault) in [
        ("http://93.184.216.34/", "must be https."),
        ("https://a:b@93.184.216.34/", "may not contain a user name"),
        ("gopher://93.184.216.34/", "must be a URL such as"),
    ] {
        let answer = hooks
            .post(WEBHOOKS, &json!({"url": url, "events": ["*"]}))
            .await;
        assert!(refused(&answer.json()).contains(fault), "{url}");
    }
}

#[tokio::test]
async fn a_name_that_changes_after_the_check_gets_nothing() {
    let receiver = Receiver::start().await;
    let names = Changing::new([&["93.184.216.34"], &["127.0.0.1"]]);
    let resolver = Arc::clone(&names);
    let hooks = Hooks::with(|app| {
        app.webhooks = app
            .webhooks
            .clone()
            .with_guard(Guard::new([]).with_names(resolver));
    })
    .await;
    let url = format!("https://rebinding.example:{}/", receiver.port());
    let webhook = hooks.hook(&url).await;
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    let delivery = hooks.tried(webhook, 1).await;
    assert_eq!(
        delivery["error"],
        "Not sent: the URL leads to an address that is not public, or not in a network that the server allows."
    );
    assert_eq!(
        names.asked.load(Ordering::Relaxed),
        2,
        "once for the check, once to connect"
    );
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_taken_and_judged_later() {
    let receiver = Receiver::start().await;
    let names = Changing::new([&[], &[], &["127.0.0.1", "10.0.0.1"], &["127.0.0.1"]]);
    let hooks = Hooks::with(|app| {
        let guard = Guard::new(["127.0.0.0/8".parse().expect("a network")]);
        app.webhooks = app.webhooks.clone().with_guard(guard.with_names(names));
    })
    .await;
    let webhook = hooks
        .hook(&format!("http://later.example:{}/", receiver.port()))
        .await;
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    let delivery = hooks.tried(webhook, 1).await;
    assert!(
        delivery["error"]
            .as_str()
            .expect("a reason")
            .starts_with("Could not connect: ")
    );
    hooks.pass(TimeDelta::seconds(40));
    let delivery = hooks.tried(webhook, 2).await;
    assert!(
        delivery["error"]
            .as_str()
            .expect("a reason")
            .starts_with("Not sent: "),
        "one address is refused"
    );
    assert_eq!(receiver.count(), 0);
    hooks.pass(TimeDelta::minutes(6));
    assert_eq!(hooks.tried(webhook, 3).await["status"], "delivered");
}

#[tokio::test]
async fn a_literal_address_is_judged_again_when_it_is_sent() {
    let receiver = Receiver::start().await;
    let mut hooks = Hooks::new().await;
    let webhook = hooks.hook(&receiver.url()).await;
    hooks.app.webhooks = hooks.app.webhooks.clone().with_guard(Guard::new([]));
    let _worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    let delivery = hooks.tried(webhook, 1).await;
    assert!(
        delivery["error"]
            .as_str()
            .expect("a reason")
            .starts_with("Not sent: ")
    );
    assert_eq!(receiver.count(), 0);
}

/// The answer to a test of a webhook to that URL, by a server with these settings.
async fn tested(settings: &[(&str, &str)], url: &str) -> Value {
    let mut program = Program::new();
    for (name, value) in settings {
        program = program.with(name, value);
    }
    let server = program.serve().await;
    let client = program.client(&server).await;
    let create = client
        .post(WEBHOOKS)
        .json(&json!({"url": url, "events": ["*"]}));
    let created = client.send(create).await.json();
    let id = &created["data"]["id"];
    let answer = client
        .send(client.post(&format!("{WEBHOOKS}/{id}/test")))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{created} {}", answer.text());
    server.stop().await;
    answer.json()["data"].take()
}

const HERE: (&str, &str) = ("CALLBOARD_WEBHOOK_ALLOW", "127.0.0.0/8");

#[tokio::test]
async fn deliveries_go_through_the_configured_proxy_alone() {
    let proxy = Receiver::start().await;
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let settings = [
        HERE,
        ("CALLBOARD_WEBHOOK_PROXY", url.as_str()),
        ("http_proxy", "http://127.0.0.1:9"),
    ];
    let delivery = tested(&settings, "http://127.0.0.1:7/behind").await;
    assert_eq!(delivery["status"], "delivered", "{delivery}");
    let seen = proxy.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (1, "/behind"));

    let receiver = Receiver::start().await;
    let settings = [
        HERE,
        ("http_proxy", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
    ];
    let delivery = tested(&settings, &receiver.url()).await;
    assert_eq!(
        delivery["status"], "delivered",
        "the environment's proxies are not used: {delivery}"
    );
}

const TLS_RECEIVER: &str = "
import http.server, ssl, sys
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['content-length']))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
";

#[tokio::test]
async fn tls_is_verified_and_an_intranets_authority_can_be_added() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let tls = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/webhooks/tls");
    let mut receiver = tokio::process::Command::new("python3")
        .args(["-c", TLS_RECEIVER])
        .arg(tls.join("receiver.pem"))
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(receiver.stdout.take().expect("piped")).lines();
    let port = lines.next_line().await.expect("a line").expect("a port");
    let url = format!("https://127.0.0.1:{port}/");

    let unknown = tested(&[HERE], &url).await;
    assert_eq!(unknown["status"], "failed");
    let told = unknown["error"].as_str().expect("a reason");
    assert!(
        told.starts_with("Could not connect: invalid peer certificate"),
        "{told}"
    );

    let authority = tls.join("authority.pem");
    let authority = ("CALLBOARD_WEBHOOK_CA", authority.to_str().expect("text"));
    let known = tested(&[HERE, authority], &url).await;
    assert_eq!(known["status"], "delivered", "{known}");
    let wrong_name = tested(&[HERE, authority], &url.replace("127.0.0.1", "127.0.0.2")).await;
    assert_eq!(wrong_name["status"], "failed", "{wrong_name}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_stop_the_start() {
    for (setting, value, told) in [
        (
            "CALLBOARD_WEBHOOK_ALLOW",
            "10.0.0.0/33",
            "must be an address or a network",
        ),
        ("CALLBOARD_WEBHOOK_PROXY", "::", "CALLBOARD_WEBHOOK_PROXY"),
        (
            "CALLBOARD_WEBHOOK_CA",
            "/no/such/file",
            "CALLBOARD_WEBHOOK_CA: /no/such/file",
        ),
        (
            "CALLBOARD_WEBHOOK_CA",
            "/etc/hostname",
            "CALLBOARD_WEBHOOK_CA",
        ),
    ] {
        let output = Program::new().with(setting, value).run(&["serve"]).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(told),
            "{setting}: {error}"
        );
    }
}
