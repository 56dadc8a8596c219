//! A direct connection to the database of a server under test: blocks, counts and cancels
//! statements.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::TestApp;
use super::program::eventually;

/// A connection of its own.
pub struct SideConnection(PgConnection);

impl SideConnection {
    pub async fn of(test: &TestApp) -> Self {
        Self(
            test.app
                .db
                .unscoped()
                .connect_options()
                .connect()
                .await
                .expect("a connection"),
        )
    }

    /// Locks those tables exclusively until [`SideConnection::unlock`].
    pub async fn lock(&mut self, tables: &str) {
        let lock = AssertSqlSafe(format!(
            "begin; lock table {tables} in access exclusive mode"
        ));
        self.0.execute(lock).await.expect("locked");
    }

    /// Blocks statements that need this advisory lock in shared mode.
    pub async fn lock_long_readings(&mut self) {
        self.0
            .execute("begin; select pg_advisory_xact_lock(7)")
            .await
            .expect("locked");
    }

    pub async fn unlock(mut self) {
        self.0.execute("commit").await.expect("unlocked");
        self.0.close().await.expect("closed");
    }

    /// The number of statements waiting for a lock.
    async fn waiting(&mut self) -> i64 {
        // A transaction caches `pg_stat_activity` unless told to refresh it.
        self.0
            .execute("select pg_stat_clear_snapshot()")
            .await
            .expect("done");
        let count = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        sqlx::query_scalar(count)
            .fetch_one(&mut self.0)
            .await
            .expect("a count")
    }

    /// Waits until N statements wait for a lock, and checks that no more follow.
    pub async fn until_waiting(&mut self, statements: i64) {
        let started = Instant::now();
        while self.waiting().await < statements {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{statements} statements never came"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(self.waiting().await, statements);
    }

    /// Waits until N statements that contain this text wait for a lock.
    pub async fn until_waits(&mut self, part: &str, statements: i64) {
        let count = "select count(*) from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock' and strpos(query, $1) > 0";
        let started = Instant::now();
        loop {
            self.0
                .execute("select pg_stat_clear_snapshot()")
                .await
                .expect("done");
            let waiting: i64 = sqlx::query_scalar(count)
                .bind(part)
                .fetch_one(&mut self.0)
                .await
                .expect("a count");
            if waiting == statements {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "{waiting} statements with {part}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until a statement has waited that long for a lock.
    pub async fn until_waited(&mut self, time: Duration) {
        let long = "select exists (select from pg_stat_activity where datname = current_database()
                    and wait_event_type = 'Lock' and clock_timestamp() - query_start > make_interval(secs => $1))";
        eventually("a statement waits", async || {
            self.0
                .execute("select pg_stat_clear_snapshot()")
                .await
                .expect("done");
            let found = sqlx::query_scalar(long)
                .bind(time.as_secs_f64())
                .fetch_one(&mut self.0)
                .await;
            found.expect("an answer")
        })
        .await;
    }

    /// Cancels the waiting statements, as a statement timeout does.
    pub async fn cancel(&mut self) {
        let cancel = "select pg_cancel_backend(pid) from pg_stat_activity
                      where datname = current_database() and wait_event_type = 'Lock'";
        self.0.execute(cancel).await.expect("done");
    }

    /// Terminates the waiting connections.
    pub async fn break_off(&mut self) {
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock'";
        self.0.execute(kill).await.expect("done");
    }
}
