//! Changes of one lead and of many.

use reqwest::Method;
use serde_json::{Value, json};

use super::{LEADS, faults, send, with_campaign};
use crate::support::{Answer, TENANT, TestApp};

async fn with_leads() -> TestApp {
    let test = with_campaign().await;
    let lead = |id: i64| {
        json!({"kind": "autocall_lead", "id": id, "campaign_id": 1, "phone": format!("09000000{id:02}"),
            "external_ref": format!("ref {id}"), "payload": {"a": 1}, "status": "retry"})
    };
    test.ingest(&(1..=4).map(lead).collect::<Vec<_>>()).await;
    test
}

async fn patch(test: &TestApp, path: &str, body: &Value) -> Answer {
    send(test, Method::PATCH, path, body).await
}

async fn stored(test: &TestApp) -> Vec<Value> {
    let stored = "select jsonb_build_array(id, external_ref, payload, status) from autocall_leads order by id";
    test.query(TENANT, stored).await
}

#[tokio::test]
async fn named_members_change_and_null_resets_them() {
    let test = with_leads().await;
    let path = "/api/autocall/leads/1";
    for (body, external_ref, payload, status) in [
        (json!({}), json!("ref 1"), json!({"a": 1}), "retry"),
        (
            json!({"status": "dnc"}),
            json!("ref 1"),
            json!({"a": 1}),
            "dnc",
        ),
        (
            json!({"external_ref": null, "payload": {"b": [1, "x"]}}),
            json!(null),
            json!({"b": [1, "x"]}),
            "dnc",
        ),
        (
            json!({"payload": null, "status": null, "external_ref": "n"}),
            json!("n"),
            json!({}),
            "pending",
        ),
    ] {
        let answer = patch(&test, path, &body).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        let lead = answer.json()["data"].take();
        assert_eq!(
            [&lead["external_ref"], &lead["payload"], &lead["status"]],
            [&external_ref, &payload, &json!(status)],
            "{body}"
        );
        assert_eq!(test.data(path).await, lead);
    }
    let audited = "select changes from audit_log where event = 'lead.changed' order by at, id";
    assert_eq!(
        test.query(TENANT, audited).await,
        [
            json!({"status": ["retry", "dnc"]}),
            json!({"external_ref": ["ref 1", null], "payload": [null, null]}),
            json!({"external_ref": [null, "n"], "payload": [null, null], "status": ["dnc", "pending"]}),
        ]
    );
}

#[tokio::test]
async fn a_fetched_lead_can_be_sent_back() {
    let test = with_leads().await;
    test.ingest(&[json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
        "started_at": "2026-06-01T00:00:00.5Z", "result": "busy"})])
        .await;
    let before = stored(&test).await;
    let page = test.ok(LEADS).await.json();
    let lead = test.data("/api/autocall/leads/1").await;
    assert_eq!(
        patch(&test, "/api/autocall/leads/1", &lead).await.json()["data"],
        lead
    );
    let answer = patch(&test, LEADS, &json!({"leads": page["data"]})).await;
    assert_eq!(
        answer.json()["data"],
        json!({"changed": 0, "duplicates": 4, "invalid": 0, "errors": [], "ids": [4, 3, 2, 1]})
    );
    assert_eq!(stored(&test).await, before);
    let audited = "select to_jsonb(event) from audit_log where event like 'lead%'";
    assert_eq!(test.query(TENANT, audited).await, Vec::<Value>::new());

    for (name, value) in [
        ("total_attempts", json!(2)),
        ("phone_number", json!("0911111111")),
        ("phone", json!("1")),
    ] {
        let mut other = lead.clone();
        other[name] = value;
        let answer = patch(&test, "/api/autocall/leads/1", &other).await;
        assert_eq!(
            (answer.status.as_u16(), faults(&answer)),
            (422, vec![name.to_owned()])
        );
    }
}

#[tokio::test]
async fn every_faulty_member_of_a_change_is_reported() {
    let test = with_leads().await;
    let body =
        json!({"external_ref": "x".repeat(256), "payload": [], "status": "new", "colour": 1});
    let answer = patch(&test, "/api/autocall/leads/1", &body).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(
        faults(&answer),
        ["colour", "external_ref", "payload", "status"]
    );
}

