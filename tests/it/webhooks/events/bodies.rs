//! Bodies, against the samples of the catalogue.

use callboard::exports::worker;
use callboard::overview::raise;
use callboard::reports::telesales::abandon_check;
use callboard::webhooks::event::{self, catalogue};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::changes::{call, order};
use super::leads::add;
use super::{
    AGENT, CAMPAIGN, Delivery, LEAD, SCRIPT, TENANT, attempt, body, deliveries, lead, seconds_ago,
    world,
};
use crate::support::TestApp;

#[tokio::test]
async fn the_body_of_a_test_names_its_webhook() {
    let test = TestApp::new().await;
    let delivery = Delivery {
        id: String::new(),
        tenant: TENANT,
        webhook: 4,
        event: event::TEST.into(),
        subject: None,
        data: event::test_data(4),
        created_at: "2026-06-30T08:00:00.999Z".parse().expect("an instant"),
    };
    let expected = json!({"event": "webhook.test", "timestamp": "2026-06-30T08:00:00+00:00", "tenant_id": 1,
        "data": {"webhook_id": 4}});
    assert_eq!(body(&test, &delivery), expected);
}

#[test]
fn every_event_is_listed_with_its_meaning_and_a_sample() {
    let listed = serde_json::to_value(catalogue::list()).expect("JSON");
    for row in listed.as_array().expect("rows") {
        assert_eq!(row["sample"]["event"], row["name"]);
        assert!(
            row["description"]
                .as_str()
                .is_some_and(|about| about.ends_with('.'))
        );
    }
    assert_eq!(
        listed.as_array().map(Vec::len),
        Some(catalogue::EVENTS.len())
    );
}

/// One delivery of each event, made by what makes it.
#[tokio::test]
async fn samples_have_the_shape_of_what_the_triggers_write() {
    let mut test = world(&[&["*"]]).await;
    test.app.exports.public_url = Some("https://callboard.example.com".into());
    everything(&test).await;
    let taken = deliveries(&test).await;
    for event in catalogue::EVENTS
        .iter()
        .filter(|event| event.name != event::TEST)
    {
        let delivery = taken.iter().find(|delivery| delivery.event == event.name);
        let delivery = delivery.unwrap_or_else(|| panic!("no {}", event.name));
        let mut sample: Value = serde_json::from_str(event.sample).expect("JSON");
        if event.name == event::EXPORT_READY {
            // That of a schedule's file, which tests/it/schedules/runs.rs holds it against.
            let data = sample["data"].as_object_mut().expect("members");
            data.retain(|name, _| {
                !["schedule_id", "schedule_name", "window"].contains(&name.as_str())
            });
        }
        assert_eq!(
            shape(&body(&test, delivery)),
            shape(&sample),
            "{}",
            event.name
        );
    }
}

/// Makes every event but a test, each member known that the sample has.
async fn everything(test: &TestApp) {
    add(test, 1_000, 101).await;
    add(test, 2_000, 1).await;
    for members in [
        json!({"caller_id": "028"}),
        json!({"caller_id": "028", "answered_at": seconds_ago(50)}),
        json!({"caller_id": "028", "answered_at": seconds_ago(50), "dtmf": "1", "transfer": "connected", "agent_id": AGENT}),
        json!({"caller_id": "028", "answered_at": seconds_ago(50), "dtmf": "1", "transfer": "connected", "agent_id": AGENT,
            "ended_at": seconds_ago(5), "result": "answered", "hangup_cause": "NORMAL_CLEARING", "billsec": 45}),
    ] {
        test.ingest(&[attempt("a", members)]).await;
    }
    test.ingest(&[lead(LEAD, "completed")]).await;
    for status in ["draft", "active", "paused", "active", "completed"] {
        test.ingest(&[
            json!({"kind": "autocall_campaign", "id": CAMPAIGN, "name": "June", "script_id": SCRIPT,
            "status": status, "started_at": seconds_ago(600)}),
        ])
        .await;
    }
    let calls: Vec<Value> = (0..30)
        .map(|number| {
            call(
                &format!("c{number}"),
                json!({"result": "abandoned", "answered_at": seconds_ago(50), "cid": "028",
                    "ended_at": seconds_ago(5), "hangup_cause": "NORMAL_CLEARING", "disposition": "sale"}),
            )
        })
        .chain((0..871).map(|number| call(&format!("d{number}"), json!({"result": "busy"}))))
        .collect();
    test.ingest(&calls).await;
    abandon_check::check(&test.app).await.expect("a check");
    raise::check(&test.app).await.expect("a check");
    for tries in [0, 3] {
        let id = order(test).await;
        test.execute(
            TENANT,
            &format!("update exports set tries = {tries} where id = '{id}'"),
        )
        .await;
        let made = worker::next(&test.app, &CancellationToken::new()).await;
        assert!(made.expect("a job"));
    }
}

/// Members in their order, with the types of their values.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| json!([name, shape(value)]))
            .collect(),
        Value::Array(items) => json!([items.first().map(shape)]),
        Value::String(text) if chrono::DateTime::parse_from_rfc3339(text).is_ok() => {
            json!("instant")
        }
        Value::String(_) => json!("text"),
        Value::Number(number) => json!(if number.is_f64() {
            "decimal"
        } else {
            "integer"
        }),
        Value::Bool(_) => json!("flag"),
        Value::Null => json!(null),
    }
}
