//! The program within its file descriptor limit.

use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};

use super::Wire;
use crate::support::TestApp;
use crate::support::program::{Program, Server, eventually};

/// A server with a limit of 320 descriptors, of which 300 are usable: 160 connections, 40 of them
/// from one address.
async fn few_descriptors(program: &Program) -> Server {
    let line = r#"ulimit -S -n 300; ulimit -H -n 320; exec "$0" "$@""#;
    Server::start(program.limited(line, &["serve"])).await
}

/// Logged when the listener of probes listens.
const PROBES: &str = "listening for probes and metrics";

fn address(server: &Server) -> std::net::SocketAddr {
    server
        .url
        .trim_start_matches("http://")
        .parse()
        .expect("an address")
}

async fn from(local: &str, server: &Server) -> Wire {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind(format!("{local}:0").parse().expect("an address"))
        .expect("bound");
    Wire(socket.connect(address(server)).await.expect("a connection"))
}

fn descriptors(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid()))
        .expect("a folder")
        .count()
}

#[tokio::test]
async fn the_soft_descriptor_limit_is_raised_to_the_hard_limit() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let server = few_descriptors(&program).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).expect("limits");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .expect("a line");
    assert_eq!(
        line.split_whitespace()
            .filter(|word| *word == "320")
            .count(),
        2,
        "{line}"
    );
    server.stop().await;
}

/// Regression: more connections than descriptors, which never read or never finish their head,
/// stopped the server.
#[tokio::test]
async fn connections_of_one_address_do_not_starve_others_or_probes() {
    let test = TestApp::new().await;
    let probes = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address");
    let program = Program::beside(&test).with("CALLBOARD_METRICS_LISTEN", &probes.to_string());
    let server = few_descriptors(&program).await;
    let mut held = Vec::new();
    for number in 0..340 {
        let Ok(stream) = TcpStream::connect(address(&server)).await else {
            continue;
        };
        let mut wire = Wire(stream);
        let request = match number % 2 {
            0 => "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50),
            _ => "GET /healthz HTTP/1.1\r\nhost: x\r\nx: ".to_owned(),
        };
        // A refused connection may be closed already.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut wire.0, request.as_bytes()).await;
        held.push(wire);
    }
    assert_eq!(
        from("127.0.0.2", &server)
            .await
            .get("/healthz")
            .await
            .status,
        200
    );
    assert_eq!(
        from("127.0.0.2", &server).await.get("/readyz").await.status,
        200
    );
    assert!(descriptors(&server) < 320, "{}", descriptors(&server));
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/openapi.json", 404),
        ("/api/auth/me", 404),
    ] {
        let mut probe = Wire(TcpStream::connect(probes).await.expect("a connection"));
        assert_eq!(probe.get(path).await.status, status, "{path}");
    }
    drop(held);
    server.stop().await;
}

#[tokio::test]
async fn the_probe_listener_is_off_by_default() {
    let test = TestApp::new().await;
    let program = Program::beside(&test).with("CALLBOARD_METRICS_LISTEN", "");
    let server = program.serve().await;
    assert!(server.logged(PROBES).is_none());
    server.stop().await;
    let wrong = Program::beside(&test).with("CALLBOARD_METRICS_LISTEN", "nowhere");
    let output = tokio::time::timeout(Duration::from_secs(60), wrong.run(&["serve"]))
        .await
        .expect("an end");
    assert!(!output.status.success());
}

#[tokio::test]
async fn metrics_have_a_token_where_strangers_may_reach_them() {
    let test = TestApp::new().await;
    for address in ["0.0.0.0:0", "[::]:0", "203.0.113.7:0"] {
        let open = Program::beside(&test).with("CALLBOARD_METRICS_LISTEN", address);
        let output = open.run(&["serve"]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{address}");
        assert!(said.contains("CALLBOARD_METRICS_TOKEN"), "{said}");
    }
    let guarded = Program::beside(&test)
        .with("CALLBOARD_METRICS_LISTEN", "0.0.0.0:0")
        .with("CALLBOARD_METRICS_TOKEN", "a token for scrapers");
    let server = guarded.serve().await;
    // Logged after the address of requests, which the test has waited for.
    let is_logged = async || server.logged(PROBES).is_some();
    eventually("a listener of probes", is_logged).await;
    let line = server.logged(PROBES).expect("a line");
    let (_, port) = line["address"]
        .as_str()
        .and_then(|it| it.rsplit_once(':'))
        .expect("an address");
    let metrics = format!("http://127.0.0.1:{port}/metrics");
    let client = reqwest::Client::new();
    for (token, status) in [
        (None, 401),
        (Some("another"), 401),
        (Some("a token for scrapers"), 200),
    ] {
        let request = client.get(&metrics);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{token:?}");
    }
    let public = format!("http://{}/metrics", address(&server));
    assert_eq!(
        client.get(public).send().await.expect("an answer").status(),
        404
    );
    server.stop().await;
}
