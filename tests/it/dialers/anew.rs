//! Stored calls that are decided about anew: by other results of causes, and by other rules of the routing.

use callboard::dialers::remap;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TENANT, TestApp};

/// A document of a call that ended by a cause.
fn document(uuid: &str, number: &str, cause: &str, began: i64) -> Value {
    json!({"variables": {"uuid": uuid, "direction": "outbound", "start_epoch": began.to_string(), "answer_epoch": "0",
        "end_epoch": (began + 20).to_string(), "billsec": "0", "hangup_cause": cause, "accountcode": "sales",
        "agent_id": "102", "caller_id_number": "1001", "destination_number": number,
        "origination_caller_id_number": "0281234567"}})
}

async fn post(app: &TestApp, document: &Value) -> Value {
    let answer = app
        .send(app.post("/api/ingest/freeswitch").json(document))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].take()
}

async fn put(app: &TestApp, path: &str, body: &Value) {
    let answer = app
        .send(app.with_method(Method::PUT, path).json(body))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn work(app: &TestApp) {
    remap::all(&app.app).await.expect("done");
    let left = app
        .query(TENANT, "select to_jsonb(r) from dialer_remaps r")
        .await;
    assert_eq!(left, [Value::Null; 0]);
}

/// Empties what the records said, as time does.
async fn fade(app: &TestApp) {
    app.execute(TENANT, "update dialer_legs set fields = null")
        .await;
}

async fn apply(app: &TestApp) -> Value {
    let answer = app
        .request(Method::POST, "/api/ingest/routing/apply", Some(&app.token))
        .await;
    assert_eq!(answer.status, 202, "{answer:?}");
    work(app).await;
    answer.json()["data"].take()
}

/// Calls of both products as they are reported, and the leads that there are.
async fn reported(app: &TestApp) -> Vec<Value> {
    let sql = "select to_jsonb(r) from (
        select a.uuid, a.started_at, a.result, a.hangup_cause, a.attempt_number, c.name as campaign, l.phone, g.username as agent
        from autocall_attempts a
        join autocall_campaigns c on c.id = a.campaign_id
        join autocall_leads l on l.id = a.lead_id and l.campaign_id = c.id
        left join agents g on g.id = a.agent_id
        union all
        select a.uuid, a.started_at, a.result, a.hangup_cause, null, c.name, l.phone, g.username
        from telesales_calls a
        join telesales_campaigns c on c.id = a.campaign_id
        join telesales_leads l on l.id = a.lead_id and l.campaign_id = c.id
        left join agents g on g.id = a.agent_id
        order by uuid) as r";
    let mut all = app.query(TENANT, sql).await;
    let sql = "select to_jsonb(r) from (
        select campaign_id, phone, created_at from autocall_leads
        union all select campaign_id, phone, created_at from telesales_leads order by phone, campaign_id) as r";
    all.extend(app.query(TENANT, sql).await);
    all
}

/// Twelve calls to four leads, by an agent whose user name is the id of another.
async fn with_calls() -> TestApp {
    let app = TestApp::new().await;
    app.ingest(&[
        json!({"kind": "agent", "id": 102, "name": "Other", "username": "other"}),
        json!({"kind": "agent", "id": 7, "name": "Theirs", "username": "102"}),
    ])
    .await;
    for call in 0..12 {
        let number = format!("09876543{:02}", call % 4);
        let cause = ["MADE_UP", "USER_BUSY"][call / 4 % 2];
        let began = 1_780_000_000 + i64::try_from(call).expect("small");
        post(
            &app,
            &document(&format!("call-{call:02}"), &number, cause, began),
        )
        .await;
    }
    app
}

#[tokio::test]
async fn results_that_are_taken_back_are_as_before() {
    let app = with_calls().await;
    let before = reported(&app).await;
    assert_eq!(before.len(), 16, "{before:#?}");
    assert_eq!(before[0]["agent"], "102");
    for result in ["not_an_attempt", "busy", "blocked"] {
        put(
            &app,
            "/api/ingest/causes",
            &json!({"causes": {"MADE_UP": result}}),
        )
        .await;
        work(&app).await;
        let now = reported(&app).await;
        if result == "busy" {
            let busy = now.iter().filter(|row| row["result"] == "busy").count();
            assert_eq!(busy, 12, "{now:#?}");
            assert_eq!(now[0]["agent"], "102");
        } else {
            assert_eq!(now.len(), 8, "the leads have a call left: {now:#?}");
            assert_eq!(now[0]["attempt_number"], 1, "{now:#?}");
            assert_eq!(now[4]["created_at"], now[0]["started_at"]);
        }
        // What the records said is not needed for that.
        fade(&app).await;
        put(&app, "/api/ingest/causes", &json!({})).await;
        work(&app).await;
        let now = reported(&app).await;
        assert_eq!(&now[..12], &before[..12], "after {result}");
    }
}

