//! Sources of leads as a filter of Telesales reports: parts that add up, leads that change.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Reader, Xlsx};
use callboard::reports::telesales::abandon_check;
use callboard::rollups::compact;
use serde_json::{Value, json};

use crate::rollups::compare_with_raw;
use crate::support::world::{self, SOURCES, Size};
use crate::support::{TENANT, TestApp};

/// Each report with the members that name a row and those that count in it.
const COUNTED: &[(&str, &[&str], &[&str])] = &[
    (
        "dashboard",
        &[],
        &[
            "total_dials",
            "total_answers",
            "total_talk_time_sec",
            "pdpl_blocked_count",
        ],
    ),
    (
        "agent-performance",
        &["agent_id"],
        &["dials", "answers", "conversions"],
    ),
    ("funnel", &["stage"], &["count"]),
    ("disposition-breakdown", &["code"], &["count"]),
    (
        "caller-id-health",
        &["cid"],
        &[
            "total_calls",
            "answered_calls",
            "short_calls",
            "rejected_calls",
            "health_calls_today",
        ],
    ),
    (
        "hour-dow-heatmap",
        &["day_of_week", "hour"],
        &["dials", "answered"],
    ),
    (
        "lead-source-attribution",
        &["source"],
        &[
            "total_leads",
            "dialed_count",
            "contacted_count",
            "conv_count",
        ],
    ),
    (
        "time-series",
        &["bucket"],
        &["dials", "answers", "talk_sec", "conversions"],
    ),
    (
        "abandon-rate",
        &[],
        &["attempts_total", "attempts_abandoned", "answers_total"],
    ),
];

type Counts = BTreeMap<String, i64>;

/// Adds every count of a report's answer, by its row and its name.
fn add(counts: &mut Counts, keys: &[&str], names: &[&str], data: &Value) {
    let rows = match data {
        Value::Array(rows) => rows.as_slice(),
        one => std::slice::from_ref(one.get("current").unwrap_or(one)),
    };
    for row in rows {
        let key: Vec<String> = keys.iter().map(|key| row[key].to_string()).collect();
        for name in names {
            let text = row[name]
                .as_str()
                .map(|text| text.parse().expect("a number"));
            let count: i64 = text.unwrap_or_else(|| row[name].as_i64().expect("a count"));
            if count != 0 {
                *counts.entry(format!("{key:?} {name}")).or_default() += count;
            }
        }
    }
}

fn encoded(source: &str) -> String {
    form_urlencoded::byte_serialize(source.as_bytes()).collect()
}

/// Asserts for every report that the parts of all its sources add up to the whole, and that all of them together are it.
async fn assert_parts_add_up(test: &TestApp, sources: &[&str], filters: &str, when: &str) {
    let together: String = sources
        .iter()
        .map(|source| format!("&source[]={}", encoded(source)))
        .collect();
    let mut seen = 0;
    for (report, keys, names) in COUNTED {
        let path = format!("/api/telesales/reports/{report}?{filters}");
        let all = test.ok(&path).await;
        let (mut whole, mut sum) = (Counts::new(), Counts::new());
        add(&mut whole, keys, names, &all.json()["data"]);
        for source in sources {
            let part = format!("{path}&source={}", encoded(source));
            let part = test.data(&part).await;
            add(&mut sum, keys, names, &part);
        }
        assert_eq!(sum, whole, "{when}: {path}");
        let listed = test.ok(&format!("{path}{together}")).await;
        assert_eq!(listed.text(), all.text(), "{when}: {path}{together}");
        seen += whole.len();
    }
    assert!(seen > 50, "{when}: only {seen} counts");
}

const JUNE: &str = "date_from=2026-06-01&date_to=2026-06-30&timezone=Asia/Ho_Chi_Minh";

async fn with_calls() -> TestApp {
    let at = |text: &str| text.parse().expect("an instant");
    let size = Size {
        attempts: 0,
        calls: 900,
        from: at("2026-06-01T00:00:00Z"),
        to: at("2026-06-30T12:00:00Z"),
    };
    let test = TestApp::new().await;
    test.ingest(&world::random(16, size)).await;
    test
}

async fn compacted(test: &TestApp) {
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
}

#[tokio::test]
async fn counts_of_all_sources_add_up_to_the_whole() {
    let test = with_calls().await;
    for filters in [
        JUNE,
        "date_from=2026-06-03T04:05:06.7Z&date_to=2026-06-20T23:10:00Z&campaign_id=2",
        "date_from=2026-06-01&date_to=2026-06-30&team_id=1&agent_ids=1,2,3,4,5,6",
    ] {
        assert_parts_add_up(&test, &SOURCES, filters, "in the journal").await;
    }
    compacted(&test).await;
    assert_parts_add_up(&test, &SOURCES, JUNE, "compacted").await;
}

