//! Permissions: who sees phones, and whose calls.

use callboard::auth::{Permission, Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ATTEMPTS, CAMPAIGN, SALES_CALLS};
use crate::calls::world::World;
use crate::support::{Client, TENANT, TestApp};

/// Every way to rows of calls.
const PATHS: [&str; 5] = [
    CAMPAIGN,
    ATTEMPTS,
    SALES_CALLS,
    "/api/autocall/attempts/attempt-7",
    "/api/telesales/calls/call-7",
];

async fn with_calls() -> TestApp {
    let (test, mut world) = (TestApp::new().await, World::random(36, 60));
    for lead in world
        .lines
        .iter_mut()
        .filter(|line| line["kind"] == "autocall_lead")
    {
        lead["external_ref"] = format!("ref-{}", lead["id"]).into();
    }
    test.ingest(&world.lines).await;
    test
}

/// The rows of an answer, those within a single call too.
fn rows(answer: &Value) -> Vec<Value> {
    let data = &answer["data"];
    if let Value::Array(rows) = data {
        return rows.clone();
    }
    let others = data["attempts"].as_array().expect("other calls");
    let mut call = data.clone();
    call.as_object_mut().expect("a call").remove("raw");
    others.iter().chain([&call]).cloned().collect()
}

#[tokio::test]
async fn phones_are_masked_for_those_who_may_not_read_calls() {
    let test = with_calls().await;
    let reader = test.user(TENANT, "reader", Role::ReadOnly).await;
    let reader = Client::new(test.url.clone(), reader);
    for path in PATHS {
        let (clear, masked) = (test.ok(path).await, reader.ok(path).await);
        assert_ne!(clear.header("etag"), masked.header("etag"), "{path}");
        let (clear, masked) = (rows(&clear.json()), rows(&masked.json()));
        assert!(!clear.is_empty() && clear.len() == masked.len(), "{path}");
        for (clear, mut masked) in clear.into_iter().zip(masked) {
            let phone = clear["lead"]["phone"].as_str().expect("a phone");
            let shown = format!("+84*****{}", &phone[phone.len() - 4..]);
            assert_eq!(masked["lead"]["phone"], shown, "{path}");
            assert_eq!(masked["lead"]["external_ref"], Value::Null, "{path}");
            let is_attempt = path.contains("attempt");
            let reference = if is_attempt {
                json!(format!("ref-{}", clear["lead_id"]))
            } else {
                Value::Null
            };
            assert_eq!(clear["lead"]["external_ref"], reference, "{path}");
            masked["lead"] = clear["lead"].clone();
            masked["attempts"] = Value::Null;
            let mut clear = clear;
            clear["attempts"] = Value::Null;
            assert_eq!(clear, masked, "{path}: nothing else differs");
        }
    }
    for (list, scope) in [
        (CAMPAIGN, "autocall_api_access calls_read"),
        (ATTEMPTS, "autocall_api_access calls_read"),
        (SALES_CALLS, "telesales_api_access calls_read"),
    ] {
        for filter in ["phone=0900000001", "phone=%00&limit=x"] {
            let answer = reader.get(&format!("{list}&{filter}")).await;
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            assert_eq!(
                (answer.status.as_u16(), answer.header("www-authenticate")),
                (403, challenge.as_str()),
                "{list}"
            );
        }
    }
}

#[tokio::test]
async fn attempts_of_the_account_are_open_to_analytics_too() {
    let test = with_calls().await;
    for (permission, open) in [
        (
            Permission::AutocallApiAccess,
            [true, true, false, true, false],
        ),
        (
            Permission::AnalyticsApiAccess,
            [false, true, false, true, false],
        ),
        (
            Permission::TelesalesApiAccess,
            [false, false, true, false, true],
        ),
        (Permission::CallsRead, [false; 5]),
    ] {
        let token = test.issue(TENANT, "admin-1", &[permission]).await;
        for (path, open) in PATHS.into_iter().zip(open) {
            let answer = test.request(Method::GET, path, Some(&token)).await;
            assert_eq!(answer.status == 200, open, "{} {path}", permission.name());
            assert!(open || answer.status == 403, "{path}");
        }
    }
}

#[tokio::test]
async fn calls_of_another_account_are_not_there() {
    let test = with_calls().await;
    let theirs = Client::new(test.url.clone(), test.account(2).await);
    for list in [ATTEMPTS, SALES_CALLS] {
        assert_eq!(
            theirs.ok(list).await.json(),
            json!({"data": [], "next": null, "total": 0})
        );
    }
    for path in [CAMPAIGN, PATHS[3], PATHS[4]] {
        assert_eq!(theirs.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_single_call_comes_with_the_others_of_its_lead() {
    let test = with_calls().await;
    let uuid = "a/b c%é";
    let mut lines = Vec::new();
    for (number, name) in [uuid, "x", "y"].into_iter().enumerate() {
        let started = format!("2025-10-2{}T10:00:00.25Z", 5 - number);
        lines.push(json!({"kind": "telesales_call", "uuid": name, "campaign_id": 1, "lead_id": 21, "started_at": started,
                          "disposition": "sale", "agent_id": 1}));
        lines.push(json!({"kind": "autocall_attempt", "uuid": name, "campaign_id": 1, "lead_id": 21, "attempt_number": 1,
                          "started_at": started, "sentiment": 0.5, "script_path": ["a", "b"], "dtmf": "01"}));
    }
    test.execute(TENANT, "delete from telesales_calls where lead_id = 21; delete from autocall_attempts where lead_id = 21").await;
    test.ingest(&lines).await;
    for (path, other) in [
        ("/api/autocall/attempts", ATTEMPTS),
        ("/api/telesales/calls", SALES_CALLS),
    ] {
        let call = test.data(&format!("{path}/a%2Fb%20c%25%C3%A9")).await;
        assert_eq!(call["uuid"], uuid);
        let others: Vec<&str> = call["attempts"]
            .as_array()
            .expect("calls")
            .iter()
            .filter_map(|call| call["uuid"].as_str())
            .collect();
        assert_eq!(others, ["y", "x"], "oldest first");
        let listed = test.data(&format!("{other}&uuid=a%2Fb+c%25%C3%A9")).await;
        let mut row = call.clone();
        for further in ["attempts", "raw"] {
            row.as_object_mut().expect("a row").remove(further);
        }
        assert_eq!(listed, json!([row]), "the row of the list");
        for unknown in ["none", "%00", "a%2Fb", "%ff"] {
            assert_eq!(
                test.get(&format!("{path}/{unknown}")).await.status,
                404,
                "{unknown}"
            );
        }
    }
    let attempt = test.data("/api/autocall/attempts/x").await;
    let lead = attempt["lead"]["phone"]
        .as_str()
        .expect("a phone")
        .to_owned();
    let expected = json!({"uuid": "x", "campaign_id": 1, "lead_id": 21, "attempt_number": 1, "started_at": "2025-10-24T10:00:00+00:00",
        "answered_at": null, "ended_at": null, "result": null, "hangup_cause": null, "billsec": 0, "dtmf": "01", "script_path": ["a", "b"],
        "transfer": null, "agent_id": null, "agent_disposition": null, "caller_id": null, "provider": null, "outcome": null,
        "sentiment": 0.5, "campaign_name": "Campaign 1", "agent_name": null,
        "lead": {"id": 21, "phone": lead, "external_ref": "ref-21"}, "attempts": attempt["attempts"], "raw": []});
    assert_eq!(attempt.to_string(), expected.to_string(), "in this order");
}
