//! File contents: every figure of the reports and every attempt, in both formats.

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use serde_json::{Value, json};
use std::io::Cursor;

use super::{file, june, records, unzip};
use crate::support::{TENANT, TestApp, world};

const WINDOW: &str = "from=2026-06-01&to=2026-06-07";

/// A world of calls with texts that spreadsheets would read as formulas.
async fn with_calls() -> TestApp {
    let test = TestApp::new().await;
    let (from, to) = ("2026-05-31T00:00:00Z", "2026-06-09T00:00:00Z");
    let size = world::Size {
        attempts: 600,
        calls: 0,
        from: from.parse().expect("an instant"),
        to: to.parse().expect("an instant"),
    };
    test.ingest(&world::random(7, size)).await;
    test.ingest(&[
        json!({"kind": "agent", "id": 9_223_372_036_854_775_807_i64, "name": "A", "username": "a"}),
        json!({"kind": "autocall_lead", "id": 900, "campaign_id": 1, "phone": "+84987654321", "external_ref": "=HYPERLINK(\"http://x\")"}),
        json!({"kind": "autocall_attempt", "uuid": "=1+1", "campaign_id": 1, "lead_id": 900, "attempt_number": 1, "started_at": "2026-06-05T10:00:00.999999Z",
            "answered_at": "1850-01-01T00:00:00Z", "result": "answered", "hangup_cause": "Máy bận, \"gác\"\nmáy", "billsec": 7, "dtmf": "*1", "script_path": ["-a", "b"],
            "transfer": "connected", "agent_id": 9_223_372_036_854_775_807_i64, "agent_disposition": "@sum", "caller_id": "+1", "provider": "\tx", "outcome": "\ry",
            "sentiment": 0.8123}),
    ])
    .await;
    test
}

/// A JSON value as a CSV cell.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => return other.to_string(),
    };
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text
    }
}

/// A figure of a report as a cell: numbers, also those that JSON gives as text.
fn figure(value: &Value) -> String {
    let number = value
        .as_str()
        .filter(|text| text.starts_with('-') && text.parse::<f64>().is_ok());
    number.map_or_else(|| cell(value), str::to_owned)
}

/// Asserts equality and prints only the rows that differ.
fn assert_same_rows(found: &[Vec<String>], expected: &[Vec<String>]) {
    assert_eq!(found.len(), expected.len());
    found
        .iter()
        .zip(expected)
        .for_each(|(found, expected)| assert_eq!(found, expected));
}

/// JSON objects as CSV rows: the keys, then the values, without nested objects and lists.
fn rows(objects: &[Value], columns: &[&str]) -> Vec<Vec<String>> {
    let header = columns.iter().map(ToString::to_string).collect();
    let row = |object: &Value| columns.iter().map(|name| figure(&object[*name])).collect();
    std::iter::once(header)
        .chain(objects.iter().map(row))
        .collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("a list").clone()
}

/// Every table of a report type by name, from its JSON.
async fn tables(test: &TestApp, report_type: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let report = async |name: &str| {
        test.data(&format!(
            "/api/autocall/campaigns/1/reports/{name}?{WINDOW}"
        ))
        .await
    };
    let named = |name: &str, rows| vec![(name.to_owned(), rows)];
    match report_type {
        "kpis" => {
            let mut kpis = report("kpis").await;
            let distribution = kpis["dtmf_distribution"].take();
            let keys: Vec<Value> = distribution
                .as_object()
                .expect("keys")
                .iter()
                .map(|(digit, count)| json!({"digit": digit, "count": count}))
                .collect();
            // Local time with its offset.
            assert_eq!(kpis["computed_at"], "2026-06-30T08:00:00+00:00");
            kpis["computed_at"] = "2026-06-30T15:00:00+07:00".into();
            let columns = [
                "total_leads",
                "dialed",
                "answered",
                "no_answer",
                "busy",
                "failed",
                "abandoned",
                "answer_rate_pct",
                "avg_call_duration_sec",
                "total_talk_time_sec",
                "transfer_to_queue_count",
                "transfer_success_rate_pct",
                "computed_at",
            ];
            [
                named("kpis", rows(&[kpis], &columns)),
                named("dtmf_distribution", rows(&keys, &["digit", "count"])),
            ]
            .concat()
        }
        "trend" => named(
            "trend",
            rows(
                &list(&report("trend").await),
                &[
                    "bucket",
                    "dialed",
                    "answered",
                    "answer_rate_pct",
                    "avg_duration_sec",
                    "transfer_count",
                ],
            ),
        ),
        "hangup" => named(
            "hangup",
            rows(
                &list(&report("hangup").await["by_hangup_cause"]),
                &["hangup_cause", "count", "pct"],
            ),
        ),
        "heatmap" => named(
            "heatmap",
            rows(
                &list(&report("heatmap").await),
                &[
                    "day_of_week",
                    "hour",
                    "dialed",
                    "answered",
                    "answer_rate_pct",
                ],
            ),
        ),
        "dtmf" => {
            let dtmf = report("dtmf").await;
            let (digits, paths) = (list(&dtmf["by_digit"]), list(&dtmf["by_script_path"]));
            let totals = rows(
                &[dtmf],
                &[
                    "total_answered",
                    "with_dtmf_input",
                    "no_input",
                    "no_input_rate_pct",
                ],
            );
            [
                named("dtmf", totals),
                named(
                    "by_digit",
                    rows(&digits, &["digit", "count", "pct", "label"]),
                ),
                named("by_script_path", rows(&paths, &["path", "count"])),
            ]
            .concat()
        }
        "funnel" => named(
            "funnel",
            rows(
                &list(&report("funnel").await),
                &["stage", "count", "drop_rate_pct"],
            ),
        ),
        _ => {
            let mut all = Vec::new();
            for part in ["kpis", "trend", "hangup", "heatmap", "dtmf", "funnel"] {
                all.extend(Box::pin(tables(test, part)).await);
            }
            all
        }
    }
}

