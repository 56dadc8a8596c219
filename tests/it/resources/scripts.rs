//! Scripts.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CAMPAIGNS, SCRIPTS, change, create, delete, faulty, id_of, one, patch, post};
use crate::support::TestApp;

#[tokio::test]
async fn a_script_has_its_defaults_and_what_is_derived() {
    let test = TestApp::new().await;
    let script = create(
        &test,
        SCRIPTS,
        &json!({"name": " S ", "voice_id": "", "template_text": "Hello {{ b }}, {{a}} and {{b}}"}),
    )
    .await;
    let id = id_of(&script);
    let expected = json!({"id": id, "name": " S ", "template_id": format!("tpl_{id}"),
        "template_text": "Hello {{ b }}, {{a}} and {{b}}", "variables": ["b", "a"], "voice_id": null, "tts_tier": "B",
        "max_repeat_per_attempt": 1, "status": "draft", "dtmf_actions": [], "used_by_campaigns": 0,
        "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00"});
    assert_eq!(script.to_string(), expected.to_string());
    assert_eq!(test.data(&one(SCRIPTS, &script)).await, script);
    assert_eq!(test.ok(SCRIPTS).await.json()["data"], json!([script]));
}

#[tokio::test]
async fn every_faulty_member_of_a_script_is_reported() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "voice", "id": "off", "name": "V", "status": "inactive"})])
        .await;
    let faults = post(
        &test,
        SCRIPTS,
        &json!({"template_text": "{{Name}}", "voice_id": "off", "tts_tier": "C", "max_repeat_per_attempt": 6, "status": "gone",
            "dtmf_actions": [{"digit": "1", "label": "L", "action_type": "switch_script", "target_script_id": 5}],
            "id": 7, "colour": "red"}),
    )
    .await;
    assert_eq!(faults.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        faulty(&faults),
        [
            "colour",
            "dtmf_actions.0.target_script_id",
            "id",
            "max_repeat_per_attempt",
            "name",
            "status",
            "template_text",
            "tts_tier",
            "voice_id"
        ]
    );
    for (field, value) in [
        ("name", json!("x".repeat(256))),
        ("name", json!(" ")),
        ("template_text", json!("x".repeat(20_001))),
        ("template_text", json!("a\u{0}")),
        ("voice_id", json!("nobody")),
        ("dtmf_actions", json!({})),
        ("max_repeat_per_attempt", json!("1")),
        ("template_id", json!("tpl_1")),
    ] {
        let mut body = json!({"name": "S"});
        body[field] = value;
        let answer = post(&test, SCRIPTS, &body).await;
        assert_eq!(
            (answer.status, faulty(&answer)),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_script_takes_an_active_voice_and_its_own_actions() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    test.ingest(&[json!({"kind": "voice", "id": "v", "name": "V", "tier": "A"})])
        .await;
    test.ingest_as(
        &neighbour,
        &[json!({"kind": "autocall_script", "id": 5, "name": "Theirs"})],
    )
    .await;
    let first = create(&test, SCRIPTS, &json!({"name": "S", "voice_id": "v"})).await;
    let switch = |id: i64| json!([{"digit": "1", "label": "L", "action_type": "switch_script", "target_script_id": id}]);
    let actions = switch(id_of(&first));
    let second = create(
        &test,
        SCRIPTS,
        &json!({"name": "T", "dtmf_actions": actions}),
    )
    .await;
    assert_eq!(second["dtmf_actions"], actions);
    let path = one(SCRIPTS, &second);
    let theirs = patch(&test, &path, &json!({"dtmf_actions": switch(5)})).await;
    assert_eq!(faulty(&theirs), ["dtmf_actions.0.target_script_id"]);
    test.ingest(&[json!({"kind": "voice", "id": "v", "name": "V", "status": "inactive"})])
        .await;
    let path = one(SCRIPTS, &first);
    let renamed = change(&test, &path, &json!({"name": "N", "voice_id": "v"})).await;
    assert_eq!(
        renamed["voice_id"], "v",
        "a voice that stays is not checked"
    );
}

/// Regression: the first action without a label hid every other fault.
#[tokio::test]
async fn every_fault_of_the_actions_is_reported_at_its_place() {
    let test = TestApp::new().await;
    let actions = json!([
        {"digit": "1", "label": "", "action_type": "hangup", "target_queue_name": "q"},
        {"digit": "1", "label": "L", "action_type": "dance"},
        {"digit": "11", "label": "L", "action_type": "hangup", "x": 1},
        "4",
    ]);
    let answer = post(
        &test,
        SCRIPTS,
        &json!({"name": "S", "dtmf_actions": actions}),
    )
    .await;
    let mut places = faulty(&answer);
    places.sort();
    assert_eq!(
        places,
        [
            "dtmf_actions.0.label",
            "dtmf_actions.0.target_queue_name",
            "dtmf_actions.1.action_type",
            "dtmf_actions.1.digit",
            "dtmf_actions.2.digit",
            "dtmf_actions.2.x",
            "dtmf_actions.3",
        ]
    );
}

#[tokio::test]
async fn a_fetched_script_can_be_sent_back() {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_script", "id": 9, "name": "S", "status": "published", "template_id": "t", "template_text": "{{Bad}}",
            "dtmf_actions": [{"digit": "1", "label": "L", "action_type": "transfer", "target_queue_name": "q", "x": 1}]}),
    ])
    .await;
    let path = format!("{SCRIPTS}/9");
    let fetched = test.data(&path).await;
    assert_eq!(
        (
            &fetched["template_id"],
            &fetched["variables"],
            &fetched["dtmf_actions"]
        ),
        (
            &json!("t"),
            &json!([]),
            &json!([{"digit": "1", "label": "L", "action_type": "transfer"}])
        )
    );
    assert_eq!(change(&test, &path, &fetched).await, fetched);
    let mut renamed = fetched.clone();
    renamed["name"] = json!("N");
    assert_eq!(change(&test, &path, &renamed).await["name"], "N");
    let stored = test
        .query(1, "select dtmf_actions from autocall_scripts where id = 9")
        .await;
    assert_eq!(stored[0][0]["x"], 1, "ingest's own members stay");
    for (field, value) in [
        ("id", json!(8)),
        ("template_id", json!("tpl_9")),
        ("used_by_campaigns", json!(3)),
    ] {
        let answer = patch(&test, &path, &json!({field: value})).await;
        assert_eq!(faulty(&answer), [field]);
    }
}

