//! Files of any origin: encodings, delimiters, headers, workbooks, and faults with the rows of the sheet.

use reqwest::StatusCode;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};

use super::{CSV, post, put_valid, stored};
use crate::support::{TENANT, TestApp, gzip};

const TEAMS: &str = "/api/ingest/csv?kind=team";

async fn teams(test: &TestApp) -> Vec<Value> {
    let teams = "select json_build_object('id', id, 'name', name) as row from teams where tenant_id = 1 order by id";
    test.query(TENANT, teams).await
}

fn utf16(text: &str, to_bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[tokio::test]
async fn encodings_and_delimiters_are_found() {
    let text = "id;name\r\n1;Kh\u{f4}ng nghe m\u{e1}y\r\n2;\"Nguy\u{1ec5}n; \u{110}\u{ea}m\"\r\n";
    let expected = [
        json!({"id": 1, "name": "Không nghe máy"}),
        json!({"id": 2, "name": "Nguyễn; Đêm"}),
    ];
    let windows = b"id;name\n1;Kh\xF4ng nghe m\xE1y\n2;\"Nguy\xEA\xDEn; \xD0\xEAm\"\n";
    let commas = text
        .replace("; ", "\0")
        .replace(';', ",")
        .replace('\0', "; ");
    let tabs = text
        .replace("; ", "\0")
        .replace(';', "\t")
        .replace('\0', "; ");
    for (bytes, more) in [
        (text.as_bytes().to_vec(), ""),
        (format!("\u{feff}{text}").into_bytes(), ""),
        (utf16(&format!("\u{feff}{text}"), u16::to_le_bytes), ""),
        (utf16(&format!("\u{feff}{text}"), u16::to_be_bytes), ""),
        (utf16(text, u16::to_le_bytes), ""),
        (windows.to_vec(), ""),
        (windows.to_vec(), "&encoding=windows-1258"),
        (commas.into_bytes(), ""),
        (tabs.into_bytes(), ""),
        (format!("sep=;\r\n{text}").into_bytes(), ""),
        (text.replace("\r\n", "\r").into_bytes(), ""),
    ] {
        let test = TestApp::new().await;
        let tally = stored(&test, &format!("{TEAMS}{more}"), bytes.clone()).await;
        assert_eq!(
            (&tally["stored"], &tally["rejected"]),
            (&json!(2), &json!(0)),
            "{bytes:?}"
        );
        assert_eq!(teams(&test).await, expected, "{bytes:?}");
    }
    let test = TestApp::new().await;
    let french = b"id,name\n1,Pr\xE9nom\n";
    stored(&test, TEAMS, french.to_vec()).await;
    assert_eq!(teams(&test).await, [json!({"id": 1, "name": "Prénom"})]);
    let refused = post(&test, &format!("{TEAMS}&encoding=utf-8"), french.to_vec()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.json()["errors"].get("encoding").is_some());
}

#[tokio::test]
async fn faults_have_the_numbers_of_rows_and_name_the_columns() {
    let test = TestApp::new().await;
    let sheet = "Teams of ACME\n\nid;Name;Remark\n1;\"North\nand east\";a\n;;\n\n2;;b\nx;South;c\n1 000;West;d";
    let answer = post(&test, TEAMS, sheet).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let tally = answer.json()["data"].take();
    let counts =
        ["received", "stored", "rejected", "calls", "ignored"].map(|name| tally[name].clone());
    assert_eq!(counts, [4, 2, 2, 0, 0].map(|count| json!(count)));
    assert_eq!(tally["created"]["campaigns"], 0);
    // A row is one however many lines its text has; blank rows count.
    assert_eq!(
        tally["errors"],
        json!([
            {"line": 7, "errors": {"name": ["is required (column Name)."]}},
            {"line": 8, "errors": {"id": ["must be a 64-bit integer (column id)."]}}
        ])
    );
    let names: Vec<Value> = teams(&test).await;
    assert_eq!(names[0]["name"], "North\nand east");
    assert_eq!(names[1]["id"], 1_000);

    // All or nothing, and nothing at all.
    let atomic = post(&test, &format!("{TEAMS}&atomic=true"), "id;name\n5;E\n6;").await;
    assert_eq!(atomic.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        atomic.json()["errors"].get("lines.3.name").is_some(),
        "{}",
        atomic.text()
    );
    let none = post(&test, TEAMS, "id;name\n6;").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(teams(&test).await.len(), 2);
}

#[tokio::test]
async fn what_a_request_or_file_lacks_is_told_by_name() {
    let test = TestApp::new().await;
    let mapping = json!({"kind": "team", "columns": {"id": "Mã", "name": "Tên"}});
    put_valid(&test, "teams", &mapping).await;
    let sheet = "id;name\n1;A\n";
    let open = format!("id;name\n1;\"{}", "x;y\n".repeat(600_000));
    for (query, body, field) in [
        ("", sheet, "kind"),
        ("?kind=crew", sheet, "kind"),
        ("?map=none", sheet, "map"),
        ("?map=A%00", sheet, "map"),
        ("?map=teams&kind=agent", sheet, "kind"),
        ("?map=teams", sheet, "columns"),
        ("?map=teams", "Mã;Name\n1;A", "columns.name"),
        ("?kind=team&date_format=x", sheet, "date_format"),
        ("?kind=team&encoding=latin", sheet, "encoding"),
        ("?kind=team&timezone=Mars", sheet, "timezone"),
        ("?kind=team", "a;b\n1;2\n", "columns"),
        ("?kind=team", "", "columns"),
        ("?kind=team", "\u{0}\u{1}", "columns"),
        ("?kind=team", open.as_str(), "file"),
        ("?kind=team", "PK\u{3}\u{4}nonsense", "file"),
    ] {
        let answer = post(&test, &format!("{CSV}{query}"), body.to_owned()).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{query}: {}",
            answer.text()
        );
        let faults = answer.json()["errors"].take();
        assert!(faults.get(field).is_some(), "{query} {field}: {faults}");
    }
    let old = post(&test, TEAMS, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec()).await;
    assert!(old.json()["errors"].get("file").is_some());
    let json = test.post(TEAMS).header("content-type", "application/json");
    let refused = test.send(json.body("{}")).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let packed = test.post(TEAMS).header("content-encoding", "gzip");
    let packed = test.send(packed.body(gzip(sheet))).await;
    assert_eq!(packed.json()["data"]["stored"], 1, "{}", packed.text());
}