/// Plain SQL statements on stored leads, each in a transaction of its own.
const CHANGES: &[&str] = &[
    "update telesales_leads set source = 'moved' where id % 3 = 0",
    "update telesales_leads set source = null where id % 3 = 1 and source = 'website'",
    "update telesales_leads set source = E' \\t\\u00a0' where id % 5 = 0",
    "update telesales_leads set source = repeat('Ö', 300) where id % 7 = 0",
    "update telesales_leads set source = repeat('Ö', 301) where id % 7 = 0",
    "update telesales_leads set source = ' padded ' where id % 11 = 0",
    "update telesales_leads set campaign_id = campaign_id % 4 + 1 where id % 4 = 0",
    "update telesales_calls set lead_id = lead_id % 5 + 1 where right(uuid, 1) = '2'",
    "delete from telesales_leads where id % 13 = 0",
    "insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
     values (1, 13, 1, '84900000001', '0900000001', 'again', '2026-06-02Z')",
];

/// Asserts that random requests, many of which name sources, are answered from sums as from rows.
async fn assert_sums_are_rows(test: &TestApp, when: &str) {
    let (same, stale) = compare_with_raw(test, TENANT, 5, 80, when).await;
    assert!(same > 80 && stale == 0, "{when}: {stale} stale");
}

/// Reports with parameters, and whether sums answer them by source: whoever changes these sees it there.
const SUMMED: &[(&str, bool)] = &[
    ("dashboard?", true),
    ("dashboard?campaign_id=1&", true),
    ("dashboard?agent_ids=1,2,3,4&", true),
    ("agent-performance?", true),
    ("hour-dow-heatmap?", true),
    ("time-series?group_by=hour&", true),
    ("time-series?", true),
    ("abandon-rate?window_minutes=100000&", true),
    ("disposition-breakdown?", true),
    ("disposition-breakdown?agent_ids=1,2,3,4&", false),
    ("caller-id-health?", false),
    ("funnel?", false),
];

#[tokio::test]
async fn requests_that_name_sources_are_answered_from_sums() {
    let test = with_calls().await;
    compacted(&test).await;
    let (mut before, filters) = (Vec::new(), format!("{JUNE}&source={}", encoded(SOURCES[0])));
    for (report, _) in SUMMED {
        let path = format!("/api/telesales/reports/{report}{filters}");
        before.push((test.data(&path).await, path));
    }
    test.execute(
        TENANT,
        "update telesales_totals_by_source set dials = dials + 1, answers = answers + 1, abandoned = abandoned + 1;
         update telesales_dispositions_by_source set calls = calls + 1;
         update telesales_totals set dials = dials + 1;
         update telesales_dispositions set calls = calls + 1;
         update telesales_caller_ids set calls = calls + 1;
         update telesales_links set dialed = dialed + 1",
    )
    .await;
    for ((data, path), (_, summed)) in before.iter().zip(SUMMED) {
        assert_eq!(test.data(path).await != *data, *summed, "{path}");
    }
}

/// No entry of a journal tells which leads went.
#[tokio::test]
async fn calls_of_truncated_leads_have_no_source() {
    let test = with_calls().await;
    compacted(&test).await;
    test.execute(TENANT, "truncate telesales_leads").await;
    assert_parts_add_up(&test, &["(unknown)"], JUNE, "truncated").await;
    compacted(&test).await;
    assert_parts_add_up(&test, &["(unknown)"], JUNE, "rebuilt").await;
    assert_sums_are_rows(&test, "rebuilt").await;
}

#[tokio::test]
async fn reports_follow_when_sources_of_leads_change() {
    let test = with_calls().await;
    compacted(&test).await;
    let long = "Ö".repeat(255);
    let mut sources = SOURCES.to_vec();
    sources.extend(["moved", long.as_str(), " padded ", "again"]);
    for (number, change) in CHANGES.iter().enumerate() {
        test.execute(TENANT, change).await;
        if number % 2 == 0 {
            assert_parts_add_up(&test, &sources, JUNE, change).await;
            assert_sums_are_rows(&test, change).await;
        } else {
            compacted(&test).await;
            assert_parts_add_up(&test, &sources, JUNE, &format!("compacted after {change}")).await;
            assert_sums_are_rows(&test, change).await;
        }
    }
}

