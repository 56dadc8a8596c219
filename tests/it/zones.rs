//! Days and hours over DST changes and in zones with offsets of a quarter hour.

use std::collections::BTreeMap;
use std::path::PathBuf;

use callboard::auth::tenant::{Change, Tenant};
use callboard::db::tz_release;
use callboard::time::zone::database::{Database, Release, SHIPPED};
use callboard::time::{Clock, Window, Zone};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::exports;
use crate::reference::pinned_python;
use crate::support::program::{Program, eventually};
use crate::support::world::instant;
use crate::support::{TENANT, TestApp};

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

/// Offsets of PyPI's tzdata, an independent copy of the tz database.
#[derive(serde::Deserialize)]
struct Others {
    version: String,
    zones: BTreeMap<String, Vec<(i64, i32)>>,
}

#[test]
fn every_zone_has_the_offsets_of_the_same_tzdata_release() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/zones.py");
    let mut python = pinned_python().expect("target/tzdata, which script/test installs");
    let output = python.arg("-B").arg(script).output().expect("python3");
    let others: Others = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        others.version, SHIPPED,
        "tests/tzdata.txt is pinned to the data shipped"
    );
    assert!(Database::current().release().as_str() >= SHIPPED);

    let names: Vec<&str> = others.zones.keys().map(String::as_str).collect();
    let mut ours: Vec<&str> = Zone::all().map(Zone::name).collect();
    ours.sort_unstable();
    assert_eq!(ours, names);
    if Database::current().release().as_str() > SHIPPED {
        return; // the system's data is newer than the pinned data
    }
    let (from, to) = ("2015-01-01T00:00:00Z", "2038-01-01T00:00:00Z");
    for (name, spans) in others.zones {
        let zone = Zone::named(&name).expect("a zone");
        let window = Window {
            from: from.parse().expect("an instant"),
            to: to.parse().expect("an instant"),
            zone,
        };
        let ours: Vec<(i64, i32)> = window
            .segments()
            .iter()
            .map(|segment| (segment.from.timestamp(), segment.utc_offset))
            .collect();
        assert_eq!(ours, spans, "{name}");
    }
}

#[tokio::test]
async fn recently_changed_zones_have_current_offsets() {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 911, "name": "tz"}),
        json!({"kind": "autocall_lead", "id": 911, "campaign_id": 911, "phone": "0987654321"}),
        json!({"kind": "autocall_attempt", "uuid": "v911", "campaign_id": 911, "lead_id": 911, "attempt_number": 1,
            "started_at": "2026-11-20T07:30:00Z", "result": "answered", "billsec": 1}),
    ])
    .await;
    let trend = "/api/autocall/campaigns/911/reports/trend?granularity=hour&from=2026-11-01&to=2026-11-30&timezone=";
    for (zone, bucket) in [
        ("America/Vancouver", "2026-11-20 00:00:00"),
        ("america/vancouver", "2026-11-20 00:00:00"),
        ("Canada/Pacific", "2026-11-20 00:00:00"),
        ("Etc/GMT+7", "2026-11-20 00:00:00"),
        ("etc/gmt%2B7", "2026-11-20 00:00:00"),
    ] {
        let rows = test.data(&format!("{trend}{zone}")).await;
        assert_eq!(rows[0]["bucket"], bucket, "{zone}");
    }
}

#[tokio::test]
async fn zone_names_are_case_insensitive_everywhere() {
    let test = with_calls_around_midnight().await;
    let labels = async |rest: &str| {
        let path =
            format!("/api/autocall/campaigns/1/reports/trend?from=2026-06-01&to=2026-06-30&{rest}");
        test.data(&path)
            .await
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["dialed"].as_i64())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        labels("timezone=asia/ho_chi_minh").await,
        labels("timezone=Asia/Ho_Chi_Minh").await
    );
    assert_eq!(
        labels("timezone=Etc/GMT-7").await,
        labels("timezone=Asia/Ho_Chi_Minh").await
    );

    let asked = json!({"query_type": "call_count", "timezone": "ASIA/HO_CHI_MINH",
        "filters": {"date_from": "2026-06-10", "date_to": "2026-06-10"}});
    assert_eq!(test.rows(&asked).await, [json!({"count": 1})]);
    let order = json!({"report_type": "trend", "format": "csv", "from": "2026-06-10", "to": "2026-06-10",
        "timezone": "etc/gmt 7"});
    let trend = exports::file(&test, &order).await;
    assert_eq!(exports::records(trend.text())[1][..2], ["2026-06-10", "4"]);

    let line = json!({"kind": "autocall_attempt", "uuid": "z", "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
        "started_at": "2026-06-20T00:00:00"});
    let body = test
        .post("/api/ingest?timezone=etc/gmt+7")
        .header("content-type", "application/x-ndjson");
    assert_eq!(
        test.send(body.body(line.to_string())).await.status.as_u16(),
        200
    );
    let stored = test
        .query(
            TENANT,
            "select to_jsonb(started_at) from autocall_attempts where uuid = 'z'",
        )
        .await;
    assert_eq!(stored[0], "2026-06-20T07:00:00+00:00");

    let change = Change::parse("timezone", "EUROPE/KIEV").expect("a zone");
    Tenant::change(&test.app.db, TENANT, &[change])
        .await
        .expect("changed");
    let stored = test
        .query(TENANT, "select to_jsonb(timezone) from tenants")
        .await;
    assert_eq!(stored[0], "Europe/Kiev");
    for name in [
        "posix/Europe/Berlin",
        "right/UTC",
        "localtime",
        "posixrules",
        "Factory",
        "America/New York",
    ] {
        let path = format!(
            "/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-02&timezone={name}"
        );
        let refused = test.get(&path).await;
        assert_eq!(refused.status.as_u16(), 422, "{name}");
        assert!(refused.json()["errors"]["timezone"].is_array(), "{name}");
        assert!(Change::parse("timezone", name).is_err(), "{name}");
    }
}