/// A workbook of two sheets: notes, and calls with cells of all types.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Ghi chú").expect("a name");
    sheet.write(0, 0, "id").expect("a cell");
    sheet.write(0, 1, "name").expect("a cell");
    sheet.write(1, 0, 7).expect("a cell");
    sheet.write(1, 1, "Seven").expect("a cell");
    let sheet = workbook.add_worksheet();
    sheet.set_name("Calls").expect("a name");
    sheet.write(0, 0, "Calls of June").expect("a cell");
    let names = [
        "Lead ID",
        "Campaign_ID",
        "Started at",
        "Result",
        "Billsec",
        "Answered At",
        "DTMF",
    ];
    for (column, name) in (0..).zip(names) {
        sheet.write(2, column, name).expect("a cell");
    }
    let at = |text: &str| ExcelDateTime::parse_from_str(text).expect("a date");
    let stamp = Format::new().set_num_format("dd/mm/yyyy hh:mm:ss");
    let length = Format::new().set_num_format("[h]:mm:ss");
    for (row, started, result, seconds) in [
        (3, "2026-06-01T08:30:15", "ANSWERED", "00:01:25"),
        (5, "2026-06-02T23:59:59", "NO ANSWER", "00:00:00"),
    ] {
        sheet.write(row, 0, 1).expect("a cell");
        sheet.write(row, 1, 1.0).expect("a cell");
        sheet
            .write_with_format(row, 2, at(started), &stamp)
            .expect("a cell");
        sheet.write(row, 3, result).expect("a cell");
        sheet
            .write_with_format(row, 4, at(seconds), &length)
            .expect("a cell");
        sheet.write(row, 6, 1).expect("a cell");
    }
    sheet.write(6, 0, "x").expect("a cell");
    workbook.save_to_buffer().expect("a workbook")
}

#[tokio::test]
async fn a_workbook_is_read_by_its_cells() {
    let test = TestApp::new().await;
    test.ingest(&super::campaign_and_lead()).await;
    let bytes = workbook();
    let first = stored(&test, TEAMS, bytes.clone()).await;
    assert_eq!(first["stored"], 1);
    assert_eq!(teams(&test).await, [json!({"id": 7, "name": "Seven"})]);

    let path = format!("{CSV}?kind=autocall_attempt&timezone=Asia/Ho_Chi_Minh");
    for sheet in ["calls", "2"] {
        let tally = stored(&test, &format!("{path}&sheet={sheet}"), bytes.clone()).await;
        let counts = ["received", "stored", "rejected", "calls"].map(|name| tally[name].clone());
        assert_eq!(counts, [3, 2, 1, 2].map(|count| json!(count)), "{tally}");
        assert_eq!(tally["errors"][0]["line"], 7);
    }
    let rows = "select json_build_object('started', started_at, 'result', result, 'billsec', billsec, 'dtmf', dtmf) as row
                from autocall_attempts where tenant_id = 1 order by started_at";
    let rows = test.query(TENANT, rows).await;
    // The same sheet twice is stored once.
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[0]["started"], "2026-06-01T01:30:15+00:00");
    assert_eq!(
        (&rows[0]["result"], &rows[0]["billsec"]),
        (&json!("answered"), &json!(85))
    );
    assert_eq!(
        (&rows[1]["result"], &rows[1]["billsec"]),
        (&json!("no_answer"), &json!(0))
    );
    let none = post(&test, &format!("{path}&sheet=other"), bytes.clone()).await;
    assert!(
        none.json()["errors"]["sheet"][0]
            .as_str()
            .expect("a fault")
            .contains("Ghi chú, Calls")
    );

    // Cut short, and larger unpacked than a body may be.
    let cut = post(&test, TEAMS, bytes[..bytes.len() / 2].to_vec()).await;
    assert!(cut.json()["errors"].get("file").is_some(), "{}", cut.text());
    let mut large = Workbook::new();
    let sheet = large.add_worksheet();
    for row in 0..20_000 {
        sheet
            .write(row, 0, "the same text again and again")
            .expect("a cell");
    }
    let large = large.save_to_buffer().expect("a workbook");
    assert!(large.len() < 200_000);
    let small = test.changed(|app| app.atomic_limit = 200_000).await;
    let refused = post(&small, TEAMS, large).await;
    assert_eq!(
        refused.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "{}",
        refused.text()
    );
}
