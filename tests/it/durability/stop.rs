//! Graceful shutdown.

use std::time::Duration;

use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{attempts, campaign, dialed};
use crate::support::program::{Program, Server, eventually, signal};
use crate::support::side_connection::SideConnection;
use crate::support::{Client, TestApp};

const DOCKER_STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A request whose body the test sends piece by piece.
fn slow_request(
    client: &Client,
) -> (
    mpsc::Sender<String>,
    impl Future<Output = reqwest::Response> + use<>,
) {
    let (pieces, receiver) = mpsc::channel::<String>(1);
    let body = stream::unfold(receiver, |mut receiver| async {
        receiver
            .recv()
            .await
            .map(|piece| (Ok::<_, std::io::Error>(piece), receiver))
    });
    let post = client
        .post("/api/ingest")
        .header("content-type", "application/x-ndjson");
    let post = post.body(reqwest::Body::wrap_stream(body)).send();
    (pieces, async { post.await.expect("an answer") })
}

/// Stops the server during an upload, which still gets a response.
async fn stops_cleanly(program: &Program, mut server: Server, stop: impl FnOnce(&Server)) {
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    let (sockets, (pieces, answer)) = (server.sockets(), slow_request(&client));
    let answer = tokio::spawn(answer);
    pieces.send(attempts("s", 0..10_000)).await.expect("sent");
    eventually("the first chunk is stored", async || {
        dialed(&client).await == 10_000
    })
    .await;
    stop(&server);
    eventually("it is stopping", async || {
        server.logged("stopping").is_some()
    })
    .await;
    eventually("it takes no new connections", async || {
        client.post("/healthz").send().await.is_err()
    })
    .await;
    let answer = answer.await.expect("no panic");
    assert_eq!(
        answer.status(),
        503,
        "its client sends it again, to another instance or to the next"
    );
    drop(pieces);

    assert_eq!(server.ended().await.code(), Some(0), "{}", server.log());
    program.assert_nothing_runs();
    assert!(!sockets.exists() && !program.data().join("postgres/postmaster.pid").exists());
    let log = std::fs::read_to_string(program.data().join("postgres.log")).expect("a log");
    assert!(
        log.trim_end().ends_with("database system is shut down"),
        "{log}"
    );
}

#[tokio::test]
async fn sigterm_answers_in_flight_requests_and_ends_every_process() {
    let program = Program::new();
    let server = program.serve().await;
    stops_cleanly(&program, server, |server| signal("TERM", &[server.pid()])).await;
}

/// Docker kills a container ten seconds after SIGTERM.
#[tokio::test]
async fn shutdown_is_bounded_with_every_kind_of_client_connected() {
    let program = Program::new();
    let mut server = program.serve().await;
    let client = program.client(&server).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let upload = format!(
        "POST /api/ingest HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/x-ndjson\r\ncontent-length: 1000000\r\n\r\n",
        client.token
    );
    let refused = upload.replace(&client.token, "nonsense");
    let never_reads = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
    let mut held = Vec::new();
    for said in [
        "",
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx: ",
        &upload,
        &refused,
        &never_reads,
    ] {
        let mut stream = TcpStream::connect(&address).await.expect("a connection");
        stream.write_all(said.as_bytes()).await.expect("sent");
        held.push(stream);
    }
    signal("TERM", &[server.pid()]);
    let ended = tokio::time::timeout(DOCKER_STOP_TIMEOUT, server.ended()).await;
    assert_eq!(
        ended.expect("in its time").code(),
        Some(0),
        "{}",
        server.log()
    );
    drop(held);
    program.assert_nothing_runs();
}

#[tokio::test]
async fn shutdown_does_not_wait_for_an_unresponsive_database() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let mut side = SideConnection::of(&test).await;
    side.lock("exports, teams").await;
    let mut server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let storing = tokio::spawn(async move {
        let line = "{\"kind\":\"team\",\"id\":1,\"name\":\"T\"}";
        client
            .post("/api/ingest")
            .header("content-type", "application/x-ndjson")
            .body(line)
            .send()
            .await
    });
    side.until_waits("teams", 1).await;
    signal("TERM", &[server.pid()]);
    let ended = tokio::time::timeout(DOCKER_STOP_TIMEOUT, server.ended()).await;
    assert_eq!(
        ended.expect("in its time").code(),
        Some(0),
        "{}",
        server.log()
    );
    assert!(
        storing.await.expect("no panic").is_err(),
        "nothing was acknowledged"
    );
    side.unlock().await;
}

/// A terminal sends SIGINT to the whole process group, which would include Postgres.
#[tokio::test]
async fn ctrl_c_answers_in_flight_requests_and_ends_every_process() {
    let program = Program::new();
    let mut command = program.command(&["serve"]);
    command.process_group(0);
    let server = Server::start(command).await;
    stops_cleanly(&program, server, |server| {
        signal("INT", &[format!("-{}", server.pid())])
    })
    .await;
}

#[tokio::test]
async fn idle_connections_do_not_delay_shutdown() {
    let program = Program::new();
    let mut server = program.serve().await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let _silent = TcpStream::connect(&address).await.expect("a connection");
    let mut kept_alive = TcpStream::connect(&address).await.expect("a connection");
    kept_alive
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    assert!(kept_alive.read(&mut [0; 1024]).await.expect("an answer") > 0);
    signal("TERM", &[server.pid()]);
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.log());
    program.assert_nothing_runs();
}

#[tokio::test]
async fn a_stop_during_startup_ends_every_process() {
    let program = Program::new();
    let mut child = program.command(&["serve"]).spawn().expect("a process");
    eventually("it has begun", async || {
        program.data().join("postgres.log").exists()
    })
    .await;
    signal("TERM", &[child.id().expect("it runs")]);
    assert_eq!(child.wait().await.expect("an end").code(), Some(0));
    program.assert_nothing_runs();
}

/// Load balancers ask at intervals: until they have noticed, their requests are answered.
#[tokio::test]
async fn a_server_that_drains_says_so_and_answers_meanwhile() {
    let test = TestApp::new().await;
    let drained = Program::beside(&test).with("CALLBOARD_DRAIN", "2s");
    let mut server = drained.serve().await;
    let client = Client::new(server.url.clone(), String::new());
    assert_eq!(client.get("/readyz").await.status, 200);
    signal("TERM", &[server.pid()]);
    eventually("it is not ready", async || {
        client.get("/readyz").await.status == 503
    })
    .await;
    assert_eq!(client.get("/healthz").await.status, 200, "it is alive");
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.log());
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let program = Program::new().with("CALLBOARD_DRAIN", "1h");
    let mut server = program.serve().await;
    signal("TERM", &[server.pid()]);
    eventually("it is stopping", async || {
        server.logged("stopping").is_some()
    })
    .await;
    signal("INT", &[server.pid()]);
    assert_eq!(server.ended().await.code(), Some(1), "{}", server.log());
    eventually("its Postgres ends by itself", async || {
        program.processes().is_empty()
    })
    .await;
}
