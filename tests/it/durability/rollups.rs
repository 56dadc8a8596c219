//! Roll-ups equal the raw rows after a crash during ingest and compaction.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::{inside, stored};
use crate::support::program::{Program, Server, eventually, signal, words};
use crate::support::{Client, body};

type Acknowledged = Arc<Mutex<BTreeSet<String>>>;

const CAMPAIGNS: i64 = 3;

fn beginnings() -> Vec<Value> {
    let mut lines = vec![
        json!({"kind": "disposition", "code": "sale", "label": "S", "category": "contact", "color": "#000000", "is_conversion": true}),
        json!({"kind": "agent", "id": 1, "name": "A", "username": "a"}),
        json!({"kind": "caller_id", "cid": "1", "carrier": "other", "cli_type": "mobile"}),
    ];
    for id in 1..=CAMPAIGNS {
        lines.push(json!({"kind": "autocall_campaign", "id": id, "name": "C", "created_at": "2026-06-01T00:00:00Z"}));
        lines.push(json!({"kind": "telesales_campaign", "id": id, "name": "C", "created_at": "2026-06-01T00:00:00Z"}));
        for lead in 0..20 {
            let created = format!("2026-06-0{}T10:00:00Z", 1 + lead % 9);
            for kind in ["autocall_lead", "telesales_lead"] {
                lines.push(json!({"kind": kind, "id": lead + 20 * id, "campaign_id": id, "phone": "0987654321", "created_at": created}));
            }
        }
    }
    lines
}

/// One dial per module.
fn dials(uuid: &str, number: i64) -> [Value; 2] {
    let started = format!(
        "2026-06-{:02}T{:02}:{:02}:00Z",
        1 + number % 27,
        number % 24,
        number * 7 % 60
    );
    let (campaign, lead) = (1 + number % CAMPAIGNS, 20 + number % 60);
    [
        json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": campaign, "lead_id": lead, "attempt_number": 1, "started_at": started,
            "result": "answered", "billsec": number % 90, "dtmf": "1", "hangup_cause": "NORMAL_CLEARING"}),
        json!({"kind": "telesales_call", "uuid": uuid, "campaign_id": campaign, "lead_id": lead, "agent_id": 1, "cid": "1", "started_at": started,
            "result": "answered", "talk_sec": number % 90, "disposition": "sale"}),
    ]
}

async fn ingest(client: Client, dialer: i64, acknowledged: Acknowledged) {
    for number in 0.. {
        let uuids: Vec<String> = (0..20)
            .map(|line| format!("{dialer}-{number}-{line}"))
            .collect();
        let lines: Vec<Value> = (number * 20..)
            .zip(&uuids)
            .flat_map(|(number, uuid)| dials(uuid, number))
            .collect();
        let post = client
            .post("/api/ingest")
            .header("content-type", "application/x-ndjson")
            .body(body(&lines));
        let Ok(response) = post.send().await else {
            return;
        };
        if response.status() != 200 {
            return;
        }
        acknowledged.lock().expect("no panic").extend(uuids);
    }
}

/// Plain SQL corrections while Postgres is reachable.
async fn correct(mut connection: PgConnection) {
    for number in 0.. {
        let digit = number % 10;
        for sql in [
            format!("update telesales_calls set started_at = started_at + interval '7 hours', lead_id = lead_id + 1 where uuid like '%{digit}'"),
            format!("update autocall_attempts set campaign_id = campaign_id % 3 + 1, billsec = billsec + 1 where uuid like '%{digit}'"),
            "update telesales_leads set source = 's' || (random() * 3)::int, created_at = created_at + interval '1 hour'".to_owned(),
            "update dispositions set is_conversion = not is_conversion where random() < 0.1".to_owned(),
        ] {
            if connection.execute(AssertSqlSafe(sql)).await.is_err_and(|error| error.as_database_error().is_none()) {
                return;
            }
        }
    }
}

async fn verified(program: &Program) -> String {
    let output = program.run(&["verify", "--all", "--sample", "200"]).await;
    let is_equal = matches!(output.status.code(), Some(0 | 2)); // 2: much was skipped during a rebuild
    assert!(
        is_equal,
        "{} {}",
        words(&output.stdout),
        words(&output.stderr)
    );
    words(&output.stdout)
}

async fn sums_survive(crash: impl AsyncFnOnce(&Program, Server)) {
    let program = Program::new().with("CALLBOARD_COMPACT_EVERY", "50ms");
    let server = program.serve().await;
    let client = program.client(&server).await;
    client.ingest(&beginnings()).await;
    let acknowledged = Acknowledged::default();
    let writers: Vec<_> = (0..2)
        .map(|dialer| tokio::spawn(ingest(client.clone(), dialer, Arc::clone(&acknowledged))))
        .chain([tokio::spawn(correct(
            inside(&program).await.expect("a connection"),
        ))])
        .collect();
    eventually("some are acknowledged", async || {
        acknowledged.lock().expect("no panic").len() > 400
    })
    .await;
    crash(&program, server).await;
    futures_util::future::join_all(writers).await;

    // Checked before the next server compacts, while it compacts, and after.
    let calm = verified(&program).await;
    assert!(calm.contains(" 0 different"), "{calm}");
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), client.token);
    let side = verified(&program).await;
    assert!(side.contains(" 0 different"), "{side}");
    let stored: BTreeSet<String> = stored(&program).await.into_iter().collect();
    let lost: Vec<String> = acknowledged
        .lock()
        .expect("no panic")
        .difference(&stored)
        .cloned()
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    client.ingest(&dials("after", 5)).await;
    eventually("all is compacted", async || {
        let mut connection = inside(&program).await.expect("a connection");
        let left =
            "select (select count(*) from autocall_attempts_journal) + (select count(*) from telesales_calls_journal)
                         + (select count(*) from telesales_leads_journal) + (select count(*) from rollup_stale)";
        sqlx::query_scalar::<_, i64>(left).fetch_one(&mut connection).await.is_ok_and(|left| left == 0)
    })
    .await;
    let done = verified(&program).await;
    assert!(done.contains(" 0 different, 0 skipped"), "{done}");
    server.stop().await;
    program.assert_nothing_runs();
}

#[tokio::test]
async fn roll_ups_survive_a_killed_server() {
    sums_survive(async |_, server| server.kill().await).await;
}

#[tokio::test]
async fn roll_ups_survive_a_machine_crash() {
    sums_survive(async |program, server| {
        signal("KILL", &[program.processes(), vec![server.pid()]].concat());
        server.kill().await;
    })
    .await;
}

/// The server keeps running without a database and is then stopped.
#[tokio::test]
async fn roll_ups_survive_a_killed_postgres() {
    sums_survive(async |program, server| {
        let pid = std::fs::read_to_string(program.data().join("postgres/postmaster.pid"))
            .expect("a pid file");
        signal("KILL", &[pid.lines().next().expect("a pid")]);
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        signal("KILL", &[server.pid()]);
        server.kill().await;
    })
    .await;
}
