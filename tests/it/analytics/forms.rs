//! Response forms: pages, CSV, headers.

use std::time::Duration;

use callboard::analytics::ALL;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::answers::size;
use crate::support::{Answer, Client, NOW, TestApp, world};

async fn csv(test: &Client, question: &Value) -> Answer {
    test.send(
        test.post("/analytics")
            .header("accept", "text/csv")
            .json(question),
    )
    .await
}

/// A JSON value as CSV text.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn csv_cells_equal_the_json_values() {
    let test = TestApp::new().await;
    test.ingest(&world::random(3, size(500))).await;
    test.execute(
        1,
        "update autocall_attempts set provider = '=1+1', outcome = 'a, \"b\"' where uuid like '%7'",
    )
    .await;
    for question in ALL {
        for page in 1..3 {
            let asked = json!({"query_type": question.about.name, "page": page, "page_size": 7});
            let rows = test.rows(&asked).await;
            let file = csv(&test, &asked).await;
            assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
            assert_eq!(
                file.header("vary"),
                "Authorization, Accept, Accept-Encoding"
            );
            let text = file
                .text()
                .strip_prefix('\u{feff}')
                .expect("a byte order mark");
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let names: Vec<String> = reader
                .headers()
                .expect("a header")
                .iter()
                .map(str::to_owned)
                .collect();
            let records: Vec<csv::StringRecord> = reader
                .records()
                .map(|record| record.expect("a row"))
                .collect();
            assert_eq!(records.len(), rows.len(), "{asked}");
            for (record, row) in records.iter().zip(&rows) {
                let row = row.as_object().expect("an object");
                assert_eq!(row.keys().cloned().collect::<Vec<_>>(), names, "{asked}");
                assert_eq!(
                    record.iter().collect::<Vec<_>>(),
                    row.values().map(cell).collect::<Vec<_>>(),
                    "{asked}"
                );
            }
        }
    }
}

#[tokio::test]
async fn concatenated_pages_are_the_whole_table() {
    let test = TestApp::new().await;
    test.ingest(&world::random(3, size(300))).await;
    for question in ALL {
        let asked = |page: i64, size: i64| json!({"query_type": question.about.name, "page": page, "page_size": size});
        let whole = test.ask(&asked(1, 1000)).await.json();
        let total = whole["total"].as_i64().expect("a count");
        let mut rows = Vec::new();
        for page in 1..=(total + 3) / 4 {
            let answer = test.ask(&asked(page, 4)).await.json();
            assert_eq!(
                (&answer["total"], &answer["page"], &answer["page_size"]),
                (&json!(total), &json!(page), &json!(4))
            );
            rows.extend(answer["data"].as_array().expect("rows").clone());
        }
        assert_eq!(Value::from(rows), whole["data"], "{}", question.about.name);
        for page in [total + 1, i64::MAX] {
            let answer = test.ask(&asked(page, 1000)).await.json();
            assert_eq!(
                (&answer["data"], &answer["total"]),
                (&json!([]), &json!(total)),
                "past the last page"
            );
        }
    }
}

#[tokio::test]
async fn a_cached_answer_reports_its_age() {
    let test = TestApp::keeping(Duration::from_secs(5)).await;
    let lines = world::random(3, size(50));
    test.ingest(&lines).await;
    let question = json!({"query_type": "call_count", "filters": {"date_from": "2026-01-01"}});
    let first = test.ask(&question).await;
    assert_eq!(
        (
            first.json()["data"][0]["count"].clone(),
            first.header("age")
        ),
        (json!(50), "")
    );
    test.execute(1, "delete from autocall_attempts where uuid = 'attempt-1'")
        .await;

    // The same query in other words and as CSV, another query, and the same one without the cache.
    let again = test.ask(&json!({"filters": {"date_from": "2026-01-01T00:00:00Z", "date_to": null}, "page": 1, "query_type": "call_count"})).await;
    assert_eq!(
        (again.text(), again.header("age").is_empty()),
        (first.text(), false)
    );
    assert_eq!(again.header("cache-control"), "private, no-cache");
    assert_eq!(
        again.header("etag"),
        "",
        "there are no conditions on a POST"
    );
    let other = test
        .ask(&json!({"query_type": "call_count", "filters": {"date_from": "2026-01-02"}}))
        .await;
    assert_eq!(other.json()["data"][0]["count"], 49);
    assert!(csv(&test, &question).await.text().ends_with("\r\n49\r\n"));
    let anew = test
        .send(
            test.post("/analytics")
                .header("cache-control", "no-cache")
                .json(&question),
        )
        .await;
    assert_eq!(
        (anew.json()["data"][0]["count"].clone(), anew.header("age")),
        (json!(49), "")
    );
    // Another tenant never gets the cached answer.
    let neighbour = Client::new(test.url.clone(), test.account(2).await);
    assert_eq!(neighbour.ask(&question).await.json()["data"][0]["count"], 0);
    let later = test
        .instance(
            NOW.parse::<chrono::DateTime<chrono::Utc>>()
                .expect("an instant")
                + TimeDelta::days(1),
            Duration::ZERO,
        )
        .await;
    assert_eq!(later.ask(&question).await.json()["data"][0]["count"], 49);
}

/// Every example request of the document gets a response that matches its schema.
#[tokio::test]
async fn answers_match_the_openapi_schemas() {
    let test = TestApp::new().await;
    test.ingest(&world::random(3, size(300))).await;
    let document = serde_json::to_value(callboard::http::openapi::generate()).expect("JSON");
    let operation = &document["paths"]["/analytics"]["post"];
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let schema =
        json!({"$ref": "#/schema", "schema": schema, "components": document["components"]});
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let examples = operation["requestBody"]["content"]["application/json"]["examples"]
        .as_object()
        .expect("examples");
    assert_eq!(examples.len(), ALL.len());
    for (name, example) in examples {
        for question in [
            example["value"].clone(),
            json!({"query_type": name, "page_size": 1000}),
        ] {
            let answer = test.ask(&question).await;
            assert_eq!(
                answer.status,
                reqwest::StatusCode::OK,
                "{question}: {}",
                answer.text()
            );
            if let Err(error) = validator.validate(&answer.json()) {
                panic!(
                    "{name}: {error} at {}: {}",
                    error.instance_path(),
                    answer.text()
                );
            }
        }
    }
}
