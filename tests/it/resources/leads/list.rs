//! The list of a campaign's leads.

use serde_json::{Value, json};

use super::{LEADS, faults, with_campaign};
use crate::support::TestApp;

async fn with_leads() -> TestApp {
    let test = with_campaign().await;
    let lead = |id: i64, phone: &str, external_ref: Value, status: &str| {
        json!({"kind": "autocall_lead", "id": id, "campaign_id": 1, "phone": phone, "external_ref": external_ref,
            "status": status})
    };
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 2, "name": "D"}),
        json!({"kind": "autocall_lead", "id": 9, "campaign_id": 2, "phone": "0900000001"}),
        lead(1, "0900 000 001", json!("50%_off"), "pending"),
        lead(2, "+84 900-000-002", json!("ĐƠN-7"), "dnc"),
        lead(3, "0900000003", json!(null), "dnc"),
        lead(4, "0900000001", json!("509 off"), "completed"),
    ])
    .await;
    test
}

async fn ids(test: &TestApp, query: &str) -> Vec<i64> {
    let page = test.ok(&format!("{LEADS}?{query}")).await.json();
    let rows = page["data"].as_array().expect("rows").iter();
    rows.map(|row| row["id"].as_i64().expect("an id")).collect()
}

#[tokio::test]
async fn leads_are_paged_newest_id_first() {
    let test = with_leads().await;
    assert_eq!(ids(&test, "").await, [4, 3, 2, 1]);
    let page = test.ok(&format!("{LEADS}?per_page=3&page=2")).await.json();
    assert_eq!(page["data"][0]["id"], 1);
    assert_eq!(
        ["current_page", "last_page", "per_page", "total"].map(|name| page[name].clone()),
        [2, 2, 3, 4].map(|number| json!(number))
    );
    let single = test.data("/api/autocall/leads/1").await;
    assert_eq!(page["data"][0], single);
}

#[tokio::test]
async fn leads_are_filtered_by_status_phone_and_text() {
    let test = with_leads().await;
    for (query, expected) in [
        ("status=dnc", vec![3, 2]),
        ("status=retry", vec![]),
        ("phone=0900000001", vec![4, 1]),
        ("phone=%2B84900000002", vec![2]),
        ("phone=0084 (900) 000.002", vec![2]),
        ("phone=84900000001&status=completed", vec![4]),
        ("phone=12", vec![]),
        ("phone=0900", vec![]),
        ("q=%25_", vec![1]),
        ("q=_", vec![1]),
        ("q=50%25", vec![1]),
        ("q=đơn", vec![2]),
        ("q=OFF", vec![4, 1]),
        ("q=849000000", vec![4, 3, 2, 1]),
        ("q=900 000 001", vec![1]),
        ("q=900-000", vec![2]),
        ("q=off&phone=0900000001&status=pending", vec![1]),
        ("q=&status=&phone=", vec![4, 3, 2, 1]),
    ] {
        assert_eq!(ids(&test, query).await, expected, "{query}");
    }
    let answer = test.get(&format!("{LEADS}?status=new&per_page=0")).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(faults(&answer), ["per_page", "status"]);
}

#[tokio::test]
async fn the_last_attempt_is_that_which_started_last() {
    let test = with_leads().await;
    let attempt = |uuid: &str, number: i64, started_at: &str, result: Value| {
        json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": 2, "lead_id": 1, "attempt_number": number,
            "started_at": started_at, "result": result})
    };
    let last = async || {
        let lead = test.data("/api/autocall/leads/1").await;
        ["total_attempts", "last_attempt_at", "last_result"].map(|name| lead[name].clone())
    };
    test.ingest(&[
        attempt("a", 2, "2026-06-02T00:00:00Z", json!("busy")),
        attempt("b", 1, "2026-06-01T00:00:00Z", json!("answered")),
    ])
    .await;
    let second = "2026-06-02T00:00:00+00:00";
    assert_eq!(last().await, [json!(2), json!(second), json!("busy")]);
    test.ingest(&[attempt("c", 3, "2026-06-02T00:00:00Z", json!(null))])
        .await;
    assert_eq!(last().await, [json!(3), json!(second), json!(null)]);
}
