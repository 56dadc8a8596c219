//! The data directory: ownership, contents and access.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use nix::unistd::{User, geteuid};

use super::{attempt, attempts, campaign, dialed};
use crate::support::Client;
use crate::support::program::{Program, Server, eventually, signal, words};

#[tokio::test]
async fn a_second_server_on_the_same_data_directory_is_refused() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    for _ in 0..2 {
        let printed = program.refused(&["serve"], "").await;
        let data = program.data();
        assert!(
            printed.contains("another Callboard runs on the data directory"),
            "{printed}"
        );
        assert!(
            printed.contains(data.to_str().expect("text"))
                && printed.contains("CALLBOARD_DATA_DIR"),
            "{printed}"
        );
    }
    client.ingest(&[attempt("a")]).await;
    assert_eq!(dialed(&client).await, 1);
    server.stop().await;
}

#[tokio::test]
async fn commands_work_beside_a_running_server() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    let import = ["import", "-", "--tenant", "1"];
    let imports = (0..2).map(|number| {
        let lines = attempts(&format!("{number}-"), 0..2_000);
        let program = &program;
        async move { program.ok(&import, &lines).await }
    });
    futures_util::future::join_all(imports).await;
    assert_eq!(dialed(&client).await, 4_000);
    program.ok(&["migrate"], "").await;
    assert_eq!(client.get("/readyz").await.status.as_u16(), 200);
    server.stop().await;
    // Without a server, each command starts and stops Postgres.
    program.ok(&import, &attempts("late", 0..10)).await;
    program.assert_nothing_runs();
    let server = program.serve().await;
    assert_eq!(
        dialed(&Client::new(server.url.clone(), client.token)).await,
        4_010
    );
    server.stop().await;
}

#[tokio::test]
async fn commands_wait_for_a_starting_server() {
    let program = Program::new();
    let mut server = program.command(&["serve"]).spawn().expect("a process");
    eventually("it is making its cluster", async || {
        program.is_making_its_cluster()
    })
    .await;
    let creations = ["1", "2"].map(|id| {
        let program = &program;
        async move {
            program
                .ok(&["tenant", "create", "--id", id, "--name", "Account"], "")
                .await
        }
    });
    futures_util::future::join_all(creations).await;
    assert!(server.try_wait().expect("a status").is_none());
    signal("TERM", &[server.id().expect("it runs")]);
    assert!(server.wait().await.expect("an end").success());
}

#[tokio::test]
async fn an_unreachable_data_directory_is_reported_with_a_remedy() {
    if !geteuid().is_root() {
        return; // Postgres runs as the current user, who can read the directory.
    }
    let program = Program::new();
    fs::set_permissions(program.place(), Permissions::from_mode(0o700)).expect("closed");
    let printed = program.refused(&["serve"], "").await;
    assert!(
        printed.contains("which cannot access") && printed.contains("CALLBOARD_DATA_DIR"),
        "{printed}"
    );
    program.assert_nothing_runs();
    fs::set_permissions(program.place(), Permissions::from_mode(0o755)).expect("opened");
    program.serve().await.stop().await;
}

#[tokio::test]
async fn a_short_secret_is_refused_before_startup() {
    for short in ["", "x", &"x".repeat(31)] {
        let program = Program::new().with("CALLBOARD_SECRET", short);
        let printed = program.refused(&["serve"], "").await;
        assert!(printed.contains("at least 32 bytes"), "{printed}");
        program.assert_nothing_runs();
        assert!(!program.data().join("postgres").exists());
    }
}

#[tokio::test]
async fn the_secret_file_is_private_and_tokens_survive_restarts() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    let secret = program.data().join("secret");
    let (kept, mode) = (
        fs::read(&secret).expect("a secret"),
        fs::metadata(&secret).expect("a file").mode() & 0o777,
    );
    assert_eq!((mode, kept.len() >= 32), (0o600, true));
    let again = Server::start({
        server.stop().await;
        program.command(&["serve"])
    })
    .await;
    assert_eq!(
        dialed(&Client::new(again.url.clone(), client.token.clone())).await,
        0
    );
    assert_eq!(fs::read(&secret).expect("a secret"), kept);
    again.stop().await;

    fs::write(&secret, "too short").expect("written");
    assert!(
        program
            .refused(&["serve"], "")
            .await
            .contains("at least 32 bytes")
    );
    fs::remove_file(&secret).expect("removed");
    let other = program.serve().await;
    let answer = Client::new(other.url.clone(), client.token)
        .get("/api/autocall/campaigns/1/reports/kpis")
        .await;
    assert_eq!(answer.status.as_u16(), 401, "a new secret ends every token");
    other.stop().await;
}

#[tokio::test]
async fn an_unprivileged_user_runs_postgres_as_itself() {
    let Some(nobody) = User::from_name("nobody")
        .ok()
        .flatten()
        .filter(|_| geteuid().is_root())
    else {
        return; // Not root: every other test runs unprivileged already.
    };
    let uid = nobody.uid.as_raw();
    let program = Program::new().by(nobody);
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    client.ingest(&[attempt("a")]).await;
    assert_eq!(
        fs::metadata(program.data().join("postgres"))
            .expect("a cluster")
            .uid(),
        uid
    );
    signal("KILL", &[program.processes(), vec![server.pid()]].concat());
    server.kill().await;
    let server = program.serve().await;
    assert_eq!(
        dialed(&Client::new(server.url.clone(), client.token)).await,
        1
    );
    server.stop().await;
    program.assert_nothing_runs();
}

#[tokio::test]
async fn an_address_in_use_is_reported_and_postgres_is_stopped() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let program = Program::new();
    let mut serve = program.command(&["serve"]);
    let output = serve
        .env("CALLBOARD_LISTEN", &address)
        .output()
        .await
        .expect("an output");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        words(&output.stderr).contains(&format!("cannot listen on {address}")),
        "{}",
        words(&output.stderr)
    );
    program.assert_nothing_runs();
}
