//! Lists as files: their rows and columns, the log of them, and their limit.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use callboard::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ATTEMPTS, CAMPAIGN, SALES_CALLS, uuids};
use crate::calls::world::World;
use crate::support::{TENANT, TestApp};

/// The path of a list as a file.
fn as_file(list: &str, format: &str) -> String {
    let (path, query) = list.split_once('?').expect("a query");
    format!("{path}/export?{query}&format={format}")
}

fn records(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let record = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|read| record(read.expect("a record")))
        .collect()
}

#[tokio::test]
async fn a_file_has_every_row_oldest_first() {
    let (test, world) = (TestApp::new().await, World::random(38, 90));
    test.ingest(&world.lines).await;
    for (list, name) in [
        (CAMPAIGN, "attempts_2025-10-20_2025-11-03"),
        (ATTEMPTS, "attempts"),
        (SALES_CALLS, "calls_2025-10-20_2025-11-03"),
    ] {
        let mut newest_first = uuids(&test, list, 200).await;
        // By time and then by uuid: no two of a random world are at one instant.
        newest_first.reverse();
        let first = test
            .ok(&format!("{list}&uuid={}", newest_first[0]))
            .await
            .json()["data"][0]
            .take();
        let csv = test.ok(&as_file(list, "csv")).await;
        assert_eq!(
            csv.header("content-disposition"),
            format!("attachment; filename=\"{name}.csv\"")
        );
        let table = records(csv.text());
        let mut columns: Vec<&str> = first
            .as_object()
            .expect("a row")
            .keys()
            .map(String::as_str)
            .collect();
        columns.pop();
        columns.extend(["phone", "external_ref"]);
        assert_eq!(table[0], columns, "{list}");
        let listed: Vec<&String> = table[1..].iter().map(|row| &row[0]).collect();
        assert_eq!(listed, newest_first.iter().collect::<Vec<_>>(), "{list}");
        for (column, value) in columns.iter().zip(&table[1]) {
            let expected = match *column {
                "phone" | "external_ref" => &first["lead"][*column],
                "script_path" => continue,
                column => &first[column],
            };
            let expected = match expected {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if column.ends_with("_at") && !expected.is_empty() {
                let (shown, meant) = (
                    chrono::DateTime::parse_from_rfc3339(value),
                    chrono::DateTime::parse_from_rfc3339(&expected),
                );
                assert_eq!(
                    shown.expect("local time"),
                    meant.expect("an instant"),
                    "{list} {column}"
                );
            } else {
                assert_eq!(value.trim_start_matches('\''), expected, "{list} {column}");
            }
        }
        let workbook = test.ok(&as_file(list, "xlsx")).await;
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook.bytes)).expect("a workbook");
        assert_eq!(
            workbook.sheet_names(),
            [name.split('_').next().expect("a name"), "About"]
        );
        let sheet = workbook
            .worksheet_range_at(0)
            .expect("a sheet")
            .expect("rows");
        let shown: Vec<String> = sheet.rows().skip(1).map(|row| row[0].to_string()).collect();
        assert_eq!(shown, newest_first, "{list}");
        assert!(
            matches!(sheet.rows().nth(1).expect("a row")[1], Data::Float(_)),
            "numbers are numbers"
        );
    }
}

#[tokio::test]
async fn every_file_is_in_the_log_without_its_phone() {
    let (test, world) = (TestApp::new().await, World::random(39, 60));
    test.ingest(&world.lines).await;
    for (list, kind, id) in [
        (CAMPAIGN, "campaign", 2),
        (ATTEMPTS, "attempts", TENANT),
        (SALES_CALLS, "calls", TENANT),
    ] {
        let filtered = format!("{list}&phone=0900000007&result=answered");
        let rows = uuids(&test, &filtered, 50).await.len();
        test.ok(&as_file(&filtered, "csv")).await;
        let log = test.ok("/api/audit?action=calls.downloaded").await.json();
        let entry = &log["data"][0];
        assert_eq!(entry["target"]["kind"], kind, "{entry}");
        assert_eq!(entry["target"]["id"], json!(id.to_string()), "{entry}");
        assert_eq!(
            entry["changes"]["rows"],
            json!([null, rows.to_string()]),
            "{entry}"
        );
        assert_eq!(
            entry["changes"]["result"],
            json!([null, "answered"]),
            "{entry}"
        );
        assert_eq!(entry["changes"]["phone"], json!([null, null]), "{entry}");
        assert!(!log.to_string().contains("900000007"), "{log}");
    }
    let total = test.ok("/api/audit?action=calls.downloaded").await.json()["total"].clone();
    // Refusals are no files.
    let reader = test.user(TENANT, "reader", Role::ReadOnly).await;
    for list in [CAMPAIGN, ATTEMPTS, SALES_CALLS] {
        let answer = test
            .request(Method::GET, &as_file(list, "csv"), Some(&reader))
            .await;
        assert_eq!(answer.status, 403, "{list}");
        let refused = test.get(&as_file(list, "pdf")).await.json();
        assert!(refused["errors"]["format"].is_array(), "{list}");
        assert_eq!(
            test.get(&as_file(&format!("{list}&hour=99"), "csv"))
                .await
                .status,
            422
        );
    }
    assert_eq!(
        test.ok("/api/audit?action=calls.downloaded").await.json()["total"],
        total
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_too_many_rows_is_refused() {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
    ])
    .await;
    let insert = |from: i64, to: i64| {
        format!(
            "alter table telesales_calls disable trigger user;
             insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at)
             select 1, 'c' || n, 1, 1, timestamptz '2025-10-25 00:00Z' + n / 3 * interval '1 s' from generate_series({from}, {to}) n;
             alter table telesales_calls enable trigger user"
        )
    };
    test.execute(TENANT, &insert(1, 200_000)).await;
    let file = test.ok(&as_file(SALES_CALLS, "csv")).await;
    assert_eq!(file.text().lines().count(), 200_001);
    test.execute(TENANT, &insert(200_001, 200_001)).await;
    let refused = test.get(&as_file(SALES_CALLS, "csv")).await;
    assert_eq!(refused.status, 422);
    let fault = refused.json()["errors"]["format"][0]
        .as_str()
        .expect("a fault")
        .to_owned();
    assert!(
        fault.contains("200000 rows") && fault.contains("200001"),
        "{fault}"
    );
}
