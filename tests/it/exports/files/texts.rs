//! Texts that a format limits or could change.

use std::io::Cursor;

use calamine::{Xlsx, open_workbook_from_rs};
use serde_json::json;

use super::workbook::sheet;
use crate::exports::{file, june};
use crate::support::{TENANT, TestApp};

/// Texts that systems count, cut or interpret differently.
#[tokio::test]
async fn texts_are_cut_at_the_cell_limit_and_otherwise_unchanged() {
    let test = TestApp::new().await;
    let thai =
        "แคมเปญต่ออายุประกันภัยรถยนต์ไตรมาสที่สามสำหรับลูกค้าเดิมในเขตกรุงเทพและปริมณฑลกลุ่มเป้าหมายพิเศษประจำปี";
    let outcomes = [
        "SKU_x0041\r\nrest",
        "_x0041_",
        "_x0041_\u{1}",
        "a\u{b}b",
        "x_x00e9\r_x0041_",
        "_x0041",
        "💩",
    ];
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": thai}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
    ];
    for (number, outcome) in outcomes.iter().enumerate() {
        lines.push(json!({"kind": "autocall_attempt", "uuid": number.to_string(), "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": format!("2026-06-02T03:00:0{number}Z"), "result": "answered", "outcome": outcome}));
    }
    test.ingest(&lines).await;
    // Rows from before texts had a maximum length.
    let long = "💩".repeat(20_000);
    let mut scope = test.app.db.write(TENANT).await.expect("a scope");
    let update = scope
        .query("update autocall_attempts set provider = $2 where tenant_id = $1 and uuid = '0'")
        .bind(&long);
    update.execute(scope.connection()).await.expect("an update");
    scope.commit().await.expect("a commit");
    let answer = file(&test, &june("full", "xlsx")).await;
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(answer.bytes)).expect("a workbook");
    let rows = sheet(&mut workbook, "Attempts");
    for (row, outcome) in rows[1..].iter().zip(outcomes) {
        assert_eq!(
            row[17].to_string().replace("\r\n", "\n"),
            outcome.replace("\r\n", "\n")
        );
    }
    let kept = rows[1][16].to_string();
    assert!(
        long.starts_with(&kept) && kept.encode_utf16().count() <= 32_767,
        "{}",
        kept.len()
    );
    let csv = file(&test, &june("trend", "csv")).await;
    let name = csv
        .header("content-disposition")
        .rsplit_once("''")
        .expect("a name")
        .1
        .to_owned();
    let name = percent_encoding::percent_decode_str(&name)
        .decode_utf8()
        .expect("UTF-8")
        .into_owned();
    assert!(
        name.len() <= 255
            && name.len() > 245
            && name.starts_with("แคมเปญ")
            && name.ends_with("_trend_2026-06-01_2026-06-07.csv"),
        "{name}"
    );
}
