//! Lists of new leads.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{FIRST_ID, LEADS, added, counts, faults, phone, phones, post, with_campaign};
use crate::support::TENANT;

#[tokio::test]
async fn duplicates_are_counted_and_have_the_id_of_the_lead_that_is_there() {
    let test = with_campaign().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 2, "name": "D"}),
        json!({"kind": "autocall_lead", "id": 70, "campaign_id": 1, "phone": "0900000001"}),
        json!({"kind": "autocall_lead", "id": 71, "campaign_id": 1, "phone": "0900000001"}),
        json!({"kind": "autocall_lead", "id": 72, "campaign_id": 2, "phone": "0900000002"}),
    ])
    .await;
    let data = added(
        &test,
        &[
            json!({"phone": "+84 900 000 001"}),
            json!({"phone": "0900000002", "external_ref": "first"}),
            json!({"phone": "12"}),
            json!({"phone_number": "0084 900-000-002", "external_ref": "second"}),
            json!({"phone": "0900000003", "variables": {"a": 1}}),
            json!([]),
        ],
    )
    .await;
    assert_eq!(counts(&data), [2, 2, 2]);
    assert_eq!(
        data["ids"],
        json!([70, FIRST_ID, null, FIRST_ID, FIRST_ID + 1, null])
    );
    let errors: Vec<Value> = data["errors"].as_array().expect("errors").clone();
    let places: Vec<_> = errors
        .iter()
        .map(|item| {
            let fields: Vec<&String> = item["errors"].as_object().expect("faults").keys().collect();
            (
                item["index"].as_u64().expect("an index"),
                fields[0].as_str(),
            )
        })
        .collect();
    assert_eq!(places, [(2, "phone"), (5, "item")]);
    let stored = "select jsonb_build_array(phone, phone_as_sent, external_ref, payload, status) from autocall_leads
                  where id >= 1099511627776 order by id";
    assert_eq!(
        test.query(TENANT, stored).await,
        [
            json!(["84900000002", "0900000002", "first", {}, "pending"]),
            json!(["84900000003", "0900000003", null, {"a": 1}, "pending"])
        ]
    );
    let again = added(
        &test,
        &[json!({"phone": "0900000003"}), json!({"phone": "1"})],
    )
    .await;
    assert_eq!(counts(&again), [0, 1, 1]);
    assert_eq!(again["ids"], json!([FIRST_ID + 1, null]));
}

#[tokio::test]
async fn a_list_without_a_valid_item_is_refused_with_its_counts() {
    let test = with_campaign().await;
    let items: Vec<Value> = (0..150).map(|number| json!({"phone": number})).collect();
    let answer = post(&test, LEADS, &json!({"leads": items})).await;
    assert_eq!(answer.status.as_u16(), 422);
    let refused = answer.json();
    assert_eq!(refused["message"], "The given data was invalid.");
    assert_eq!(counts(&refused["data"]), [0, 0, 150]);
    assert_eq!(
        refused["data"]["errors"].as_array().expect("errors").len(),
        100
    );
    assert_eq!(refused["data"]["ids"], json!(vec![Value::Null; 150]));
    assert_eq!(faults(&answer).len(), 100);
    assert!(faults(&answer).contains(&"leads.99.phone".to_owned()));
}

#[tokio::test]
async fn lists_have_1_to_5000_leads_and_bodies_16_mebibytes() {
    let test = with_campaign().await;
    let items = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({"phone": phone(number)}))
            .collect()
    };
    for bad in [
        json!([]),
        json!(items(5_001)),
        json!({}),
        json!(null),
        json!("x"),
    ] {
        let answer = post(&test, LEADS, &json!({"leads": bad})).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
        assert_eq!(faults(&answer), ["leads"]);
    }
    assert_eq!(phones(&test).await.len(), 0);
    let data = added(&test, &items(5_000)).await;
    assert_eq!(counts(&data), [5_000, 0, 0]);
    let ids: Vec<i64> = serde_json::from_value(data["ids"].clone()).expect("ids");
    assert!(ids.iter().copied().eq(FIRST_ID..FIRST_ID + 5_000));
    assert_eq!(phones(&test).await.len(), 5_000);

    let padded = |bytes: usize| {
        let body = json!({"leads": [{"phone": phone(7_000)}]}).to_string();
        body.clone() + &" ".repeat(bytes - body.len())
    };
    for (bytes, status) in [((16 << 20) + 1, 413), (16 << 20, 201)] {
        let request = test.post(LEADS).header("content-type", "application/json");
        let answer = test.send(request.body(padded(bytes))).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    }
    let request = test.post(LEADS).header("content-type", "text/csv");
    let answer = test.send(request.body("phone\n0987654321\n")).await;
    assert_eq!(answer.status.as_u16(), 415);
    let request = test.post(LEADS).header("content-type", "application/json");
    assert_eq!(test.send(request.body("{")).await.status.as_u16(), 400);
}

