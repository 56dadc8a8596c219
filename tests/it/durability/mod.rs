//! The real program on its embedded Postgres: killed, stopped, restarted, started twice,
//! misconfigured.

mod backup;
mod crash;
mod data_dir;
mod database_url;
mod migrations;
mod rollups;
mod stop;
mod supervised;

use callboard::db::Embedded;
use callboard::rollups::Edition;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::program::Program;
use crate::support::{Client, body};

/// The rows that attempts refer to.
fn campaign() -> [Value; 2] {
    [
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
    ]
}

fn attempt(uuid: &str) -> Value {
    json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
        "started_at": "2026-06-01T12:00:00Z"})
}

fn attempts(prefix: &str, numbers: std::ops::Range<usize>) -> String {
    body(
        &numbers
            .map(|number| attempt(&format!("{prefix}{number}")))
            .collect::<Vec<_>>(),
    )
}

/// The number of attempts in the report.
async fn dialed(client: &Client) -> u64 {
    let kpis = client
        .data("/api/autocall/campaigns/1/reports/kpis?from=2026-06-01&to=2026-06-02")
        .await;
    kpis["dialed"].as_u64().expect("a number")
}

/// A direct connection to the program's embedded Postgres.
async fn inside(program: &Program) -> Option<PgConnection> {
    let (options, _guest) = Embedded::join(&program.data()).await?;
    let path = format!("{},public", Edition::own().schema());
    let options = options.options([("search_path", path)]);
    let mut connection = PgConnection::connect_with(&options).await.ok()?;
    connection
        .execute("set callboard.tenant = '1'")
        .await
        .ok()?;
    Some(connection)
}

/// The number of stored attempts; `None` while Postgres is unreachable.
async fn stored(program: &Program) -> Vec<String> {
    let Some(mut connection) = inside(program).await else {
        return Vec::new();
    };
    let uuids = sqlx::query_scalar("select uuid from autocall_attempts order by uuid");
    uuids.fetch_all(&mut connection).await.unwrap_or_default()
}
