//! Connection pools shared by tenants: a busy tenant does not block the others.

use std::time::Duration;

use callboard::db::{Database, Lane, Scope};
use callboard::error::{Error, Result};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::side_connection::SideConnection;
use crate::support::{Client, TENANT, TestApp};

const OTHER: i64 = 2;
const CAMPAIGNS: &str = "/api/autocall/campaigns";
/// Text of the statement that blocks [`long_reading`].
const WAITS: &str = "pg_advisory_xact_lock_shared";

/// An app with eight read connections, a client of another tenant, and the lock that long reads
/// wait for.
async fn crowded() -> (TestApp, Database, Client, SideConnection) {
    crowded_with(8).await
}

async fn crowded_with(readers: u32) -> (TestApp, Database, Client, SideConnection) {
    let test = TestApp::new().await;
    let token = test.account(OTHER).await;
    let options = test.app.db.unscoped().connect_options().as_ref().clone();
    let db = Database::open_pools(
        options,
        callboard::rollups::Edition::own().schema(),
        readers,
    )
    .await
    .expect("a database");
    let shared = db.clone();
    let mut client = test.changed(|app| app.db = shared).await;
    client.token = token;
    let mut side = SideConnection::of(&test).await;
    side.lock_long_readings().await;
    (test, db, client, side)
}

/// Waits for the lock, for as long as it takes.
async fn long_reading(mut scope: Scope, of_rows: bool) -> Result<()> {
    scope.disable_statement_timeout().await?;
    if of_rows {
        scope.plan_by_arguments().await?;
    }
    let wait = scope.query("select pg_advisory_xact_lock_shared(7) where $1 > 0");
    wait.execute(scope.connection()).await?;
    Ok(())
}

fn long_readings(db: &Database, many: usize, of_rows: bool) -> Vec<JoinHandle<Result<()>>> {
    let reading = |db: Database| async move {
        db.answer(TENANT, |scope| long_reading(scope, of_rows))
            .await
    };
    (0..many)
        .map(|_| tokio::spawn(reading(db.clone())))
        .collect()
}

async fn all_answered(client: &Client) {
    for answer in join_all((0..20).map(|_| client.get(CAMPAIGNS))).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_busy_tenant_yields_half_the_connections_to_waiting_tenants() {
    let (_test, db, client, mut side) = crowded().await;
    let readings = long_readings(&db, 8, false);
    side.until_waits(WAITS, 8).await;
    all_answered(&client).await;
    side.unlock().await;
    for reading in readings {
        assert!(
            reading.await.expect("no panic").is_ok(),
            "what was asked back is read again"
        );
    }
}

#[tokio::test]
async fn raw_reads_of_a_tenant_use_at_most_two_connections() {
    // A quarter of these are four: two is the tenant's own limit.
    let (_test, db, client, mut side) = crowded_with(16).await;
    let readings = long_readings(&db, 20, true);
    side.until_waits(WAITS, 2).await;
    all_answered(&client).await;
    let quick = db
        .answer(
            TENANT,
            |mut scope: Scope| async move { scope.reach().await },
        )
        .await;
    assert_eq!(quick.expect("an answer").len(), 1);
    side.until_waits(WAITS, 2).await;
    side.unlock().await;
    for reading in readings {
        assert!(reading.await.expect("no panic").is_ok());
    }
}

/// The lock is never released and statements have no timeout: only the check of the client ends them.
#[tokio::test]
async fn an_abandoned_read_is_cancelled_and_frees_its_connection() {
    let (_test, db, client, mut side) = crowded().await;
    for _ in 0..2 {
        let readings = long_readings(&db, 8, false);
        side.until_waits(WAITS, 8).await;
        readings.iter().for_each(JoinHandle::abort);
        side.until_waits(WAITS, 0).await;
    }
    all_answered(&client).await;
    side.unlock().await;
}

#[tokio::test]
async fn all_statements_of_a_request_share_one_deadline() {
    let (_test, db, _client, _beside) = crowded().await;
    let db = db.with_deadline(Duration::from_millis(500));
    let naps = |naps: usize| {
        db.answer(TENANT, move |mut scope: Scope| async move {
            for _ in 0..naps {
                scope
                    .query("select pg_sleep(0.1) where $1 > 0")
                    .execute(scope.connection())
                    .await?;
            }
            Ok(())
        })
    };
    assert!(naps(1).await.is_ok());
    assert!(
        matches!(naps(100).await, Err(Error::TimedOut)),
        "none of them is long"
    );
}

/// Login, tokens, probes and background work proceed while all connections for reports and bodies
/// are in use.
#[tokio::test]
async fn background_work_does_not_wait_for_reports() {
    let (_test, db, client, mut side) = crowded().await;
    let readings = long_readings(&db, 8, false);
    side.until_waits(WAITS, 8).await;
    let writers = join_all((0..8).map(|_| db.write(TENANT))).await;
    assert!(writers.iter().all(Result::is_ok));
    assert_eq!(client.get("/readyz").await.status, StatusCode::OK);
    let login = json!({"username": "admin-2", "password": "correct horse"});
    assert_eq!(
        client
            .send(client.post("/api/auth/login").json(&login))
            .await
            .status,
        StatusCode::OK
    );
    let logout = client
        .request(Method::POST, "/api/auth/logout", Some(&client.token))
        .await;
    assert_eq!(logout.status, StatusCode::NO_CONTENT);
    let compaction = db.lane(Lane::Compaction);
    callboard::rollups::compact::compact_until_idle(&compaction)
        .await
        .expect("compacted");
    readings.iter().for_each(JoinHandle::abort);
    side.unlock().await;
}

#[tokio::test]
async fn no_connection_compiles_statements() {
    let test = TestApp::new().await;
    let db = &test.app.db;
    let mut scopes = vec![
        db.read(TENANT).await,
        db.read_unbounded(TENANT).await,
        db.write(TENANT).await,
    ];
    for lane in Lane::ALL {
        scopes.push(db.lane(lane).write(TENANT).await);
    }
    for scope in scopes {
        let mut scope = scope.expect("a scope");
        let jit = scope.select::<(String,)>("select current_setting('jit') where $1 > 0");
        let jit = jit.fetch_one(scope.connection()).await.expect("a setting");
        assert_eq!(jit.0, "off");
    }
}