#[tokio::test]
async fn the_newest_zone_release_in_use_is_tracked() {
    let test = TestApp::new().await;
    let (old, new) = (
        Release::parse("2026z").expect("a release"),
        Release::parse("2026za").expect("a release"),
    );
    let at = |minutes| {
        "2026-06-30T08:00:00Z"
            .parse::<DateTime<Utc>>()
            .expect("now")
            + TimeDelta::minutes(minutes)
    };
    let newest = async |release: &Release, minutes| {
        tz_release::record(&test.app.db, release, at(minutes))
            .await
            .expect("stated")
    };
    assert_eq!(newest(&old, 0).await.as_ref(), Some(&old));
    assert_eq!(newest(&new, 1).await.as_ref(), Some(&new));
    assert_eq!(newest(&old, 5).await.as_ref(), Some(&new));
    assert_eq!(
        newest(&old, 7).await.as_ref(),
        Some(&old),
        "no server uses the newer one any more"
    );
}

#[tokio::test]
async fn a_server_logs_its_zone_release_and_warns_of_a_newer_one() {
    let test = TestApp::new().await;
    const WARNING: &str =
        "another server has newer time zone data, and answers differently where rules changed";
    let newer = Release::parse("2999a").expect("a release");
    tz_release::record(&test.app.db, &newer, Clock::System.now())
        .await
        .expect("stated");
    let program = Program::beside(&test);
    let server = program.serve().await;
    eventually("it has warned", async || server.logged(WARNING).is_some()).await;
    let warning = server.logged(WARNING).expect("a line");
    let own = Database::current().release().as_str();
    assert_eq!(
        (&warning["newest"], &warning["release"]),
        (&"2999a".into(), &own.into()),
        "{warning}"
    );
    assert_eq!(
        server.logged("time zone data").expect("a line")["release"],
        own
    );
    server.stop().await;
}

/// An attempt and a call within a day's last second, and at the following midnight.
async fn with_calls_around_midnight() -> TestApp {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": "C", "started_at": "2026-06-01T00:00:00Z"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
    ];
    for at in [
        "2026-06-10T16:59:59.5Z",
        "2026-06-10T17:00:00Z",
        "2026-06-10T23:59:59.5Z",
        "2026-06-11T00:00:00Z",
    ] {
        lines.push(json!({"kind": "autocall_attempt", "uuid": at, "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": at, "result": "answered", "billsec": 10}));
        lines.push(json!({"kind": "telesales_call", "uuid": at, "campaign_id": 1, "lead_id": 1, "started_at": at,
            "result": "answered", "talk_sec": 10}));
    }
    test.ingest(&lines).await;
    test
}

/// Window ends and the number of those attempts before each, in Ho Chi Minh City.
const ENDS: &[(&str, i64)] = &[
    ("2026-06-10T23:59:59", 1),
    ("2026-06-10T23:59:59.25", 1),
    ("2026-06-10T23:59:59.999999+07:00", 1),
    ("2026-06-10T24:00:00", 1),
    ("2026-06-10", 1),
    ("2026-06-10T23:59:59Z", 3),
    ("2026-06-10T23:59:59.123Z", 3),
    ("2026-06-10T24:00Z", 3),
    // Times other than the day's last second apply as written.
    ("2026-06-10T16:59:59Z", 0),
    ("2026-06-11T06:59:59", 2), // the last second in UTC, the zone of stored jobs
    ("2026-06-10T23:59", 0),
];

#[tokio::test]
async fn a_window_end_at_the_last_second_includes_it() {
    let test = with_calls_around_midnight().await;
    let counted = |value: &Value| value.as_i64().expect("a number");
    for (end, expected) in ENDS {
        let zone = "timezone=Asia/Ho_Chi_Minh";
        let to = end.replace('+', "%2B");
        let kpis = format!("/api/autocall/campaigns/1/reports/kpis?from=2026-06-10&to={to}&{zone}");
        assert_eq!(
            counted(&test.data(&kpis).await["dialed"]),
            *expected,
            "{kpis}"
        );
        let dashboard =
            format!("/api/telesales/reports/dashboard?date_from=2026-06-10&date_to={to}&{zone}");
        assert_eq!(
            counted(&test.data(&dashboard).await["total_dials"]),
            *expected,
            "{dashboard}"
        );
        let asked = json!({"query_type": "call_count", "timezone": "Asia/Ho_Chi_Minh",
            "filters": {"date_from": "2026-06-10", "date_to": end}});
        assert_eq!(
            test.rows(&asked).await,
            [json!({"count": expected})],
            "{asked}"
        );
        let order =
            json!({"report_type": "full", "format": "csv", "from": "2026-06-10", "to": end});
        let files: BTreeMap<String, String> =
            exports::unzip(&exports::file(&test, &order).await.bytes)
                .into_iter()
                .collect();
        let attempts = exports::records(&files["attempts"]).len() - 1;
        assert_eq!(i64::try_from(attempts), Ok(*expected), "{order}");
        let kpis = exports::records(&files["kpis"]);
        let dialed = kpis[0]
            .iter()
            .position(|name| name == "dialed")
            .expect("a column");
        assert_eq!(kpis[1][dialed], expected.to_string(), "{order}");
    }
}
