//! Warnings of the overview as events: each told once, when it begins.

use std::collections::BTreeSet;

use callboard::overview::raise;
use callboard::time::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::hooks::{Hooks, WEBHOOKS};
use super::instances::instance;
use super::receiver::{Receiver, Seen};
use crate::support::program::{Program, Server, eventually};
use crate::support::{Client, TENANT};

const WARNING: &str = "warning.raised";

/// A Telesales campaign with a call that began three hours ago; without a result, it is a warning.
fn campaign(id: i64, now: DateTime<Utc>, result: &Value) -> Vec<Value> {
    let at = now - TimeDelta::hours(3);
    vec![
        json!({"kind": "telesales_campaign", "id": id, "name": format!("Campaign {id}"), "status": "active"}),
        json!({"kind": "telesales_lead", "id": id, "campaign_id": id, "phone": "0900000001"}),
        json!({"kind": "telesales_call", "uuid": format!("{id} {}", result.is_null()), "campaign_id": id, "lead_id": id,
            "started_at": at.to_rfc3339(), "result": result}),
    ]
}

async fn check(hooks: &Hooks) -> u64 {
    raise::check(&hooks.app).await.expect("a check")
}

/// Ends the warning of a campaign, or makes it begin.
async fn warn(hooks: &Hooks, id: i64, holds: bool) {
    let result = if holds { "null" } else { "'busy'" };
    let change = format!("update telesales_calls set result = {result} where campaign_id = {id}");
    hooks.test.execute(TENANT, &change).await;
}

#[tokio::test]
async fn a_warning_is_told_when_it_begins_and_not_again_while_it_holds() {
    let (hooks, receiver) = (Hooks::new().await, Receiver::start().await);
    let now = hooks.app.clock.now();
    hooks.client.ingest(&campaign(3, now, &Value::Null)).await;
    assert_eq!(check(&hooks).await, 0, "nobody subscribes");
    let webhook = hooks.create(&receiver.url(), &[WARNING]).await;
    let webhook = webhook["id"].as_i64().expect("an id");
    let _worker = hooks.work();
    assert_eq!(check(&hooks).await, 1);
    hooks.all_are(webhook, "delivered", 1).await;
    let seen = receiver.seen().remove(0);
    assert_eq!(seen.header("x-callboard-event"), WARNING);
    let mut told = seen.json()["data"].take();
    let since = told["since"].take();
    assert!(
        since
            .as_str()
            .is_some_and(|at| at.ends_with(":00:00+00:00")),
        "a whole hour: {since}"
    );
    assert_eq!(
        told,
        json!({"module": "telesales", "code": "calls_without_result", "severity": "note", "since": null, "campaign_id": 3,
            "campaign_name": "Campaign 3", "subject": null, "figures": {"calls": 1}})
    );
    for _ in 0..3 {
        hooks.pass(TimeDelta::minutes(1));
        assert_eq!(check(&hooks).await, 0, "it holds");
    }

    warn(&hooks, 3, false).await;
    assert_eq!(check(&hooks).await, 0);
    hooks.pass(TimeDelta::minutes(4));
    assert_eq!(check(&hooks).await, 0);
    warn(&hooks, 3, true).await;
    assert_eq!(check(&hooks).await, 0, "it was away for four minutes only");

    warn(&hooks, 3, false).await;
    assert_eq!(check(&hooks).await, 0);
    hooks.pass(TimeDelta::minutes(5));
    assert_eq!(check(&hooks).await, 0, "it has ended");
    warn(&hooks, 3, true).await;
    assert_eq!(check(&hooks).await, 1, "it began again");
    hooks.all_are(webhook, "delivered", 2).await;
    assert_eq!(receiver.count(), 2);
}

