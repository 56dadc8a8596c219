//! Ids that the server gives.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::json;

use super::{CAMPAIGNS, SCRIPTS, create, delete, id_of, one};
use crate::support::{Client, TENANT, TestApp};

const FIRST: i64 = 1 << 40;

#[tokio::test]
async fn ids_of_all_kinds_come_from_one_counter_of_the_tenant() {
    let test = TestApp::new().await;
    let script = create(&test, SCRIPTS, &json!({"name": "S", "status": "active"})).await;
    let campaign = json!({"name": "C", "script_id": id_of(&script)});
    let campaign = create(&test, CAMPAIGNS, &campaign).await;
    assert_eq!((id_of(&script), id_of(&campaign)), (FIRST, FIRST + 1));
    let theirs = Client::new(test.url.clone(), test.account(2).await);
    let script = create(&theirs, SCRIPTS, &json!({"name": "S"})).await;
    assert_eq!(id_of(&script), FIRST);
}

#[tokio::test]
async fn an_id_that_any_row_has_is_skipped() {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_script", "id": FIRST, "name": "S"}),
        json!({"kind": "autocall_campaign", "id": FIRST + 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": FIRST + 2, "campaign_id": FIRST + 1, "phone": "0900000001"}),
        json!({"kind": "media_file", "id": FIRST + 3, "name": "M", "url": "https://a.example/m.wav"}),
        json!({"kind": "team", "id": FIRST + 4, "name": "T"}),
        json!({"kind": "agent", "id": FIRST + 6, "name": "A", "username": "a"}),
    ])
    .await;
    let mut given = Vec::new();
    for _ in 0..2 {
        given.push(id_of(&create(&test, SCRIPTS, &json!({"name": "S"})).await));
    }
    assert_eq!(given, [FIRST + 5, FIRST + 7]);
}

/// Regression: each used id took two statements, so that a tenant moved from another server could create nothing.
#[tokio::test]
async fn a_long_run_of_used_ids_is_passed_over() {
    let test = TestApp::new().await;
    let rows = format!(
        "insert into autocall_campaigns (tenant_id, id, name) values (1, 1, 'C');
         insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent)
         select 1, {FIRST} + n, 1, '84900000000', '0900000000' from generate_series(0, 99999) n"
    );
    test.execute(TENANT, &rows).await;
    let given = id_of(&create(&test, SCRIPTS, &json!({"name": "S"})).await);
    assert!(given >= FIRST + 100_000, "{given}");
}

#[tokio::test]
async fn an_id_is_never_given_twice() {
    let test = TestApp::new().await;
    let mut given = HashSet::new();
    for _ in 0..3 {
        let scripts = (0..8).map(async |_| create(&test, SCRIPTS, &json!({"name": "S"})).await);
        for script in join_all(scripts).await {
            assert!(given.insert(id_of(&script)));
            delete(&test, &one(SCRIPTS, &script)).await;
        }
    }
    assert_eq!(given.len(), 24);
}

/// Ingest stores the ids that the counter gives next, at the same time.
#[tokio::test]
async fn ingest_of_the_same_ids_beside_creation_loses_no_row() {
    let test = TestApp::new().await;
    let ingest = async |at: i64| {
        for id in 0..8 {
            let id = FIRST + at * 8 + id;
            test.ingest(&[
                json!({"kind": "autocall_script", "id": id, "name": format!("ingested {id}")}),
            ])
            .await;
        }
    };
    let creation = async |_| create(&test, SCRIPTS, &json!({"name": "created"})).await;
    let (_, created) = tokio::join!(
        join_all((0..4).map(ingest)),
        join_all((0..32).map(creation))
    );
    let ids: HashSet<i64> = created.iter().map(id_of).collect();
    assert_eq!(ids.len(), 32);
    for script in &created {
        let name = test.data(&one(SCRIPTS, script)).await["name"].clone();
        let later = format!("ingested {}", id_of(script));
        assert!(name == "created" || name == later.as_str(), "{name}");
    }
}