const TYPES: [&str; 6] = ["kpis", "trend", "hangup", "dtmf", "funnel", "full"];

#[tokio::test]
async fn a_csv_has_every_figure_of_its_reports() {
    let test = with_calls().await;
    for report_type in TYPES {
        let expected = tables(&test, report_type).await;
        let answer = file(&test, &june(report_type, "csv")).await;
        let found = if expected.len() == 1 {
            assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
            vec![(report_type.to_owned(), answer.text().to_owned())]
        } else {
            assert_eq!(answer.header("content-type"), "application/zip");
            unzip(&answer.bytes)
        };
        let mut found: Vec<(String, Vec<Vec<String>>)> = found
            .into_iter()
            .map(|(name, text)| (name, records(&text)))
            .collect();
        if report_type == "full" {
            assert_eq!(found.pop().expect("the last").0, "attempts");
        }
        assert_eq!(found, expected, "{report_type}");
    }
}

/// The expected CSV row of every attempt of the window, read by SQL.
async fn attempts(test: &TestApp) -> Vec<Vec<String>> {
    let sql = r#"
        select jsonb_build_array(a.uuid, a.campaign_id, a.lead_id, a.attempt_number, local(a.started_at), local(a.answered_at), local(a.ended_at),
            a.result, a.hangup_cause, a.billsec, a.dtmf, array_to_string(a.script_path, ' -> '), a.transfer, a.agent_id, a.agent_disposition,
            a.caller_id, a.provider, a.outcome, trim_scale(a.sentiment), l.phone_as_sent, l.external_ref)
        from autocall_attempts a join autocall_leads l on l.tenant_id = a.tenant_id and l.id = a.lead_id
        where a.tenant_id = 1 and a.campaign_id = 1 and a.started_at >= '2026-05-31 17:00:00Z' and a.started_at < '2026-06-07 17:00:00Z'
        order by a.started_at, a.uuid"#;
    let local = |column: &str| {
        format!(
            r#"to_char(date_trunc('second', a.{column}) at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD"T"HH24:MI:SS"{}"')"#,
            if column == "answered_at" {
                "+07:06:30"
            } else {
                "+07:00"
            }
        )
    };
    let sql = ["started_at", "answered_at", "ended_at"]
        .iter()
        .fold(sql.to_owned(), |sql, column| {
            sql.replace(&format!("local(a.{column})"), &local(column))
        });
    test.query(TENANT, &sql)
        .await
        .iter()
        .map(|row| list(row).iter().map(cell).collect())
        .collect()
}

