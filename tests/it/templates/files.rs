//! Files by templates: columns, labels, order, formats and colors, in every file that there is.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use callboard::reports;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{DATES, agents, faults, put_valid, with_calls};
use crate::exports::{file, records, unzip};
use crate::support::TestApp;

const AGENTS: &str = "/api/telesales/reports/agent-performance/export";

/// A part of a workbook, unpacked.
fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("an archive");
    let mut text = String::new();
    let mut part = archive
        .by_name(name)
        .unwrap_or_else(|_| panic!("no {name}"));
    part.read_to_string(&mut text).expect("text");
    text
}

fn sheets(bytes: &[u8]) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(bytes.to_vec())).expect("a workbook");
    let names = workbook.sheet_names();
    let sheet = |name: String| {
        let range = workbook.worksheet_range(&name).expect("a sheet");
        (name, range.rows().map(<[Data]>::to_vec).collect())
    };
    names.into_iter().map(sheet).collect()
}

fn text(data: &Data) -> String {
    data.to_string()
}

fn numbers(rows: &[Vec<Data>], at: usize) -> Vec<f64> {
    let number = |row: &Vec<Data>| match row[at] {
        Data::Float(number) => number,
        Data::Int(number) => number as f64,
        ref other => panic!("{other:?}"),
    };
    rows.iter().map(number).collect()
}

#[tokio::test]
async fn a_workbook_is_laid_out_by_its_template() {
    let test = with_calls().await;
    put_valid(&test, "agents", &agents()).await;
    let by = |more: &str| format!("{AGENTS}?{DATES}&template=agents{more}");
    let workbook = test.ok(&by("&lang=vi")).await.bytes;
    let found = sheets(&workbook);
    let (name, rows) = &found[0];
    assert_eq!(
        (name.as_str(), found[1].0.as_str()),
        ("Nhân viên =1+1", "Giới thiệu")
    );
    assert_eq!(text(&found[1].1[0][0]), "Nhân viên =1+1");
    let header: Vec<String> = rows[0].iter().map(text).collect();
    let titles = [
        "=Nhân viên",
        "Tỷ lệ",
        "Số cuộc gọi ra",
        "Số cuộc gọi ra (kỳ trước)",
        "Δ",
    ];
    assert_eq!(header, titles);

    // Best rate first, and no figures of an earlier window without one.
    let rates = numbers(&rows[1..], 1);
    assert!(
        rates.len() > 5 && rates.is_sorted_by(|one, other| one >= other),
        "{rates:?}"
    );
    assert!(
        rows[1..]
            .iter()
            .all(|row| row[3..].iter().all(|cell| *cell == Data::Empty))
    );
    // Both windows have calls, because changes of rates need both.
    let halves = "date_from=2026-06-04&date_to=2026-06-07&compare=2026-06-01..2026-06-03";
    let with_changes = format!("{AGENTS}?{halves}&template=agents");
    let with_changes = test.ok(&with_changes).await.bytes;
    let compared = sheets(&with_changes);
    assert!(compared[0].1[1..].iter().any(|row| row[3] != Data::Empty));
    assert_eq!(compared[0].1[0].len(), 5);

    let sheet = part(&workbook, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>"), "a label became a formula");
    let last = rows.len();
    for condition in [
        format!("<conditionalFormatting sqref=\"B2:B{last}\"><cfRule type=\"expression\""),
        "<formula>AND(ISNUMBER(B2),B2&lt;5,B2&gt;=0)</formula>".to_owned(),
        format!("<conditionalFormatting sqref=\"A2:A{last}\"><cfRule type=\"expression\""),
        "<formula>AND(NOT(ISBLANK(A2)),A2=\"say \"\"A\"\"\")</formula>".to_owned(),
        "<col min=\"1\" max=\"1\" width=\"31.28515625\"".to_owned(),
    ] {
        assert!(sheet.contains(&condition), "{condition}: {sheet}");
    }
    let styles = part(&with_changes, "xl/styles.xml");
    for style in [
        "formatCode=\"0.0\"",
        "formatCode=\"#,##0 &quot;cuộc&quot;\"",
        "formatCode=\"+0.0;-0.0\"",
        "FFFFC7CE",
        "FF00FF00",
    ] {
        assert!(styles.contains(style), "{style}: {styles}");
    }
    assert!(
        part(&workbook, "xl/worksheets/sheet2.xml").contains("<drawing "),
        "the logo"
    );
    assert!(
        part(&workbook, "xl/drawings/drawing1.xml").contains("<xdr:pic>"),
        "the logo"
    );

    let mut bare = agents();
    bare["about"] = json!(false);
    bare["title"] = json!("'[About]'");
    put_valid(&test, "agents", &bare).await;
    let names: Vec<String> = sheets(&test.ok(&by("")).await.bytes)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["About 1"]);
}

