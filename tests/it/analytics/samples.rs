//! The analytics sample of the contract, reproduced from ingested rows.

use serde_json::{Value, json};

use crate::support::TestApp;

/// January 2025 of the sample: 42 calls of ten seconds or longer on the first, 58 on the second, 37
/// on the third, and calls that its filters exclude.
fn january() -> Vec<Value> {
    let mut lines = vec![
        json!({"kind": "autocall_script", "id": 1, "name": "Offer", "template_id": "tpl_xyz789"}),
        json!({"kind": "autocall_script", "id": 2, "name": "Another"}),
        json!({"kind": "autocall_campaign", "id": 1, "name": "Offer", "script_id": 1}),
        json!({"kind": "autocall_campaign", "id": 2, "name": "Another", "script_id": 2}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
    ];
    let mut attempt = |campaign: i64, at: String, seconds: i64| {
        let number = lines.len();
        lines.push(
            json!({"kind": "autocall_attempt", "uuid": format!("a{number}"), "campaign_id": campaign, "lead_id": 1,
            "attempt_number": 1, "started_at": at, "result": "answered", "billsec": seconds}),
        );
    };
    for (day, calls) in [(1, 42), (2, 58), (3, 37), (31, 5)] {
        for number in 0..calls {
            attempt(
                1,
                format!("2025-01-{day:02}T{:02}:{:02}:00Z", number % 24, number % 60),
                10 + number,
            );
        }
        attempt(1, format!("2025-01-{day:02}T12:00:00Z"), 9);
        attempt(2, format!("2025-01-{day:02}T12:00:00Z"), 30);
    }
    attempt(1, "2024-12-31T23:59:59.999999Z".into(), 30);
    attempt(1, "2025-02-01T00:00:00Z".into(), 30); // the window includes the second of its end
    lines
}

#[tokio::test]
async fn calls_over_time_matches_the_contract_sample() {
    let test = TestApp::new().await;
    test.ingest(&january()).await;
    let mut question: Value = serde_json::from_str(include_str!(
        "../../../src/analytics/examples/calls_over_time.request.json"
    ))
    .expect("JSON");
    question["filters"]["merchant_id"] = "mer_1".into(); // tenants have numeric ids
    let answer = test.ask(&question).await.json();
    let days = answer["data"].as_array().expect("rows");
    assert_eq!(days.len(), 31);
    let sample: Value = serde_json::from_str(include_str!(
        "../../../src/analytics/examples/calls_over_time.json"
    ))
    .expect("JSON");
    assert_eq!(
        days[..3],
        sample["data"].as_array().expect("rows")[..],
        "42 on the first, as the document has it"
    );
    assert!(days[3..30].iter().all(|day| day["count"] == 0));
    assert_eq!(days[30], json!({"date": "2025-01-31", "count": 5}));
    let keys = |body: &Value| {
        body.as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&answer), keys(&sample));
    assert_eq!(
        (&answer["total"], &answer["page"], &answer["page_size"]),
        (&json!(31), &json!(1), &json!(31))
    );
}
