//! `/api/webhooks`: create, list, change, delete.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::hooks::{Hooks, WEBHOOKS};
use crate::support::Client;

const URL: &str = "http://127.0.0.1:9/";

#[tokio::test]
async fn a_webhook_is_created_shown_changed_and_deleted() {
    let hooks = Hooks::new().await;
    let body = json!({"url": URL, "events": ["autocall.lead.*", "*", "*"], "description": " CRM "});
    let answer = hooks.post(WEBHOOKS, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut created = answer.json()["data"].take();
    let id = created["id"].as_i64().expect("an id");
    assert!(id >= 1 << 40);
    assert_eq!(created["events"], json!(["autocall.lead.*", "*"]));
    let secret = created
        .as_object_mut()
        .expect("an object")
        .remove("secret")
        .expect("a secret");
    let secret = secret.as_str().expect("text").to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44);

    let shown = hooks.show(id).await;
    assert_eq!(shown, created, "the secret is shown once");
    let list = hooks.client.ok(WEBHOOKS).await.json();
    assert_eq!(
        (&list["data"], &list["total"]),
        (&json!([shown]), &json!(1))
    );
    let stored = "select to_jsonb(encode(secret, 'base64')) from webhooks";
    let stored = hooks.test.query(1, stored).await.remove(0).to_string();
    assert!(!stored.contains(&secret[6..20]), "stored in plain text");

    let same = hooks.patch(id, &shown).await;
    assert_eq!(
        (same.status, same.json()["data"].take()),
        (StatusCode::OK, shown.clone())
    );
    let changed = hooks
        .patch(id, &json!({"status": "paused", "description": null}))
        .await;
    let changed = changed.json()["data"].take();
    assert_eq!(
        (&changed["status"], &changed["description"]),
        (&json!("paused"), &Value::Null)
    );
    let wrong = hooks
        .patch(
            id,
            &json!({"url": "https://10.0.0.1/", "status": "suspended", "id": 1, "x": 1}),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults: Vec<String> = wrong.json()["errors"]
        .as_object()
        .expect("faults")
        .keys()
        .cloned()
        .collect();
    assert_eq!(faults, ["id", "status", "url", "x"]);

    hooks.patch(id, &json!({"status": "active"})).await;
    hooks.events(&[("lead:1", 1)]).await;
    assert_eq!(hooks.deliveries(id).await.len(), 1);
    assert_eq!(hooks.delete(id).await.status, StatusCode::NO_CONTENT);
    assert_eq!(hooks.delete(id).await.status, StatusCode::NOT_FOUND);
    let left = hooks
        .test
        .query(1, "select to_jsonb(count(*)) from webhook_deliveries")
        .await;
    assert_eq!(left, [json!(0)]);

    let log = "select to_jsonb(event) from audit_log where target_kind = 'webhook' order by id";
    let events = [
        "webhook.created",
        "webhook.changed",
        "webhook.changed",
        "webhook.deleted",
    ];
    assert_eq!(hooks.test.query(1, log).await, events.map(Value::from));
    let log = hooks
        .test
        .query(1, "select to_jsonb(a) from audit_log a")
        .await;
    assert!(
        !json!(log).to_string().contains(&secret[6..20]),
        "a secret in the log"
    );
}

#[tokio::test]
async fn an_account_has_at_most_20_webhooks_however_they_are_created() {
    let hooks = Hooks::new().await;
    let body = json!({"url": URL, "events": ["*"]});
    let answers = join_all((0..26).map(|_| hooks.post(WEBHOOKS, &body))).await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!(
        [StatusCode::CREATED, StatusCode::CONFLICT].map(count),
        [20, 6]
    );
    let refused = answers
        .iter()
        .find(|answer| answer.status == StatusCode::CONFLICT);
    let refused = refused.expect("one").json();
    assert_eq!(
        refused,
        json!({"message": "An account has at most 20 webhooks."})
    );
    let list = hooks
        .client
        .ok(&format!("{WEBHOOKS}?per_page=7&page=3"))
        .await
        .json();
    assert_eq!(
        (
            list["total"].as_i64(),
            list["data"].as_array().map(Vec::len)
        ),
        (Some(20), Some(6))
    );
}

#[tokio::test]
async fn webhooks_and_deliveries_of_another_account_are_not_found() {
    let hooks = Hooks::new().await;
    let id = hooks.hook(URL).await;
    hooks.events(&[("lead:1", 1)]).await;
    let delivery = hooks.deliveries(id).await.remove(0)["id"].take();
    let delivery = delivery.as_str().expect("an id").to_owned();
    let stranger = Client::new(hooks.client.url.clone(), hooks.test.account(2).await);
    for (method, path) in [
        (Method::GET, format!("{WEBHOOKS}/{id}")),
        (Method::PATCH, format!("{WEBHOOKS}/{id}")),
        (Method::DELETE, format!("{WEBHOOKS}/{id}")),
        (Method::POST, format!("{WEBHOOKS}/{id}/rotate-secret")),
        (Method::POST, format!("{WEBHOOKS}/{id}/test")),
        (Method::POST, format!("{WEBHOOKS}/{id}/replay")),
        (Method::GET, format!("{WEBHOOKS}/{id}/deliveries")),
        (
            Method::GET,
            format!("{WEBHOOKS}/{id}/deliveries/{delivery}"),
        ),
        (
            Method::POST,
            format!("{WEBHOOKS}/{id}/deliveries/{delivery}/replay"),
        ),
    ] {
        let answer = stranger
            .request(method.clone(), &path, Some(&stranger.token))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    assert_eq!(stranger.ok(WEBHOOKS).await.json()["total"], 0);
    assert_eq!(hooks.deliveries(id).await.len(), 1);
    for path in ["9", "x", "1/deliveries", &format!("{id}/deliveries/{id}")] {
        let answer = hooks.client.get(&format!("{WEBHOOKS}/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn deliveries_of_a_deleted_webhook_are_not_found() {
    let hooks = Hooks::new().await;
    let id = hooks.hook(URL).await;
    hooks.events(&[("lead:1", 1)]).await;
    let delivery = hooks.deliveries(id).await.remove(0)["id"].take();
    let delivery = delivery.as_str().expect("an id").to_owned();
    let fail = "update webhook_deliveries set status = 'failed', next_attempt_at = null";
    hooks.test.execute(1, fail).await;
    assert_eq!(hooks.delete(id).await.status, StatusCode::NO_CONTENT);
    let path = format!("{WEBHOOKS}/{id}/deliveries/{delivery}");
    let shown = hooks.client.get(&path).await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND, "{}", shown.text());
    let replay = hooks.post(&format!("{path}/replay"), &json!({})).await;
    assert_eq!(replay.status, StatusCode::NOT_FOUND, "{}", replay.text());
}

#[tokio::test]
async fn deliveries_are_filtered_and_a_wrong_replay_lists_its_faults() {
    let hooks = Hooks::new().await;
    let id = hooks.hook(URL).await;
    hooks.events(&[("", 1), ("", 2), ("", 3)]).await;
    let rows = async |query: &str| {
        let list = hooks
            .client
            .ok(&format!("{WEBHOOKS}/{id}/deliveries?{query}"))
            .await;
        list.json()["total"].as_i64().expect("a number")
    };
    assert_eq!(rows("status=pending").await, 3);
    assert_eq!(rows("status=failed").await, 0);
    assert_eq!(rows("event=autocall.lead.completed&per_page=2").await, 3);
    assert_eq!(rows("event=webhook.test").await, 0);
    let wrong = hooks
        .client
        .get(&format!(
            "{WEBHOOKS}/{id}/deliveries?status=lost&event=lost&page=0"
        ))
        .await;
    let faults: Vec<String> = wrong.json()["errors"]
        .as_object()
        .expect("faults")
        .keys()
        .cloned()
        .collect();
    assert_eq!(faults, ["event", "page", "status"]);
    for (body, expected) in [
        (json!({}), vec!["from"]),
        (
            json!({"from": "soon", "status": "lost", "to": "x"}),
            vec!["from", "status", "to"],
        ),
        (
            json!({"from": "2026-06-02", "to": "2026-06-01"}),
            vec!["to"],
        ),
        (json!({"from": "2026-06-02", "until": 1}), vec!["until"]),
        (
            json!({"status": "lost", "until": 1}),
            vec!["from", "status", "until"],
        ),
    ] {
        let answer = hooks.post(&format!("{WEBHOOKS}/{id}/replay"), &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let faults: Vec<String> = answer.json()["errors"]
            .as_object()
            .expect("faults")
            .keys()
            .cloned()
            .collect();
        assert_eq!(faults, expected, "{body}");
    }
}

#[tokio::test]
async fn every_event_of_the_catalogue_can_be_subscribed_to() {
    let hooks = Hooks::new().await;
    let events = hooks.client.data(&format!("{WEBHOOKS}/events")).await;
    let names: Vec<&str> = events
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["name"].as_str())
        .collect();
    assert!(
        names.len() > 15 && names.contains(&"autocall.call.initiated"),
        "{names:?}"
    );
    hooks.create(URL, &names).await;
}
