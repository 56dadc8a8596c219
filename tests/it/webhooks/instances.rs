//! Several instances, and instances that die.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callboard::app::App;
use callboard::db::Database;
use callboard::time::Clock;
use serde_json::json;

use super::hooks::{Hooks, WEBHOOKS, work};
use super::receiver::{Receiver, Reply, Seen};
use crate::support::Client;
use crate::support::program::{Program, Server, eventually, signal};

/// Another instance: the same database and settings, pools of its own.
pub async fn instance(hooks: &Hooks) -> App {
    let options = hooks.app.db.unscoped().connect_options();
    let mut app = hooks.app.clone();
    app.db = Database::open(
        (*options).clone(),
        callboard::rollups::Edition::own().schema(),
    )
    .await
    .expect("a database");
    app
}

#[tokio::test]
async fn two_instances_deliver_every_event_once_and_in_order() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let webhook = hooks.hook(&receiver.url()).await;
    receiver
        .reply(|seen, _| Reply::Late(204, Duration::from_millis(seen.number().unsigned_abs() % 7)));
    let _workers = [
        hooks.work(),
        work(&instance(&hooks).await),
        work(&instance(&hooks).await),
    ];
    for batch in 0..20 {
        let subjects: Vec<String> = (1..=9).map(|lead| format!("lead:{lead}")).collect();
        let events: Vec<(&str, i64)> = (1..)
            .zip(&subjects)
            .map(|(lead, subject)| (subject.as_str(), lead * 100 + batch))
            .collect();
        hooks.events(&events).await;
    }
    hooks.all_are(webhook, "delivered", 180).await;
    let numbers = receiver.numbers();
    assert_eq!(numbers.len(), 180, "some were sent twice");
    for lead in 1..=9 {
        let of_lead: Vec<i64> = numbers
            .iter()
            .copied()
            .filter(|number| number / 100 == lead)
            .collect();
        assert_eq!(of_lead, (lead * 100..lead * 100 + 20).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_lost_lease_goes_out_again_and_one_that_holds_does_not() {
    let mut hooks = Hooks::new().await;
    hooks.app.webhooks.pace.lease = Duration::from_secs(3);
    let receiver = Receiver::start().await;
    let webhook = hooks.hook(&receiver.url()).await;
    hooks.events(&[("lead:1", 1), ("lead:1", 2), ("", 3)]).await;
    // Claims of an instance that died.
    let claim = "update webhook_deliveries set claim = gen_random_uuid(), leased_until = now() + interval '3 seconds'
                 where data->>'lead_id' = '1'";
    hooks.test.execute(1, claim).await;
    let _worker = hooks.work();
    hooks
        .until("others go", async || receiver.count() >= 1)
        .await;
    assert_eq!(
        receiver.numbers(),
        [3],
        "the lease holds, and holds up its lead"
    );
    hooks.all_are(webhook, "delivered", 3).await;
    assert_eq!(receiver.numbers(), [3, 1, 2]);
}

#[tokio::test]
async fn a_stopped_instance_hands_its_deliveries_over() {
    let mut hooks = Hooks::new().await;
    hooks.app.webhooks.pace.timeout = Duration::from_secs(60);
    let receiver = Receiver::start().await;
    let webhook = hooks.hook(&receiver.url()).await;
    receiver.reply(|_, before| {
        if before == 0 {
            Reply::Hang
        } else {
            Reply::Status(204)
        }
    });
    let worker = hooks.work();
    hooks.events(&[("lead:1", 1)]).await;
    hooks
        .until("it is under way", async || receiver.count() == 1)
        .await;
    drop(worker);
    // The lease of 30 seconds would end much later than a test waits for a delivery under way.
    hooks
        .until("it is released", async || {
            let held = "select to_jsonb(count(*)) from webhook_deliveries where claim is not null";
            hooks.test.query(1, held).await == [json!(0)]
        })
        .await;
    let _worker = work(&instance(&hooks).await);
    hooks.all_are(webhook, "delivered", 1).await;
}

fn lines(uuids: &[String]) -> String {
    let now = Clock::System.now().to_rfc3339();
    uuids
        .iter()
        .map(|uuid| {
            let line = json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": 1, "lead_id": 1,
                "attempt_number": 1, "started_at": now});
            format!("{line}\n")
        })
        .collect()
}

/// Ids of the deliveries of each attempt.
fn ids(seen: &[Seen]) -> BTreeMap<String, BTreeSet<String>> {
    let mut ids = BTreeMap::<String, BTreeSet<String>>::new();
    for seen in seen {
        let uuid = seen.json()["data"]["uuid"]
            .as_str()
            .expect("a uuid")
            .to_owned();
        ids.entry(uuid).or_default().insert(seen.id().to_owned());
    }
    ids
}

/// Runs `crash` while events are written and delivered; the next server delivers the rest.
async fn no_event_is_lost(crash: impl AsyncFnOnce(&Program, Server)) {
    let program = Program::new()
        .with("CALLBOARD_WEBHOOK_ALLOW", "127.0.0.0/8")
        .with("CALLBOARD_RATE_LIMIT", "off");
    let server = program.serve().await;
    let client = program.client(&server).await;
    client
        .ingest(&[
            json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
            json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
        ])
        .await;
    let receiver = Receiver::start().await;
    receiver.always(Reply::Late(204, Duration::from_millis(5)));
    let create = json!({"url": receiver.url(), "events": ["autocall.call.initiated"]});
    let created = client.send(client.post(WEBHOOKS).json(&create)).await;
    assert_eq!(created.status, 201, "{created:?}");

    let mut acknowledged = BTreeSet::new();
    let mut crash = Some((server, crash));
    for number in 0..1_000 {
        let uuids: Vec<String> = (0..5).map(|line| format!("{number}-{line}")).collect();
        let post = client
            .post("/api/ingest")
            .header("content-type", "application/x-ndjson")
            .body(lines(&uuids));
        match post.send().await {
            Ok(answer) if answer.status() == 200 => acknowledged.extend(uuids),
            _ => break,
        }
        if receiver.count() > 50
            && let Some((server, crash)) = crash.take()
        {
            crash(&program, server).await;
        }
    }
    assert!(
        acknowledged.len() > 50 && crash.is_none(),
        "{} attempts were acknowledged, {} deliveries arrived",
        acknowledged.len(),
        receiver.count()
    );
    let server = program.serve().await;
    eventually("every event has arrived", async || {
        let seen = ids(&receiver.seen());
        acknowledged.iter().all(|uuid| seen.contains_key(uuid))
    })
    .await;
    let twice: Vec<_> = ids(&receiver.seen())
        .into_iter()
        .filter(|(_, ids)| ids.len() > 1)
        .collect();
    assert!(twice.is_empty(), "with different ids: {twice:?}");
    Client::new(server.url.clone(), client.token.clone())
        .ok(WEBHOOKS)
        .await;
    server.stop().await;
}

#[tokio::test]
async fn no_event_is_lost_when_the_server_is_killed() {
    no_event_is_lost(async |_, server| server.kill().await).await;
}

#[tokio::test]
async fn no_event_is_lost_when_postgres_is_killed_too() {
    no_event_is_lost(async |program, server| {
        signal("KILL", &[program.processes(), vec![server.pid()]].concat());
        server.kill().await;
    })
    .await;
}
