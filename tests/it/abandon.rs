//! The abandon rate: the live snapshot, and the check that records breaches each minute.

use callboard::reports::telesales::abandon_check;
use callboard::time::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{NOW, TENANT, TestApp};

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// A campaign with that many dials, N of them abandoned, one hour ago.
fn campaign(id: i64, status: &str, limit: f64, dials: usize, abandoned: usize) -> Vec<Value> {
    let mut lines = vec![
        json!({"kind": "telesales_campaign", "id": id, "name": format!("Campaign {id}"), "status": status, "abandon_rate_limit_pct": limit}),
        json!({"kind": "telesales_lead", "id": id, "campaign_id": id, "phone": "0900000001"}),
    ];
    let at = now() - TimeDelta::hours(1);
    lines.extend((0..dials).map(|number| {
        let result = if number < abandoned { "abandoned" } else { "answered" };
        json!({"kind": "telesales_call", "uuid": format!("{id}-{number}"), "campaign_id": id, "lead_id": id, "started_at": at.to_rfc3339(), "result": result})
    }));
    lines
}

async fn check_at(test: &TestApp, now: DateTime<Utc>) -> u64 {
    let mut app = test.app.clone();
    app.clock = Clock::Fixed(now);
    abandon_check::check(&app).await.expect("a check")
}

#[tokio::test]
async fn the_check_records_a_breach_once_per_quarter_hour() {
    records_each_breach_once(&TestApp::new().await).await;
}

#[tokio::test]
async fn the_check_reads_raw_rows_when_roll_ups_are_stale() {
    let test = TestApp::new().await;
    let sale = json!({"kind": "disposition", "code": "sale", "label": "Sale", "category": "contact",
        "color": "#10B981", "is_conversion": true});
    test.ingest(&[sale]).await; // a changed term marks roll-ups stale
    records_each_breach_once(&test).await;
}

async fn records_each_breach_once(test: &TestApp) {
    for lines in [
        campaign(1, "active", 3.0, 100, 4),
        campaign(2, "active", 3.0, 100, 3),
        campaign(3, "paused", 3.0, 100, 50),
        campaign(4, "active", 2.5, 40, 2),
    ] {
        test.ingest(&lines).await;
    }
    assert_eq!(check_at(test, now()).await, 2, "strictly above, and active");
    assert_eq!(check_at(test, now() + TimeDelta::minutes(14)).await, 0);
    assert_eq!(check_at(test, now() + TimeDelta::minutes(15)).await, 2);

    let all = test.data("/api/telesales/reports/abandon-rate").await;
    let recorded: Vec<(i64, &str)> = all["breaches"]
        .as_array()
        .expect("breaches")
        .iter()
        .map(|breach| {
            (
                breach["campaign_id"].as_i64().expect("an id"),
                breach["detected_at"].as_str().expect("an instant"),
            )
        })
        .collect();
    assert_eq!(
        recorded,
        [
            (4, "2026-06-30T08:15:00+00:00"),
            (1, "2026-06-30T08:15:00+00:00"),
            (4, "2026-06-30T08:00:00+00:00"),
            (1, "2026-06-30T08:00:00+00:00")
        ]
    );
    let current = &all["current"];
    assert_eq!(
        (
            &current["campaign_id"],
            &current["campaign_name"],
            &current["campaign_status"],
            &current["limit_pct"]
        ),
        (&Value::Null, &Value::Null, &Value::Null, &json!(3))
    );

    let one = test
        .data("/api/telesales/reports/abandon-rate?campaign_id=4")
        .await;
    assert_eq!(
        one["breaches"][1].to_string(),
        json!({"campaign_id": 4, "attempts_total": 40, "attempts_abandoned": 2, "abandon_rate_pct": 5,
        "window_minutes": 43200, "window_from": "2026-05-31T08:00:00+00:00", "window_to": "2026-06-30T08:00:00+00:00",
        "campaign_name": "Campaign 4", "limit_pct": 2.5, "detected_at": "2026-06-30T08:00:00+00:00"})
        .to_string()
    );
    assert_eq!(one["current"]["breached"], true);
}

#[tokio::test]
async fn concurrent_checks_record_a_breach_once() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    test.ingest(&campaign(1, "active", 3.0, 10, 10)).await;
    test.ingest_as(&neighbour, &campaign(1, "active", 3.0, 10, 9))
        .await;
    let checks = futures_util::future::join_all((0..6).map(|_| check_at(&test, now()))).await;
    assert_eq!(checks.iter().sum::<u64>(), 2, "{checks:?}");
    let ours = test.data("/api/telesales/reports/abandon-rate").await;
    assert_eq!(
        ours["breaches"].as_array().map(Vec::len),
        Some(1),
        "a neighbour's breaches are not ours"
    );
    assert_eq!(ours["current"]["tenant_id"], TENANT);
}

