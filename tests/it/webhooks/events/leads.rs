//! Events of leads.

use serde_json::{Value, json};

use super::{CAMPAIGN, LEAD, TENANT, attempt, body, lead, names, take, world};
use crate::support::TestApp;
use crate::support::side_connection::SideConnection;

#[tokio::test]
async fn a_lead_is_completed_by_a_final_status() {
    let test = world(&[&["*"]]).await;
    for (status, events) in [
        ("in_progress", 0),
        ("completed", 1),
        ("completed", 0),
        ("failed", 0),
        ("retry", 0),
        ("max_attempts_reached", 1),
        ("pending", 0),
        ("dnc", 1),
    ] {
        test.ingest(&[lead(LEAD, status)]).await;
        let taken = take(&test).await;
        assert_eq!(taken.len(), events, "{status}");
        for delivery in taken {
            let data = json!({"lead_id": LEAD, "campaign_id": CAMPAIGN, "phone": "090 123 4567", "external_ref": "CRM-1",
                "final_status": status, "total_attempts": 0});
            assert_eq!(body(&test, &delivery)["data"], data);
        }
    }
}

#[tokio::test]
async fn a_new_lead_with_a_final_status_is_completed() {
    let test = world(&[&["*"]]).await;
    test.ingest(&[lead(21, "dnc"), lead(22, "pending")]).await;
    let taken = take(&test).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].data["lead_id"], 21);
}

#[tokio::test]
async fn completions_come_after_the_attempts_of_their_request() {
    let test = world(&[&["*"]]).await;
    // Three chunks and one transaction: the lead's line is far before its attempts.
    let mut lines = vec![lead(LEAD, "completed").to_string()];
    let filler = |number: i64| lead(100 + number, "pending").to_string();
    lines.extend((0..12_000).map(filler));
    lines.push(attempt("a", json!({"result": "busy"})).to_string());
    let request = test.post("/api/ingest?atomic=true");
    let request = request
        .header("content-type", "application/x-ndjson")
        .body(lines.join("\n"));
    let answer = test.send(request).await;
    assert_eq!(answer.json()["data"]["rejected"], 0, "{}", answer.text());
    assert_eq!(
        names(&test).await,
        ["call.initiated", "call.completed", "lead.completed"]
    );
}

#[tokio::test]
async fn a_lead_that_is_opened_again_in_its_transaction_is_not_completed() {
    let test = world(&[&["*"]]).await;
    let change =
        |status: &str| format!("update autocall_leads set status = '{status}' where id = {LEAD}; ");
    let on = "set local callboard.events = 'on'; ";
    test.execute(
        TENANT,
        &format!("{on}{}{}", change("failed"), change("retry")),
    )
    .await;
    assert_eq!(names(&test).await, [""; 0]);
    let again = change("failed") + &change("retry") + &change("dnc");
    test.execute(TENANT, &format!("{on}{again}")).await;
    assert_eq!(names(&test).await, ["lead.completed"]);
    assert!(held(&test).await.is_empty());
}

/// Completions that wait for the end of their transaction.
async fn held(test: &TestApp) -> Vec<Value> {
    test.query(TENANT, "select to_jsonb(c) from lead_completions c")
        .await
}

/// Adds leads as `POST /api/autocall/campaigns/{id}/leads` does.
pub async fn add(test: &TestApp, from: i64, count: i64) {
    let add = format!(
        "set local callboard.events = 'on';
         set local callboard.leads_added = 'on';
         insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, external_ref)
         select {TENANT}, id, {CAMPAIGN}, '8490' || id, '090' || id, 'R' || id
         from generate_series({from}, {from} + {count} - 1) id"
    );
    test.execute(TENANT, &add).await;
}