#[tokio::test]
async fn a_csv_takes_columns_labels_and_order() {
    let test = with_calls().await;
    put_valid(&test, "agents", &agents()).await;
    let csv = |more: &str| format!("{AGENTS}?{DATES}&format=csv{more}");
    let by = records(test.ok(&csv("&template=agents")).await.text());
    assert_eq!(
        by[0],
        ["'=Nhân viên", "Tỷ lệ", "Dials", "Dials (previous)", "Δ"]
    );
    let plain = records(test.ok(&csv("")).await.text());
    let place = |name: &str| plain[0].iter().position(|it| it == name).expect(name);
    let mut expected: Vec<Vec<String>> = plain[1..]
        .iter()
        .map(|row| {
            ["name", "conv_rate", "dials"]
                .map(|name| row[place(name)].clone())
                .to_vec()
        })
        .collect();
    let rate = |row: &[String]| row[1].parse::<f64>().expect("a number");
    // The rows come by dials and then by id: those of one rate are ordered by id.
    let id = |row: &[String]| {
        plain[1..]
            .iter()
            .find(|it| it[place("name")] == row[0] && it[place("dials")] == row[2])
            .expect("it")[place("agent_id")]
        .parse::<i64>()
        .expect("an id")
    };
    expected.sort_by(|one, other| {
        rate(other)
            .total_cmp(&rate(one))
            .then(id(one).cmp(&id(other)))
    });
    let found: Vec<Vec<String>> = by[1..].iter().map(|row| row[..3].to_vec()).collect();
    assert_eq!(found, expected);
}

/// A template with all fields of a CSV's header in reverse, sorted by its last.
fn reversed(report: &str, header: &[String]) -> Value {
    let columns: Vec<Value> = header
        .iter()
        .rev()
        .map(|field| json!({"field": field, "label": format!("@{field}")}))
        .collect();
    json!({"report": report, "columns": columns, "sort": [{"field": header.last(), "desc": true}]})
}

