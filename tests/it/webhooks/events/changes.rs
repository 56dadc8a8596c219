//! Events of campaigns, Telesales calls, breaches and exports.

use callboard::exports::worker;
use callboard::reports::telesales::abandon_check;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    AGENT, CAMPAIGN, LEAD, SCRIPT, TENANT, body, deliveries, extend, names, seconds_ago, take,
    world,
};
use crate::support::TestApp;

fn campaign(status: &str) -> Value {
    json!({"kind": "autocall_campaign", "id": CAMPAIGN, "name": "June", "script_id": SCRIPT, "status": status})
}

#[tokio::test]
async fn a_change_of_a_campaigns_status_is_an_event() {
    let test = world(&[&["*"]]).await;
    for (status, event) in [
        ("active", None),
        ("paused", Some("paused")),
        ("paused", None),
        ("active", Some("resumed")),
        ("completed", Some("completed")),
        ("draft", None),
        ("active", Some("started")),
    ] {
        test.ingest(&[campaign(status)]).await;
        let expected: Vec<String> = event
            .map(|event| format!("campaign.{event}"))
            .into_iter()
            .collect();
        assert_eq!(names(&test).await, expected, "{status}");
    }
    let mut renamed = campaign("active");
    renamed["name"] = json!("July");
    test.ingest(&[renamed]).await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 8, "name": "New", "status": "active"}),
    ])
    .await;
    assert_eq!(
        names(&test).await,
        [""; 0],
        "another name, and a new campaign"
    );
}

/// Data of an event is the campaign, member by member, as its GET shows it at that moment.
#[tokio::test]
async fn a_campaigns_event_has_the_campaign_as_it_is_shown() {
    let test = world(&[&["autocall.campaign.*"]]).await;
    let one = format!("/api/autocall/campaigns/{CAMPAIGN}");
    let members = json!({"kind": "autocall_campaign", "id": CAMPAIGN, "name": "N".repeat(255), "script_id": SCRIPT,
        "status": "draft", "description": "D\n\u{1f4de}", "caller_id_group_id": "north", "max_retries": 0,
        "retry_interval_minutes": 7, "retry_only_when": "any", "max_concurrent": 3, "originate_timeout": 11,
        "write_to_main_cdr": true, "start_at": "2026-06-01T08:00:00.5+07:00", "end_at": "2099-06-30"});
    test.ingest(&[members]).await;
    for (action, event) in [
        ("start", "started"),
        ("pause", "paused"),
        ("resume", "resumed"),
        ("stop", "completed"),
    ] {
        let request = test.post(&format!("{one}/{action}"));
        let answer = test.send(request).await;
        assert!(answer.status.is_success(), "{action}: {}", answer.text());
        let taken = take(&test).await;
        assert_eq!(taken.len(), 1, "{action}");
        let body = body(&test, &taken[0]);
        assert_eq!(body["event"], format!("autocall.campaign.{event}"));
        let shown = test.data(&one).await;
        assert_eq!(body["data"].to_string(), shown.to_string(), "{action}");
        assert_eq!(answer.json()["data"], shown, "{action}");
    }
}

/// A campaign that appears changes no status: times and events are those that its source reports.
#[tokio::test]
async fn a_campaign_that_appears_as_active_or_completed_has_no_times_of_its_own() {
    let test = world(&[&["*"]]).await;
    for (id, status) in [(21, "active"), (22, "completed")] {
        test.ingest(&[
            json!({"kind": "autocall_campaign", "id": id, "name": "C", "status": status}),
        ])
        .await;
        let shown = test.data(&format!("/api/autocall/campaigns/{id}")).await;
        let times = [&shown["started_at"], &shown["completed_at"]];
        assert_eq!(times, [&Value::Null, &Value::Null], "{status}");
    }
    assert_eq!(names(&test).await, [""; 0]);
}

/// Lines for one row in one chunk are one change, from the stored row to the last of them.
#[tokio::test]
async fn lines_of_one_row_in_a_chunk_are_one_change() {
    let test = world(&[&["*"]]).await;
    test.ingest(&[campaign("paused"), campaign("completed")])
        .await;
    assert_eq!(names(&test).await, ["campaign.completed"]);
    test.ingest(&[campaign("active"), campaign("completed")])
        .await;
    assert_eq!(names(&test).await, [""; 0]);
}

