//! Files in two languages: everything that is Callboard's is translated, everything that is data stays.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use callboard::auth::Tenant;
use callboard::auth::tenant::Change;
use callboard::reports;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::exports::{file, records, unzip};
use crate::support::{TENANT, TestApp, world};

/// Titles that are the same in both languages.
const ALIKE: [&str; 3] = ["Lead", "Leads", "ASR, %"];
/// Words of closed sets, of which a Vietnamese file has none.
const VALUES: [&str; 12] = [
    "Total leads",
    "Imported lead",
    "Dialed",
    "Sunday",
    "no_answer",
    "answered",
    "busy",
    "rejected",
    "healthy",
    "suspected_block",
    "no_contact",
    "cooldown",
];

async fn with_calls() -> TestApp {
    let test = TestApp::new().await;
    let size = world::Size {
        attempts: 400,
        calls: 400,
        from: "2026-06-01T00:00:00Z".parse().expect("an instant"),
        to: "2026-06-08T00:00:00Z".parse().expect("an instant"),
    };
    test.ingest(&world::random(17, size)).await;
    test
}

const DATES: &str = "date_from=2026-06-01&date_to=2026-06-07";

/// Every filter whose name files show.
const FILTERS: &str = "&campaign_id=1&agent_ids=1,2,3&team_id=1&source=website";

/// Paths of files, without format and language.
fn paths() -> Vec<String> {
    let reports = reports::ALL.iter().filter(|report| report.route().files);
    let mut paths: Vec<String> = reports
        .flat_map(|report| {
            let path = report.export_path();
            ["", "&compare=previous_period", FILTERS].map(|more| format!("{path}?{DATES}{more}"))
        })
        .collect();
    paths.push(format!("/api/telesales/calls/export?{DATES}"));
    paths.push(format!("/api/autocall/attempts/export?{DATES}"));
    paths
        .push("/api/autocall/campaigns/1/attempts/export?from=2026-06-01&to=2026-06-07".to_owned());
    paths
}

type Sheets = Vec<(String, Vec<Vec<Data>>)>;

/// Every sheet of a workbook with its rows, in their order.
fn sheets(bytes: Vec<u8>) -> Sheets {
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).expect("a workbook");
    let names = workbook.sheet_names();
    let sheet = |name: String| {
        let range = workbook.worksheet_range(&name).expect("a sheet");
        let rows = range.rows().map(<[Data]>::to_vec).collect();
        (name, rows)
    };
    names.into_iter().map(sheet).collect()
}

/// Titles are translated, numbers and dates alike, and texts either alike or in words. Returns the number of cells compared.
fn assert_translated(english: &Sheets, vietnamese: &Sheets, of: &str) -> usize {
    assert_eq!(english.len(), vietnamese.len(), "{of}");
    let mut cells = 0;
    for ((name, rows), (told, others)) in english.iter().zip(vietnamese) {
        assert_ne!(name, told, "{of}");
        assert_eq!(rows.len(), others.len(), "{of} {name}");
        // What is told about the file stands in its first column, and beside charts.
        let is_told = ["About", "Summary"].contains(&name.as_str());
        for (number, (row, other)) in rows.iter().zip(others).enumerate() {
            for (at, (one, other)) in row.iter().zip(other).enumerate() {
                cells += 1;
                let place = format!("{of} {name} {number}:{at}");
                match (one, other) {
                    (Data::String(one), Data::String(other)) => {
                        let is_title = if is_told { at == 0 } else { number == 0 };
                        // The campaign's own name, and filters of lists by their parameters.
                        let is_parameter =
                            one.chars().all(|it| it.is_ascii_lowercase() || it == '_');
                        let is_name = is_told && (number == 0 || is_parameter);
                        if is_title && !is_name && !ALIKE.contains(&one.as_str()) {
                            assert_ne!(one, other, "{place}");
                        }
                        // An outcome is free text, which the world takes from results.
                        let is_outcome = rows[0].get(at) == Some(&Data::String("Outcome".into()));
                        let is_free = is_told && at > 0 || is_outcome;
                        let is_word = VALUES.contains(&other.as_str());
                        assert!(is_free || !is_word, "{place}: {other}");
                    }
                    (one, other) => assert_eq!(one, other, "{place}"),
                }
            }
        }
    }
    cells
}