/// Puts the names of days in place of their numbers, as a CSV with titles has them.
fn name_days(rows: &mut [Vec<String>]) {
    const DAYS: [&str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    let Some(at) = rows[0].iter().position(|name| name == "day_of_week") else {
        return;
    };
    for row in &mut rows[1..] {
        let day: usize = row[at].parse().expect("a day");
        row[at] = DAYS[day].to_owned();
    }
}

/// The rows of a CSV in reverse columns are those of the plain one, sorted by the first.
fn assert_reversed(plain: &[Vec<String>], by: &[Vec<String>], of: &str) {
    let reversed = |row: &Vec<String>| row.iter().rev().cloned().collect::<Vec<_>>();
    let header: Vec<String> = reversed(&plain[0])
        .into_iter()
        .map(|name| format!("'@{name}"))
        .collect();
    assert_eq!(by[0], header, "{of}");
    let mut expected: Vec<Vec<String>> = plain[1..].iter().map(reversed).collect();
    let is_number = expected
        .iter()
        .all(|row| row[0].is_empty() || row[0].parse::<f64>().is_ok());
    expected.sort_by(|one, other| {
        let empty = one[0].is_empty().cmp(&other[0].is_empty());
        let number = |row: &[String]| row[0].parse().unwrap_or(f64::NAN);
        let descending = if is_number {
            number(other).total_cmp(&number(one))
        } else {
            other[0].cmp(&one[0])
        };
        empty.then(if one[0].is_empty() || other[0].is_empty() {
            std::cmp::Ordering::Equal
        } else {
            descending
        })
    });
    assert_eq!(&by[1..], expected, "{of}");
}

#[tokio::test]
async fn every_field_of_every_file_can_be_a_column() {
    let test = with_calls().await;
    let reports = reports::ALL.iter().filter(|report| report.route().files);
    let mut files: Vec<(String, String)> = reports
        .flat_map(|report| {
            ["", "&compare=previous_week"].map(|more| {
                (
                    report.id(),
                    format!("{}?{DATES}{more}", report.export_path()),
                )
            })
        })
        .collect();
    files.push((
        "telesales.calls".into(),
        format!("/api/telesales/calls/export?{DATES}"),
    ));
    files.push((
        "autocall.attempts".into(),
        format!("/api/autocall/attempts/export?{DATES}"),
    ));
    files.push((
        "autocall.attempts".into(),
        "/api/autocall/campaigns/1/attempts/export?from=2026-06-01&to=2026-06-07".into(),
    ));
    for (report, path) in files {
        let csv =
            async |more: &str| records(test.ok(&format!("{path}&format=csv{more}")).await.text());
        let plain = csv("").await;
        assert!(plain.len() > 1, "{path}");
        let mut told = plain.clone();
        name_days(&mut told);
        put_valid(&test, "all", &reversed(&report, &plain[0])).await;
        assert_reversed(&told, &csv("&template=all").await, &path);
        let workbook = sheets(&test.ok(&format!("{path}&template=all")).await.bytes);
        let header: Vec<String> = workbook[0].1[0].iter().map(text).collect();
        let labels: Vec<String> = plain[0]
            .iter()
            .rev()
            .map(|name| format!("@{name}"))
            .collect();
        assert_eq!(
            (header, workbook[0].1.len()),
            (labels, plain.len()),
            "{path}"
        );
    }
}

fn order(report_type: &str, format: &str, more: &Value) -> Value {
    let mut order = json!({"report_type": report_type, "format": format, "from": "2026-06-01", "to": "2026-06-07"});
    for (name, value) in more.as_object().into_iter().flatten() {
        order[name] = value.clone();
    }
    order
}

/// The tables of a CSV export by name.
async fn tables(test: &TestApp, order: &Value) -> Vec<(String, Vec<Vec<String>>)> {
    let bytes = file(test, order).await.bytes;
    let files = if bytes.starts_with(b"PK") {
        unzip(&bytes)
    } else {
        vec![(String::new(), String::from_utf8(bytes).expect("text"))]
    };
    files
        .into_iter()
        .map(|(name, text)| (name, records(&text)))
        .collect()
}

#[tokio::test]
async fn exports_are_laid_out_by_templates_of_their_reports() {
    let test = with_calls().await;
    for (report_type, further) in [
        ("kpis", &["dtmf_distribution"][..]),
        ("trend", &[]),
        ("hangup", &[]),
        ("dtmf", &["by_digit", "by_script_path"]),
        ("funnel", &[]),
    ] {
        let plain = tables(
            &test,
            &order(report_type, "csv", &json!({"compare": "previous_week"})),
        )
        .await;
        // Fields of all tables but the first have the name of their table before them.
        let fields = |(at, (_, rows)): (usize, &(String, Vec<Vec<String>>))| -> Vec<String> {
            let prefix = at
                .checked_sub(1)
                .map_or(String::new(), |at| format!("{}.", further[at]));
            rows[0]
                .iter()
                .rev()
                .map(|name| format!("{prefix}{name}"))
                .collect()
        };
        let fields: Vec<String> = plain.iter().enumerate().flat_map(fields).collect();
        let columns: Vec<Value> = fields
            .iter()
            .map(|field| json!({"field": field, "label": format!("L {field}")}))
            .collect();
        let report = format!("autocall.{report_type}");
        put_valid(&test, "all", &json!({"report": report, "columns": columns})).await;
        let by = tables(
            &test,
            &order(
                report_type,
                "csv",
                &json!({"compare": "previous_week", "template": "all"}),
            ),
        )
        .await;
        assert_eq!(by.len(), plain.len());
        for ((name, plain), (told, by)) in plain.iter().zip(&by) {
            assert_eq!(name, told);
            for (one, other) in plain[1..].iter().zip(&by[1..]) {
                let is_clock = |value: &String| value.starts_with("2026-06-30T");
                let one: Vec<&String> = one.iter().rev().filter(|it| !is_clock(it)).collect();
                let other: Vec<&String> = other.iter().filter(|it| !is_clock(it)).collect();
                assert_eq!(one, other, "{report_type} {name}");
            }
        }
        // A table of which the template names no column is left out.
        let last = columns.last().expect("a column");
        put_valid(
            &test,
            "one",
            &json!({"report": report, "columns": [last], "title": "Một"}),
        )
        .await;
        let workbook = sheets(
            &file(
                &test,
                &order(report_type, "xlsx", &json!({"template": "one"})),
            )
            .await
            .bytes,
        );
        assert_eq!(workbook[0].1[0].len(), 1, "{report_type}");
        assert_eq!(text(&workbook[1].1[0][0]), "Một");
    }

    put_valid(&test, "trend", &json!({"report": "autocall.trend", "columns": [{"field": "dialed", "label": "Gọi"}, {"field": "bucket"}],
        "sort": [{"field": "dialed"}]})).await;
    put_valid(&test, "week", &json!({"report": "autocall.heatmap", "columns": [{"field": "day_of_week"}, {"field": "hour"}]})).await;
    let templates =
        json!({"templates": {"autocall.trend": "trend", "autocall.heatmap": "week"}, "lang": "vi"});
    let workbook = sheets(&file(&test, &order("full", "xlsx", &templates)).await.bytes);
    let sheet = |name: &str| {
        workbook
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name}"))
            .1
            .clone()
    };
    let trend = sheet("Xu hướng");
    assert_eq!(
        trend[0].iter().map(text).collect::<Vec<_>>(),
        ["Gọi", "Thời gian"]
    );
    assert!(numbers(&trend[1..], 0).is_sorted());
    let week = sheet("Bản đồ nhiệt");
    assert_eq!(week[0].len(), 2);
    assert_eq!(text(&week[1][0]), "Chủ nhật");
    let csv = tables(&test, &order("full", "csv", &templates)).await;
    let trend = &csv
        .iter()
        .find(|(name, _)| name == "trend")
        .expect("a table")
        .1;
    assert_eq!(trend[0], ["Gọi", "Thời gian"]);
}

