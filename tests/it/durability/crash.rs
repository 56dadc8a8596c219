//! Durability of acknowledged rows over crashes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;

use super::{attempt, attempts, campaign, dialed, inside, stored};
use crate::support::program::{Program, Server, eventually, signal};
use crate::support::{Client, body};

type Acknowledged = Arc<Mutex<BTreeSet<String>>>;

/// Sends attempts in small bodies while a server answers, and records the acknowledged ones.
async fn dial(client: Client, dialer: usize, acknowledged: Acknowledged) {
    for number in 0.. {
        let uuids: Vec<String> = (0..40)
            .map(|line| format!("{dialer}-{number}-{line}"))
            .collect();
        let lines = body(&uuids.iter().map(|uuid| attempt(uuid)).collect::<Vec<_>>());
        let post = client
            .post("/api/ingest")
            .header("content-type", "application/x-ndjson")
            .body(lines);
        let Ok(response) = post.send().await else {
            return;
        };
        if response.status() != 200 {
            return;
        }
        acknowledged.lock().expect("no panic").extend(uuids);
    }
}

/// Runs `crash` during ingest, and checks the rows the next server finds.
async fn acknowledged_rows_survive(crash: impl AsyncFnOnce(&Program, Server)) {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    let (sockets, acknowledged) = (server.sockets(), Acknowledged::default());
    let dialers =
        (0..3).map(|dialer| tokio::spawn(dial(client.clone(), dialer, Arc::clone(&acknowledged))));
    let dialers: Vec<_> = dialers.collect();
    eventually("some are acknowledged", async || {
        acknowledged.lock().expect("no panic").len() > 400
    })
    .await;
    crash(&program, server).await;
    futures_util::future::join_all(dialers).await;

    let server = program.serve().await;
    let client = Client::new(server.url.clone(), client.token);
    let stored: BTreeSet<String> = stored(&program).await.into_iter().collect();
    let lost: Vec<String> = acknowledged
        .lock()
        .expect("no panic")
        .difference(&stored)
        .cloned()
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(dialed(&client).await, stored.len() as u64);
    client.ingest(&[attempt("after")]).await;
    assert_eq!(dialed(&client).await, stored.len() as u64 + 1);
    server.stop().await;
    program.assert_nothing_runs();
    assert!(!sockets.exists(), "{} is left", sockets.display());
}

#[tokio::test]
async fn acknowledged_rows_survive_a_killed_server() {
    acknowledged_rows_survive(async |_, server| server.kill().await).await;
}

#[tokio::test]
async fn acknowledged_rows_survive_a_machine_crash() {
    acknowledged_rows_survive(async |program, server| {
        signal("KILL", &[program.processes(), vec![server.pid()]].concat());
        server.kill().await;
    })
    .await;
}

#[tokio::test]
async fn rerunning_a_killed_import_stores_every_row_once() {
    let program = Program::new();
    program
        .ok(&["tenant", "create", "--id", "1", "--name", "Account"], "")
        .await;
    let lines = body(&campaign()) + &attempts("i", 0..11_000);
    let half: String = lines.split_inclusive('\n').take(10_500).collect();
    let mut import = program
        .command(&["import", "-", "--tenant", "1"])
        .spawn()
        .expect("a process");
    import
        .stdin
        .as_mut()
        .expect("piped")
        .write_all(half.as_bytes())
        .await
        .expect("sent");
    eventually("a part is stored", async || {
        !stored(&program).await.is_empty()
    })
    .await;
    signal("KILL", &[import.id().expect("it runs")]);
    import.wait().await.expect("an end");

    let printed = program.ok(&["import", "-", "--tenant", "1"], &lines).await;
    assert_eq!(printed, "11002 lines, 11002 stored, 0 rejected\n");
    let server = program.serve().await;
    let mut expected: Vec<String> = (0..11_000).map(|number| format!("i{number}")).collect();
    expected.sort();
    assert!(stored(&program).await == expected, "not what was sent");
    server.stop().await;
}

#[tokio::test]
async fn a_killed_first_start_is_repaired_by_the_next() {
    let program = Program::new();
    let mut first = program.command(&["serve"]).spawn().expect("a process");
    eventually("the cluster is being made", async || {
        program.is_making_its_cluster()
    })
    .await;
    signal("KILL", &[first.id().expect("it runs")]);
    first.wait().await.expect("an end");
    let server = program.serve().await;
    program.client(&server).await.ingest(&campaign()).await;
    server.stop().await;
}

/// A crashed backend makes Postgres restart by itself.
#[tokio::test]
async fn a_restarting_postgres_causes_503_until_it_is_back() {
    let program = Program::new();
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    client.ingest(&[attempt("before")]).await;
    let mut postgres = inside(&program).await.expect("a connection");
    let backend =
        "select pid from pg_stat_activity where application_name = 'callboard-server' limit 1";
    let backend: i32 = sqlx::query_scalar(backend)
        .fetch_one(&mut postgres)
        .await
        .expect("a process");
    signal("KILL", &[u32::try_from(backend).expect("positive")]);
    let report = "/api/autocall/campaigns/1/reports/kpis";
    let mut seen = Vec::new();
    eventually("it answers again", async || {
        seen.push(client.get(report).await.status.as_u16());
        seen.ends_with(&[200; 20])
    })
    .await;
    assert!(
        seen.iter().all(|status| [200, 503].contains(status)),
        "{seen:?}\n{}",
        server.log()
    );
    client.ingest(&[attempt("after")]).await;
    assert_eq!(dialed(&client).await, 2);
    server.stop().await;
}
