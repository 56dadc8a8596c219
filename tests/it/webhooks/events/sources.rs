//! Sources of events, and subscriptions to them.

use callboard::webhooks::event::catalogue::EVENTS;
use callboard::webhooks::event::subscription;
use serde_json::json;

use super::{CAMPAIGN, LEAD, TENANT, attempt, deliveries, lead, names, subscribe, world};
use crate::support::program::Program;

#[tokio::test]
async fn an_import_and_other_sql_make_no_events() {
    let test = world(&[&["*"]]).await;
    let lines = [
        lead(LEAD, "completed"),
        attempt("a", json!({"result": "answered", "dtmf": "1"})),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    let import = ["import", "-", "--tenant", "1"];
    let output = Program::beside(&test).feed(&import, lines.as_bytes()).await;
    assert!(output.status.success(), "{output:?}");
    let sql = format!(
        "update autocall_attempts set transfer = 'connected';
         update autocall_leads set status = 'pending';
         update autocall_leads set status = 'dnc';
         update autocall_campaigns set status = 'paused';
         insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
         values ({TENANT}, 'b', {CAMPAIGN}, {LEAD}, 1, now())"
    );
    test.execute(TENANT, &sql).await;
    assert_eq!(names(&test).await, [""; 0]);
}

#[tokio::test]
async fn what_is_rolled_back_makes_no_events() {
    let test = world(&[&["*"]]).await;
    let lines = [
        lead(LEAD, "completed").to_string(),
        attempt("a", json!({"result": "busy"})).to_string(),
        "{}".to_owned(),
    ];
    let request = test.post("/api/ingest?atomic=true");
    let answer = test
        .send(
            request
                .header("content-type", "application/x-ndjson")
                .body(lines.join("\n")),
        )
        .await;
    assert_eq!(answer.status, 422);
    assert_eq!(names(&test).await, [""; 0]);
    test.ingest_text(lines.join("\n")).await;
    assert_eq!(
        names(&test).await,
        ["call.initiated", "call.completed", "lead.completed"]
    );
}

#[tokio::test]
async fn a_webhook_gets_the_events_that_it_subscribes_to() {
    let test = world(&[
        &["autocall.call.answered"],
        &["autocall.call.*", "autocall.call.initiated"],
        &["telesales.*", "autocall.lead.completed"],
        &["*"],
    ])
    .await;
    subscribe(&test, 5, &["*"], "paused").await;
    subscribe(&test, 6, &["*"], "suspended").await;
    test.account(2).await;
    let other = "insert into webhooks (tenant_id, id, url, events, secret, created_at, updated_at)
                 values (2, 7, 'https://example.com/', '{*}', '', now(), now())";
    test.execute(2, other).await;
    test.ingest(&[
        lead(LEAD, "failed"),
        attempt("a", json!({"result": "answered", "dtmf": "1"})),
    ])
    .await;
    let mut heard: Vec<(i64, String)> = deliveries(&test)
        .await
        .iter()
        .map(|delivery| (delivery.webhook, super::name(delivery)))
        .collect();
    heard.sort_by_key(|(webhook, _)| *webhook);
    let all = [
        "call.initiated",
        "call.answered",
        "lead.dtmf_pressed 1@1",
        "call.completed",
        "lead.completed",
    ];
    let expected = [(1, 1..2), (2, 0..2), (2, 3..4), (3, 4..5), (4, 0..5)];
    let expected: Vec<(i64, String)> = expected
        .into_iter()
        .flat_map(|(webhook, of)| {
            all[of]
                .iter()
                .map(move |event| (webhook, (*event).to_owned()))
        })
        .collect();
    assert_eq!(heard, expected);
    assert!(
        test.query(2, "select to_jsonb(d) from webhook_deliveries d")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn nothing_is_written_for_events_that_nobody_subscribes_to() {
    let test = world(&[&["telesales.abandon.breached", "autocall.campaign.*"]]).await;
    test.ingest(&[
        lead(LEAD, "completed"),
        attempt("a", json!({"result": "answered"})),
    ])
    .await;
    assert!(deliveries(&test).await.is_empty());
}

/// Patterns are matched here and by the triggers.
#[tokio::test]
async fn patterns_mean_the_same_to_the_server_and_to_the_triggers() {
    let test = world(&[]).await;
    let mut patterns: Vec<String> = [
        "*",
        "",
        ".*",
        "autocall",
        "autocall*",
        "**",
        "auto.*",
        "autocall.lead.added.*",
        "%",
    ]
    .map(str::to_owned)
    .to_vec();
    for event in EVENTS {
        patterns.push(event.name.to_owned());
        for (dot, _) in event.name.match_indices('.') {
            patterns.push(format!("{}*", &event.name[..=dot]));
            patterns.push(event.name[..=dot].to_owned());
        }
    }
    for pattern in patterns {
        let names: Vec<String> = EVENTS
            .iter()
            .map(|event| format!("'{}'", event.name))
            .collect();
        let sql = format!(
            "select to_jsonb(callboard_subscribes(array['{pattern}'], event)) from unnest(array[{}]) with ordinality e (event, at) order by at",
            names.join(",")
        );
        let here: Vec<_> = EVENTS
            .iter()
            .map(|event| json!(subscription::matches(&pattern, event.name)))
            .collect();
        assert_eq!(test.query(TENANT, &sql).await, here, "{pattern}");
    }
}
