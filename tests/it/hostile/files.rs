//! Files of reports: their routes, and texts that spreadsheets cannot read.

use calamine::Reader;
use callboard::reports;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{faults, target, with_campaigns};

#[tokio::test]
async fn only_exportable_reports_have_export_routes() {
    let test = with_campaigns().await;
    for report in reports::ALL {
        let csv = test.get(&target(&report.path(), "format=csv")).await;
        let export = test
            .request(
                Method::GET,
                &target(&report.export_path(), ""),
                Some(&test.token),
            )
            .await;
        match (report.route().files, report.path().contains("telesales")) {
            (true, _) => {
                assert!(csv.header("content-type").starts_with("text/csv"));
                assert_eq!(
                    export.header("content-type"),
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                );
                let name = format!(
                    "attachment; filename=\"{}_2026-06-01_2026-06-02.xlsx\"",
                    report.about.name
                );
                assert_eq!(export.header("content-disposition"), name);
                let json = test
                    .get(&target(&report.export_path(), "format=json"))
                    .await;
                assert_eq!(faults(&json.json()), ["format"]);
            }
            (false, true) => {
                assert_eq!(faults(&csv.json()), ["format"], "{}", report.path());
                // Evidence of compliance is ordered there.
                let is_ordered = report.about.name == "compliance";
                let expected = match is_ordered {
                    true => StatusCode::METHOD_NOT_ALLOWED,
                    false => StatusCode::NOT_FOUND,
                };
                assert_eq!(export.status, expected);
            }
            (false, false) => {
                assert_eq!(
                    csv.header("content-type"),
                    "application/json",
                    "unknown parameters are ignored"
                )
            }
        }
    }
}

/// Texts that spreadsheets cannot read or would run as formulas, and instants they cannot
/// represent, are written whole.
#[tokio::test]
async fn files_hold_any_stored_text_and_instant() {
    let test = with_campaigns().await;
    let long = "x".repeat(255);
    let names = [
        "=HYPERLINK(\"http://x\")",
        "@SUM(1)",
        "-1+1",
        "\u{1}\u{8}ctrl",
        "a\r\nb,\"c\"",
        "_x0041_",
        long.as_str(),
        "💩",
    ];
    let mut lines =
        vec![json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"})];
    for (id, name) in (1_234_567_890_123_456_780_i64..).zip(names) {
        lines.push(json!({"kind": "agent", "id": id, "name": name, "username": name}));
        lines.push(json!({"kind": "telesales_call", "uuid": id.to_string(), "campaign_id": 1, "lead_id": 1, "agent_id": id, "started_at": "2026-06-01T10:00:00Z"}));
        lines.push(json!({"kind": "caller_id", "cid": format!("c{id}"), "display_name": name, "carrier": "other", "cli_type": "mobile", "cooldown_until": "0001-01-02T00:00:00Z"}));
    }
    test.ingest(&lines).await;
    for report in ["agent-performance", "caller-id-health"] {
        for format in ["csv", "xlsx"] {
            let file = test
                .ok(&format!(
                    "/api/telesales/reports/{report}/export?date_from=2026-06-01&date_to=2026-06-02&format={format}"
                ))
                .await;
            if format == "csv" {
                assert!(
                    file.text().contains("'=HYPERLINK")
                        && file.text().contains("'@SUM(1)")
                        && file.text().contains("'-1+1")
                );
            }
        }
    }
    let xlsx = test.ok("/api/telesales/reports/agent-performance/export?date_from=2026-06-01&date_to=2026-06-02").await;
    let mut workbook: calamine::Xlsx<_> =
        calamine::Xlsx::new(std::io::Cursor::new(xlsx.bytes)).expect("a workbook");
    let sheet = workbook
        .worksheet_range_at(0)
        .expect("a sheet")
        .expect("a range");
    let shown: Vec<String> = sheet.rows().skip(1).map(|row| row[1].to_string()).collect();
    let ids: Vec<String> = sheet.rows().skip(1).map(|row| row[0].to_string()).collect();
    assert_eq!(
        (ids.len(), ids[7].as_str()),
        (names.len(), "1234567890123456787"),
        "an id is kept digit for digit"
    );
    for (shown, name) in shown.iter().zip(names) {
        let kept = if name.len() > 32_767 {
            &name[..32_767]
        } else {
            name
        };
        assert_eq!(shown.replace("\r\n", "\n"), kept.replace("\r\n", "\n"));
    }
}