#[tokio::test]
async fn a_vietnamese_file_has_the_same_figures_under_vietnamese_titles() {
    let test = with_calls().await;
    let mut compared = 0;
    for path in paths() {
        let workbook = async |lang: &str| {
            let answer = test.ok(&format!("{path}&format=xlsx&lang={lang}")).await;
            (
                answer.header("content-disposition").to_owned(),
                answer.bytes,
            )
        };
        let ((name, english), (told, vietnamese)) = (workbook("en").await, workbook("vi").await);
        assert_eq!(name, told, "names of files stay");
        let (english, vietnamese) = (sheets(english), sheets(vietnamese));
        compared += assert_translated(&english, &vietnamese, &path);

        // A CSV has field names, and in a language that the request names the titles of the workbook.
        let csv =
            async |lang: &str| records(test.ok(&format!("{path}&format=csv{lang}")).await.text());
        let (plain, told) = (csv("").await, csv("&lang=vi").await);
        assert_eq!(plain.len(), told.len(), "{path}");
        let is_name = |name: &String| {
            name.chars()
                .all(|it| it.is_ascii_lowercase() || "_0123456789".contains(it))
        };
        assert!(plain[0].iter().all(is_name), "{path}: {:?}", plain[0]);
        let titles = |sheets: &Sheets| -> Vec<String> {
            sheets[0].1[0].iter().map(ToString::to_string).collect()
        };
        assert_eq!(told[0], titles(&vietnamese), "{path}");
        assert_eq!(csv("&lang=en").await[0], titles(&english), "{path}");
        let is_free = |at: usize| plain[0][at] == "outcome";
        let cells = told[1..].iter().flat_map(|row| row.iter().enumerate());
        let words: Vec<&String> = cells
            .filter(|(at, cell)| !is_free(*at) && VALUES.contains(&cell.as_str()))
            .map(|(_, cell)| cell)
            .collect();
        assert!(words.is_empty(), "{path}: {words:?}");
    }
    assert!(compared > 20_000, "{compared}");
}

#[tokio::test]
async fn exports_are_in_the_language_of_their_order() {
    let test = with_calls().await;
    for report_type in ["kpis", "trend", "hangup", "dtmf", "funnel", "full"] {
        for compare in [Value::Null, json!("previous_period")] {
            let order = |format: &str, lang: Value| {
                json!({"report_type": report_type, "format": format, "from": "2026-06-01", "to": "2026-06-07",
                    "lang": lang, "compare": compare})
            };
            let workbook = async |lang| sheets(file(&test, &order("xlsx", lang)).await.bytes);
            let (english, vietnamese) = (workbook(json!("en")).await, workbook(json!("vi")).await);
            assert_translated(&english, &vietnamese, report_type);
        }
        let order = |lang: Value| json!({"report_type": report_type, "format": "csv", "from": "2026-06-01", "to": "2026-06-07", "lang": lang});
        let csv = async |lang: Value| -> BTreeMap<String, Vec<String>> {
            let bytes = file(&test, &order(lang)).await.bytes;
            let files = if bytes.starts_with(b"PK") {
                unzip(&bytes)
            } else {
                vec![(
                    report_type.to_owned(),
                    String::from_utf8(bytes).expect("text"),
                )]
            };
            let headers = files
                .into_iter()
                .map(|(name, text)| (name, records(&text).swap_remove(0)));
            headers.collect()
        };
        let (plain, told) = (csv(Value::Null).await, csv(json!("vi")).await);
        assert!(plain.keys().eq(told.keys()), "names of files stay");
        for (name, header) in &plain {
            assert_eq!(header.len(), told[name].len(), "{name}");
            let same = header
                .iter()
                .zip(&told[name])
                .filter(|(one, other)| one == other);
            assert_eq!(same.count(), 0, "{name}: {:?}", told[name]);
        }
    }
}

