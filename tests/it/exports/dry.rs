//! Orders that make nothing: what they tell, and that nothing is left of them.

use serde_json::{Value, json};

use super::{EXPORT, file, june, order, settle};
use crate::support::world::{self, Size};
use crate::support::{Answer, Client, TENANT, TestApp};

const CALLS: &str = "/api/telesales/calls/export";

async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    client.send(client.post(path).json(body)).await
}

async fn dry(client: &Client, path: &str, body: &Value) -> Value {
    let answer = post(client, &format!("{path}?dry_run=true"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].clone()
}

fn random(seed: u64) -> Vec<Value> {
    let (from, to) = ("2026-05-31T00:00:00Z", "2026-06-09T00:00:00Z");
    let size = Size {
        attempts: 300,
        calls: 300,
        from: from.parse().expect("an instant"),
        to: to.parse().expect("an instant"),
    };
    world::random(seed, size)
}

/// Rows that an order leaves.
async fn left(test: &TestApp) -> Vec<Value> {
    let count = "select to_jsonb(array[(select count(*) from exports), (select count(*) from audit_log where event like 'export%'
        or event like 'calls%'), (select count(*) from idempotency_keys)])";
    test.query(TENANT, count).await
}

#[tokio::test]
async fn a_dry_run_tells_what_the_order_makes_and_makes_nothing() {
    let test = TestApp::new().await;
    test.ingest(&random(71)).await;
    let none = left(&test).await;
    let full = dry(&test, EXPORT, &june("full", "csv")).await;
    let calls = json!({"date_from": "2026-06-01", "date_to": "2026-06-07", "timezone": "UTC"});
    let listed = dry(&test, CALLS, &calls).await;
    let ever = dry(&test, CALLS, &json!({"format": "csv"})).await;
    let figures = dry(&test, EXPORT, &june("kpis", "xlsx")).await;
    assert_eq!(left(&test).await, none);

    let expected = json!({"report_type": "full", "format": "csv", "timezone": "Asia/Ho_Chi_Minh",
        "from": "2026-05-31T17:00:00+00:00", "to": "2026-06-07T17:00:00+00:00", "rows": full["rows"],
        "estimated_seconds": 1, "rows_per_second": 300_000, "measured_files": 0});
    assert_eq!(full, expected);
    assert_eq!(
        (&figures["rows"], &figures["rows_per_second"]),
        (&json!(0), &json!(60_000))
    );
    assert_eq!(
        (&listed["report_type"], &listed["timezone"]),
        (&json!("calls"), &json!("UTC"))
    );
    assert_eq!((&ever["from"], &ever["to"]), (&Value::Null, &Value::Null));

    let id = order(&test, &june("full", "csv")).await;
    assert_eq!(post(&test, CALLS, &calls).await.status, 202);
    settle(&test.app).await;
    let made = test.ok("/api/exports").await.json()["data"].clone();
    for row in made.as_array().expect("rows") {
        let told = if row["job_id"] == id.as_str() {
            &full
        } else {
            &listed
        };
        assert!(row["rows"].as_i64() > Some(0), "{row}");
        assert_eq!(row["rows"], told["rows"], "{row}");
    }
}

#[tokio::test]
async fn a_dry_run_has_the_faults_of_the_order() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "A"})])
        .await;
    let elsewhere = EXPORT.replace("/1/", "/2/");
    for (path, body) in [
        (
            EXPORT,
            json!({"report_type": "heatmap", "format": "pdf", "from": "x", "timezone": "Mars"}),
        ),
        (EXPORT, json!({})),
        (EXPORT, json!([])),
        (EXPORT, json!({"report_type": "full", "template": "none"})),
        (&elsewhere, json!({})),
        (
            CALLS,
            json!({"date_from": "x", "hour": 24, "format": "pdf"}),
        ),
        (CALLS, json!({"campaign_id": 9})),
    ] {
        let real = post(&test, path, &body).await;
        let told = post(&test, &format!("{path}?dry_run=1"), &body).await;
        assert!(real.status.is_client_error(), "{path} {body}");
        assert_eq!(
            (told.status, told.text()),
            (real.status, real.text()),
            "{path} {body}"
        );
    }
    let unclear = post(&test, &format!("{EXPORT}?dry_run=perhaps"), &json!({})).await;
    assert_eq!(unclear.status, 422);
    let faults = unclear.json()["errors"].clone();
    let faults: Vec<&String> = faults.as_object().expect("faults").keys().collect();
    assert_eq!(faults, ["dry_run", "report_type"]);
    assert_eq!(test.ok(EXPORT).await.json()["total"], 0);
}

#[tokio::test]
async fn a_dry_run_does_not_use_its_key() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "A"})])
        .await;
    let send = async |query: &str, key: &str, body: &Value| {
        let order = test.post(&format!("{EXPORT}{query}"));
        test.send(order.header("Idempotency-Key", key).json(body))
            .await
    };
    let dry = "?dry_run=true";
    assert_eq!(send(dry, "k", &june("kpis", "csv")).await.status, 200);
    assert_eq!(send("", "k", &june("full", "csv")).await.status, 202);
    assert_eq!(send(dry, "k", &june("kpis", "csv")).await.status, 200);
    let long = "k".repeat(256);
    assert_eq!(send(dry, &long, &june("kpis", "csv")).await.status, 422);
}

#[tokio::test]
async fn an_estimate_rests_on_the_last_files_of_the_format() {
    let test = TestApp::new().await;
    test.ingest(&random(72)).await;
    file(&test, &june("full", "csv")).await;
    let attempts = "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
        select 1, 'a' || n, 1, 1, 1, '2026-06-03' from generate_series(1, 20000) n";
    test.execute(TENANT, attempts).await;
    let speed = async || {
        let told = dry(&test, EXPORT, &june("full", "csv")).await;
        (
            told["rows_per_second"].clone(),
            told["measured_files"].clone(),
        )
    };
    assert_eq!(
        speed().await,
        (json!(300_000), json!(0)),
        "a small file measures nothing"
    );
    let measured = "update exports set rows_written = 10000, seconds_taken = 4";
    test.execute(TENANT, measured).await;
    assert_eq!(speed().await, (json!(2_500), json!(1)));
    let told = dry(&test, EXPORT, &june("full", "csv")).await;
    let rows = told["rows"].as_i64().expect("rows");
    assert!(rows >= 20_000, "{told}");
    assert_eq!(told["estimated_seconds"], 1 + rows / 2_500);
    let other = dry(&test, EXPORT, &june("full", "xlsx")).await;
    assert_eq!(other["measured_files"], 0, "of another format");
}
