//! Restarts of the embedded Postgres under a running server, in the same place.

use std::fs;
use std::path::Path;
use std::time::Duration;

use callboard::db::{EMBEDDED_TASK, Embedded, EmbeddedPace, EmbeddedSettings};
use callboard::supervise::{self, Backoff};
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

use super::{attempt, campaign, dialed, inside};
use crate::support::Client;
use crate::support::disk::Disk;
use crate::support::program::{Program, Server, eventually, signal};

/// The process id of the Postgres on that data directory.
fn postmaster(data: &Path) -> u32 {
    let state =
        fs::read_to_string(data.join("postgres/postmaster.pid")).expect("a running Postgres");
    state
        .lines()
        .next()
        .and_then(|pid| pid.parse().ok())
        .expect("a number")
}

async fn status(server: &Server, path: &str) -> u16 {
    Client::new(server.url.clone(), String::new())
        .get(path)
        .await
        .status
        .as_u16()
}

async fn until_ready(server: &Server) {
    eventually("it is ready", async || {
        assert_eq!(status(server, "/healthz").await, 200);
        let ready = status(server, "/readyz").await;
        assert!([200, 503].contains(&ready), "{ready}");
        ready == 200
    })
    .await;
}

/// Restarts in the server's log.
fn restarts(server: &Server) -> usize {
    server
        .log()
        .matches("embedded Postgres is running again")
        .count()
}

async fn until_restarted(server: &Server, times: usize) {
    eventually("Postgres is started again", async || {
        restarts(server) == times
    })
    .await;
    until_ready(server).await;
}

/// The shells between the program and its Postgres: a keeper and its watcher.
fn shells(program: &Program) -> usize {
    let comm = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    program
        .processes()
        .iter()
        .map(comm)
        .filter(|comm| ["sh\n", "cat\n", "dash\n"].contains(&comm.as_str()))
        .count()
}

async fn connects(options: &PgConnectOptions) -> bool {
    PgConnection::connect_with(options).await.is_ok()
}

#[tokio::test]
async fn a_killed_postgres_is_restarted_at_the_same_address() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    let (joined, _guest) = Embedded::join(&program.data())
        .await
        .expect("a running Postgres");
    let before = shells(&program);
    for times in 1..=3 {
        client.ingest(&[attempt(&format!("a{times}"))]).await;
        signal("KILL", &[postmaster(&program.data())]);
        until_restarted(&server, times).await;
        assert!(
            connects(&joined).await,
            "commands that joined it find it again"
        );
        assert_eq!(dialed(&client).await, u64::try_from(times).expect("small"));
    }
    assert_eq!(joined.get_socket(), Some(&server.sockets()));
    eventually("no watcher outlives its Postgres", async || {
        shells(&program) == before
    })
    .await;
    assert!(
        server
            .logged("embedded Postgres failed")
            .is_some_and(|line| line["level"] == "ERROR")
    );
    program.ok(&["migrate"], "").await;
    let sockets = server.sockets();
    server.stop().await;
    program.assert_nothing_runs();
    assert!(!sockets.exists());
}

#[tokio::test]
async fn a_postgres_without_its_keeper_is_stopped_and_restarted() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    let keeper = fs::read_to_string(format!("/proc/{}/stat", postmaster(&program.data())))
        .expect("a process");
    let keeper = keeper
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().nth(1))
        .expect("a parent")
        .to_owned();
    signal("KILL", &[keeper]);
    until_restarted(&server, 1).await;
    client.ingest(&[attempt("a")]).await;
    assert_eq!(dialed(&client).await, 1);
    server.stop().await;
    program.assert_nothing_runs();
}

#[tokio::test]
async fn a_postgres_in_smart_shutdown_is_stopped_and_restarted() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    // The pools keep their connections, so Postgres would refuse new ones for as long as the server
    // runs.
    signal("TERM", &[postmaster(&program.data())]);
    until_restarted(&server, 1).await;
    assert_eq!(dialed(&client).await, 0);
    let refusal = server.logged("embedded Postgres failed").expect("a signal");
    assert!(
        refusal["cause"]
            .as_str()
            .expect("text")
            .contains("no connection accepted for"),
        "{refusal}"
    );
    server.stop().await;
    program.assert_nothing_runs();
}

#[tokio::test]
async fn a_postgres_on_a_full_disk_is_retried_until_there_is_space() {
    let program = Program::new();
    let data = program.data();
    let Some(disk) = Disk::mount(&data, 256) else {
        return;
    };
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    client.ingest(&[attempt("before")]).await;
    disk.fill();
    signal("KILL", &[postmaster(&data)]);
    eventually("it does not start", async || {
        server.log().matches("did not start; will retry").count() >= 3
    })
    .await;
    assert_eq!(
        (
            status(&server, "/healthz").await,
            status(&server, "/readyz").await
        ),
        (200, 503)
    );
    disk.free();
    until_restarted(&server, 1).await;
    client.ingest(&[attempt("after")]).await;
    assert_eq!(dialed(&client).await, 2);
    server.stop().await;
    program.assert_nothing_runs();
    drop(disk);
}

