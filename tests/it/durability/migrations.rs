//! Migrations beside the life of a database: they wait for others, and make nobody wait for long.

use callboard::app;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use crate::support::database;
use crate::support::program::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_that_waits_for_a_table_lets_others_read_it_meanwhile() {
    let database = database::released("").await;
    let mut reader = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    reader
        .execute("begin; select from exports")
        .await
        .expect("a long reading");
    let migrating = {
        let database = database.clone();
        tokio::spawn(async move { app::migrate(&database).await })
    };
    let mut beside = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and query like '%exports%'";
    let mut waited = false;
    eventually("the migration waits", async || {
        beside
            .execute("select pg_stat_clear_snapshot()")
            .await
            .expect("done");
        waited |= sqlx::query_scalar::<_, i64>(waits)
            .fetch_one(&mut beside)
            .await
            .expect("a count")
            > 0;
        waited
    })
    .await;
    // Behind the migration in the queue for the table; answered although the long reading goes on.
    beside.execute("select from exports").await.expect("read");
    assert!(!migrating.is_finished());
    reader.execute("commit").await.expect("done");
    migrating.await.expect("no panic").expect("migrated");
    beside
        .execute("select outage_since from exports")
        .await
        .expect("a new column");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instance_waits_for_another_that_migrates() {
    let database = database::released("").await;
    let mut holder = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    holder
        .execute("begin; lock table users in access share mode")
        .await
        .expect("locked");
    let instances: Vec<_> = (0..3)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move { app::migrate(&database).await })
        })
        .collect();
    let mut beside = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and query like '%pg_advisory_lock%'";
    eventually("others wait for the first", async || {
        beside
            .execute("select pg_stat_clear_snapshot()")
            .await
            .expect("done");
        sqlx::query_scalar::<_, i64>(waits)
            .fetch_one(&mut beside)
            .await
            .expect("a count")
            >= 1
    })
    .await;
    holder.execute("commit").await.expect("done");
    for instance in instances {
        instance.await.expect("no panic").expect("migrated");
    }
}
