//! Columns, labels and order of a file.

use calamine::Data;
use serde_json::json;

use super::super::{DATES, agents, put_valid, with_calls};
use super::{AGENTS, numbers, part, sheets, text};
use crate::exports::records;

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
