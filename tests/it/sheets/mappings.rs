//! The resource: what is stored is what is shown, every fault is told, and limits hold.

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{MAPPINGS, put, put_valid};
use crate::support::{TENANT, TestApp};

fn calls() -> Value {
    json!({
        "kind": "telesales_call", "about": "Calls of our own sheet", "timezone": "Asia/Ho_Chi_Minh", "date_format": "dd/mm/yyyy hh:mm:ss",
        "columns": {"started_at": ["Ngày gọi", "Giờ gọi"], "lead_id": "Mã KH", "campaign_id": {"constant": 7},
            "result": "Trạng thái", "ignore": "Hướng"},
        "values": {"result": {"Nghe máy": "answered", "*": "no_answer"}, "ignore": {"Gọi vào": true}}
    })
}

async fn delete(test: &TestApp, name: &str) -> StatusCode {
    let path = format!("{MAPPINGS}/{name}");
    let answer = test.request(Method::DELETE, &path, Some(&test.token)).await;
    answer.status
}

#[tokio::test]
async fn a_mapping_is_added_replaced_whole_listed_and_deleted() {
    let test = TestApp::new().await;
    let added = put(&test, "calls", &calls()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let shown = added.json()["data"].take();
    for (member, value) in calls().as_object().expect("members") {
        assert_eq!(&shown[member], value, "{member}");
    }
    assert_eq!(test.data(&format!("{MAPPINGS}/calls")).await, shown);

    // As it is shown it is no change; what a PUT leaves out takes its default.
    let again = put(&test, "calls", &shown).await;
    let answered = (again.status, again.json()["data"].take());
    assert_eq!(answered, (StatusCode::OK, shown));
    let teams = json!({"kind": "team", "columns": {"id": "Mã", "name": "Tên"}});
    let replaced = put(&test, "calls", &teams).await;
    assert_eq!(replaced.status, StatusCode::OK);
    let replaced = replaced.json()["data"].take();
    for (member, value) in [
        ("kind", json!("team")),
        ("timezone", Value::Null),
        ("date_format", Value::Null),
        ("values", json!({})),
    ] {
        assert_eq!(replaced[member], value, "{member}");
    }

    put_valid(&test, "0-first", &teams).await;
    let page = test.ok(&format!("{MAPPINGS}?per_page=1")).await.json();
    assert_eq!((&page["total"], &page["last_page"]), (&json!(2), &json!(2)));
    assert_eq!(page["data"][0]["name"], "0-first");
    assert_eq!(delete(&test, "calls").await, StatusCode::NO_CONTENT);
    assert_eq!(delete(&test, "calls").await, StatusCode::NOT_FOUND);
    let log = test.ok("/api/audit?target=mapping").await.json();
    let actions = log["data"].as_array().expect("entries").iter();
    let actions: Vec<&str> = actions
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    let expected = ["deleted", "created", "changed", "created"];
    assert_eq!(actions, expected.map(|action| format!("mapping.{action}")));
}

#[tokio::test]
async fn every_fault_of_a_mapping_is_told() {
    let test = TestApp::new().await;
    let with = |member: &str, value: Value| {
        let mut body = calls();
        body[member] = value;
        body
    };
    let column = |value: Value| with("columns", json!({"started_at": value}));
    let many: serde_json::Map<String, Value> = (0..2_001)
        .map(|number| (format!("v{number}"), json!("answered")))
        .collect();
    for (body, fields) in [
        (json!({}), &["columns", "kind"][..]),
        (with("kind", json!("call")), &["kind"]),
        (with("kind", json!(7)), &["kind"]),
        (with("timezone", json!("Hanoi")), &["timezone"]),
        (with("date_format", json!("%d/%m/%Y")), &["date_format"]),
        (with("about", json!("x".repeat(1_001))), &["about"]),
        (with("date_format", json!(7)), &["date_format"]),
        (with("columns", json!({})), &["columns"]),
        (with("columns", json!("Ngày")), &["columns"]),
        (
            with("columns", json!({"started": "a", "phone": "b"})),
            &["columns.started"],
        ),
        (column(json!(7)), &["columns.started_at"]),
        (column(json!(" ")), &["columns.started_at"]),
        (column(json!([])), &["columns.started_at"]),
        (
            column(json!(["a", "b", "c", "d", "e"])),
            &["columns.started_at"],
        ),
        (
            column(json!({"constant": {"a": 1}})),
            &["columns.started_at"],
        ),
        (column(json!({"column": "a"})), &["columns.started_at"]),
        (column(json!("x".repeat(256))), &["columns.started_at"]),
        (
            with("values", json!({"result": 7, "colour": {}})),
            &["values.colour", "values.result"],
        ),
        (
            with("values", json!({"result": {"a": [1], "b\0": "busy"}})),
            &["values.result.a", "values.result.b\0"],
        ),
        (with("values", json!({"result": many})), &["values"]),
        (with("colour", json!(1)), &["colour"]),
        (with("created_at", json!("2026-06-01")), &["created_at"]),
    ] {
        let answer = put(&test, "faulty", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let faults = answer.json()["errors"].take();
        let found: Vec<&String> = faults.as_object().expect("faults").keys().collect();
        assert_eq!(found, fields, "{}", answer.text());
    }
    // Only calls have a phone in place of a lead.
    let lead = json!({"kind": "agent", "columns": {"id": "a", "phone": "b"}});
    let answer = put(&test, "faulty", &lead).await;
    assert!(answer.json()["errors"].get("columns.phone").is_some());
    for name in ["A", "-a", "a.b", "%C3%A9", &"a".repeat(64)] {
        let answer = put(&test, name, &calls()).await;
        assert!(answer.json()["errors"].get("name").is_some(), "{name}");
    }
    assert_eq!(test.ok(MAPPINGS).await.json()["total"], 0);
    let large = json!({"kind": "x".repeat(256 << 10)});
    let answer = put(&test, "large", &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_account_has_two_hundred_mappings_and_only_its_own() {
    let test = TestApp::new().await;
    let fill = "insert into sheet_mappings (tenant_id, name, mapping, created_at, updated_at)
                select 1, 'm' || number, '{\"kind\": \"team\", \"columns\": {}, \"values\": {}}', now(), now()
                from generate_series(1, 200) number";
    test.execute(TENANT, fill).await;
    let refused = put(&test, "one-more", &calls()).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    // One that is there can be replaced, and one that goes makes room.
    put_valid(&test, "m7", &calls()).await;
    delete(&test, "m7").await;
    put_valid(&test, "one-more", &calls()).await;

    let other = test.account(2).await;
    let path = format!("{MAPPINGS}/one-more");
    for method in [Method::GET, Method::DELETE] {
        let answer = test.request(method, &path, Some(&other)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let agent = test.user(TENANT, "agent", Role::Agent).await;
    let answer = test.request(Method::GET, &path, Some(&agent)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
