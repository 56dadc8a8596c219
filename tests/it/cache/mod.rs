//! The cache of query results: maximum age, sharing, and what it must never hide.

mod answers;
mod encodings;
mod etag;
mod flights;
mod sessions;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::TestApp;

/// A lifetime longer than any test here.
const LONG: Duration = Duration::from_secs(120);
const SHORT: Duration = Duration::from_millis(400);

const KPIS: &str = "/api/autocall/campaigns/1/reports/kpis";

fn campaign() -> [Value; 2] {
    [
        json!({"kind": "autocall_campaign", "id": 1, "name": "C", "started_at": "2026-06-01T00:00:00Z"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321", "created_at": "2026-06-01T00:00:00Z"}),
    ]
}

fn attempt(uuid: &str) -> Value {
    json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
        "started_at": "2026-06-10T03:00:00Z", "result": "answered", "billsec": 10})
}

/// A campaign with one attempt, on a server with that cache lifetime.
async fn with_an_attempt(keep: Duration) -> TestApp {
    let test = TestApp::keeping(keep).await;
    test.ingest(&campaign()).await;
    test.ingest(&[attempt("a")]).await;
    test
}
