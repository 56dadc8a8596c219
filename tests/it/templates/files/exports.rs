//! Exports by templates.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::super::{DATES, agents, faults, put_valid, with_calls};
use super::{AGENTS, numbers, sheets, text};
use crate::exports::{file, records, unzip};
use crate::support::TestApp;

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
        super::super::delete(&test, "trend").await.status,
        StatusCode::NO_CONTENT
    );
    crate::exports::settle(&test.app).await;
    let failed = test.data(&format!("{EXPORT}/{id}")).await;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("failed"), &json!("The template was not found."))
    );
}
