//! Days and hours over DST changes and in zones with offsets of a quarter hour.

mod buckets;
mod ends;
mod names;
mod releases;

use serde_json::json;

use crate::support::TestApp;

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