#[tokio::test]
async fn added_leads_are_an_event_each_and_more_than_a_hundred_are_one() {
    let test = world(&[&["*"], &["autocall.lead.added"]]).await;
    add(&test, 1_000, 100).await;
    let taken = take(&test).await;
    assert_eq!(taken.len(), 200, "100 for each of two webhooks");
    let data = json!({"lead_id": 1_000, "campaign_id": CAMPAIGN, "phone": "0901000", "external_ref": "R1000"});
    assert_eq!(body(&test, &taken[0])["data"], data);
    assert_eq!(taken[199].data["lead_id"], 1_099);

    add(&test, 2_000, 101).await;
    let taken = take(&test).await;
    assert_eq!(taken.len(), 1, "the second webhook hears of single leads");
    assert_eq!(taken[0].event, "autocall.leads.imported");
    let data = json!({"campaign_id": CAMPAIGN, "added": 101, "first_lead_id": 2_000, "last_lead_id": 2_100});
    assert_eq!(body(&test, &taken[0])["data"], data);
}

/// Sends new leads, asserts 201, and returns the answer's data.
async fn post(test: &TestApp, body: &Value) -> Value {
    let request = test.post(&format!("/api/autocall/campaigns/{CAMPAIGN}/leads"));
    let answer = test.send(request.json(body)).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    answer.json()["data"].take()
}

#[tokio::test]
async fn leads_that_are_posted_are_events() {
    let test = world(&[&["*"]]).await;
    let one = json!({"phone": "091 234-5678", "external_ref": "R"});
    let lead = post(&test, &one).await;
    let taken = take(&test).await;
    assert_eq!(taken.len(), 1);
    let expected = json!({"lead_id": lead["id"], "campaign_id": CAMPAIGN, "phone": "091 234-5678", "external_ref": "R"});
    let sent = body(&test, &taken[0]);
    assert_eq!(sent["event"], "autocall.lead.added");
    assert_eq!(sent["data"].to_string(), expected.to_string());

    for (numbers, events) in [(1..=100, 100), (201..=301, 1)] {
        let mut leads = vec![one.clone()]; // a duplicate
        leads.extend(numbers.map(|number| json!({"phone": format!("09300{number:05}")})));
        let added = post(&test, &json!({"leads": leads})).await;
        let taken = take(&test).await;
        assert_eq!(taken.len(), events, "{added}");
        if events == 1 {
            let ids = added["ids"].as_array().expect("ids");
            let expected = json!({"campaign_id": CAMPAIGN, "added": 101, "first_lead_id": ids[1],
                "last_lead_id": ids[101]});
            let sent = body(&test, &taken[0]);
            assert_eq!(sent["event"], "autocall.leads.imported");
            assert_eq!(sent["data"], expected);
        }
    }
}

/// Ingest stores a lead under an id that the import is about to use: the import waits for it, and then takes other ids.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_ids_are_taken_is_one_event_all_the_same() {
    let test = world(&[&["autocall.lead.added", "autocall.leads.imported"]]).await;
    let first = post(&test, &json!({"phone": "0912345678"})).await;
    take(&test).await;
    let taken_id = first["id"].as_i64().expect("an id") + 50;
    let mut scope = test.app.db.write(TENANT).await.expect("a scope");
    let insert = format!(
        "insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent)
         values ({TENANT}, {taken_id}, {CAMPAIGN}, '84900000000', '0900000000')"
    );
    sqlx::Executor::execute(scope.connection(), sqlx::AssertSqlSafe(insert))
        .await
        .expect("stored");
    let leads: Vec<Value> = (0..150)
        .map(|number| json!({"phone": format!("09300{number:05}")}))
        .collect();
    let body = json!({"leads": leads});
    let committing = async {
        let mut side = SideConnection::of(&test).await;
        side.until_waits("insert into autocall_leads", 1).await;
        scope.commit().await.expect("committed");
    };
    let (added, ()) = tokio::join!(post(&test, &body), committing);
    assert_eq!(added["added"], 150);
    let ids: Vec<i64> = serde_json::from_value(added["ids"].clone()).expect("ids");
    assert!(!ids.contains(&taken_id), "{ids:?}");
    let taken = take(&test).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    let expected = json!({"campaign_id": CAMPAIGN, "added": 150, "first_lead_id": ids[0], "last_lead_id": ids[149]});
    assert_eq!(super::body(&test, &taken[0])["data"], expected);
}

#[tokio::test]
async fn leads_of_ingest_are_not_added() {
    let test = world(&[&["autocall.lead.added"]]).await;
    test.ingest(&[lead(31, "pending")]).await;
    assert_eq!(names(&test).await, [""; 0]);
}