#[tokio::test]
async fn calls_that_never_were_attempts_find_their_place() {
    let app = TestApp::new().await;
    let overruled = json!({"causes": {"MADE_UP": "not_an_attempt"}});
    put(&app, "/api/ingest/causes", &overruled).await;
    let lost = document("lost", "0987654321", "MADE_UP", 1_780_000_000);
    assert_eq!(
        post(&app, &lost).await["ignored_for"],
        json!({"no attempt of their own": 1})
    );
    assert_eq!(reported(&app).await, [Value::Null; 0]);
    put(&app, "/api/ingest/causes", &json!({})).await;
    work(&app).await;
    let now = reported(&app).await;
    assert_eq!(
        (&now[0]["result"], &now[0]["campaign"]),
        (&json!("failed"), &json!("Unrouted calls"))
    );
}

#[tokio::test]
async fn stored_calls_are_placed_by_changed_rules_when_asked() {
    let app = with_calls().await;
    let before = reported(&app).await;
    assert_eq!(before[0]["campaign"], "Unrouted calls");
    let to = |module: &str, campaign: &str| json!({"rules": [{"when": {"accountcode": "sales"}, "to": module, "campaign": campaign}]});
    put(&app, "/api/ingest/routing", &to("telesales", "Sales")).await;
    work(&app).await;
    assert_eq!(reported(&app).await, before, "nobody asked");
    assert_eq!(apply(&app).await, json!({"calls": 12}));
    let sold = reported(&app).await;
    assert_eq!(sold.len(), 16, "leads have moved too: {sold:#?}");
    for (row, was) in sold.iter().zip(&before).take(12) {
        assert_eq!(row["campaign"], "Sales");
        for name in ["uuid", "result", "phone", "agent", "started_at"] {
            assert_eq!(row[name], was[name], "{name}");
        }
    }
    put(&app, "/api/ingest/routing", &to("ignore", "")).await;
    apply(&app).await;
    assert_eq!(reported(&app).await, [Value::Null; 0]);
    put(&app, "/api/ingest/routing", &json!({"rules": []})).await;
    apply(&app).await;
    let back = reported(&app).await;
    assert_eq!(&back[..12], &before[..12]);
    fade(&app).await;
    put(&app, "/api/ingest/routing", &to("telesales", "Sales")).await;
    apply(&app).await;
    assert_eq!(reported(&app).await, back, "what tells their place is gone");
    let log = app.data("/api/audit?action=routing.applied").await;
    assert_eq!(log.as_array().map(Vec::len), Some(4), "{log}");
}

#[tokio::test]
async fn attempts_that_leave_a_lead_let_the_others_move_up() {
    let app = TestApp::new().await;
    for (uuid, began) in [("one", 10), ("two", 20), ("three", 30)] {
        post(
            &app,
            &document(uuid, "0987654321", "USER_BUSY", 1_780_000_000 + began),
        )
        .await;
    }
    // The first record tells more when it comes again.
    let mut again = document("one", "0987654321", "USER_BUSY", 1_780_000_010);
    again["variables"]["campaign_id"] = json!("7");
    post(&app, &again).await;
    let now = reported(&app).await;
    let numbers: Vec<_> = now[..3]
        .iter()
        .map(|row| (&row["uuid"], &row["attempt_number"]))
        .collect();
    assert_eq!(
        json!(numbers),
        json!([["one", 1], ["three", 2], ["two", 1]])
    );
    let begin = |campaign: &Value| {
        let lead = now[3..].iter().find(|row| row["campaign_id"] == *campaign);
        lead.expect("a lead")["created_at"].clone()
    };
    assert_eq!(begin(&json!(7)), now[0]["started_at"]);
    let other = now[3..].iter().find(|row| row["campaign_id"] != 7);
    assert_eq!(other.expect("a lead")["created_at"], now[2]["started_at"]);
}

#[tokio::test]
async fn leads_that_somebody_changed_stay_without_calls() {
    let app = with_calls().await;
    let edit = "update autocall_leads set payload = '{\"city\": \"Hanoi\"}' where phone like '%00'";
    app.execute(TENANT, edit).await;
    put(
        &app,
        "/api/ingest/routing",
        &json!({"rules": [{"when": {}, "to": "ignore"}]}),
    )
    .await;
    apply(&app).await;
    let left = reported(&app).await;
    assert_eq!(left.len(), 1, "{left:#?}");
    assert_eq!(left[0]["phone"], "84987654300");
}

#[tokio::test]
async fn records_in_quarantine_are_read_again_when_the_routing_changes() {
    let app = TestApp::new().await;
    let prefixed = document("prefixed", "6998084987654321", "USER_BUSY", 1_780_000_000);
    assert_eq!(post(&app, &prefixed).await["quarantined"], 1);
    let broken = app
        .send(app.post("/api/ingest/freeswitch").body("no record"))
        .await;
    assert_eq!(broken.json()["data"]["quarantined"], 1);
    put(
        &app,
        "/api/ingest/routing",
        &json!({"strip_prefixes": ["69980"], "rules": []}),
    )
    .await;
    work(&app).await;
    let kept = app.ok("/api/ingest/quarantine").await.json();
    assert_eq!(kept["total"], 1, "{kept}");
    let now = reported(&app).await;
    assert_eq!(now[0]["phone"], "84987654321", "{now:#?}");
}