#[tokio::test]
async fn several_instances_raise_a_warning_once() {
    let hooks = Hooks::new().await;
    let now = hooks.app.clock.now();
    for id in 1..=5 {
        hooks.client.ingest(&campaign(id, now, &Value::Null)).await;
    }
    let webhook = hooks.create("http://127.0.0.1:1/", &[WARNING]).await;
    let webhook = webhook["id"].as_i64().expect("an id");
    let apps = [
        hooks.app.clone(),
        instance(&hooks).await,
        instance(&hooks).await,
    ];
    let checks = apps.iter().cycle().take(9).map(raise::check);
    let raised: u64 = join_all(checks)
        .await
        .into_iter()
        .map(|raised| raised.expect("a check"))
        .sum();
    assert_eq!(raised, 5);
    assert_eq!(hooks.deliveries(webhook).await.len(), 5);
    // Both in one transaction: no crash comes in between.
    let together =
        "select to_jsonb(w.xmin = d.xmin) from warnings_raised w join webhook_deliveries d
        on d.data ->> 'campaign_id' = w.campaign_id::text";
    assert_eq!(
        hooks.test.query(TENANT, together).await,
        vec![json!(true); 5]
    );
}

#[tokio::test]
async fn only_accounts_with_a_subscribed_webhook_are_checked() {
    let hooks = Hooks::new().await;
    let now = hooks.app.clock.now();
    hooks.client.ingest(&campaign(1, now, &Value::Null)).await;
    let listed = async || {
        let listed = raise::tenants_to_check(&hooks.app.db).await;
        listed.expect("a list")
    };
    let webhook = hooks.create("http://127.0.0.1:1/", &["telesales.*"]).await;
    let id = webhook["id"].as_i64().expect("an id");
    assert_eq!(listed().await, [0; 0]);
    hooks.patch(id, &json!({"events": ["warning.*"]})).await;
    assert_eq!(listed().await, [TENANT]);
    assert_eq!(check(&hooks).await, 1);
    hooks.patch(id, &json!({"status": "paused"})).await;
    assert_eq!(check(&hooks).await, 0);
    hooks.pass(TimeDelta::minutes(5));
    assert_eq!(check(&hooks).await, 0);
    assert_eq!(listed().await, [0; 0], "nothing is left of it");
    hooks.patch(id, &json!({"status": "active"})).await;
    assert_eq!(check(&hooks).await, 1, "all that hold are told anew");
    let suspend = "update webhooks set status = 'suspended', suspended_at = now()";
    hooks.test.execute(TENANT, suspend).await;
    hooks.create("http://127.0.0.1:1/", &[WARNING]).await;
    assert_eq!(check(&hooks).await, 1);
    let told = "select data from webhook_deliveries order by id desc limit 1";
    let told = hooks.test.query(TENANT, told).await.remove(0);
    assert_eq!(
        (&told["module"], &told["code"], &told["subject"]),
        (
            &Value::Null,
            &json!("webhook_suspended"),
            &json!(id.to_string())
        )
    );
}

/// Ids of the deliveries about a campaign.
fn ids(seen: &[Seen], campaign: i64) -> BTreeSet<String> {
    let of = |seen: &&Seen| seen.json()["data"]["campaign_id"] == campaign;
    seen.iter()
        .filter(of)
        .map(|seen| seen.id().to_owned())
        .collect()
}

#[tokio::test]
async fn a_warning_is_told_once_although_the_server_is_killed() {
    let program = Program::new().with("CALLBOARD_WEBHOOK_ALLOW", "127.0.0.0/8");
    let receiver = Receiver::start().await;
    let server = program.serve().await;
    let client = program.client(&server).await;
    let create = json!({"url": receiver.url(), "events": [WARNING]});
    let created = client.send(client.post(WEBHOOKS).json(&create)).await;
    assert_eq!(created.status, 201, "{created:?}");
    let begin = async |server: &Server, id: i64| {
        let client = Client::new(server.url.clone(), client.token.clone());
        let now = Clock::System.now();
        client.ingest(&campaign(id, now, &Value::Null)).await;
    };
    begin(&server, 1).await;
    let mut server = Some(server);
    for id in 1..=3 {
        // The check of a server that starts tells what began before.
        server.take().expect("a server").kill().await;
        let next = program.serve().await;
        eventually("it is told", async || !ids(&receiver.seen(), id).is_empty()).await;
        begin(&next, id + 1).await;
        server = Some(next);
    }
    for id in 1..=3 {
        assert_eq!(ids(&receiver.seen(), id).len(), 1, "{id}");
    }
    server.take().expect("a server").stop().await;
}
