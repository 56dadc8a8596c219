//! What is kept of what was read: how old it may be, who shares it, and what it never hides.

mod answers;
mod etag;
mod flights;
mod sessions;

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::support::TestApp;

/// Longer than any test here takes.
const LONG: Duration = Duration::from_secs(120);
const SHORT: Duration = Duration::from_millis(400);

const KPIS: &str = "/api/autocall/campaigns/1/reports/kpis";

fn campaign() -> [Value; 2] {
    [
        json!({"kind": "autocall_campaign", "id": 1, "name": "C", "started_at": "2026-06-01T00:00:00Z"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321", "created_at": "2026-06-01T00:00:00Z"}),
    ]
}

fn attempt(uuid: &str) -> Value {
    json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
        "started_at": "2026-06-10T03:00:00Z", "result": "answered", "billsec": 10})
}

/// A campaign with one attempt, on a server that keeps for so long what it has read.
async fn with_an_attempt(keep: Duration) -> TestApp {
    let test = TestApp::keeping(keep).await;
    test.ingest(&campaign()).await;
    test.ingest(&[attempt("a")]).await;
    test
}

/// Somebody beside the server, who is at its database.
struct Beside(PgConnection);

impl Beside {
    async fn of(test: &TestApp) -> Self {
        Self(test.app.db.unscoped().connect_options().connect().await.expect("a connection"))
    }

    /// Keeps everybody from those tables until [`Beside::unlock`].
    async fn lock(&mut self, tables: &str) {
        let lock = AssertSqlSafe(format!("begin; lock table {tables} in access exclusive mode"));
        self.0.execute(lock).await.expect("locked");
    }

    async fn unlock(mut self) {
        self.0.execute("commit").await.expect("unlocked");
        self.0.close().await.expect("closed");
    }

    /// How many statements wait for a lock.
    async fn waiting(&mut self) -> i64 {
        // A transaction sees the same activity all along unless it says otherwise.
        self.0.execute("select pg_stat_clear_snapshot()").await.expect("done");
        let count =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        sqlx::query_scalar(count).fetch_one(&mut self.0).await.expect("a count")
    }

    /// Waits until so many statements wait for a lock, and makes sure that no more will.
    async fn until_waiting(&mut self, statements: i64) {
        let started = std::time::Instant::now();
        while self.waiting().await < statements {
            assert!(started.elapsed() < Duration::from_secs(20), "{statements} statements never came");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(self.waiting().await, statements);
    }

    /// Breaks the connections of those who wait.
    async fn break_off(&mut self) {
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock'";
        self.0.execute(kill).await.expect("done");
    }
}