#[tokio::test]
async fn a_full_csv_has_every_attempt_and_no_formulas() {
    let test = with_calls().await;
    let answer = file(&test, &june("full", "csv")).await;
    let (_, text) = unzip(&answer.bytes).pop().expect("attempts");
    let mut found = records(&text);
    let header = found.remove(0);
    let fields = callboard::ingest::kind::Kind::named("autocall_attempt")
        .expect("a kind")
        .fields;
    let expected: Vec<&str> = fields
        .iter()
        .map(|field| field.name)
        .chain(["phone", "external_ref"])
        .collect();
    assert_eq!(header, expected);
    let mut expected = attempts(&test).await;
    assert!(expected.len() > 80, "{}", expected.len());
    // Historical offsets with seconds are rounded to minutes, the precision of RFC 3339.
    for row in &mut expected {
        row[5] = row[5].replace("+07:06:30", "+07:07");
    }
    assert_same_rows(&found, &expected);
    let odd = found
        .iter()
        .find(|row| row[0] == "'=1+1")
        .expect("the odd one");
    for at in [11, 14, 15, 16, 17, 19, 20] {
        assert!(odd[at].starts_with('\''), "{}", odd[at]);
    }
    assert_eq!(
        (odd[4].as_str(), odd[18].as_str()),
        ("2026-06-05T17:00:00+07:00", "0.8123")
    );
    assert_eq!(odd[8], "Máy bận, \"gác\"\nmáy");
}