#[tokio::test]
async fn many_leads_are_changed_in_their_order() {
    let test = with_leads().await;
    let items = json!({"leads": [
        {"id": 3, "status": "dnc"},
        {"id": 1, "external_ref": null},
        {"id": 3, "status": "completed", "payload": null},
        {"id": 3, "status": "completed"},
        {"id": 77, "status": "dnc"},
        {"status": "dnc"},
        {"id": "1"},
        {"id": 2, "status": "gone", "phone": "0900000009"},
        7,
        {"id": 4},
    ]});
    let answer = patch(&test, LEADS, &items).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    let data = answer.json()["data"].take();
    let counts = ["changed", "duplicates", "invalid"].map(|name| data[name].as_u64());
    assert_eq!(counts, [Some(3), Some(2), Some(5)], "{data}");
    assert_eq!(
        data["ids"],
        json!([3, 1, 3, 3, null, null, null, null, null, 4])
    );
    let errors: Vec<Value> = data["errors"].as_array().expect("errors").clone();
    let places: Vec<(u64, Vec<&String>)> = errors
        .iter()
        .map(|item| {
            let fields = item["errors"].as_object().expect("faults").keys();
            (item["index"].as_u64().expect("an index"), fields.collect())
        })
        .collect();
    let id = "id".to_owned();
    let (item, of_two) = ("item".to_owned(), ["phone".to_owned(), "status".to_owned()]);
    assert_eq!(
        places,
        [
            (4, vec![&id]),
            (5, vec![&id]),
            (6, vec![&id]),
            (7, of_two.iter().collect()),
            (8, vec![&item])
        ]
    );
    assert_eq!(
        stored(&test).await,
        [
            json!([1, null, {"a": 1}, "retry"]),
            json!([2, "ref 2", {"a": 1}, "retry"]),
            json!([3, "ref 3", {}, "completed"]),
            json!([4, "ref 4", {"a": 1}, "retry"])
        ]
    );
    let bad = patch(&test, LEADS, &json!({"leads": [{"id": 77}]})).await;
    assert_eq!(bad.status.as_u16(), 422);
    assert_eq!(bad.json()["data"]["ids"], json!([null]));
    for list in [json!([]), json!(vec![json!({"id": 1}); 5_001]), json!(null)] {
        let answer = patch(&test, LEADS, &json!({"leads": list})).await;
        assert_eq!(
            (answer.status.as_u16(), faults(&answer)),
            (422, vec!["leads".to_owned()])
        );
    }
    let answer = patch(&test, LEADS, &json!({"status": "dnc"})).await;
    assert_eq!(faults(&answer), ["leads", "status"]);
}

#[tokio::test]
async fn a_change_of_many_leads_is_one_entry_of_the_audit_log() {
    let test = with_leads().await;
    let entries = async || {
        let log = test.ok("/api/audit?action=leads.changed").await.json();
        let entries = log["data"].as_array().expect("entries");
        let entry =
            |entry: &Value| json!([entry["target"], entry["changes"], entry["actor"]["id"]]);
        entries.iter().map(entry).collect::<Vec<_>>()
    };
    // Two change, one has its status already, one is not there.
    let items = json!({"leads": [{"id": 1, "status": "dnc"}, {"id": 2, "status": "dnc"}, {"id": 3, "status": "retry"},
        {"id": 99, "status": "dnc"}]});
    assert_eq!(patch(&test, LEADS, &items).await.status.as_u16(), 200);
    let target = json!({"kind": "campaign", "id": "1", "name": "C"});
    let entry = json!([target, {"leads": [0, 2]}, 1]);
    assert_eq!(entries().await, std::slice::from_ref(&entry));
    // Nothing changes: no entry.
    let answer = patch(&test, LEADS, &items).await;
    assert_eq!(answer.json()["data"]["changed"], 0, "{}", answer.text());
    assert_eq!(entries().await, [entry]);
}
