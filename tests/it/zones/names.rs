//! Names of zones, in any case.

use callboard::auth::tenant::{Change, Tenant};
use serde_json::json;

use super::with_calls_around_midnight;
use crate::exports;
use crate::support::TENANT;

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
