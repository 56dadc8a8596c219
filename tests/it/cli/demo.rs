//! The demo command.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection};
use tokio::net::TcpListener;

use crate::support::program::{Program, Server, eventually_asked};
use crate::support::{Client, database};

#[tokio::test]
async fn the_demo_rebuilds_its_own_tenant_at_each_start() {
    let program = Program::new();
    program
        .ok(&["tenant", "create", "--id", "1", "--name", "Ours"], "")
        .await;
    let mut kpis = Vec::new();
    for _ in 0..2 {
        let (client, server) = demo(&program, &[]).await;
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
        is_alive(&client).await;
        server.stop().await;
    }
    assert_eq!(
        kpis[0]["data"]["total_leads"], kpis[1]["data"]["total_leads"],
        "nothing is added up"
    );
    let listed = program.ok(&["audit", "--tenant", "1"], "").await;
    assert_eq!(listed, "", "nobody touched account 1");
}

/// A client of a demo with those options, and its server.
async fn demo(program: &Program, options: &[&str]) -> (Client, Server) {
    let said = tempfile::NamedTempFile::new().expect("a file");
    let command = program.command(&[&["demo"], options].concat());
    let server = Server::start_printing_to(command, said.reopen().expect("the file")).await;
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
    (client, server)
}

/// Members of the rows of a list.
fn of_rows(body: &Value, member: &str) -> Vec<Value> {
    let rows = body["data"].as_array().expect("rows");
    rows.iter().map(|row| row[member].clone()).collect()
}

async fn dials(client: &Client) -> i64 {
    let mut dials = 0;
    for module in ["autocall", "telesales"] {
        let path = format!("/api/overview?module={module}");
        let body = client.get(&path).await.json();
        let of = of_rows(&body, "dials_today");
        dials += of.iter().filter_map(Value::as_i64).sum::<i64>();
    }
    dials
}

/// At night calls come seldom: asking all the time would meet the limit of requests before one comes.
const SELDOM: Duration = Duration::from_millis(500);

/// Calls that go on while the demo runs, and exports: one at work, some that are ready, one that failed.
async fn is_alive(client: &Client) {
    let running = async || client.get("/api/exports?status=running").await.json();
    eventually_asked("one export at work", SELDOM, async || {
        running().await["total"] == 1
    })
    .await;
    let (before, progress) = (
        dials(client).await,
        of_rows(&running().await, "progress_pct"),
    );
    eventually_asked("more calls", SELDOM, async || dials(client).await > before).await;
    eventually_asked("progress", SELDOM, async || {
        of_rows(&running().await, "progress_pct") != progress
    })
    .await;
    for (status, total) in [("ready", 4), ("failed", 1)] {
        let path = format!("/api/exports?status={status}");
        let exports = client.get(&path).await.json();
        assert_eq!(exports["total"], total, "{exports}");
    }
}

/// An afternoon in Vietnam.
const INSTANT: &str = "2026-11-25T15:10:00+07:00";

#[tokio::test]
async fn at_an_instant_time_stands_still_and_something_goes_wrong() {
    let program = Program::new();
    let (client, server) = demo(&program, &["--at", INSTANT]).await;
    let mut codes = BTreeSet::new();
    for module in ["autocall", "telesales"] {
        let path = format!("/api/overview?module={module}");
        let body = client.get(&path).await.json();
        let in_progress = of_rows(&body, "in_progress");
        assert!(
            in_progress.iter().any(|calls| calls.as_i64() > Some(0)),
            "{body}"
        );
        let statuses = of_rows(&body, "status");
        assert!(statuses.contains(&"paused".into()), "{body}");
        for warnings in of_rows(&body, "warnings") {
            let warnings = warnings.as_array().expect("a list").iter();
            codes.extend(warnings.map(|it| it["code"].as_str().expect("a code").to_owned()));
        }
    }
    for code in [
        "abandon_breached",
        "caller_id_suspected_block",
        "leads_running_out",
    ] {
        assert!(codes.contains(code), "{code} is not of {codes:?}");
    }
    let limits = client.get("/api/telesales/reports/compliance").await.json();
    let today = "2026-11-25T"; // since this morning, in the account's zone or in UTC
    let since = of_rows(&limits, "since")[0].to_string();
    assert!(since.contains(today), "{limits}");
    let window = of_rows(&limits, "window_to")[0].to_string();
    assert!(window.starts_with("\"2026-11-25T08:10"), "{window}");
    server.stop().await;
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
