//! Query parameters of every report: types, windows, ids.

use callboard::reports;
use reqwest::StatusCode;
use serde_json::json;

use super::{faults, target, with_campaigns};

#[tokio::test]
async fn invalid_report_parameters_are_422_naming_the_field() {
    let test = with_campaigns().await;
    let many = (0..10_000)
        .map(|id| id.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let long = "%F0%9F%92%A9".repeat(256);
    let mut tried = 0;
    for report in reports::ALL {
        for parameter in report.parameters() {
            let field = parameter.name.trim_end_matches("[]");
            let mut bad = vec![
                "%00",
                "';drop table tenants;--",
                "%F0%9F%92%A9",
                "99999999999999999999999999",
                "1e9",
                "[object Object]",
                "2026-13-45",
                "-",
            ];
            match parameter.name {
                "agent_ids[]" | "campaign_ids" => bad.push(&many),
                "timezone" => bad.extend([
                    "Mars/Olympus",
                    "+07:00",
                    "../../etc/passwd",
                    "Asia/Ho_Chi_Minh%00",
                ]),
                // Any text is one, within its length.
                "source[]" => bad = vec!["%00", "a%00b", &long],
                _ => {}
            }
            for value in bad {
                let good = test.get(&target(&report.path(), "")).await;
                assert_eq!(
                    good.status,
                    StatusCode::OK,
                    "{}: {}",
                    report.path(),
                    good.text()
                );
                let path = target(&report.path(), &format!("{field}={value}"));
                let answer = test.get(&path).await;
                assert_eq!(
                    answer.status,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "{path}: {}",
                    answer.text()
                );
                assert_eq!(faults(&answer.json()), [field], "{path}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "only {tried} tried");
}

#[tokio::test]
async fn all_invalid_parameters_are_reported_at_once() {
    let test = with_campaigns().await;
    let answer = test.get("/api/telesales/reports/time-series?date_from=x&group_by=year&timezone=Mars&campaign_id=a&team_id=b&agent_ids=c&fill_gaps=maybe&format=pdf&source=%00").await;
    assert_eq!(
        faults(&answer.json()),
        [
            "agent_ids",
            "campaign_id",
            "date_from",
            "date_to",
            "fill_gaps",
            "format",
            "group_by",
            "source",
            "team_id",
            "timezone"
        ]
    );
    let answer = test
        .get("/api/autocall/campaigns/1/reports/trend?from=x&to=y&timezone=z&granularity=week")
        .await;
    assert_eq!(
        faults(&answer.json()),
        ["from", "granularity", "timezone", "to"]
    );
}

#[tokio::test]
async fn windows_are_validated_as_given() {
    let test = with_campaigns().await;
    let kpis = |window: &str| format!("/api/autocall/campaigns/1/reports/kpis?{window}");
    let dashboard = |window: &str| format!("/api/telesales/reports/dashboard?{window}");
    for (path, expected) in [
        (kpis("from=2026-06-02&to=2026-06-01"), Some("to")),
        (
            kpis("from=2026-06-02T00:00:00&to=2026-06-01T23:59:59"),
            Some("to"),
        ),
        (
            kpis("from=2026-06-01T00:00:00&to=2026-06-01T00:00:00"),
            None,
        ),
        (kpis("from=2026-06-01T12:00:00&to=2026-06-01"), None),
        (kpis("from=2099-01-01"), None),
        (kpis("to=1999-01-01"), None),
        (kpis("from=0001-01-01&to=9999-12-31"), None),
        (kpis("from=0000-01-01"), Some("from")),
        (kpis("from=2026-06-01T00:00:00 07:00&to="), None),
        (kpis("from=2026-06-01T00:00:00+07:00"), None),
        (dashboard("date_from=2026-01-01&date_to=2026-04-01"), None),
        (
            dashboard("date_from=2026-01-01&date_to=2026-04-02"),
            Some("date_to"),
        ),
        (
            dashboard("date_from=2026-01-01T00:00:00&date_to=2026-04-01T00:00:00"),
            None,
        ),
        (
            dashboard("date_from=2026-01-01T00:00:00&date_to=2026-04-01T00:00:00.000001"),
            Some("date_to"),
        ),
        (
            dashboard("date_from=2026-06-02&date_to=2026-06-01"),
            Some("date_to"),
        ),
        (
            dashboard("date_from=0001-01-01&date_to=9999-12-31"),
            Some("date_to"),
        ),
        (dashboard("date_to=2026-06-01"), Some("date_from")),
    ] {
        let answer = test.get(&path).await;
        match expected {
            Some(field) => assert_eq!(faults(&answer.json()), [field], "{path}"),
            None => assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text()),
        }
    }
    let over = test
        .get(&dashboard("date_from=2026-01-01&date_to=2026-12-31"))
        .await;
    let expected = r#"{"message":"The given data was invalid.","errors":{"date_to":["The date_from..date_to range may not exceed 90 days."]}}"#;
    assert_eq!(over.text(), expected);
}

#[tokio::test]
async fn ids_in_a_query_must_belong_to_the_tenant() {
    let test = with_campaigns().await;
    let neighbour = test.account(2).await;
    test.ingest_as(
        &neighbour,
        &[
            json!({"kind": "telesales_campaign", "id": 9, "name": "C"}),
            json!({"kind": "autocall_campaign", "id": 9, "name": "C"}),
            json!({"kind": "agent", "id": 9, "name": "A", "username": "a"}),
            json!({"kind": "team", "id": 9, "name": "T"}),
        ],
    )
    .await;
    for report in reports::ALL {
        for parameter in report.parameters() {
            let name = parameter.name.trim_end_matches("[]");
            if !["campaign_id", "team_id", "agent_ids", "campaign_ids"].contains(&name) {
                continue;
            }
            for id in ["9", "77", "-1", "1,9"] {
                if id.contains(',') && !name.ends_with('s') {
                    continue;
                }
                let path = target(&report.path(), &format!("{name}={id}"));
                let answer = test.get(&path).await;
                let unknown: Vec<String> = id
                    .split(',')
                    .filter(|id| *id != "1")
                    .map(|id| format!("{id} was not found."))
                    .collect();
                assert_eq!(
                    (answer.status, answer.json()),
                    (
                        StatusCode::NOT_FOUND,
                        json!({"message": "Resource not found", "errors": {name: unknown}})
                    ),
                    "{path}"
                );
                let also_bad = format!("{path}&timezone=Mars");
                assert_eq!(
                    test.get(&also_bad).await.status,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "422 comes before 404: {also_bad}"
                );
            }
        }
    }
}
