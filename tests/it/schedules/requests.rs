//! Schedules as a resource: what is refused, shown and changed.

use callboard::auth::{Permission, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{SCHEDULES, Schedules, path};
use crate::support::{Client, TENANT};

/// The fields with faults.
fn faulty(answer: &crate::support::Answer) -> Vec<String> {
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text()
    );
    let body = answer.json();
    let mut fields: Vec<String> = body["errors"]
        .as_object()
        .expect("errors")
        .keys()
        .cloned()
        .collect();
    fields.sort();
    fields
}

#[tokio::test]
async fn every_fault_is_reported() {
    let test = Schedules::new().await;
    let refused =
        async |over: Value| faulty(&test.hooks.post(SCHEDULES, &test.wanted(&over)).await);
    let nothing = faulty(&test.hooks.post(SCHEDULES, &json!({})).await);
    assert_eq!(nothing, ["at", "deliver", "name", "report", "window"]);
    let wrong = json!({"name": "a\r\nBcc: b@example.com", "report": "telesales.nothing", "params": [], "window": "tomorrow",
        "format": "json", "at": {"time": "7:30", "days": ["mon", "xyz"], "timezone": "Mars/Olympus", "second": 1},
        "deliver": {"webhook": "x"}, "active": "yes", "id": 7, "colour": "red"});
    let expected = [
        "active",
        "at.days",
        "at.second",
        "at.time",
        "at.timezone",
        "colour",
        "deliver.webhook",
        "format",
        "id",
        "name",
        "params",
        "report",
        "window",
    ];
    assert_eq!(refused(wrong).await, expected);
    for (over, field) in [
        (json!({"name": " "}), "name"),
        (json!({"name": "Daily\n"}), "name"),
        (json!({"report": "telesales.abandon-rate"}), "report"),
        (json!({"at": {"time": "24:00"}}), "at.time"),
        (json!({"at": {"time": "07:30", "days": []}}), "at.days"),
        (
            json!({"at": {"time": "07:30", "days": vec!["mon"; 8]}}),
            "at.days",
        ),
        (
            json!({"at": {"time": "07:30", "day_of_month": 32}}),
            "at.day_of_month",
        ),
        (
            json!({"at": {"time": "07:30", "day_of_month": 1, "days": ["mon"]}}),
            "at.day_of_month",
        ),
        (json!({"deliver": {}}), "deliver"),
        (json!({"deliver": {"webhook": 404}}), "deliver.webhook"),
        (
            json!({"deliver": {"webhook": test.webhook, "email": ["a@example.com"]}}),
            "deliver.email",
        ),
        (
            json!({"params": {"date_from": "2026-06-01"}}),
            "params.date_from",
        ),
        (json!({"params": {"window": "today"}}), "params.window"),
        (json!({"params": {"colour": "red"}}), "params.colour"),
        (json!({"params": {"compare": "once"}}), "params.compare"),
        (
            json!({"report": "telesales.calls", "params": {"after": "x"}}),
            "params.after",
        ),
        (
            json!({"params": {"campaign_id": "x"}}),
            "params.campaign_id",
        ),
        (json!({"params": {"campaign_id": {}}}), "params.campaign_id"),
        (json!({"params": {"team_id": 99}}), "params.team_id"),
        (json!({"report": "autocall.kpis"}), "params.campaign_id"),
        (
            json!({"report": "autocall.kpis", "params": {"campaign_id": 99}}),
            "params.campaign_id",
        ),
    ] {
        assert_eq!(refused(over.clone()).await, [field], "{over}");
    }
}

#[tokio::test]
async fn a_schedule_whose_webhook_is_gone_can_be_stopped() {
    let test = Schedules::new().await;
    let made = test.create(&json!({})).await;
    assert_eq!(
        test.hooks.delete(test.webhook).await.status,
        StatusCode::NO_CONTENT
    );
    let patch = async |body: Value| {
        let client = &test.hooks.client;
        let request = client.with_method(Method::PATCH, &path(&made));
        client.send(request.json(&body)).await
    };
    assert_eq!(
        faulty(&patch(json!({"name": "B"})).await),
        ["deliver.webhook"]
    );
    let other = json!({"active": false, "deliver": {"webhook": 404}});
    assert_eq!(faulty(&patch(other).await), ["deliver.webhook"]);
    let stopped = patch(json!({"active": false})).await;
    assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.text());
    assert_eq!(stopped.json()["data"]["active"], false);
    assert_eq!(patch(json!({"name": "B"})).await.status, StatusCode::OK);
    assert_eq!(
        faulty(&patch(json!({"active": true})).await),
        ["deliver.webhook"]
    );
    let shown = test.hooks.client.data(&path(&made)).await;
    assert_eq!(shown["webhook_name"], Value::Null);
}

