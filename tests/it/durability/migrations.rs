//! Migrations on a database in use: they wait for locks without blocking others for long.

use std::fs;
use std::path::Path;

use callboard::boot;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use crate::support::database;
use crate::support::program::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_waiting_for_a_lock_does_not_block_readers() {
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
        tokio::spawn(async move { boot::migrate(&database).await })
    };
    let mut side = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and query like '%exports%'";
    let mut waited = false;
    eventually("the migration waits", async || {
        side.execute("select pg_stat_clear_snapshot()")
            .await
            .expect("done");
        waited |= sqlx::query_scalar::<_, i64>(waits)
            .fetch_one(&mut side)
            .await
            .expect("a count")
            > 0;
        waited
    })
    .await;
    // Queued behind the migration's lock, and answered although the long read goes on.
    side.execute("select from exports").await.expect("read");
    assert!(!migrating.is_finished());
    reader.execute("commit").await.expect("done");
    migrating.await.expect("no panic").expect("migrated");
    side.execute("select outage_since from exports")
        .await
        .expect("a new column");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instance_waits_for_a_running_migration() {
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
            tokio::spawn(async move { boot::migrate(&database).await })
        })
        .collect();
    let mut side = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and query like '%pg_advisory_lock%'";
    eventually("others wait for the first", async || {
        side.execute("select pg_stat_clear_snapshot()")
            .await
            .expect("done");
        sqlx::query_scalar::<_, i64>(waits)
            .fetch_one(&mut side)
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

/// sqlx compares a hash of the whole text: a database that has applied a migration refuses an
/// edited one, even if only a comment changed. A release adds its migrations to the list
/// (`sha256sum *.sql > released.sha256`).
#[test]
fn released_migrations_are_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let released = fs::read_to_string(folder.join("released.sha256")).expect("a list");
    let mut names = Vec::new();
    for line in released.lines() {
        let (expected, name) = line.split_once("  ").expect("a hash and a name");
        let text = fs::read(folder.join(name)).expect(name);
        let hash: String = Sha256::digest(&text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hash, expected,
            "{name} was released and must not change: add a new migration"
        );
        names.push(name);
    }
    assert!(
        names.contains(&"0001_tenancy.sql"),
        "the list names the released migrations"
    );
}
