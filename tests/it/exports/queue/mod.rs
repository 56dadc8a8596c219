//! The queue under load: several instances, tenants and attempts; workers that are slow, stopped or
//! killed.

mod crashes;
mod leases;
mod retries;
mod sharing;

use std::time::Duration;

use callboard::app::App;
use callboard::exports::settings::Pace;
use callboard::exports::worker;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{june, order, show};
use crate::support::program::eventually;
use crate::support::side_connection::SideConnection;
use crate::support::{Client, TENANT, TestApp};

/// Short intervals and a full-length lease: tests expire leases explicitly.
const PACE: Pace = Pace {
    lease: Duration::from_secs(30),
    renew_every: Duration::from_millis(20),
    look_every: Duration::from_millis(50),
    wait: Duration::ZERO,
};

/// A campaign with that many attempts.
async fn with_attempts(attempts: u32) -> TestApp {
    let mut test = TestApp::new().await;
    test.app.exports.pace = PACE;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
    ])
    .await;
    test.execute(
        TENANT,
        &format!(
            "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
        select 1, 'a' || n, 1, 1, 1, '2026-06-03' from generate_series(1, {attempts}) n"
        ),
    )
    .await;
    test
}

struct Instance {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Instance {
    fn start(app: &App) -> Self {
        let stop = CancellationToken::new();
        Self {
            running: tokio::spawn(worker::run(app.clone(), stop.clone())),
            stop,
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.expect("an end");
    }
}

async fn until(client: &Client, id: &str, status: &str) -> Value {
    let mut seen = Value::Null;
    eventually(&format!("{id} is {status}"), async || {
        seen = show(client, id).await;
        seen["status"] == status
    })
    .await;
    seen
}

async fn lease_runs_out(test: &TestApp, id: &str) {
    test.execute(
        TENANT,
        &format!("update exports set leased_until = now() where id = '{id}'"),
    )
    .await;
}

/// The statement a full export starts with, where it is blocked.
const BLOCKED_STATEMENT: &str = "-- Start of campaigns";

/// Orders a full export and blocks it at its attempts.
async fn block_export(test: &TestApp) -> (String, SideConnection) {
    let mut side = SideConnection::of(test).await;
    let id = order(test, &june("full", "csv")).await;
    side.lock("autocall_attempts").await;
    (id, side)
}

/// Records each claim and each finished file in a table, by trigger.
async fn record_claims(test: &TestApp) {
    test.execute(
        TENANT,
        "create table noted (tenant_id bigint, id text, claim uuid, what text, at bigserial);
        grant all on noted, noted_at_seq to public;
        create function note() returns trigger language plpgsql as $$ begin
            if new.claim is distinct from old.claim and new.claim is not null then
                insert into noted values (new.tenant_id, new.id, new.claim, 'begun');
            elsif new.status is distinct from old.status then
                insert into noted values (new.tenant_id, new.id, old.claim, new.status);
            end if;
            return new; end $$;
        create trigger note before update on exports for each row execute function note()",
    )
    .await;
}

async fn recorded_ids(test: &TestApp, what: &str) -> Vec<String> {
    let rows = test
        .query(
            TENANT,
            &format!("select to_jsonb(id) from noted where what = '{what}' order by at"),
        )
        .await;
    rows.iter()
        .map(|id| id.as_str().expect("an id").to_owned())
        .collect()
}

/// The number of files.
fn count(dir: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                count(&entry.path())
            } else {
                1
            }
        })
        .sum()
}