#[tokio::test]
async fn null_resets_a_member_to_its_default() {
    let test = TestApp::new().await;
    let full = json!({"name": "S", "template_text": "T", "tts_tier": "A", "max_repeat_per_attempt": 3, "status": "active",
        "dtmf_actions": [{"digit": "1", "label": "L", "action_type": "hangup"}]});
    let script = create(&test, SCRIPTS, &full).await;
    let path = one(SCRIPTS, &script);
    for (field, default) in [
        ("template_text", Value::Null),
        ("tts_tier", json!("B")),
        ("max_repeat_per_attempt", json!(1)),
        ("status", json!("draft")),
        ("dtmf_actions", json!([])),
    ] {
        let changed = change(&test, &path, &json!({field: null})).await;
        assert_eq!(changed[field], default, "{field}");
    }
    let nameless = patch(&test, &path, &json!({"name": null})).await;
    assert_eq!(faulty(&nameless), ["name"]);
}

#[tokio::test]
async fn a_used_script_is_not_deleted() {
    let test = TestApp::new().await;
    let script = create(&test, SCRIPTS, &json!({"name": "S", "status": "active"})).await;
    let id = id_of(&script);
    let path = one(SCRIPTS, &script);
    let campaign = create(&test, CAMPAIGNS, &json!({"name": "C", "script_id": id})).await;
    assert_eq!(test.data(&path).await["used_by_campaigns"], 1);
    let refused = delete(&test, &path).await;
    assert_eq!(
        (refused.status, refused.json()),
        (
            StatusCode::CONFLICT,
            json!({"message": "A script that a campaign uses cannot be deleted."})
        )
    );
    assert_eq!(
        delete(&test, &one(CAMPAIGNS, &campaign)).await.status,
        StatusCode::NO_CONTENT
    );
    let itself = json!([{"digit": "1", "label": "L", "action_type": "switch_script", "target_script_id": id}]);
    change(&test, &path, &json!({"dtmf_actions": itself})).await;
    let other = create(
        &test,
        SCRIPTS,
        &json!({"name": "O", "dtmf_actions": itself}),
    )
    .await;
    let refused = delete(&test, &path).await;
    assert_eq!(
        refused.json(),
        json!({"message": "A script that another script switches to cannot be deleted."})
    );
    for path in [one(SCRIPTS, &other), path] {
        let deleted = delete(&test, &path).await;
        assert_eq!(
            (deleted.status, deleted.bytes.len()),
            (StatusCode::NO_CONTENT, 0)
        );
        assert_eq!(test.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn bodies_are_checked_after_the_id_and_before_the_members() {
    let test = TestApp::new().await;
    let script = create(&test, SCRIPTS, &json!({"name": "S"})).await;
    let path = one(SCRIPTS, &script);
    for (method, path, kind, body, status) in [
        ("PATCH", format!("{SCRIPTS}/1"), "text/plain", "{", 404),
        ("PATCH", path.clone(), "text/plain", "{", 415),
        ("PATCH", path.clone(), "application/json", "{", 400),
        ("PATCH", path.clone(), "application/json", "[]", 400),
        ("PATCH", path, "application/json", "{}", 200),
        ("POST", SCRIPTS.to_owned(), "text/plain", "{", 415),
        ("POST", SCRIPTS.to_owned(), "application/json", "", 400),
    ] {
        let method = method.parse().expect("a method");
        let request = test.with_method(method, &path).header("content-type", kind);
        let answer = test.send(request.body(body)).await;
        assert_eq!(answer.status, status, "{path} {kind} {body}");
    }
    let large = format!("{{\"name\":\"S\",\"x\":\"{}\"}}", "x".repeat(16 << 20));
    let request = test
        .post(SCRIPTS)
        .header("content-type", "application/json");
    let answer = test.send(request.body(large)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