/// A sheet, row by row.
fn sheet(workbook: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Vec<Vec<Data>> {
    workbook
        .worksheet_range(name)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .rows()
        .map(<[Data]>::to_vec)
        .collect()
}

const WEEK: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A workbook cell as CSV text; numbers must be numbers.
fn cell_text(data: &Data, expected: &str) -> String {
    match data {
        Data::Empty => String::new(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => {
            let decimals = expected
                .split_once('.')
                .map_or(0, |(_, decimals)| decimals.len());
            format!("{number:.decimals$}")
        }
        // A day is a date cell, and a bucket of the trend.
        Data::DateTime(at) if expected.len() == 10 => at
            .as_datetime()
            .expect("a time")
            .format("%Y-%m-%d")
            .to_string(),
        Data::DateTime(at) => at
            .as_datetime()
            .expect("a time")
            .format("%Y-%m-%dT%H:%M:%S+07:00")
            .to_string(),
        Data::String(text) if WEEK.contains(&text.as_str()) => WEEK
            .iter()
            .position(|day| day == text)
            .expect("a day")
            .to_string(),
        Data::String(text) => cell(&Value::String(text.clone())),
        other => panic!("{other:?}"),
    }
}

fn assert_table(rows: &[Vec<Data>], left: usize, expected: &[Vec<String>]) {
    for (number, (row, expected)) in rows[1..].iter().zip(&expected[1..]).enumerate() {
        for (at, expected) in expected.iter().enumerate() {
            let found = row.get(left + at).unwrap_or(&Data::Empty);
            assert_eq!(
                &cell_text(found, expected),
                expected,
                "row {number}, column {at}"
            );
        }
    }
    let below = rows
        .iter()
        .skip(expected.len())
        .flat_map(|row| row.iter().skip(left).take(expected[0].len()));
    assert!(
        below.into_iter().all(|data| *data == Data::Empty),
        "rows that are in no report"
    );
}

#[tokio::test]
async fn a_workbook_has_every_figure_and_every_attempt() {
    let test = with_calls().await;
    for (report_type, sheets) in [
        ("kpis", &["KPIs", "About"][..]),
        ("trend", &["Trend", "About"]),
        ("hangup", &["Hangup", "About"]),
        ("dtmf", &["DTMF", "About"]),
        ("funnel", &["Funnel", "About"]),
        (
            "full",
            &[
                "Summary", "Trend", "Hangup", "Heatmap", "DTMF", "Funnel", "Attempts",
            ],
        ),
    ] {
        let answer = file(&test, &june(report_type, "xlsx")).await;
        let mut workbook: Xlsx<_> =
            open_workbook_from_rs(Cursor::new(answer.bytes)).expect("a workbook");
        assert_eq!(workbook.sheet_names(), sheets);
        let mut tables = tables(&test, report_type).await;
        if report_type == "full" {
            tables.drain(..2); // the summary holds the KPIs
        }
        for (name, expected) in tables {
            let (on, left) = match name.as_str() {
                "kpis" => ("KPIs", 0),
                "dtmf_distribution" => ("KPIs", 14),
                "dtmf" => ("DTMF", 0),
                "by_digit" => ("DTMF", 5),
                "by_script_path" => ("DTMF", 10),
                "trend" => ("Trend", 0),
                "hangup" => ("Hangup", 0),
                "heatmap" => ("Heatmap", 0),
                _ => ("Funnel", 0),
            };
            assert_table(&sheet(&mut workbook, on), left, &expected);
        }
        if report_type == "full" {
            assert_attempts(&sheet(&mut workbook, "Attempts"), &attempts(&test).await);
            assert_summary(
                &sheet(&mut workbook, "Summary"),
                &test
                    .data(&format!("/api/autocall/campaigns/1/reports/kpis?{WINDOW}"))
                    .await,
            );
        }
    }
}

fn assert_attempts(rows: &[Vec<Data>], expected: &[Vec<String>]) {
    assert_eq!(rows.len(), expected.len() + 1);
    assert_eq!(
        rows[0][..2],
        [Data::String("UUID".into()), Data::String("Campaign".into())]
    );
    let plain: Vec<Vec<String>> = expected
        .iter()
        .map(|row| {
            row.iter()
                .map(|text| text.replace("1850-01-01T07:06:30+07:06:30", "1850-01-01 07:06:30"))
                .collect()
        })
        .collect();
    let all: Vec<Vec<String>> = std::iter::once(Vec::new()).chain(plain).collect();
    let odd = rows
        .iter()
        .find(|row| row[0] == Data::String("=1+1".into()))
        .expect("text, as it is");
    assert_eq!(
        odd[13],
        Data::String("9223372036854775807".into()),
        "an id too long for a number stays whole"
    );
    assert_eq!(odd[20], Data::String("=HYPERLINK(\"http://x\")".into()));
    assert_eq!(odd[18], Data::Float(0.8123));
    for (number, (row, expected)) in rows.iter().zip(&all).enumerate().skip(1) {
        for (at, expected) in expected.iter().enumerate() {
            assert_eq!(
                &cell_text(row.get(at).unwrap_or(&Data::Empty), expected),
                expected,
                "attempt {number}, column {at}"
            );
        }
    }
}

/// The headline figures beside their labels.
fn assert_summary(rows: &[Vec<Data>], kpis: &Value) {
    let value_of = |name: &str| {
        let row = rows.iter().find(|row| row[0] == Data::String(name.into()));
        row.unwrap_or_else(|| panic!("{name} is not in {rows:?}"))[1].clone()
    };
    assert_eq!(rows[0][0], Data::String("Campaign 1".into()));
    assert_eq!(value_of("Campaign"), Data::String("Campaign 1 (1)".into()));
    assert_eq!(value_of("From"), Data::String("2026-06-01 00:00:00".into()));
    assert_eq!(
        value_of("To, exclusive"),
        Data::String("2026-06-08 00:00:00".into())
    );
    assert_eq!(
        value_of("Time zone"),
        Data::String("Asia/Ho_Chi_Minh".into())
    );
    assert_eq!(value_of("Account"), Data::String("Account 1".into()));
    assert_eq!(
        value_of("Made at"),
        Data::String("2026-06-30 15:00:00".into())
    );
    assert_eq!(value_of("Dialed").to_string(), kpis["dialed"].to_string());
    let keys = kpis["dtmf_distribution"].as_object().expect("keys");
    for (digit, count) in keys {
        assert_eq!(
            value_of(&format!("Key {digit}")).to_string(),
            count.to_string()
        );
    }
}

#[tokio::test]
async fn attempts_continue_on_another_sheet_when_one_is_full() {
    let mut test = with_calls().await;
    test.app.exports.rows_a_sheet = 30;
    let answer = file(&test, &june("full", "xlsx")).await;
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(answer.bytes)).expect("a workbook");
    let expected = attempts(&test).await;
    let names: Vec<String> = workbook
        .sheet_names()
        .into_iter()
        .filter(|name| name.starts_with("Attempts"))
        .collect();
    assert_eq!(names.len(), expected.len().div_ceil(30));
    assert_eq!(names[..2], ["Attempts", "Attempts 2"]);
    let mut all: Vec<Vec<Data>> = Vec::new();
    for name in &names {
        let mut rows = sheet(&mut workbook, name);
        let header = rows.remove(0);
        if all.is_empty() {
            all.push(header);
        } else {
            assert_eq!(header, all[0], "{name}");
        }
        all.extend(rows);
    }
    assert_attempts(&all, &expected);
}

#[tokio::test]
async fn a_window_without_calls_gives_files_without_rows() {
    let test = with_calls().await;
    for format in ["xlsx", "csv"] {
        for report_type in TYPES {
            let mut body = june(report_type, format);
            body["from"] = "2027-01-01".into();
            body["to"] = "2027-01-02".into();
            file(&test, &body).await;
        }
    }
}

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
