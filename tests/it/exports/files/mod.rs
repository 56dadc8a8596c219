//! File contents: every figure of the reports and every attempt, in both formats.

mod csv;
mod expected;
mod layout;
mod texts;
mod workbook;

use serde_json::json;

use super::{file, june};
use crate::support::{TestApp, world};

/// A world of calls with texts that spreadsheets would read as formulas.
async fn with_calls() -> TestApp {
    let test = TestApp::new().await;
    let (from, to) = ("2026-05-31T00:00:00Z", "2026-06-09T00:00:00Z");
    let size = world::Size {
        attempts: 600,
        calls: 0,
        from: from.parse().expect("an instant"),
        to: to.parse().expect("an instant"),
    };
    test.ingest(&world::random(7, size)).await;
    test.ingest(&[
        json!({"kind": "agent", "id": 9_223_372_036_854_775_807_i64, "name": "A", "username": "a"}),
        json!({"kind": "autocall_lead", "id": 900, "campaign_id": 1, "phone": "+84987654321", "external_ref": "=HYPERLINK(\"http://x\")"}),
        json!({"kind": "autocall_attempt", "uuid": "=1+1", "campaign_id": 1, "lead_id": 900, "attempt_number": 1, "started_at": "2026-06-05T10:00:00.999999Z",
            "answered_at": "1850-01-01T00:00:00Z", "result": "answered", "hangup_cause": "Máy bận, \"gác\"\nmáy", "billsec": 7, "dtmf": "*1", "script_path": ["-a", "b"],
            "transfer": "connected", "agent_id": 9_223_372_036_854_775_807_i64, "agent_disposition": "@sum", "caller_id": "+1", "provider": "\tx", "outcome": "\ry",
            "sentiment": 0.8123}),
    ])
    .await;
    test
}

const TYPES: [&str; 6] = ["kpis", "trend", "hangup", "dtmf", "funnel", "full"];

#[tokio::test]
async fn a_window_without_calls_gives_files_without_rows() {
    let test = with_calls().await;
    for format in ["xlsx", "csv"] {
        for report_type in TYPES {
            let mut body = june(report_type, format);
            body["from"] = "2027-01-01".into();
            body["to"] = "2027-01-02".into();
            file(&test, &body).await;
        }
    }
}