/// The language of a workbook, by its second sheet.
fn language(bytes: Vec<u8>) -> &'static str {
    match sheets(bytes)[1].0.as_str() {
        "About" => "en",
        "Giới thiệu" => "vi",
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_request_decides_before_the_account_and_the_account_before_the_client() {
    let test = with_calls().await;
    let path = format!("/api/telesales/reports/dashboard/export?{DATES}");
    // Of the request, of the account, of the client; and the language of the file.
    for (lang, account, client, found) in [
        ("", "auto", "", "en"),
        ("", "auto", "fr", "en"),
        ("", "auto", "vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("", "auto", "en;q=0.4, vi;q=0.5", "vi"),
        ("", "vi", "en", "vi"),
        ("", "en", "vi", "en"),
        ("en", "vi", "vi", "en"),
        ("vi", "en", "en", "vi"),
    ] {
        let change = Change::Setting("language".into(), account.into());
        let changed = Tenant::change(&test.app.db, TENANT, &[change]).await;
        changed.expect("changed");
        let mut query = path.clone();
        if !lang.is_empty() {
            query += &format!("&lang={lang}");
        }
        let answer = test.get_with(&query, "accept-language", client).await;
        assert_eq!(answer.status, StatusCode::OK);
        let vary: Vec<&str> = answer
            .headers
            .get_all("vary")
            .iter()
            .map(|it| it.to_str().expect("text"))
            .collect();
        let is_negotiated = lang.is_empty() && account == "auto";
        assert_eq!(
            vary.contains(&"Accept-Language"),
            is_negotiated,
            "{lang} {account} {client}: {vary:?}"
        );
        assert_eq!(language(answer.bytes), found, "{lang} {account} {client}");
        // A CSV has field names whatever account and client say.
        if lang.is_empty() {
            let csv = test
                .get_with(&format!("{path}&format=csv"), "accept-language", client)
                .await;
            assert_eq!(records(csv.text())[0][0], "total_dials");
        }
    }
}

#[tokio::test]
async fn a_language_that_files_do_not_have_is_refused() {
    let test = with_calls().await;
    for path in paths().iter().map(|path| format!("{path}&lang=de")).chain([
        format!("/api/telesales/reports/dashboard?{DATES}&lang=de&format=csv"),
        format!("/api/telesales/reports/dashboard?{DATES}&lang=VI"),
    ]) {
        let answer = test.get(&path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let expected = json!({"lang": ["must be one of: en, vi."]});
        assert_eq!(answer.json()["errors"], expected, "{path}");
    }
}

#[tokio::test]
async fn analytics_as_csv_has_titles_and_words_only_in_a_language() {
    let test = with_calls().await;
    let ask = async |query_type: &str, lang: &str| {
        let request = test
            .post(&format!("/analytics{lang}"))
            .header("accept", "text/csv");
        test.send(request.json(&json!({"query_type": query_type})))
            .await
    };
    for question in callboard::analytics::ALL {
        let name = question.about.name;
        let csv = async |lang: &str| records(ask(name, lang).await.text());
        let (plain, told) = (csv("").await, csv("?lang=vi").await);
        assert_eq!(plain.len(), told.len(), "{name}");
        let alike = plain[0]
            .iter()
            .zip(&told[0])
            .filter(|(one, other)| one == other);
        assert_eq!(alike.count(), 0, "{name}: {:?}", told[0]);
        let is_stage = ["conversion_funnel", "status_distribution"].contains(&name);
        assert_eq!(plain[1..] == told[1..], !is_stage, "{name}");
    }
    let answer = ask("call_count", "?lang=de").await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text()
    );
}
