//! Freshness: old rows of calls make no events.

use serde_json::{Value, json};

use super::{CAMPAIGN, LEAD, TENANT, attempt, names, seconds_ago, world};
use crate::support::TestApp;

/// `callboard_is_fresh` at noon, of instants of the same day and the day before.
async fn is_fresh(test: &TestApp, arguments: &str) -> bool {
    let arguments = arguments.replace('@', "2026-06-30 ");
    let sql = format!("select to_jsonb(callboard_is_fresh('2026-06-30 12:00:00Z', {arguments}))");
    test.query(TENANT, &sql).await[0] == Value::Bool(true)
}

#[tokio::test]
async fn a_row_is_fresh_for_fifteen_minutes_after_its_newest_instant() {
    let test = world(&[]).await;
    for (instants, expected) in [
        ("'@11:45:00.000001Z', null, null", true),
        ("'@11:45:00Z', null, null", false),
        ("'@09:00Z', '@11:45:00.000001Z', null", true),
        ("'@09:00Z', '@09:01Z', '@11:45:00.000001Z'", true),
        ("'@09:00Z', '@09:01Z', '@11:45:00Z'", false),
        ("'@13:00Z', null, null", true),
    ] {
        let new = format!("{instants}, null, null");
        assert_eq!(is_fresh(&test, &new).await, expected, "{instants}");
    }
}

#[tokio::test]
async fn a_row_stored_without_a_result_is_fresh_for_a_day_after_its_start() {
    let test = world(&[]).await;
    let old = "'2026-06-29 12:00:00.000001Z', null, null";
    for (stored, expected) in [
        ("'2026-06-29 12:00:00.000001Z', null", true),
        ("'2026-06-29 12:00:00Z', null", false),
        ("'2026-06-29 12:00:00.000001Z', 'busy'", false),
        ("null, null", false),
    ] {
        assert_eq!(
            is_fresh(&test, &format!("{old}, {stored}")).await,
            expected,
            "{stored}"
        );
    }
}

#[tokio::test]
async fn a_late_end_makes_events_and_history_makes_none() {
    let test = world(&[&["*"]]).await;
    let hours = |hours: i64| seconds_ago(hours * 3600);
    let history = json!({"started_at": hours(3), "answered_at": hours(3), "ended_at": seconds_ago(1000),
        "result": "answered", "dtmf": "1", "transfer": "connected"});
    test.ingest(&[attempt("history", history)]).await;
    test.ingest(&[attempt("open", json!({"started_at": hours(23)}))])
        .await;
    test.ingest(&[attempt("older", json!({"started_at": hours(25)}))])
        .await;
    assert_eq!(
        names(&test).await,
        [""; 0],
        "none was fresh when it appeared"
    );

    let end = |started: i64| json!({"started_at": hours(started), "result": "failed"});
    test.ingest(&[attempt("older", end(25))]).await;
    test.ingest(&[attempt("open", end(23))]).await;
    assert_eq!(names(&test).await, ["call.completed"]);
    test.ingest(&[attempt(
        "open",
        json!({"started_at": hours(23), "result": "failed", "transfer": "connected"}),
    )])
    .await;
    assert_eq!(names(&test).await, [""; 0], "its result was stored");
}

#[tokio::test]
async fn old_telesales_calls_make_no_events() {
    let test = world(&[&["*"]]).await;
    let call = |uuid: &str, ended: i64| {
        json!({"kind": "telesales_call", "uuid": uuid, "campaign_id": CAMPAIGN, "lead_id": LEAD,
            "started_at": seconds_ago(ended + 60), "ended_at": seconds_ago(ended), "result": "answered", "disposition": "sale"})
    };
    test.ingest(&[call("old", 910)]).await;
    assert_eq!(names(&test).await, [""; 0]);
    test.ingest(&[call("new", 850)]).await;
    assert_eq!(names(&test).await, ["telesales.call.disposed"]);
}