fn lead(id: i64, source: &str) -> Value {
    json!({"kind": "telesales_lead", "id": id, "campaign_id": 1, "phone": "0900000001", "source": source,
        "created_at": "2026-06-01T00:00:00Z"})
}

async fn with_leads() -> TestApp {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "telesales_campaign", "id": 1, "name": "C", "status": "active"}),
        json!({"kind": "caller_id", "cid": "1900", "carrier": "viettel", "cli_type": "mobile"}),
        lead(1, "web"),
        lead(2, "a, b"),
        lead(3, ""),
    ];
    // Three calls, two and one.
    lines.extend([1, 1, 1, 2, 2, 3].iter().enumerate().map(|(number, lead)| {
        json!({"kind": "telesales_call", "uuid": number.to_string(), "campaign_id": 1, "lead_id": lead, "cid": "1900",
            "started_at": "2026-06-30T07:00:00Z", "result": "abandoned"})
    }));
    test.ingest(&lines).await;
    test
}

const DASHBOARD: &str = "/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-30";

async fn dials(test: &TestApp, source: &str) -> Value {
    test.data(&format!("{DASHBOARD}&{source}")).await["total_dials"].take()
}

#[tokio::test]
async fn a_source_is_compared_whole_as_it_is_printed() {
    let test = with_leads().await;
    for (source, expected) in [
        ("source=web", 3),
        ("source[]=web&source[3]=a, b", 5),
        ("source=a, b", 2),
        ("source=(unknown)", 1),
        ("source=&source[]=", 6),
        ("source=a", 0),
        ("source=WEB", 0),
        ("source=+web", 0),
        ("source=+", 0),
        ("source=web,(unknown)", 0),
        ("source=%25", 0),
    ] {
        assert_eq!(dials(&test, source).await, expected, "{source}");
    }
    let everything = test.ok(&format!("{DASHBOARD}&source=nobody")).await;
    assert_eq!(everything.json()["data"]["answer_rate_pct"], "0.00");
}

#[tokio::test]
async fn a_lead_sent_again_takes_its_calls_to_its_new_source() {
    let test = with_leads().await;
    for compact_first in [false, true] {
        if compact_first {
            compacted(&test).await;
        }
        test.ingest(&[lead(1, "fair")]).await;
        let moved = (
            dials(&test, "source=web").await,
            dials(&test, "source=fair").await,
        );
        assert_eq!(moved, (0.into(), 3.into()));
        test.ingest(&[lead(1, "web")]).await;
        let back = (
            dials(&test, "source=web").await,
            dials(&test, "source=fair").await,
        );
        assert_eq!(back, (3.into(), 0.into()));
    }
}

#[tokio::test]
async fn sources_narrow_the_present_abandon_rate_and_calls_of_today_but_no_breach() {
    let test = with_leads().await;
    let recorded = abandon_check::check(&test.app).await.expect("a check");
    assert_eq!(recorded, 1);
    let rate = test
        .data("/api/telesales/reports/abandon-rate?source=a, b")
        .await;
    assert_eq!(rate["current"]["attempts_total"], 2);
    assert_eq!(rate["breaches"][0]["attempts_total"], 6);
    let health = format!("/api/telesales/reports/caller-id-health?{JUNE}&source=web");
    let health = &test.data(&health).await[0];
    assert_eq!(
        (&health["total_calls"], &health["health_calls_today"]),
        (&json!(3), &json!(3))
    );
}

#[tokio::test]
async fn files_print_the_sources() {
    let test = with_leads().await;
    let many: String = (0..23)
        .map(|number| format!("&source[]=s{number:02}"))
        .collect();
    for (asked, printed) in [
        ("&source[]=web&source[]=a, b", "a, b, web"),
        ("&source==1%2B1", "=1+1"),
        (&many, "s19 and 3 more"),
    ] {
        let file = test.ok(&format!("{DASHBOARD}&format=xlsx{asked}")).await;
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file.bytes)).expect("a workbook");
        let about = workbook.worksheet_range("About").expect("a sheet");
        let row = about.rows().find(|row| row[0] == *"Sources");
        let text = row.expect("the filter")[1].to_string();
        assert!(text.ends_with(printed), "{text}");
    }
    let csv = test
        .ok(&format!(
            "/api/telesales/reports/lead-source-attribution?{JUNE}&format=csv&source=a, b"
        ))
        .await;
    let rows: Vec<&str> = csv.text().lines().skip(1).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].starts_with("\"a, b\",1,"), "{rows:?}");
}
