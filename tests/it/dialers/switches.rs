//! Switches end to end: servers are killed, switches too, and each call is there once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::reports::{assert_same, post, reports, route};
use crate::support::documents::{Document, documents};
use crate::support::program::{Program, eventually, words};
use crate::support::switch::{Encode, Switch};
use crate::support::{Client, TENANT, TestApp};

fn first_day() -> DateTime<Utc> {
    "2024-05-10T00:00:00Z".parse().expect("an instant")
}

/// An address that a server can take again after its end.
fn address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// Ids of all that is reported, in both products.
async fn calls(test: &TestApp) -> Vec<Value> {
    let sql = "select to_jsonb(uuid) from (select uuid from autocall_attempts union all select uuid from telesales_calls) c
               order by uuid";
    test.query(TENANT, sql).await
}

/// A switch that runs, its part of the calls, and the task that ends them.
struct Running {
    switch: Arc<Switch>,
    calls: Vec<Document>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(switch: Arc<Switch>, calls: Vec<Document>) -> Self {
        let (posting, all) = (Arc::clone(&switch), calls.clone());
        let task = tokio::spawn(async move {
            for Document { uuid, body } in &all {
                if !posting.is_settled(uuid) {
                    posting.end_call(uuid, body).await;
                }
            }
        });
        Self {
            switch,
            calls,
            task,
        }
    }

    /// Kills the switch between two steps of its work, and starts it again: it posts what it does not know to be taken.
    async fn restart(self) -> Self {
        self.task.abort();
        let _ = self.task.await;
        Self::start(self.switch, self.calls)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_switches_are_there_once_whoever_is_killed() {
    let documents = documents(23, 84, first_day());
    let undisturbed = TestApp::new().await;
    route(&undisturbed).await;
    for document in &documents {
        post(&undisturbed, &document.body).await;
    }

    let (test, address) = (TestApp::new().await, address());
    let program = Program::beside(&test).with("CALLBOARD_LISTEN", &address);
    let mut server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    route(&client).await;
    let folder = tempfile::tempdir().expect("a folder");
    let encodes = [Encode::False, Encode::True, Encode::Base64];
    let mut running: Vec<Running> = (0..encodes.len())
        .map(|at| {
            let url = format!("{}/api/ingest/freeswitch", server.url);
            let switch = Switch::new(&url, &test.token, folder.path().join(at.to_string()));
            let mut switch = switch
                .encoded(encodes[at])
                .remembering(folder.path().join(format!("{at}.taken")));
            switch.delay = Duration::from_millis(200);
            // Legs of one call end at different switches.
            let calls = documents
                .iter()
                .skip(at)
                .step_by(encodes.len())
                .cloned()
                .collect();
            Running::start(Arc::new(switch), calls)
        })
        .collect();
    let taken = |running: &[Running]| -> usize {
        running
            .iter()
            .map(|it| it.switch.taken.load(Ordering::SeqCst))
            .sum()
    };
    let given_up =
        |running: &[Running]| -> usize { running.iter().map(|it| it.switch.given_up()).sum() };
    for round in 1..=3 {
        let (some, lost) = (round * documents.len() / 5, given_up(&running));
        eventually("some calls are taken", async || {
            taken(&running) + given_up(&running) >= some
        })
        .await;
        server.kill().await;
        eventually("a switch gives up", async || given_up(&running) > lost).await;
        let killed = running.remove(0);
        running.push(killed.restart().await);
        server = program.serve().await;
    }
    for it in running.iter_mut() {
        (&mut it.task).await.expect("no panic");
    }
    assert!(taken(&running) > documents.len() / 2);
    // What the switches gave up lies in their folders.
    let lost = given_up(&running);
    let mut import = vec!["import", "--tenant", "1", "--format", "freeswitch-json"];
    let folders = running.iter().filter(|it| it.switch.given_up() > 0);
    import.extend(folders.filter_map(|it| it.switch.err_log_dir.to_str()));
    let imported = program.run(&import).await;
    assert!(imported.status.success(), "{}", words(&imported.stderr));
    assert_eq!(
        words(&imported.stdout).lines().count(),
        lost,
        "{}",
        words(&imported.stdout)
    );

    assert_eq!(calls(&test).await, calls(&undisturbed).await);
    let expected = reports(&undisturbed).await;
    assert_same(&reports(&client).await, &expected, "all of them");
    let kept = client.ok("/api/ingest/quarantine").await.json();
    assert_eq!(kept["total"], 0, "{kept}");
    server.stop().await;
}