pub fn call(uuid: &str, members: Value) -> Value {
    let mut line = json!({"kind": "telesales_call", "uuid": uuid, "campaign_id": CAMPAIGN, "lead_id": LEAD,
        "agent_id": AGENT, "started_at": seconds_ago(60)});
    extend(&mut line, members);
    line
}

#[tokio::test]
async fn each_disposition_of_a_call_is_an_event() {
    let test = world(&[&["*"]]).await;
    for (disposition, events) in [
        (json!(null), 0),
        (json!("sale"), 1),
        (json!("sale"), 0),
        (json!("later"), 1),
        (json!(null), 0),
    ] {
        let line = call(
            "a",
            json!({"result": "answered", "talk_sec": 12, "disposition": disposition}),
        );
        test.ingest(&[line]).await;
        let taken = take(&test).await;
        assert_eq!(taken.len(), events, "{disposition}");
        for delivery in taken {
            let data = &body(&test, &delivery)["data"];
            assert_eq!(data["disposition"], disposition);
            assert_eq!(
                (&data["campaign_name"], &data["agent_name"]),
                (&json!("Renewals"), &json!("Lan"))
            );
            assert_eq!(delivery.subject.as_deref(), Some("telesales_lead:9"));
        }
    }
}

#[tokio::test]
async fn a_breach_is_an_event_as_the_report_shows_it() {
    let test = world(&[&["*"]]).await;
    let lines: Vec<Value> = (0..40)
        .map(|number| {
            call(
                &format!("c{number}"),
                json!({"result": if number < 2 { "abandoned" } else { "answered" }}),
            )
        })
        .collect();
    test.ingest(&lines).await;
    assert_eq!(abandon_check::check(&test.app).await.expect("a check"), 1);
    assert_eq!(abandon_check::check(&test.app).await.expect("a check"), 0);
    let taken = take(&test).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].event, "telesales.abandon.breached");
    let report = test.data("/api/telesales/reports/abandon-rate").await;
    assert_eq!(body(&test, &taken[0])["data"], report["breaches"][0]);
}

pub async fn order(test: &TestApp) -> String {
    let path = format!("/api/autocall/campaigns/{CAMPAIGN}/reports/export");
    let order =
        json!({"report_type": "kpis", "from": "2026-06-01", "to": "2026-06-02", "format": "csv"});
    let answer = test.send(test.post(&path).json(&order)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    answer.json()["data"]["job_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test]
async fn an_export_that_ended_is_an_event_with_its_link() {
    let mut test = world(&[&["*"]]).await;
    test.app.exports.public_url = Some(test.url.clone());
    let path = format!("/api/autocall/campaigns/{CAMPAIGN}/reports/export");
    let id = order(&test).await;
    assert!(
        worker::next(&test.app, &CancellationToken::new())
            .await
            .expect("a job")
    );
    let taken = take(&test).await;
    assert_eq!(
        taken
            .iter()
            .map(|taken| taken.event.as_str())
            .collect::<Vec<_>>(),
        ["report.export.ready"]
    );
    assert!(
        !taken[0].data.to_string().contains("signature"),
        "the link is made when it is sent"
    );
    let shown = test.data(&format!("{path}/{id}")).await;
    assert_eq!(body(&test, &taken[0])["data"], shown);

    let cancelled = order(&test).await;
    let answer = test
        .request(
            Method::DELETE,
            &format!("{path}/{cancelled}"),
            Some(&test.token),
        )
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(deliveries(&test).await.is_empty(), "cancelled");

    let failed = order(&test).await;
    test.execute(
        TENANT,
        &format!("update exports set tries = 3 where id = '{failed}'"),
    )
    .await;
    assert!(
        worker::next(&test.app, &CancellationToken::new())
            .await
            .expect("a job")
    );
    let taken = take(&test).await;
    assert_eq!(
        taken
            .iter()
            .map(|taken| taken.event.as_str())
            .collect::<Vec<_>>(),
        ["report.export.failed"]
    );
    let shown = test.data(&format!("{path}/{failed}")).await;
    assert_eq!(body(&test, &taken[0])["data"], shown);
}
