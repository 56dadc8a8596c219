//! Backups as documented: a role that bypasses row-level security dumps every row.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use callboard::db;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;
use tokio::process::Command;

use super::{attempt, campaign};
use crate::support::program::words;
use crate::support::{TestApp, database};

const REPORT: &str = "/api/autocall/campaigns/1/reports/kpis?from=2026-06-01&to=2026-06-02";

/// Runs a Postgres client program on that database as its user.
async fn run(name: &str, on: &PgConnectOptions, arguments: &[&str]) -> Output {
    let host = on
        .get_socket()
        .map_or_else(|| on.get_host().to_owned(), |dir| dir.display().to_string());
    let mut command = Command::new(db::program(name));
    command
        .args([
            "-h",
            &host,
            "-p",
            &on.get_port().to_string(),
            "-U",
            on.get_username(),
        ])
        .args(arguments);
    command.output().await.expect("a program of Postgres")
}

async fn ok(name: &str, on: &PgConnectOptions, arguments: &[&str]) {
    let output = run(name, on, arguments).await;
    assert!(output.status.success(), "{name}: {}", words(&output.stderr));
}

/// Row counts of every table.
async fn rows(superuser: &PgConnectOptions) -> BTreeMap<String, Vec<String>> {
    let mut connection = PgConnection::connect_with(superuser)
        .await
        .expect("a connection");
    let tables = "select oid::regclass::text from pg_class where relnamespace::regnamespace::text ~ '^(public$|rollups_)' and relkind = 'r'";
    let tables: Vec<String> = sqlx::query_scalar(tables)
        .fetch_all(&mut connection)
        .await
        .expect("tables");
    let mut rows = BTreeMap::new();
    for table in tables {
        let of_table = AssertSqlSafe(format!("select t::text from {table} t order by 1"));
        rows.insert(
            table,
            sqlx::query_scalar(of_table)
                .fetch_all(&mut connection)
                .await
                .expect("rows"),
        );
    }
    rows
}

/// A database with rows of two tenants, and its superuser URL. `None` if the server grants no
/// superuser.
async fn with_rows() -> Option<(TestApp, PgConnectOptions, PgConnectOptions)> {
    let test = TestApp::new().await;
    test.ingest(&campaign()).await;
    test.ingest(&[attempt("a"), attempt("b")]).await;
    let neighbour = crate::support::Client::new(test.url.clone(), test.account(2).await);
    neighbour.ingest(&campaign()).await;
    callboard::rollups::compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    let owner = (*test.app.db.unscoped().connect_options()).clone();
    let superuser = database::as_superuser(&owner).await?;
    Some((test, owner, superuser))
}

fn file(place: &TempDir) -> String {
    let path: &Path = place.path();
    path.join("callboard.dump").display().to_string()
}

#[tokio::test]
async fn a_superuser_dump_restores_every_row() {
    let Some((test, owner, superuser)) = with_rows().await else {
        return;
    };
    let (place, name) = (
        TempDir::new().expect("a place"),
        format!("restored_{}", database::uuid()),
    );
    let dump = file(&place);
    ok(
        "pg_dump",
        &superuser,
        &[
            "--format=custom",
            "--file",
            &dump,
            owner.get_database().expect("a name"),
        ],
    )
    .await;
    ok(
        "createdb",
        &superuser,
        &["--owner", owner.get_username(), &name],
    )
    .await;
    ok(
        "pg_restore",
        &superuser,
        &["--exit-on-error", "--dbname", &name, &dump],
    )
    .await;

    let (before, after) = (
        rows(&superuser).await,
        rows(&superuser.clone().database(&name)).await,
    );
    assert!(
        before["autocall_attempts"].len() == 2 && before["tenants"].len() == 2,
        "{before:?}"
    );
    for (table, rows) in &before {
        assert_eq!(after.get(table), Some(rows), "{table}");
    }
    assert_eq!(after.len(), before.len());
    let restored = TestApp::on(owner.database(&name)).await;
    let client = crate::support::Client::new(restored.url.clone(), test.token.clone());
    assert_eq!(
        client.get(REPORT).await.json(),
        test.get(REPORT).await.json()
    );
    client.ingest(&[attempt("c")]).await;
}

/// The trap described in SECURITY.md: no error reports that rows are missing.
#[tokio::test]
async fn a_dump_by_the_server_role_fails_or_is_empty() {
    let Some((_test, owner, _)) = with_rows().await else {
        return;
    };
    let place = TempDir::new().expect("a place");
    let (dump, name) = (
        file(&place),
        owner.get_database().expect("a name").to_owned(),
    );
    let refused = run("pg_dump", &owner, &["--file", &dump, &name]).await;
    assert!(!refused.status.success());
    assert!(
        words(&refused.stderr).contains("row-level security"),
        "{}",
        words(&refused.stderr)
    );
    ok(
        "pg_dump",
        &owner,
        &["--enable-row-security", "--file", &dump, &name],
    )
    .await;
    let dumped = std::fs::read_to_string(&dump).expect("a dump");
    let (_, rows) = dumped
        .split_once("COPY public.autocall_attempts (")
        .expect("the table");
    let rows = rows.split_once("stdin;\n").expect("its rows").1;
    assert!(rows.starts_with("\\.\n"), "{rows:.80}");
}
