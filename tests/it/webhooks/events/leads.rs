//! Events of leads.

use serde_json::{Value, json};

use super::{CAMPAIGN, LEAD, TENANT, attempt, body, lead, names, take, world};
use crate::support::TestApp;

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

#[tokio::test]
async fn leads_of_ingest_are_not_added() {
    let test = world(&[&["autocall.lead.added"]]).await;
    test.ingest(&[lead(31, "pending")]).await;
    assert_eq!(names(&test).await, [""; 0]);
}
