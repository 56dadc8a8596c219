//! An external Postgres with different kinds of roles.

use callboard::db::Database;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use super::{attempt, campaign, dialed};
use crate::support::Client;
use crate::support::database::{self, execute, uuid};
use crate::support::program::Program;

/// Serves two tenants from that database, and checks that each sees its own rows and a query
/// without a tenant sees none.
async fn serves_and_guards(database: &PgConnectOptions) {
    let program = Program::on(database);
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&campaign()).await;
    client.ingest(&[attempt("a"), attempt("b")]).await;
    program
        .ok(
            &["tenant", "create", "--id", "2", "--name", "Neighbour"],
            "",
        )
        .await;
    let user = [
        "user",
        "create",
        "--tenant",
        "2",
        "--username",
        "neighbour",
        "--role",
        "admin",
    ];
    program.ok(&user, "correct horse").await;
    let token = program
        .ok(
            &["token", "issue", "--tenant", "2", "--username", "neighbour"],
            "",
        )
        .await;
    let neighbour = Client::new(server.url.clone(), token.trim().into());
    let lines: Vec<_> = campaign().into_iter().chain([attempt("a")]).collect();
    neighbour.ingest(&lines).await;
    assert_eq!((dialed(&client).await, dialed(&neighbour).await), (2, 1));
    server.stop().await;
    assert!(
        !program.data().join("postgres").exists(),
        "a Postgres of its own was started"
    );

    let db = Database::open(
        database.clone(),
        callboard::rollups::Edition::own().schema(),
    )
    .await
    .expect("a database");
    for table in ["tenants", "users", "sessions", "autocall_attempts"] {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        let seen: i64 = sqlx::query_scalar(count)
            .fetch_one(db.unscoped())
            .await
            .expect("a count");
        assert_eq!(seen, 0, "{table} without an account");
    }
    let mut scope = db.write(2).await.expect("a scope");
    for (sql, rows) in [
        ("update autocall_attempts set billsec = 7", 1),
        ("delete from autocall_attempts where uuid = 'b'", 0),
        ("update tenants set name = 'Mine'", 1),
    ] {
        let changed = sqlx::query(sql)
            .execute(scope.connection())
            .await
            .expect("done")
            .rows_affected();
        assert_eq!(changed, rows, "{sql}");
    }
    let theirs = "insert into teams (tenant_id, id, name) values (1, 1, 'planted')";
    assert!(
        sqlx::query(theirs)
            .execute(scope.connection())
            .await
            .is_err(),
        "a row put into another account"
    );
}

#[tokio::test]
async fn row_level_security_applies_to_a_superuser() {
    for database in [database::create_empty().await, database::create().await] {
        let Some(superuser) = database::as_superuser(&database).await else {
            return;
        };
        serves_and_guards(&superuser).await;
    }
}

#[tokio::test]
async fn the_owner_needs_no_extra_privileges() {
    serves_and_guards(&database::create_empty().await).await;
}

/// The statement that lets a role create schemas in that database.
fn may_create_schemas(database: &PgConnectOptions, role: &str) -> String {
    let mut name = database.get_database().expect("a name").to_owned();
    name.truncate(63); // as Postgres does
    format!("grant create on database {name} to {role}")
}

/// The role of a hosting provider: it may create schemas and tables, and nothing else.
#[tokio::test]
async fn a_role_without_createrole_and_createdb_is_enough() {
    let Some(superuser) = database::as_superuser(&database::create_empty().await).await else {
        return;
    };
    let role = format!("managed_{}", uuid());
    execute(
        &superuser,
        format!("create role {role} login nosuperuser nocreatedb nocreaterole"),
    )
    .await;
    execute(
        &superuser,
        format!("grant create, usage on schema public to {role}"),
    )
    .await;
    let managed = superuser.clone().username(&role);
    let refused = Program::on(&managed).refused(&["migrate"], "").await;
    let grant = may_create_schemas(&superuser, &role);
    assert!(refused.contains(&grant), "{refused}");
    execute(&superuser, grant).await;
    serves_and_guards(&managed).await;
}

#[tokio::test]
async fn a_role_that_bypasses_row_level_security_is_refused() {
    let Some(superuser) = database::as_superuser(&database::create_empty().await).await else {
        return;
    };
    let role = format!("seeing_{}", uuid());
    execute(
        &superuser,
        format!("create role {role} login nosuperuser nocreaterole bypassrls"),
    )
    .await;
    execute(
        &superuser,
        format!("grant create, usage on schema public to {role}"),
    )
    .await;
    execute(&superuser, may_create_schemas(&superuser, &role)).await;
    let program = Program::on(&superuser.username(&role));
    for command in ["migrate", "serve"] {
        let printed = program.refused(&[command], "").await;
        assert!(
            printed.contains("connect as a role without SUPERUSER or BYPASSRLS"),
            "{command}: {printed}"
        );
    }
}

#[tokio::test]
async fn instances_starting_at_once_on_an_empty_database_all_start() {
    let owner = database::create_empty().await;
    let superuser = database::as_superuser(&database::create_empty().await).await;
    for database in [Some(owner), superuser].into_iter().flatten() {
        let program = Program::on(&database);
        let starts = (0..6).map(|_| program.serve());
        for server in futures_util::future::join_all(starts).await {
            assert_eq!(
                Client::new(server.url.clone(), String::new())
                    .get("/readyz")
                    .await
                    .status
                    .as_u16(),
                200
            );
            server.stop().await;
        }
    }
}

#[tokio::test]
async fn unix_socket_urls_are_accepted_in_both_forms() {
    let database = database::create().await;
    let Some(sockets) = database.get_socket() else {
        return;
    };
    let (name, user) = (
        database.get_database().expect("a name"),
        database.get_username(),
    );
    let urls = [
        format!("postgres:///{name}?host={}&user={user}", sockets.display()),
        database.to_url_lossy().to_string(),
    ];
    for (id, url) in (1..).zip(urls) {
        let program = Program::new().with("DATABASE_URL", &url);
        program
            .ok(
                &[
                    "tenant",
                    "create",
                    "--id",
                    &format!("{id}"),
                    "--name",
                    "Account",
                ],
                "",
            )
            .await;
        let lines = json!({"kind": "team", "id": 1, "name": "T"}).to_string();
        program
            .ok(&["import", "-", "--tenant", &format!("{id}")], &lines)
            .await;
    }
    let db = Database::open(database, callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    for tenant in [1, 2] {
        let mut scope = db.read(tenant).await.expect("a scope");
        let count = scope.select::<(i64,)>("select count(*) from teams where tenant_id = $1");
        assert_eq!(
            count
                .fetch_one(scope.connection())
                .await
                .expect("a count")
                .0,
            1
        );
    }
}
