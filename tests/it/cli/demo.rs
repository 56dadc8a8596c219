//! The demo command.

use sqlx::{Connection, Executor, PgConnection};
use tokio::net::TcpListener;

use crate::support::program::{Program, Server};
use crate::support::{Client, database};

#[tokio::test]
async fn the_demo_rebuilds_its_own_tenant_at_each_start() {
    let program = Program::new();
    program
        .ok(&["tenant", "create", "--id", "1", "--name", "Ours"], "")
        .await;
    let mut kpis = Vec::new();
    for _ in 0..2 {
        let said = tempfile::NamedTempFile::new().expect("a file");
        let server =
            Server::start_printing_to(program.command(&["demo"]), said.reopen().expect("the file"))
                .await;
        let said = std::fs::read_to_string(said.path()).expect("text");
        let token = said
            .lines()
            .find_map(|line| line.strip_prefix("export TOKEN="))
            .expect("a token");
        assert!(
            said.contains(&server.url) && said.contains("delete that directory to start over"),
            "{said}"
        );
        let client = Client::new(server.url.clone(), token.into());
        assert_eq!(
            client.get("/api/auth/me").await.json()["data"]["tenant"]["id"],
            2,
            "account 1 is somebody's"
        );
        let answer = client.get("/api/autocall/campaigns/1/reports/kpis").await;
        assert!(
            answer.json()["data"]["answered"].as_i64() > Some(1000),
            "{answer:?}"
        );
        kpis.push(answer.json());
        let rate = client
            .get("/api/telesales/reports/abandon-rate?campaign_id=44")
            .await
            .json();
        assert!(
            rate["data"]["breaches"]
                .as_array()
                .is_some_and(|breaches| !breaches.is_empty()),
            "{rate}"
        );
        for status in ["pending", "delivered"] {
            let webhooks = client.get("/api/webhooks").await.json();
            assert_eq!(webhooks["total"], 1, "{webhooks}");
            let webhook = &webhooks["data"][0];
            assert_eq!(webhook["status"], "paused", "it sends nothing");
            let path = format!("/api/webhooks/{}/deliveries?status={status}", webhook["id"]);
            let deliveries = client.get(&path).await.json();
            assert!(deliveries["total"].as_i64() > Some(0), "{deliveries}");
        }
        server.stop().await;
    }
    assert_eq!(
        kpis[0]["data"]["total_leads"], kpis[1]["data"]["total_leads"],
        "nothing is added up"
    );
    let listed = program.ok(&["audit", "--tenant", "1"], "").await;
    assert_eq!(listed, "", "nobody touched account 1");
}

#[tokio::test]
async fn the_demo_requires_yes_for_a_named_database() {
    let database = database::create_empty().await;
    let refused = Program::on(&database).refused(&["demo"], "").await;
    assert!(
        refused.contains("--yes") && refused.contains("DATABASE_URL"),
        "{refused}"
    );
    let mut connection = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    let tables: i64 =
        sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'")
            .fetch_one(&mut connection)
            .await
            .expect("a count");
    assert_eq!(tables, 0);
}

#[tokio::test]
async fn a_taken_port_is_reported_before_anything_is_created() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for setting in ["CALLBOARD_LISTEN", "CALLBOARD_METRICS_LISTEN"] {
        for command in ["demo", "serve"] {
            let program = Program::new().with(setting, &address);
            let printed = program.refused(&[command], "").await;
            assert!(
                printed.contains(&address) && printed.contains(setting),
                "{printed}"
            );
            assert!(!program.data().exists(), "nothing is made");
        }
    }
}

#[tokio::test]
async fn a_host_name_is_accepted_as_listen_address() {
    let program = Program::new().with("CALLBOARD_LISTEN", "localhost:0");
    let server = program.serve().await;
    assert!(
        server.url.contains("127.0.0.1:") || server.url.contains("[::1]:"),
        "{}",
        server.url
    );
    server.stop().await;
}

#[tokio::test]
async fn a_database_of_another_application_is_refused_unchanged() {
    let database = database::create_empty().await;
    let mut connection = PgConnection::connect_with(&database)
        .await
        .expect("a connection");
    for table in ["orders", "customers", "invoices", "payments"] {
        connection
            .execute(sqlx::AssertSqlSafe(format!(
                "create table {table} (id int)"
            )))
            .await
            .expect("a table");
    }
    let program = Program::on(&database);
    for arguments in [&["migrate"][..], &["serve"], &["demo", "--yes"]] {
        let refused = program.refused(arguments, "").await;
        assert!(
            refused.contains("customers, invoices, orders and more"),
            "{refused}"
        );
    }
    let tables: i64 =
        sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'")
            .fetch_one(&mut connection)
            .await
            .expect("a count");
    assert_eq!(tables, 4);
}
