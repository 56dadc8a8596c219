//! Concurrent writers of the same rows.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{TABLES, count, one_of_each_kind, send};
use crate::support::{TENANT, TestApp, body};

const WRITERS: u64 = 8;
const ROUNDS: u64 = 4;
const KEYS: i64 = 150;

/// One writer's lines for every row in one round, in random order; sometimes with `created_at`.
fn lines(writer: u64, round: u64) -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(writer * 100 + round);
    let mut kinds: Vec<Vec<Value>> = vec![Vec::new(); 4];
    for id in 1..=KEYS {
        let name = format!("{writer}/{round}");
        kinds[0].push(json!({"kind": "team", "id": id, "name": name}));
        kinds[0].push(json!({"kind": "agent", "id": id, "name": name, "username": "a"}));
        kinds[1].push(json!({"kind": "telesales_campaign", "id": id, "name": name}));
        kinds[2].push(
            json!({"kind": "telesales_lead", "id": id, "campaign_id": id, "phone": "0987654321", "full_name": name}),
        );
        kinds[3].push(
            json!({"kind": "telesales_call", "uuid": format!("{id}"), "campaign_id": id, "lead_id": KEYS + 1 - id,
            "started_at": "2026-06-01T00:00:00Z", "talk_sec": writer, "hangup_cause": name}),
        );
        for kind in [1, 2] {
            if random.random_bool(0.5) {
                let last = kinds[kind].last_mut().expect("just put there");
                last["created_at"] = "2026-06-01T00:00:00Z".into();
            }
        }
    }
    kinds
        .iter_mut()
        .for_each(|lines| lines.shuffle(&mut random));
    kinds.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_of_the_same_rows_all_succeed() {
    let test = TestApp::new().await;
    let writers = (0..WRITERS).map(|writer| {
        let client = test.clone();
        async move {
            for round in 0..ROUNDS {
                let answer = send(&client, "", body(&lines(writer, round))).await;
                assert_eq!(
                    answer.status.as_u16(),
                    200,
                    "writer {writer}: {}",
                    answer.text()
                );
                assert_eq!(answer.json()["data"]["rejected"], 0, "{}", answer.text());
            }
        }
    });
    futures_util::future::join_all(writers).await;
    for table in [
        "teams",
        "agents",
        "telesales_campaigns",
        "telesales_leads",
        "telesales_calls",
    ] {
        assert_eq!(
            count(&test, table).await,
            usize::try_from(KEYS).expect("small"),
            "{table}"
        );
    }
    let torn = "select to_jsonb(t) from telesales_calls t where hangup_cause <> talk_sec || '/3'
                union all select to_jsonb(t) from telesales_leads t where full_name not like '%/3'";
    assert_eq!(test.query(TENANT, torn).await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_with_and_without_created_at_can_be_mixed() {
    let test = TestApp::new().await;
    let rows = |remainder: i64| {
        let lines = (1..=2_000).map(|id| {
            let created_at = if id % 2 == remainder { json!("2026-06-01T00:00:00Z") } else { Value::Null };
            json!({"kind": "telesales_campaign", "id": id, "name": format!("by {remainder}"), "created_at": created_at})
        });
        body(&lines.collect::<Vec<_>>())
    };
    for _ in 0..3 {
        let (one, other) = tokio::join!(send(&test, "", rows(0)), send(&test, "", rows(1)));
        for answer in [one, other] {
            assert_eq!(answer.json()["data"]["stored"], 2_000, "{}", answer.text());
        }
    }
    let created = test
        .query(
            TENANT,
            "select distinct to_jsonb(created_at) from telesales_campaigns",
        )
        .await;
    assert_eq!(created, [json!("2026-06-01T00:00:00+00:00")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_right_for_bodies_of_one_and_many_chunks() {
    let test = TestApp::new().await;
    let teams = |backwards: bool, name: &str| {
        let mut lines: Vec<Value> = (1..=11_000)
            .map(|id| json!({"kind": "team", "id": id, "name": name}))
            .collect();
        if backwards {
            lines.reverse();
        }
        body(&lines)
    };
    let writers = (0..4).map(|writer: u32| {
        let (client, name) = (test.clone(), format!("by {writer}"));
        let text = teams(writer % 2 == 1, &name);
        async move {
            let answer = send(&client, if writer < 2 { "atomic=true" } else { "" }, text).await;
            (name, answer)
        }
    });
    let mut stored = Vec::new();
    for (name, answer) in futures_util::future::join_all(writers).await {
        match answer.status.as_u16() {
            200 => stored.push(name),
            // One of two deadlocked writers fails and may retry.
            status => assert_eq!(status, 503, "{}", answer.text()),
        }
    }
    assert!(!stored.is_empty());
    assert_eq!(count(&test, "teams").await, 11_000);
    let names = test
        .query(TENANT, "select distinct to_jsonb(name) from teams")
        .await;
    assert!(
        names
            .iter()
            .any(|name| stored.iter().any(|stored| stored == name)),
        "{names:?} after {stored:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_write_the_same_keys_concurrently() {
    let test = TestApp::new().await;
    let theirs = test.account(2).await;
    let neighbour = crate::support::Client::new(test.url.clone(), theirs);
    for _ in 0..5 {
        let text = body(&one_of_each_kind());
        let (ours, theirs) = tokio::join!(
            send(&test, "", text.clone()),
            send(&neighbour, "atomic=true", text.clone())
        );
        assert_eq!((ours.status.as_u16(), theirs.status.as_u16()), (200, 200));
    }
    for table in TABLES {
        for tenant in [TENANT, 2] {
            let count = test
                .query(tenant, &format!("select to_jsonb(count(*)) from {table}"))
                .await;
            assert_eq!(count, [json!(1)], "{table} of {tenant}");
        }
    }
}