#[tokio::test]
async fn concurrent_imports_add_each_phone_once() {
    let test = with_campaign().await;
    let items: Vec<Value> = (0..2_000)
        .map(|number| json!({"phone": phone(number % 1_500)}))
        .collect();
    let imports = (0..8).map(|turn| {
        let mut items = items.clone();
        items.rotate_left(turn * 250);
        let test = &test;
        async move { added(test, &items).await }
    });
    let results = join_all(imports).await;
    let total: u64 = results.iter().map(|data| counts(data)[0]).sum();
    assert_eq!(total, 1_500);
    for data in &results {
        let [added, duplicates, invalid] = counts(data);
        assert_eq!((added + duplicates, invalid), (2_000, 0));
    }
    let stored = phones(&test).await;
    let distinct: std::collections::BTreeSet<&str> =
        stored.iter().filter_map(Value::as_str).collect();
    assert_eq!((stored.len(), distinct.len()), (1_500, 1_500));
    // All answers name the same lead for a phone.
    let by_phone = "select to_jsonb(id) from autocall_leads where phone = '84900000007'";
    let id = test.query(TENANT, by_phone).await.remove(0);
    for (turn, data) in results.iter().enumerate() {
        let at = (2_000 + 7 - turn * 250) % 2_000;
        assert_eq!(data["ids"][at], id, "{turn}");
    }
}

#[tokio::test]
async fn ids_that_ingest_has_taken_are_skipped() {
    let test = with_campaign().await;
    let taken: Vec<Value> = [1, 2, 5]
        .iter()
        .map(|more| {
            json!({"kind": "autocall_lead", "id": FIRST_ID + more, "campaign_id": 1, "phone": phone(*more as usize)})
        })
        .collect();
    test.ingest(&taken).await;
    let items: Vec<Value> = (10..14)
        .map(|number| json!({"phone": phone(number)}))
        .collect();
    let data = added(&test, &items).await;
    let ids = [0, 3, 4, 6].map(|more| FIRST_ID + more);
    assert_eq!(data["ids"], json!(ids));
}

#[tokio::test]
async fn an_import_is_made_once_for_an_idempotency_key() {
    let test = with_campaign().await;
    let import = async |key: &str, phone: &str| {
        let request = test.post(LEADS).header("idempotency-key", key);
        test.send(request.json(&json!({"leads": [{"phone": phone}]})))
            .await
    };
    let first = import("k", "0987654321").await;
    let again = import("k", "0987654321").await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.json(), again.json());
    assert_eq!(counts(&again.json()["data"]), [1, 0, 0]);
    assert_eq!(import("k", "0987654322").await.status.as_u16(), 422);
    assert_eq!(import("refused", "1").await.status.as_u16(), 422);
    assert_eq!(import("refused", "0987654322").await.status.as_u16(), 201);
    let audited = "select jsonb_build_array(event, target_kind, target_id, changes) from audit_log
                   where event like 'lead%' order by at, id";
    let entry = json!(["leads.imported", "campaign", "1", {"leads": [0, 1]}]);
    assert_eq!(test.query(TENANT, audited).await, [entry.clone(), entry]);
}

#[tokio::test]
async fn ingest_and_imports_share_rows() {
    let test = with_campaign().await;
    let data = added(
        &test,
        &[json!({"phone": "0987654321", "external_ref": "a"})],
    )
    .await;
    let id = data["ids"][0].as_i64().expect("an id");
    test.ingest(&[
        json!({"kind": "autocall_lead", "id": id, "status": "retry"}),
        json!({"kind": "autocall_lead", "id": 3, "campaign_id": 1, "phone": "0912345678", "payload": {"a": 1}}),
        json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 1, "lead_id": id, "attempt_number": 1,
            "started_at": "2026-06-01T00:00:00Z", "result": "busy"}),
        json!({"kind": "autocall_attempt", "uuid": "b", "campaign_id": 1, "lead_id": id, "attempt_number": 2,
            "started_at": "2026-06-02T00:00:00Z", "result": "answered"}),
    ])
    .await;
    let page = test.ok(LEADS).await.json();
    let shown: Vec<Value> = page["data"].as_array().expect("rows").clone();
    let columns = [
        "id",
        "phone_number",
        "external_ref",
        "payload",
        "status",
        "total_attempts",
        "last_attempt_at",
        "last_result",
    ];
    let rows: Vec<Value> = shown
        .iter()
        .map(|row| columns.map(|name| row[name].clone()).to_vec().into())
        .collect();
    assert_eq!(
        rows,
        [
            json!([
                id,
                "0987654321",
                "a",
                {},
                "retry",
                2,
                "2026-06-02T00:00:00+00:00",
                "answered"
            ]),
            json!([3, "0912345678", null, {"a": 1}, "pending", 0, null, null])
        ]
    );
    let funnel = test
        .data("/api/autocall/campaigns/1/reports/funnel?from=2026-01-01&to=2027-12-31")
        .await;
    assert_eq!(funnel[0]["count"], 2, "{funnel}");
}
