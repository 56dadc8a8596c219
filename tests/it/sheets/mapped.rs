//! Sheets read by a mapping: sources of fields, values, dates, ids; and what a dry run tells.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CSV, post, put_valid, stored};
use crate::support::{TENANT, TestApp};

const BY_MAP: &str = "/api/ingest/csv?map=calls";

fn calls() -> Value {
    json!({
        "kind": "telesales_call", "timezone": "Asia/Ho_Chi_Minh",
        "columns": {"started_at": ["Ngày gọi", "Giờ gọi"], "lead_id": "Mã KH", "campaign_id": {"constant": 1},
            "result": "Trạng thái", "talk_sec": "Thời lượng", "ignore": "Hướng"},
        "values": {"result": {"nghe máy": "answered", "*": "no_answer"}, "ignore": {"gọi vào": true, "*": false}}
    })
}

const SHEET: &str = "\u{feff}Mã KH;NGAY GOI;Giờ  gọi;Trạng thái;Thời lượng;Hướng;Ghi chú\r\n\
    1;01/06/2026;08:30;Nghe máy;1:25;Gọi ra;a\r\n\
    1;13/06/2026;2:05 CH;NGHE MÁY;85;Gọi ra;\r\n\
    1;02/06/2026;09:00;Không nghe;;Gọi ra;\r\n\
    1;02/06/2026;09:00;Nghe máy;60;Gọi vào;\r\n\
    9;03/06/2026;09:00;Nghe máy;60;Gọi ra;\r\n";

async fn rows(test: &TestApp) -> Vec<Value> {
    let rows = "select json_build_object('at', started_at, 'result', result, 'talk', talk_sec, 'uuid', uuid) as row
                from telesales_calls where tenant_id = 1 order by started_at";
    test.query(TENANT, rows).await
}

async fn with_leads() -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&super::campaign_and_lead()).await;
    put_valid(&test, "calls", &calls()).await;
    test
}

#[tokio::test]
async fn a_mapping_says_where_fields_are_and_what_values_mean() {
    let test = with_leads().await;
    for _ in 0..2 {
        let tally = stored(&test, BY_MAP, SHEET).await;
        let counts =
            ["received", "stored", "rejected", "ignored", "calls"].map(|name| tally[name].clone());
        assert_eq!(counts, [5, 3, 1, 1, 3].map(|count| json!(count)), "{tally}");
        assert_eq!(
            tally["errors"],
            json!([{"line": 6, "errors": {"lead_id":
                ["refers to no telesales_lead that is stored or stands earlier (column Mã KH)."]}}])
        );
    }
    let rows = rows(&test).await;
    let told: Vec<[&Value; 3]> = rows
        .iter()
        .map(|row| [&row["at"], &row["result"], &row["talk"]])
        .collect();
    // The 13th proves the order of day and month.
    assert_eq!(
        told,
        [
            [
                &json!("2026-06-01T01:30:00+00:00"),
                &json!("answered"),
                &json!(85)
            ],
            [
                &json!("2026-06-02T02:00:00+00:00"),
                &json!("no_answer"),
                &json!(0)
            ],
            [
                &json!("2026-06-13T07:05:00+00:00"),
                &json!("answered"),
                &json!(85)
            ],
        ]
    );
    assert!(
        rows[0]["uuid"]
            .as_str()
            .expect("an id")
            .starts_with("sheet-")
    );

    // The same calls written in another way are the same calls.
    let again = "mã kh,ngày gọi,giờ gọi,trạng thái,thời lượng,hướng\n1,2026-06-01,08:30:00,nghe máy,00:01:25,\n";
    let tally = stored(&test, BY_MAP, again).await;
    assert_eq!(tally["stored"], 1);
    assert_eq!(self::rows(&test).await.len(), 3);
}

#[tokio::test]
async fn dates_without_a_proof_want_a_format() {
    let test = with_leads().await;
    let sheet = SHEET.replace("13/06", "12/06");
    let refused = post(&test, BY_MAP, sheet.clone()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fault = refused.json()["errors"]["date_format"][0].take();
    let fault = fault.as_str().expect("a fault");
    assert!(
        fault.starts_with("The dates of NGAY GOI have no day over 12"),
        "{fault}"
    );
    let mixed = SHEET.replace("01/06", "06/14");
    let refused = post(&test, BY_MAP, mixed).await;
    assert!(refused.json()["errors"].get("date_format").is_some());
    for (format, first) in [
        ("mm/dd/yyyy", "2026-01-06"),
        ("dd/mm/yyyy%20hh:mm", "2026-06-01"),
    ] {
        let test = with_leads().await;
        stored(
            &test,
            &format!("{BY_MAP}&date_format={format}&timezone=UTC"),
            sheet.clone(),
        )
        .await;
        let at = rows(&test).await[0]["at"].to_string();
        assert!(at.contains(first), "{format}: {at}");
    }
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_suggests() {
    let test = with_leads().await;
    let preview = stored(&test, &format!("{BY_MAP}&dry_run=true"), SHEET).await;
    assert_eq!(preview["header"], 1);
    assert_eq!(preview["unused"], json!(["Ghi chú"]));
    assert_eq!(preview["faults"], json!({}));
    // References are not looked up.
    let counts = ["received", "rejected", "ignored"].map(|name| preview[name].clone());
    assert_eq!(counts, [5, 0, 1].map(|count| json!(count)));
    let line = &preview["lines"][1];
    assert_eq!(line["started_at"], "2026-06-13T14:05:00");
    assert_eq!(
        (&line["kind"], &line["talk_sec"]),
        (&json!("telesales_call"), &json!(85))
    );
    assert_eq!(preview["lines"].as_array().expect("lines").len(), 4);
    assert_eq!(preview["mapping"]["columns"]["lead_id"], "Mã KH");
    assert_eq!(rows(&test).await.len(), 0);

    // Without a mapping, names and contents suggest one.
    let dry = format!("{CSV}?kind=telesales_call&dry_run=true");
    let sheet = SHEET
        .replace("Mã KH;", "lead_id;")
        .replace("Trạng thái", "cột 4");
    let preview = stored(&test, &dry, sheet).await;
    let mapping = &preview["mapping"];
    assert_eq!(
        mapping["columns"]["started_at"],
        json!(["NGAY GOI", "Giờ  gọi"]),
        "{mapping}"
    );
    assert_eq!(mapping["columns"]["lead_id"], "lead_id");
    assert_eq!(mapping["columns"]["talk_sec"], "Thời lượng");
    assert_eq!(mapping["columns"]["result"], "cột 4");
    assert_eq!(mapping["values"]["result"]["NGHE MÁY"], "answered");
    assert_eq!(mapping["values"]["result"]["Không nghe"], "no_answer");
    assert_eq!(mapping["date_format"], "dd/mm/yyyy hh:mm:ss");
    assert_eq!(mapping["timezone"], "Asia/Ho_Chi_Minh");
    // It can be put as it is.
    put_valid(&test, "suggested", mapping).await;

    let faulty = post(
        &test,
        &format!("{BY_MAP}&dry_run=1"),
        SHEET.replace("13/06", "12/06"),
    )
    .await;
    assert_eq!(faulty.status, StatusCode::OK, "{}", faulty.text());
    assert!(faulty.json()["data"]["faults"].get("date_format").is_some());
}
