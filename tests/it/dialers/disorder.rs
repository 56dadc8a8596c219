//! The same documents in disorder, twice, late, and by two server processes of one database at once: the same reports.

use callboard::rollups::compact;
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::json;

use super::reports::{assert_same, post, reports, route};
use crate::support::documents::{CAMPAIGNS, Document, documents};
use crate::support::program::Program;
use crate::support::{Client, TENANT, TestApp};

fn first_day() -> DateTime<Utc> {
    "2024-05-10T00:00:00Z".parse().expect("an instant")
}

/// Every document twice, in disorder, half of them to each server.
async fn at_once(clients: &[Client; 2], documents: &[Document], seed: u64) {
    let mut twice: Vec<&Document> = documents.iter().chain(documents).collect();
    twice.shuffle(&mut StdRng::seed_from_u64(seed));
    let (one, other) = twice.split_at(documents.len());
    let each = async |client: &Client, documents: &[&Document]| {
        for document in documents {
            post(client, &document.body).await;
        }
    };
    tokio::join!(each(&clients[0], one), each(&clients[1], other));
}

#[tokio::test]
async fn documents_in_disorder_make_the_reports_of_those_in_order() {
    let mut documents = documents(19, 60, first_day());
    let undisturbed = TestApp::new().await;
    route(&undisturbed).await;
    for document in &documents {
        post(&undisturbed, &document.body).await;
    }
    let expected = reports(&undisturbed).await;
    assert!(
        expected["telesales"]["dashboard"]["total_answers"].as_u64() > Some(5),
        "{expected}"
    );
    let abandoned = |id: &i64| expected[format!("campaign {id}")]["kpis"]["abandoned"].as_u64();
    assert!(
        CAMPAIGNS.iter().filter_map(abandoned).sum::<u64>() > 0,
        "{expected}"
    );

    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let servers = [program.serve().await, program.serve().await];
    let clients = [0, 1].map(|at| Client::new(servers[at].url.clone(), test.token.clone()));
    route(&clients[0]).await;
    documents.shuffle(&mut StdRng::seed_from_u64(20));
    // A third comes a day late: the others are sums already, and have been asked for.
    let late = documents.split_off(documents.len() * 2 / 3);
    at_once(&clients, &documents, 21).await;
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    let early = reports(&clients[0]).await;
    assert_ne!(early, expected);
    assert_same(&reports(&clients[1]).await, &early, "both servers");
    at_once(&clients, &late, 22).await;
    for client in &clients {
        assert_same(
            &reports(client).await,
            &expected,
            "before the late ones are sums",
        );
    }
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    for client in &clients {
        assert_same(&reports(client).await, &expected, "as sums");
    }
    let held = program
        .ok(&["verify", "--all", "--tenant", &TENANT.to_string()], "")
        .await;
    assert!(held.contains(" 0 different"), "{held}");
    let count = "select to_jsonb(count(*)) from (select uuid from autocall_attempts union all select uuid from telesales_calls) c";
    let rows = async |app: &TestApp| app.query(TENANT, count).await;
    assert_eq!(rows(&test).await, rows(&undisturbed).await);
    assert_ne!(rows(&test).await, [json!(0)]);
}
