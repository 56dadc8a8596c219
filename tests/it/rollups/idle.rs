//! An interval of the compactor visits the tenants with work, and no others.

use std::time::Duration;

use callboard::db::Database;
use callboard::rollups::compact::{self, Work};

use super::{compare_with_raw, size};
use crate::support::{TestApp, world};

const BUSY: i64 = 1150;

/// An installation with 300 compacted tenants, and a token of [`BUSY`], which is one of them.
async fn idle() -> (TestApp, String) {
    let app = TestApp::new().await;
    for tenant in (1000..1300).filter(|tenant| *tenant != BUSY) {
        let insert = format!("insert into tenants (id, name) values ({tenant}, 'idle')");
        app.execute(tenant, &insert).await;
    }
    let token = app.account(BUSY).await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    (app, token)
}

async fn pending(db: &Database, work: Work) -> Vec<i64> {
    compact::tenants_with_work(db, work).await.expect("a list")
}

async fn nothing_is_pending(db: &Database) -> bool {
    pending(db, Work::Fold).await.is_empty() && pending(db, Work::Rebuild).await.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_tenants_with_work_are_listed() {
    let (app, token) = idle().await;
    let db = &app.app.db;
    assert!(nothing_is_pending(db).await);

    app.ingest_as(&token, &world::random(71, size(50, 50)))
        .await;
    assert_eq!(pending(db, Work::Fold).await, [BUSY]);
    compact::compact_until_idle(db).await.expect("compacted");
    assert!(nothing_is_pending(db).await);

    // Users' own SQL, on rows and on a term.
    app.execute(BUSY, "update telesales_calls set talk_sec = talk_sec + 1")
        .await;
    assert_eq!(pending(db, Work::Fold).await, [BUSY]);
    assert_eq!(pending(db, Work::Rebuild).await, [0_i64; 0]);
    app.execute(
        1299,
        "insert into rollup_stale (tenant_id, module) values (1299, 'autocall')",
    )
    .await;
    assert_eq!(pending(db, Work::Fold).await, [BUSY]);
    assert_eq!(pending(db, Work::Rebuild).await, [1299]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_finish_all_work() {
    let (app, token) = idle().await;
    let db = &app.app.db;
    app.ingest_as(&token, &world::random(72, size(50, 50)))
        .await;
    app.execute(
        1000,
        "insert into rollup_stale (tenant_id, module) values (1000, 'telesales')",
    )
    .await;
    let every = Duration::from_millis(50);
    let finished = async {
        while !nothing_is_pending(db).await {
            tokio::time::sleep(every).await;
        }
    };
    tokio::select! {
        () = compact::run(db.clone(), every) => unreachable!("it runs for ever"),
        () = compact::run(db.clone(), every) => unreachable!("it runs for ever"),
        () = finished => {}
    }
    let (equal, stale) = compare_with_raw(&app, BUSY, 73, 20, "after two compactors").await;
    assert!(equal > 0 && stale == 0, "{equal} equal, {stale} stale");
}
