//! States of a campaign: every transition from every state.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{CAMPAIGNS, SCRIPTS, add_lead, change, create, id_of, one, post, with_draft};
use crate::support::{Answer, Client};

async fn act(client: &Client, campaign: &Value, action: &str) -> Answer {
    let path = format!("{}/{action}", one(CAMPAIGNS, campaign));
    client
        .request(Method::POST, &path, Some(&client.token))
        .await
}

#[tokio::test]
async fn a_campaign_goes_from_draft_to_completed() {
    let (test, _, campaign) = with_draft().await;
    for (action, status, code) in [
        ("start", "active", 202),
        ("pause", "paused", 200),
        ("resume", "active", 200),
        ("pause", "paused", 200),
        ("stop", "completed", 200),
    ] {
        let answer = act(&test, &campaign, action).await;
        assert_eq!(answer.status.as_u16(), code, "{action}: {}", answer.text());
        let shown = answer.json()["data"].take();
        assert_eq!(shown["status"], status);
        assert_eq!(shown["started_at"], "2026-06-30T08:00:00+00:00");
        assert_eq!(shown["completed_at"].is_string(), status == "completed");
        assert_eq!(test.data(&one(CAMPAIGNS, &campaign)).await, shown);
    }
}

#[tokio::test]
async fn every_other_transition_is_a_conflict_that_names_both_states() {
    let (test, script, _) = with_draft().await;
    let done = [
        ("start", "started", &["draft"][..], "active"),
        ("pause", "paused", &["active"], "paused"),
        ("resume", "resumed", &["paused"], "active"),
        ("stop", "stopped", &["active", "paused"], "completed"),
    ];
    let mut forbidden = 0;
    for (at, (action, done, from, to)) in done.into_iter().enumerate() {
        for (of, status) in ["draft", "active", "paused", "completed"]
            .into_iter()
            .enumerate()
        {
            let id = 100 * (at + 1) + of;
            let campaign = json!({"id": id});
            test.ingest(&[json!({"kind": "autocall_campaign", "id": id, "name": "C", "status": status, "script_id": id_of(&script)})])
                .await;
            add_lead(&test, &campaign).await;
            let answer = act(&test, &campaign, action).await;
            let now = test.data(&one(CAMPAIGNS, &campaign)).await["status"].clone();
            if from.contains(&status) {
                assert!(
                    answer.status.is_success(),
                    "{action} {status}: {}",
                    answer.text()
                );
                assert_eq!(now, to, "{action} {status}");
                continue;
            }
            forbidden += 1;
            let article = if status == "active" { "An" } else { "A" };
            let message = format!("{article} {status} campaign cannot be {done}.");
            assert_eq!(
                (answer.status, answer.json()),
                (StatusCode::CONFLICT, json!({"message": message}))
            );
            assert_eq!(now, status);
        }
    }
    assert_eq!(forbidden, 11);
}

#[tokio::test]
async fn of_eight_starts_at_once_one_wins() {
    let (test, _, campaign) = with_draft().await;
    let answers = join_all((0..8).map(|_| act(&test, &campaign, "start"))).await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409, 409, 409, 409, 409, 409]);
    let entries = test
        .query(
            1,
            "select to_jsonb(count(*)) from audit_log where event = 'campaign.started'",
        )
        .await;
    assert_eq!(entries, [json!(1)]);
}

#[tokio::test]
async fn a_start_wants_a_script_leads_and_time() {
    let (test, script, campaign) = with_draft().await;
    let (script, path) = (one(SCRIPTS, &script), one(CAMPAIGNS, &campaign));
    let refused = async |action: &str, rule: &str| {
        let answer = act(&test, &campaign, action).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::CONFLICT, json!({"message": rule}))
        );
    };
    change(&test, &script, &json!({"status": "archived"})).await;
    refused(
        "start",
        "A campaign without an active script cannot be started.",
    )
    .await;
    change(&test, &script, &json!({"status": "active"})).await;
    change(&test, &path, &json!({"end_at": "2026-06-30T07:59:59Z"})).await;
    refused(
        "start",
        "A campaign whose end_at has passed cannot be started.",
    )
    .await;
    change(&test, &path, &json!({"end_at": null})).await;
    test.execute(1, "delete from autocall_leads").await;
    refused("start", "A campaign without leads cannot be started.").await;
    add_lead(&test, &campaign).await;
    assert_eq!(
        act(&test, &campaign, "start").await.status,
        StatusCode::ACCEPTED
    );

    change(&test, &script, &json!({"status": "archived"})).await;
    assert_eq!(
        test.data(&path).await["status"],
        "active",
        "a running campaign runs on"
    );
    assert_eq!(act(&test, &campaign, "pause").await.status, StatusCode::OK);
    refused(
        "resume",
        "A campaign without an active script cannot be resumed.",
    )
    .await;
    change(&test, &script, &json!({"status": "active"})).await;
    change(&test, &path, &json!({"end_at": "2020-01-01"})).await;
    assert_eq!(act(&test, &campaign, "resume").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_transition_takes_no_members() {
    let (test, _, campaign) = with_draft().await;
    let path = format!("{}/start", one(CAMPAIGNS, &campaign));
    let answer = post(&test, &path, &json!({"force": true})).await;
    assert_eq!(
        (answer.status, answer.json()["errors"].clone()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({"force": ["is no member of this resource."]})
        )
    );
    assert_eq!(
        post(&test, &path, &json!({})).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn the_first_start_sets_started_at_and_ingest_may_have() {
    let (test, script, _) = with_draft().await;
    let campaign = json!({"id": 7});
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 7, "name": "C", "status": "draft", "script_id": id_of(&script), "started_at": "2026-01-01T00:00:00Z"})])
        .await;
    add_lead(&test, &campaign).await;
    let started = act(&test, &campaign, "start").await.json();
    assert_eq!(started["data"]["started_at"], "2026-01-01T00:00:00+00:00");
    let created = create(
        &test,
        CAMPAIGNS,
        &json!({"name": "D", "script_id": id_of(&script)}),
    )
    .await;
    assert_eq!(created["started_at"], Value::Null);
}