#[tokio::test]
async fn the_window_spans_the_requested_minutes_up_to_now() {
    let test = TestApp::new().await;
    test.ingest(&campaign(1, "active", 3.0, 100, 1)).await;
    let rate = async |query: &str| {
        test.data(&format!("/api/telesales/reports/abandon-rate?{query}"))
            .await["current"]
            .take()
    };
    assert_eq!(rate("window_minutes=59").await["attempts_total"], 0);
    let hour = rate("window_minutes=60&agent_ids=404&team_id=404&date_from=nonsense").await;
    assert_eq!(
        (&hour["attempts_total"], &hour["window_from"]),
        (&json!(100), &json!("2026-06-30T07:00:00+00:00"))
    );
    assert_eq!(
        (
            &hour["abandon_rate_pct"],
            &hour["abandon_rate_of_answers_pct"],
            &hour["abandons_left"]
        ),
        (&json!(1), &json!(1), &json!(2))
    );
}

const COMPLIANCE: &str = "/api/telesales/reports/compliance";

#[tokio::test]
async fn compliance_lists_campaigns_by_the_share_of_their_limit() {
    let test = TestApp::new().await;
    for lines in [
        campaign(1, "active", 3.0, 100, 2),
        campaign(2, "active", 20.0, 100, 30),
        campaign(3, "completed", 3.0, 100, 3),
        campaign(4, "paused", 0.0, 10, 1),
        campaign(5, "active", 3.0, 0, 0),
        campaign(6, "completed", 3.0, 0, 0),
    ] {
        test.ingest(&lines).await;
    }
    let rows = test.data(COMPLIANCE).await;
    let rows = rows.as_array().expect("rows").iter();
    let rows: Vec<(i64, Value, Value, Value)> = rows
        .map(|row| {
            let current = &row["current"];
            let id = row["campaign_id"].as_i64().expect("an id");
            assert_eq!(current["campaign_id"], id);
            (
                id,
                current["breached"].clone(),
                current["abandons_left"].clone(),
                row["dials_to_recover"].clone(),
            )
        })
        .collect();
    let row = |id, breached, left, recover| (id, json!(breached), json!(left), recover);
    assert_eq!(
        rows,
        [
            row(4, true, 0, Value::Null),
            row(2, true, 0, json!(50)),
            row(3, false, 0, json!(0)),
            row(1, false, 1, json!(0)),
            row(5, false, 0, json!(0)),
        ]
    );
    let one = test.data(&format!("{COMPLIANCE}?campaign_id=2")).await;
    assert_eq!(one.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn compliance_tells_since_when_and_how_often_from_recorded_breaches() {
    let test = TestApp::new().await;
    test.ingest(&campaign(1, "active", 3.0, 100, 4)).await;
    test.ingest(&campaign(2, "active", 3.0, 100, 3)).await;
    // One long ago, then a series that lasts until now.
    for minutes in [3_000, 45, 30, 15, 0] {
        let at = now() - TimeDelta::minutes(minutes);
        if minutes > 0 {
            let recorded = format!(
                "insert into abandon_breaches (tenant_id, campaign_id, attempts_total, attempts_abandoned, window_minutes, window_from,
                     window_to, campaign_name, limit_pct, detected_at)
                 values (1, 1, 100, {}, 43200, now(), now(), 'Campaign 1', 3, '{}')",
                if minutes == 30 { 9 } else { 5 },
                at.to_rfc3339()
            );
            test.execute(TENANT, &recorded).await;
        } else {
            assert_eq!(check_at(&test, at).await, 1);
        }
    }
    let rows = test.data(COMPLIANCE).await;
    let row = &rows[0];
    assert_eq!(row["campaign_id"], 1);
    assert_eq!(row["since"], "2026-06-30T07:15:00+00:00");
    assert_eq!(row["highest_rate_pct"], 9);
    assert_eq!(row["highest_at"], "2026-06-30T07:30:00+00:00");
    let days = row["breach_days"].as_array().expect("days");
    assert_eq!(days.len(), 30);
    assert_eq!(days[29], json!({"date": "2026-06-30", "breaches": 4}));
    assert_eq!(days[27], json!({"date": "2026-06-28", "breaches": 1}));
    assert_eq!(days[0], json!({"date": "2026-06-01", "breaches": 0}));
    assert_eq!(
        (&rows[1]["since"], &rows[1]["highest_at"]),
        (&Value::Null, &Value::Null)
    );

    let breaches = format!("{BREACHES}?per_page=2");
    let page = test.ok(&breaches).await.json();
    assert_eq!((&page["total"], &page["last_page"]), (&json!(5), &json!(3)));
    assert_eq!(page["data"][0]["detected_at"], "2026-06-30T08:00:00+00:00");
    let last = test.ok(&format!("{breaches}&page=3")).await.json();
    assert_eq!(last["data"].as_array().map(Vec::len), Some(1));
    let other = test.ok(&format!("{BREACHES}?campaign_id=2")).await.json();
    assert_eq!(other["total"], 0);
}

const BREACHES: &str = "/api/telesales/reports/abandon-rate/breaches";