#[tokio::test]
async fn a_template_that_is_not_of_the_report_is_refused_with_all_other_faults() {
    let test = with_calls().await;
    put_valid(&test, "agents", &agents()).await;
    put_valid(
        &test,
        "trend",
        &json!({"report": "autocall.trend", "columns": [{"field": "dialed"}]}),
    )
    .await;
    let none = json!(["The template was not found."]);
    let other = json!(["The template is one of telesales.agent-performance."]);
    for (path, expected) in [
        (
            format!("{AGENTS}?{DATES}&template=none"),
            json!({"template": none}),
        ),
        (
            format!("{AGENTS}?{DATES}&template=%00"),
            json!({"template": ["may not contain a NUL character."]}),
        ),
        (
            format!("/api/telesales/reports/dashboard/export?{DATES}&template=agents"),
            json!({"template": other}),
        ),
        (
            format!("/api/telesales/reports/dashboard?{DATES}&format=csv&template=agents"),
            json!({"template": other}),
        ),
        (
            format!("/api/telesales/calls/export?{DATES}&template=agents"),
            json!({"template": other}),
        ),
        (
            format!("/api/autocall/attempts/export?{DATES}&template=agents"),
            json!({"template": other}),
        ),
        (
            format!("{AGENTS}?{DATES}&template=none&timezone=x&lang=de"),
            json!({"lang": ["must be one of: en, vi."], "template": none, "timezone": ["must be a time zone of the IANA database, such as Asia/Ho_Chi_Minh."]}),
        ),
    ] {
        let found = faults(&test.get(&path).await);
        let names = |value: &Value| {
            value
                .as_object()
                .expect("faults")
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&found), names(&expected), "{path}: {found}");
        assert_eq!(found["template"], expected["template"], "{path}");
    }
    // JSON has no layout.
    let json = test
        .get(&format!(
            "/api/telesales/reports/dashboard?{DATES}&template=none"
        ))
        .await;
    assert_eq!(json.status, StatusCode::OK);

    const EXPORT: &str = "/api/autocall/campaigns/1/reports/export";
    for (report_type, more, field) in [
        ("trend", json!({"template": "none"}), "template"),
        ("trend", json!({"template": "agents"}), "template"),
        ("trend", json!({"template": 7}), "template"),
        ("kpis", json!({"template": "trend"}), "template"),
        ("full", json!({"template": "trend"}), "template"),
        (
            "trend",
            json!({"templates": {"autocall.trend": "trend"}}),
            "templates",
        ),
        ("full", json!({"templates": "trend"}), "templates"),
        (
            "full",
            json!({"templates": {"autocall.trend": "none"}}),
            "templates.autocall.trend",
        ),
        (
            "full",
            json!({"templates": {"autocall.kpis": "trend"}}),
            "templates.autocall.kpis",
        ),
        (
            "full",
            json!({"templates": {"autocall.kpis": 7}}),
            "templates.autocall.kpis",
        ),
        (
            "full",
            json!({"templates": {"telesales.agent-performance": "agents"}}),
            "templates.telesales.agent-performance",
        ),
    ] {
        let answer = test
            .send(test.post(EXPORT).json(&order(report_type, "xlsx", &more)))
            .await;
        let found = faults(&answer);
        assert!(
            found.as_object().expect("faults").keys().eq([field]),
            "{more}: {found}"
        );
    }
}

#[tokio::test]
async fn an_export_whose_template_has_gone_fails_with_the_reason() {
    let test = with_calls().await;
    put_valid(
        &test,
        "trend",
        &json!({"report": "autocall.trend", "columns": [{"field": "dialed"}]}),
    )
    .await;
    const EXPORT: &str = "/api/autocall/campaigns/1/reports/export";
    let ordered = test
        .send(
            test.post(EXPORT)
                .json(&order("trend", "xlsx", &json!({"template": "trend"}))),
        )
        .await;
    assert_eq!(ordered.status, StatusCode::ACCEPTED, "{}", ordered.text());
    let id = ordered.json()["data"]["job_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(
        super::delete(&test, "trend").await.status,
        StatusCode::NO_CONTENT
    );
    crate::exports::settle(&test.app).await;
    let failed = test.data(&format!("{EXPORT}/{id}")).await;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("failed"), &json!("The template was not found."))
    );
}