#[tokio::test]
async fn an_export_survives_a_postgres_restart_without_losing_an_attempt() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    let mut side = inside(&program).await.expect("a connection");
    let attempts = "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
                    select 1, 'a' || n, 1, 1, 1, '2026-06-01' from generate_series(1, 2000) n";
    side.execute(attempts).await.expect("rows");
    // Holds the export while it reads, and goes with the server that is killed.
    side.execute("begin; lock table autocall_scripts")
        .await
        .expect("locked");
    let export = "/api/autocall/campaigns/1/reports/export";
    let order =
        json!({"report_type": "full", "format": "xlsx", "from": "2026-06-01", "to": "2026-06-02"});
    let ordered = client.send(client.post(export).json(&order)).await.json();
    let id = ordered["data"]["job_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let shown =
        async || client.get(&format!("{export}/{id}")).await.json()["data"]["status"].clone();
    eventually("it is begun", async || shown().await == "running").await;
    signal("KILL", &[postmaster(&program.data())]);
    until_restarted(&server, 1).await;
    let mut seen = Vec::new();
    eventually("it is made", async || {
        seen.push(shown().await);
        seen.ends_with(&[json!("ready")])
    })
    .await;
    assert!(seen.contains(&json!("queued")), "it waited: {seen:?}");
    let tries = "select tries from exports where status = 'ready'";
    let mut side = inside(&program).await.expect("a connection");
    let tries: i16 = sqlx::query_scalar(tries)
        .fetch_one(&mut side)
        .await
        .expect("a job");
    assert_eq!(tries, 1);
    server.stop().await;
}

/// Short intervals.
const PACE: EmbeddedPace = EmbeddedPace {
    poll_interval: Duration::from_millis(10),
    probe_interval: Duration::from_millis(50),
    unresponsive_after: Duration::from_millis(2_000),
    stop_timeout: Duration::from_millis(300),
    backoff: Backoff {
        first: Duration::from_millis(10),
        longest: Duration::from_millis(100),
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_postgres_is_killed_and_restarted() {
    let place = Program::new();
    let settings = EmbeddedSettings {
        pace: PACE,
        ..EmbeddedSettings::default()
    };
    let embedded = Embedded::start(&place.data(), &settings)
        .await
        .expect("Postgres")
        .expect("a new directory");
    let counted = || {
        supervise::restarts()
            .get(EMBEDDED_TASK)
            .copied()
            .unwrap_or_default()
    };
    let (before, hanging) = (counted(), postmaster(&place.data()));
    let mut connection = PgConnection::connect_with(embedded.options())
        .await
        .expect("a connection");
    connection
        .execute("create table kept as select 1 as number")
        .await
        .expect("made");
    signal("STOP", &[hanging]);
    eventually("it is started again", async || {
        counted() > before && connects(embedded.options()).await
    })
    .await;
    assert_ne!(postmaster(&place.data()), hanging);
    let mut connection = PgConnection::connect_with(embedded.options())
        .await
        .expect("a connection");
    let kept: i32 = sqlx::query_scalar("select number from kept")
        .fetch_one(&mut connection)
        .await
        .expect("a row");
    assert_eq!(kept, 1);
    embedded.stop().await;
    place.assert_nothing_runs();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_working_postgres_is_not_restarted() {
    let place = Program::new();
    let settings = EmbeddedSettings {
        pace: PACE,
        ..EmbeddedSettings::default()
    };
    let embedded = Embedded::start(&place.data(), &settings)
        .await
        .expect("Postgres")
        .expect("a new directory");
    let works = postmaster(&place.data());
    // All connections are in use: new ones are refused, and Postgres is healthy.
    let mut held = Vec::new();
    while let Ok(connection) = PgConnection::connect_with(embedded.options()).await {
        held.push(connection);
    }
    let asked = "select count(*) from pg_stat_activity where usename = 'postgres' and backend_type = 'client backend'";
    let started = std::time::Instant::now();
    while started.elapsed() < PACE.unresponsive_after + PACE.probe_interval {
        let count: i64 = sqlx::query_scalar(asked)
            .fetch_one(&mut held[0])
            .await
            .expect("it works");
        assert!(count <= 3);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(postmaster(&place.data()), works);
    embedded.stop().await;
    place.assert_nothing_runs();
}
