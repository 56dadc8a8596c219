//! Layout of workbooks: properties, filters, charts and the sheet About.

use std::io::Cursor;

use calamine::{Data, Xlsx, open_workbook_from_rs};
use serde_json::json;

use super::with_calls;
use super::workbook::sheet;
use crate::exports::{file, june};
use crate::support::TestApp;

/// A file of the workbook's archive, as text.
fn archive_part(workbook: &[u8], name: &str) -> String {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("an archive");
    let mut text = String::new();
    archive
        .by_name(name)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .read_to_string(&mut text)
        .expect("a text");
    text
}

#[tokio::test]
async fn workbooks_have_properties_landscape_layout_and_filters() {
    let test = with_calls().await;
    let workbook = file(&test, &june("full", "xlsx")).await.bytes;
    let properties =
        archive_part(&workbook, "docProps/core.xml") + &archive_part(&workbook, "docProps/app.xml");
    for said in [
        "Campaign report",
        "Callboard",
        "Account 1",
        "2026-06-30T08:00:00Z",
    ] {
        assert!(properties.contains(said), "{said}: {properties}");
    }
    // The sheets are Summary, Trend, Hangup, Heatmap, DTMF, Funnel and Attempts. All but the first
    // and DTMF hold one table.
    for (number, has_filter) in [
        (1, false),
        (2, true),
        (3, true),
        (4, true),
        (5, false),
        (6, true),
        (7, true),
    ] {
        let sheet = archive_part(&workbook, &format!("xl/worksheets/sheet{number}.xml"));
        assert_eq!(sheet.contains("<autoFilter "), has_filter, "sheet {number}");
        assert!(
            sheet.contains("orientation=\"landscape\"") && sheet.contains("fitToPage=\"1\""),
            "sheet {number}"
        );
    }
    let names = archive_part(&workbook, "xl/workbook.xml");
    assert_eq!(
        names.matches("_xlnm.Print_Titles").count(),
        6,
        "headers are repeated: {names}"
    );
    // The summary colors two week grids, and the heatmap sheet three columns.
    assert_eq!(
        archive_part(&workbook, "xl/worksheets/sheet1.xml")
            .matches("<colorScale>")
            .count(),
        2
    );
    assert_eq!(
        archive_part(&workbook, "xl/worksheets/sheet4.xml")
            .matches("<colorScale>")
            .count(),
        3
    );
    let trend = archive_part(&workbook, "xl/charts/chart1.xml");
    assert!(
        trend.contains("<c:lineChart>") && trend.contains("<c:symbol val=\"circle\"/>"),
        "{trend}"
    );
}

#[tokio::test]
async fn windows_of_up_to_two_days_are_charted_by_hour() {
    let test = with_calls().await;
    for (report_type, drawn_on) in [("trend", "About"), ("full", "Summary")] {
        for (to, by_hour) in [
            ("2026-06-01", true),
            ("2026-06-02", true),
            ("2026-06-03", false),
        ] {
            let mut body = june(report_type, "xlsx");
            body["from"] = "2026-06-01".into();
            body["to"] = to.into();
            let workbook = file(&test, &body).await.bytes;
            let drawn = archive_part(&workbook, "xl/charts/chart1.xml");
            let sheet_drawn = if by_hour { drawn_on } else { "Trend" };
            assert!(
                drawn.contains(&format!("<c:f>{sheet_drawn}!$")),
                "{report_type} {to}: {drawn}"
            );
            let mut workbook: Xlsx<_> =
                open_workbook_from_rs(Cursor::new(workbook)).expect("a workbook");
            let rows = sheet(&mut workbook, "Trend").len() - 1;
            assert!(rows <= 3, "the data is by day: {rows}");
        }
    }
}

#[tokio::test]
async fn the_about_sheet_shows_names_instead_of_ids() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "telesales_campaign", "id": 70, "name": "Spring"}),
        json!({"kind": "team", "id": 80, "name": "North"}),
    ];
    for id in 1..=23 {
        lines.push(json!({"kind": "agent", "id": id, "name": format!("Agent {id:02}"), "username": id.to_string(), "team_id": 80}));
    }
    test.ingest(&lines).await;
    let agents = (1..=23)
        .map(|id| id.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let path = "/api/telesales/reports/dashboard/export?date_from=2026-06-01&date_to=2026-06-02";
    let answer = test
        .ok(&format!(
            "{path}&campaign_id=70&team_id=80&agent_ids={agents}"
        ))
        .await;
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(answer.bytes)).expect("a workbook");
    let about = sheet(&mut workbook, "About");
    let value_of = |name: &str| {
        let row = about.iter().find(|row| row[0] == Data::String(name.into()));
        row.unwrap_or_else(|| panic!("{name} is not in {about:?}"))[1].to_string()
    };
    assert_eq!(
        (value_of("Campaign").as_str(), value_of("Team").as_str()),
        ("Spring", "North")
    );
    assert!(
        value_of("Agents").starts_with("Agent 01, Agent 02, "),
        "{}",
        value_of("Agents")
    );
    assert!(
        value_of("Agents").ends_with("Agent 20 and 3 more"),
        "{}",
        value_of("Agents")
    );
}
