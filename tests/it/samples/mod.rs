//! The sample bodies of the contract, reproduced from ingested rows, key order included.

pub mod autocall;
mod telesales;

use serde_json::{Value, json};

use crate::support::TestApp;

/// The compact form of a body, from the readable form in `samples/`.
fn wire(example: &str) -> String {
    serde_json::from_str::<Value>(example)
        .expect("JSON")
        .to_string()
}

/// Attempts or calls of one campaign, N of them with a result, the others busy.
fn calls(
    kind: &str,
    name: &str,
    campaign: i64,
    at: &str,
    (all, answered): (usize, usize),
) -> Vec<Value> {
    let line = |number| {
        let result = if number < answered {
            "answered"
        } else {
            "busy"
        };
        json!({"kind": kind, "uuid": format!("{name}-{number}"), "campaign_id": campaign, "lead_id": campaign,
            "started_at": at, "result": result})
    };
    (0..all).map(line).collect()
}

/// The samples show some of the 168 cells that the contract (sections 3 and 4) requires in full.
#[tokio::test]
async fn heatmaps_contain_the_sample_cells_among_all_168() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
    ];
    for (at, counts) in [
        ("2026-06-01T09:30:00+07:00", (156, 102)),
        ("2026-06-01T10:00:00+07:00", (178, 121)),
        ("2026-06-02T14:59:59+07:00", (201, 134)),
    ] {
        let mut attempts = calls("autocall_attempt", at, 1, at, counts);
        attempts
            .iter_mut()
            .for_each(|attempt| attempt["attempt_number"] = 1.into());
        lines.append(&mut attempts);
    }
    lines.append(&mut calls(
        "telesales_call",
        "call",
        1,
        "2026-06-01T09:15:00Z",
        (87, 56),
    ));
    test.ingest(&lines).await;
    for (path, sample) in [
        (
            "/api/autocall/campaigns/1/reports/heatmap?from=2026-06-01&to=2026-06-07",
            include_str!("../../../src/reports/autocall/heatmap.json"),
        ),
        (
            "/api/telesales/reports/hour-dow-heatmap?date_from=2026-06-01&date_to=2026-06-07",
            include_str!("../../../src/reports/telesales/hour_dow_heatmap.json"),
        ),
    ] {
        let cells = test.data(path).await;
        let cells = cells.as_array().expect("cells");
        let places: Vec<i64> = cells
            .iter()
            .map(|cell| {
                cell["day_of_week"].as_i64().expect("a day") * 24
                    + cell["hour"].as_i64().expect("an hour")
            })
            .collect();
        assert_eq!(places, (0..168).collect::<Vec<_>>());
        let sample: Value = serde_json::from_str(sample).expect("JSON");
        let texts: Vec<String> = cells.iter().map(Value::to_string).collect();
        for shown in sample["data"].as_array().expect("cells") {
            assert!(texts.contains(&shown.to_string()), "{shown}");
        }
    }
    let valued = test
        .data("/api/autocall/campaigns/1/reports/heatmap?metric=answer_rate_pct")
        .await;
    assert!(
        valued
            .as_array()
            .expect("cells")
            .iter()
            .all(|cell| cell["value"] == cell["answer_rate_pct"])
    );
}
