//! The audit log of changes, over HTTP and on the command line.

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{CAMPAIGNS, SCRIPTS, change, create, delete, faulty, id_of, one, post, with_draft};
use crate::support::program::Program;
use crate::support::{Client, TENANT, TestApp};

const AUDIT: &str = "/api/audit";

async fn entries(client: &Client, query: &str) -> Vec<Value> {
    let page = client.ok(&format!("{AUDIT}?{query}")).await.json();
    page["data"].as_array().expect("entries").clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["action"].as_str().expect("an action"))
        .collect()
}

/// A script, and a campaign with a lead that goes through its states.
async fn with_history() -> (TestApp, Value, Value) {
    let (test, script, campaign) = with_draft().await;
    let path = one(CAMPAIGNS, &campaign);
    change(&test, &path, &json!({"name": "N", "max_retries": 3})).await;
    change(&test, &path, &json!({"name": "N"})).await;
    for action in ["start", "pause", "resume", "stop"] {
        let moved = post(&test, &format!("{path}/{action}"), &json!({})).await;
        assert!(moved.status.is_success(), "{action}");
    }
    post(&test, &format!("{path}/start"), &json!({})).await;
    (test, script, campaign)
}

#[tokio::test]
async fn changes_are_logged_with_actor_target_and_values() {
    let (test, script, campaign) = with_history().await;
    let log = entries(&test, "").await;
    assert_eq!(
        actions(&log),
        [
            "campaign.stopped",
            "campaign.resumed",
            "campaign.paused",
            "campaign.started",
            "campaign.changed",
            "campaign.created",
            "script.created",
            "token.issued"
        ],
        "newest first; what changed nothing and what was refused is not in it"
    );
    let token = test
        .query(
            TENANT,
            "select to_jsonb(id) from sessions where user_id = 1",
        )
        .await
        .remove(0);
    let expected = json!({"id": log[4]["id"], "at": "2026-06-30T08:00:00+00:00",
        "actor": {"id": 1, "username": "admin-1", "token": token}, "address": "127.0.0.1", "action": "campaign.changed",
        "target": {"kind": "campaign", "id": id_of(&campaign).to_string(), "name": "N"}, "changes": {"name": ["C", "N"]}});
    assert_eq!(log[4].to_string(), expected.to_string());
    assert_eq!(log[3]["changes"], json!({"status": ["draft", "active"]}));
    assert_eq!(
        log[5]["changes"]["script_id"],
        json!([null, id_of(&script)])
    );
    assert_eq!(
        log[7]["actor"],
        Value::Null,
        "a token from the command line"
    );

    let program = Program::beside(&test);
    let printed = program.ok(&["audit", "--tenant", "1"], "").await;
    let mut printed: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    printed.reverse();
    assert_eq!(printed, log, "the same shape, oldest first");
    let started = ["audit", "--tenant", "1", "--action", "campaign.started"];
    assert_eq!(program.ok(&started, "").await.lines().count(), 1);
}

#[tokio::test]
async fn the_log_is_filtered() {
    let (test, script, campaign) = with_history().await;
    let ann = test.user(TENANT, "Ann", Role::Supervisor).await;
    let ann = Client::new(test.url.clone(), ann);
    let theirs = create(&ann, SCRIPTS, &json!({"name": "T"})).await;
    delete(&ann, &one(SCRIPTS, &theirs)).await;
    let id = id_of(&campaign);
    for (query, count) in [
        ("actor=2".to_owned(), 2),
        ("actor=ann".to_owned(), 2),
        ("actor=nobody".to_owned(), 0),
        ("action=campaign.started".to_owned(), 1),
        ("target=campaign".to_owned(), 6),
        (format!("target={id}"), 6),
        (format!("target=campaign:{id}"), 6),
        (format!("target=script:{}", id_of(&script)), 1),
        (
            "target=script&actor=ann&action=script.deleted".to_owned(),
            1,
        ),
        ("from=2026-06-30T08:00:00Z".to_owned(), 11),
        ("to=2026-06-30T08:00:00Z".to_owned(), 0),
        ("from=2026-06-30&to=2026-06-30".to_owned(), 11),
    ] {
        assert_eq!(entries(&test, &query).await.len(), count, "{query}");
    }
    let page = test.ok(&format!("{AUDIT}?per_page=2&page=2")).await.json();
    let rows = page["data"].as_array().expect("rows").len();
    assert_eq!((&page["total"], rows), (&json!(11), 2));
    let bad = format!("{AUDIT}?action=dance&from=x&per_page=0&actor=%00");
    let bad = test.get(&bad).await;
    assert_eq!(faulty(&bad), ["action", "actor", "from", "per_page"]);
    let reversed = format!("{AUDIT}?from=2026-06-02&to=2026-06-01");
    assert_eq!(faulty(&test.get(&reversed).await), ["to"]);
    let refused = ann.request(Method::GET, AUDIT, Some(&ann.token)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let neighbour = Client::new(test.url.clone(), test.account(2).await);
    assert_eq!(actions(&entries(&neighbour, "").await), ["token.issued"]);
}

#[tokio::test]
async fn phones_and_secrets_are_withheld() {
    use callboard::auth::audit::{Actor, Changes, Event, Target, record_change};
    let test = TestApp::new().await;
    let actor = Actor {
        user: 1,
        session: uuid::Uuid::nil(),
        address: "192.0.2.1".parse().expect("an address"),
        at: test.app.clock.now(),
    };
    let target = Target {
        kind: "lead",
        id: 7,
        name: None,
    };
    let mut changes = Changes::new();
    for field in ["phone", "phone_number", "payload", "secret", "status"] {
        let values = (json!("84987654321"), json!("x".repeat(2_000)));
        changes.insert(field.to_owned(), values);
    }
    let mut scope = test.app.db.write(TENANT).await.expect("a scope");
    record_change(&mut scope, actor, Event::LeadChanged, target, changes)
        .await
        .expect("recorded");
    scope.commit().await.expect("committed");
    let entry = entries(&test, "action=lead.changed").await.remove(0);
    for field in ["phone", "phone_number", "payload", "secret"] {
        assert_eq!(entry["changes"][field], json!([null, null]), "{field}");
    }
    let new = entry["changes"]["status"][1].as_str().expect("a text");
    assert_eq!(new.chars().count(), 1_001, "cut after a thousand");
}
