//! Buckets of local time over changes of the clock.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::world::instant;

/// Zone, the local days around a change, and the hours of each by its own clock.
const CHANGES: &[(&str, &[(&str, usize)])] = &[
    (
        "Europe/Berlin",
        &[("2026-03-28", 24), ("2026-03-29", 23), ("2026-03-30", 24)],
    ),
    (
        "Europe/Berlin",
        &[("2026-10-24", 24), ("2026-10-25", 24), ("2026-10-26", 24)],
    ),
    (
        "America/New_York",
        &[("2026-03-07", 24), ("2026-03-08", 23), ("2026-03-09", 24)],
    ),
    (
        "America/New_York",
        &[("2026-10-31", 24), ("2026-11-01", 24), ("2026-11-02", 24)],
    ),
    (
        "Australia/Lord_Howe",
        &[("2026-04-04", 24), ("2026-04-05", 24), ("2026-04-06", 24)],
    ),
    (
        "Australia/Lord_Howe",
        &[("2026-10-03", 24), ("2026-10-04", 24), ("2026-10-05", 24)],
    ),
    (
        "Asia/Kathmandu",
        &[("2026-03-28", 24), ("2026-03-29", 24), ("2026-03-30", 24)],
    ),
];

/// An attempt and a call every 10 minutes of the period, the first of each hour answered.
fn every_ten_minutes(from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Value> {
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
    ];
    let mut at = from;
    while at < to {
        let result = if at.timestamp() % 3600 == 0 {
            "answered"
        } else {
            "busy"
        };
        lines.push(
            json!({"kind": "autocall_attempt", "uuid": instant(at), "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": instant(at), "result": result, "billsec": 10}),
        );
        lines.push(json!({"kind": "telesales_call", "uuid": instant(at), "campaign_id": 1, "lead_id": 1, "started_at": instant(at),
            "result": result, "talk_sec": 10}));
        at += TimeDelta::minutes(10);
    }
    lines
}

fn sum(rows: &Value, field: &str) -> i64 {
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| row[field].as_i64().expect("a number"))
        .sum()
}

#[tokio::test]
async fn buckets_over_a_dst_change_are_local_and_sum_to_the_kpis() {
    for (zone, days) in CHANGES {
        let (first, last) = (days[0].0, days[days.len() - 1].0);
        let test = TestApp::new().await;
        let noon: DateTime<Utc> = format!("{first}T12:00:00Z").parse().expect("an instant");
        test.ingest(&every_ten_minutes(
            noon - TimeDelta::days(2),
            noon + TimeDelta::days(4),
        ))
        .await;
        let autocall = format!(
            "/api/autocall/campaigns/1/reports/{{}}?from={first}&to={last}&timezone={zone}"
        );
        let telesales =
            format!("/api/telesales/reports/{{}}?date_from={first}&date_to={last}&timezone={zone}");

        let kpis = test.data(&autocall.replace("{}", "kpis")).await;
        let dashboard = test.data(&telesales.replace("{}", "dashboard")).await;
        assert_eq!(kpis["dialed"], dashboard["total_dials"]);
        for (path, dialed, answered, total) in [
            (
                format!("{}&granularity=", autocall.replace("{}", "trend")),
                "dialed",
                "answered",
                &kpis["dialed"],
            ),
            (
                format!("{}&group_by=", telesales.replace("{}", "time-series")),
                "dials",
                "answers",
                &dashboard["total_dials"],
            ),
        ] {
            let by_day = test.data(&format!("{path}day")).await;
            let labels: Vec<&str> = by_day
                .as_array()
                .expect("rows")
                .iter()
                .map(|row| row["bucket"].as_str().expect("a label"))
                .collect();
            assert_eq!(
                labels,
                days.iter().map(|(day, _)| *day).collect::<Vec<_>>(),
                "{path}"
            );
            let by_hour = test.data(&format!("{path}hour")).await;
            for rows in [&by_day, &by_hour] {
                assert_eq!(
                    sum(rows, dialed),
                    total.as_i64().expect("a number"),
                    "{zone} {first}"
                );
                assert_eq!(
                    sum(rows, answered),
                    kpis["answered"].as_i64().expect("a number"),
                    "{zone} {first}"
                );
            }
            for (day, hours) in *days {
                let of_day = by_hour.as_array().expect("rows").iter().filter(|row| {
                    row["bucket"]
                        .as_str()
                        .is_some_and(|label| label.starts_with(day))
                });
                assert_eq!(of_day.count(), *hours, "{zone} {day}");
            }
        }
    }
}

#[tokio::test]
async fn a_repeated_hour_is_one_bucket() {
    let test = TestApp::new().await;
    let from = "2026-10-24T22:00:00Z".parse().expect("an instant");
    test.ingest(&every_ten_minutes(from, from + TimeDelta::hours(6)))
        .await;
    let hours = test.data("/api/autocall/campaigns/1/reports/trend?granularity=hour&from=2026-10-25T00:00:00&to=2026-10-25T04:00:00&timezone=Europe/Berlin").await;
    let seen: Vec<(&str, i64)> = hours
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["bucket"].as_str().expect("a label"),
                row["dialed"].as_i64().expect("a number"),
            )
        })
        .collect();
    let expected = [
        ("2026-10-25 00:00:00", 6),
        ("2026-10-25 01:00:00", 6),
        ("2026-10-25 02:00:00", 12),
        ("2026-10-25 03:00:00", 6),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn every_bucket_the_window_touches_is_listed() {
    let test = TestApp::new().await;
    let from = "2026-03-29T10:00:00Z".parse().expect("an instant");
    test.ingest(&every_ten_minutes(from, from + TimeDelta::hours(1)))
        .await;
    let trend = |rest: &str| {
        format!(
            "/api/autocall/campaigns/1/reports/trend?fill_gaps=true&timezone=Europe/Berlin&{rest}"
        )
    };
    let hours = test
        .data(&trend("granularity=hour&from=2026-03-29&to=2026-03-29"))
        .await;
    assert_eq!(hours.as_array().expect("rows").len(), 23);
    assert_eq!(sum(&hours, "dialed"), 6);
    assert_eq!(
        hours[0],
        json!({"bucket": "2026-03-29 00:00:00", "dialed": 0, "answered": 0, "answer_rate_pct": "0.00", "avg_duration_sec": 0, "transfer_count": 0})
    );
    assert_eq!(
        test.data(&trend("from=2026-03-29T05:00:00&to=2026-03-29T05:00:00"))
            .await,
        json!([])
    );
    let endless = test
        .get(&trend("granularity=hour&from=2000-01-01&to=2026-03-29"))
        .await;
    assert_eq!(endless.status.as_u16(), 422);
    assert!(endless.json()["errors"]["fill_gaps"].is_array());

    let weeks = test.data("/api/telesales/reports/time-series?group_by=week&date_from=2025-12-29&date_to=2026-03-29&fill_gaps=1&timezone=Europe/Berlin").await;
    let labels: Vec<&str> = weeks
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["bucket"].as_str().expect("a label"))
        .collect();
    assert_eq!(
        (labels[0], labels[labels.len() - 1], labels.len()),
        ("2026-W01", "2026-W13", 13)
    );
}