#[tokio::test]
async fn a_webhook_has_a_name_for_those_who_may_not_read_webhooks() {
    let test = Schedules::new().await;
    let client = &test.hooks.client;
    let made = test.create(&json!({})).await;
    let hook = format!("/api/webhooks/{}", test.webhook);
    let url = client.data(&hook).await["url"].take();
    let host = url
        .as_str()
        .expect("a URL")
        .split('/')
        .nth(2)
        .expect("a host");
    assert_eq!(made["webhook_name"], host);

    let app = &test.hooks.test;
    let token = app.user(TENANT, "lead", Role::Supervisor).await;
    let lead = Client::new(client.url.clone(), token);
    assert_eq!(lead.get(&hook).await.status, StatusCode::FORBIDDEN);
    let described = client.with_method(Method::PATCH, &hook);
    let described = described.json(&json!({"description": "Kế toán"}));
    assert_eq!(client.send(described).await.status, StatusCode::OK);
    let shown = lead.data(SCHEDULES).await[0].take();
    assert_eq!(shown["webhook_name"], "Kế toán");
    // Shown only: it is neither set nor another fault.
    let renamed = test.patch(&made, &json!({"webhook_name": "Other"})).await;
    assert_eq!(faulty(&renamed), ["webhook_name"]);
    assert_eq!(test.patch(&made, &shown).await.json()["data"], shown);
}

#[tokio::test]
async fn a_schedule_is_shown_as_it_was_made_and_changed() {
    let test = Schedules::new().await;
    let client = &test.hooks.client;
    let made = test
        .create(
            &json!({"params": {"campaign_id": [1]}, "at": {"time": "07:30", "day_of_month": 31.0}}),
        )
        .await;
    assert_eq!(
        made["at"],
        json!({"time": "07:30", "day_of_month": 31, "timezone": "Asia/Ho_Chi_Minh"}),
        "in the zone of the account"
    );
    assert_eq!(
        (&made["last_run"], &made["active"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(client.data(&path(&made)).await, made);
    assert_eq!(client.data(SCHEDULES).await, json!([made]));

    // The whole schedule sent back is no change; a changed clock counts anew.
    let same = test.patch(&made, &made).await;
    assert_eq!(same.json()["data"], made);
    let stopped = test.patch(&made, &json!({"active": false})).await.json()["data"].take();
    assert_eq!(
        (&stopped["active"], &stopped["next_run_at"]),
        (&json!(false), &Value::Null)
    );
    let body = json!({"active": null, "at": {"time": "00:00", "timezone": "UTC"}, "name": "Other"});
    let changed = test.patch(&made, &body).await.json()["data"].take();
    let midnight = test.hooks.app.clock.now() + chrono::TimeDelta::days(1);
    let midnight = format!("{}T00:00:00+00:00", midnight.date_naive());
    assert_eq!(changed["next_run_at"], midnight.as_str());
    assert_eq!(changed["name"], "Other");
    assert_eq!(
        faulty(
            &test
                .patch(&made, &json!({"window": null, "created_by": 9}))
                .await
        ),
        ["created_by", "window"]
    );

    let actions = client.data("/api/audit?per_page=200").await;
    let of_schedules: Vec<&Value> = actions
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| &entry["action"])
        .filter(|action| {
            action
                .as_str()
                .is_some_and(|action| action.starts_with("schedule."))
        })
        .collect();
    assert_eq!(
        of_schedules,
        ["schedule.changed", "schedule.changed", "schedule.created"]
    );

    let token = Some(client.token.as_str());
    let deleted = client.request(Method::DELETE, &path(&made), token).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    for way in [path(&made), format!("{}/runs", path(&made))] {
        assert_eq!(
            client.get(&way).await.status,
            StatusCode::NOT_FOUND,
            "{way}"
        );
    }
}

#[tokio::test]
async fn a_schedule_needs_its_permission_and_that_of_the_report() {
    let test = Schedules::new().await;
    let (app, url) = (&test.hooks.test, &test.hooks.client.url);
    let made = test.create(&json!({})).await;
    app.user(TENANT, "agent", Role::Agent).await;
    app.user(TENANT, "sup", Role::Supervisor).await;
    let own = app.issue(TENANT, "sup", &[Permission::ExportsManage]).await;
    let without_calls = [Permission::ExportsManage, Permission::TelesalesApiAccess];
    let without_calls = app.issue(TENANT, "sup", &without_calls).await;
    let agent = app.issue(TENANT, "agent", &[]).await;
    let other = app.account(2).await;
    let post = async |token: &str| {
        let client = Client::new(url.clone(), token.to_owned());
        client
            .send(client.post(SCHEDULES).json(&test.wanted(&json!({}))))
            .await
            .status
    };
    assert_eq!(post(&agent).await, StatusCode::FORBIDDEN);
    assert_eq!(
        post(&own).await,
        StatusCode::FORBIDDEN,
        "the report needs telesales_api_access"
    );
    assert_eq!(post(&without_calls).await, StatusCode::CREATED);
    let client = Client::new(url.clone(), without_calls);
    let calls = test.wanted(&json!({"report": "telesales.calls"}));
    let calls = client.send(client.post(SCHEDULES).json(&calls)).await;
    assert_eq!(
        calls.status,
        StatusCode::FORBIDDEN,
        "the list needs calls_read"
    );
    assert_eq!(
        post(&other).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the webhook is another account's"
    );
    let other = Client::new(url.clone(), other);
    assert_eq!(other.get(&path(&made)).await.status, StatusCode::NOT_FOUND);
    let run = other
        .send(other.post(&format!("{}/run", path(&made))))
        .await;
    assert_eq!(run.status, StatusCode::NOT_FOUND);
}
