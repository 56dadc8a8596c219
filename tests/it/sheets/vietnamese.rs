//! A sheet as people have it: Vietnamese headers, dd/mm/yyyy, a byte order mark and semicolons, names in place of ids.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{CSV, put_valid, stored};
use crate::support::{TENANT, TestApp};

const ROWS: usize = 3_000;
/// Calls a lead.
const CALLS: usize = 3;

/// Calls of two campaigns by seven agents.
fn sheet() -> String {
    let results = [
        "Nghe máy",
        "Không nghe máy",
        "Máy bận",
        "Thuê bao",
        "Từ chối",
    ];
    let mut text = "\u{feff}DANH SÁCH CUỘC GỌI;;;;;;;;;\r\n\r\n\
        STT;Số điện thoại;Ngày gọi;Giờ gọi;Thời lượng;Trạng thái;Nhân viên;Chiến dịch;Đầu số;Ghi chú\r\n"
        .to_owned();
    for row in 0..ROWS {
        let (day, hour, minute) = (row % 28 + 1, row % 12 + 8, row % 60);
        let answered = row % 5 == 0;
        let length = if answered {
            format!("{:02}:{:02}", row % 9, row % 60)
        } else {
            String::new()
        };
        writeln!(
            text,
            "{};0{};{day:02}/06/2026;{hour}:{minute:02}:{:02};{length};{};Nguyễn Văn {};Chiến dịch {};02838{:06};\r",
            row + 1,
            912_000_000 + row / CALLS,
            row % 59,
            results[row % 5],
            row % 7,
            row % 2,
            row % 4,
        )
        .expect("a line");
    }
    text
}

async fn count(test: &TestApp, sql: &str) -> Value {
    let sql = format!("select json_build_object('n', ({sql})) as row");
    test.query(TENANT, &sql).await[0]["n"].clone()
}

#[tokio::test]
async fn a_vietnamese_sheet_is_taken_by_the_suggested_mapping_as_it_is() {
    let test = TestApp::new().await;
    let dry = format!("{CSV}?kind=telesales_call&dry_run=true");
    let preview = stored(&test, &dry, sheet()).await;
    assert_eq!(preview["header"], 3);
    let mapping = &preview["mapping"];
    let wanted = json!({
        "phone": "Số điện thoại", "started_at": ["Ngày gọi", "Giờ gọi"], "talk_sec": "Thời lượng",
        "result": "Trạng thái", "agent": "Nhân viên", "campaign": "Chiến dịch", "cid": "Đầu số"
    });
    let wanted = wanted.as_object().expect("columns");
    let found = mapping["columns"].as_object().expect("columns");
    let corrections = wanted
        .iter()
        .filter(|(field, source)| found.get(*field) != Some(source));
    let mut corrections = corrections.count();
    corrections += found
        .keys()
        .filter(|field| !wanted.contains_key(*field))
        .count();
    for (theirs, ours) in [
        ("Nghe máy", "answered"),
        ("Không nghe máy", "no_answer"),
        ("Máy bận", "busy"),
        ("Thuê bao", "failed"),
        ("Từ chối", "failed"),
    ] {
        corrections += usize::from(mapping["values"]["result"][theirs] != ours);
    }
    corrections += usize::from(mapping["date_format"] != "dd/mm/yyyy hh:mm:ss");
    assert!(corrections <= 2, "{corrections} corrections: {mapping}");

    let mut corrected = mapping.clone();
    corrected["columns"] = json!(wanted);
    put_valid(&test, "calls", &corrected).await;
    let path = format!("{CSV}?map=calls");
    let tally = stored(&test, &path, sheet()).await;
    let counts = ["received", "stored", "calls", "rejected"].map(|name| tally[name].clone());
    assert_eq!(
        counts,
        [ROWS, ROWS, ROWS, 0].map(|count| json!(count)),
        "{tally}"
    );
    let created =
        json!({"campaigns": 2, "leads": tally["created"]["leads"], "agents": 7, "caller_ids": 4});
    assert_eq!(tally["created"], created);
    assert_eq!(
        count(
            &test,
            "select count(*) from telesales_calls where tenant_id = 1"
        )
        .await,
        ROWS
    );
    assert_eq!(
        count(
            &test,
            "select count(*) from telesales_leads where tenant_id = 1"
        )
        .await,
        tally["created"]["leads"]
    );
    let answered = "select count(*) from telesales_calls where tenant_id = 1 and result = 'answered' and agent_id is not null";
    assert_eq!(count(&test, answered).await, ROWS / 5);

    // The same sheet again changes nothing.
    let again = stored(&test, &path, sheet()).await;
    assert_eq!(again["stored"], ROWS);
    assert_eq!(
        again["created"],
        json!({"campaigns": 0, "leads": 0, "agents": 0, "caller_ids": 0})
    );
    assert_eq!(
        count(
            &test,
            "select count(*) from telesales_calls where tenant_id = 1"
        )
        .await,
        ROWS
    );
}

#[tokio::test]
async fn attempts_without_a_number_are_numbered_by_their_start() {
    let test = TestApp::new().await;
    let mapping = json!({"kind": "autocall_attempt",
        "columns": {"phone": "Phone", "campaign": {"constant": "C"}, "started_at": "At", "result": "Result"}});
    put_valid(&test, "attempts", &mapping).await;
    let path = format!("{CSV}?map=attempts&timezone=UTC");
    let later = "Phone,At,Result\n0912000001,2026-06-03 10:00,busy\n0912000001,2026-06-02 10:00,busy\n912000002,2026-06-02 10:00,busy\n12345678901234567,2026-06-02 10:00,busy\n";
    let tally = stored(&test, &path, later).await;
    assert_eq!(
        (&tally["stored"], &tally["created"]["leads"]),
        (&json!(3), &json!(2))
    );
    let fault = json!({"phone": ["must be a phone number of 8 to 15 digits (column Phone)."]});
    assert_eq!(tally["errors"], json!([{"line": 5, "errors": fault}]));
    // One that comes late moves those behind it.
    let late = "Phone,At,Result\n+84 912 000 001,2026-06-01 10:00,answered\n";
    stored(&test, &path, late).await;
    let rows = "select json_build_object('at', started_at::date, 'number', attempt_number) as row from autocall_attempts a
                join autocall_leads l on l.tenant_id = 1 and l.id = a.lead_id
                where a.tenant_id = 1 and l.phone = '84912000001' order by started_at";
    assert_eq!(
        test.query(TENANT, rows).await,
        [("2026-06-01", 1), ("2026-06-02", 2), ("2026-06-03", 3)]
            .map(|(at, number)| json!({"at": at, "number": number}))
    );

    // A number that a sheet tells stays, whatever another one is.
    let mut told = mapping;
    told["columns"]["attempt_number"] = "No".into();
    put_valid(&test, "told", &told).await;
    let numbered = "Phone,At,Result,No\n0912000003,2026-06-05 10:00,busy,9\n";
    stored(&test, &path.replace("=attempts", "=told"), numbered).await;
    let untold =
        "Phone,At,Result\n0912000003,2026-06-04 10:00,busy\n0912000003,2026-06-06 10:00,busy\n";
    stored(&test, &path, untold).await;
    let rows = rows.replace("84912000001", "84912000003");
    let expected = [("2026-06-04", 1), ("2026-06-05", 9), ("2026-06-06", 3)]
        .map(|(at, number)| json!({"at": at, "number": number}));
    assert_eq!(test.query(TENANT, &rows).await, expected);
}
