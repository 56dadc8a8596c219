//! Counts of leads and the totals of their lists, opened as the catalogue says: the same, from sums and from rows.

use std::collections::BTreeMap;

use callboard::catalogue;
use callboard::rollups::{compact, cut};
use serde_json::{Value, json};

use super::world;
use crate::calls::encoded;
use crate::support::{TENANT, TestApp};

type Parameters = BTreeMap<String, String>;

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The list behind a number of a row, by the rule of the contract's section 13.
fn opened(id: &str, parameters: &Parameters, row: &Value) -> String {
    let mut entries = catalogue::entries().iter();
    let entry = entries.find(|entry| entry.id == id).expect(id);
    let calls = entry.calls.as_ref().expect("a list");
    let mut all = parameters.clone();
    for (name, value) in &calls.set {
        let member = |value: &str| {
            let name = value.strip_prefix('{')?.strip_suffix('}')?;
            Some(shown(&row[name]).or_else(|| parameters.get(name).cloned()))
        };
        let value = value
            .as_deref()
            .and_then(|value| member(value).unwrap_or_else(|| Some(value.to_owned())));
        match value {
            Some(value) => all.insert((*name).to_owned(), value),
            None => all.remove(*name),
        };
    }
    let all = all.iter();
    let all: Vec<String> = all
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    format!("{}?{}&limit=1", calls.list, all.join("&"))
}

/// Asserts that a count of a row is the total of its list.
async fn assert_total(test: &TestApp, id: &str, parameters: &Parameters, row: &Value) -> i64 {
    let (_, member) = id.rsplit_once('.').expect("a name");
    let list = opened(id, parameters, row);
    let total = test.ok(&list).await.json()["total"].clone();
    assert_eq!(total, row[member], "{id}: {list}");
    total.as_i64().expect("a number")
}

fn parameters(query: &str) -> Parameters {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.into_owned().collect()
}

fn rows(data: Value) -> Vec<Value> {
    match data {
        Value::Array(rows) => rows,
        row => vec![row],
    }
}

/// The numbers checked, and their sum.
async fn assert_promise(test: &TestApp, window: (&str, &str)) -> (i64, i64) {
    let (from, to) = window;
    let (mut checked, mut sum) = (0, 0);
    let mut count = |total: i64| {
        checked += 1;
        sum += total;
    };
    for filters in [
        "",
        "&team_id=1",
        "&campaign_id=2&source=website",
        "&campaign_id=3&agent_ids=1,2,3,4",
    ] {
        let query = format!("date_from={from}&date_to={to}&timezone=Europe/Berlin{filters}");
        let given = parameters(&query);
        for (report, members) in [
            ("funnel", &["count"][..]),
            (
                "lead-source-attribution",
                &[
                    "total_leads",
                    "dialed_count",
                    "contacted_count",
                    "conv_count",
                ],
            ),
        ] {
            let data = test
                .data(&format!("/api/telesales/reports/{report}?{query}"))
                .await;
            for row in rows(data) {
                for member in members {
                    count(
                        assert_total(test, &format!("telesales.{report}.{member}"), &given, &row)
                            .await,
                    );
                }
            }
        }
    }
    for campaign in 1..=4 {
        let query = format!("from={from}&to={to}&timezone=Europe/Berlin");
        let given = parameters(&format!("{query}&campaign_id={campaign}"));
        for (report, member) in [("funnel", "count"), ("kpis", "total_leads")] {
            let path = format!("/api/autocall/campaigns/{campaign}/reports/{report}?{query}");
            for row in rows(test.data(&path).await) {
                count(
                    assert_total(test, &format!("autocall.{report}.{member}"), &given, &row).await,
                );
            }
        }
    }
    for filters in [
        json!({}),
        json!({"date_from": from, "date_to": to}),
        json!({"date_from": from, "template_id": "tpl_xyz789"}),
        json!({"date_to": to, "min_duration": 50, "max_duration": 150}),
        json!({"date_from": from, "date_to": to, "sentiment_min": 0.3, "payload_filters": {"city": "Hanoi"}}),
        json!({"template_id": "tpl_2", "min_duration": 100}),
    ] {
        let mut given = parameters("timezone=Europe/Berlin");
        for (name, value) in filters.as_object().expect("filters") {
            given.insert(name.clone(), shown(value).expect("a value"));
        }
        for question in ["status_distribution", "conversion_funnel"] {
            let asked =
                json!({"query_type": question, "filters": filters, "timezone": "Europe/Berlin"});
            for row in test.rows(&asked).await {
                count(
                    assert_total(test, &format!("analytics.{question}.count"), &given, &row).await,
                );
            }
        }
    }
    (checked, sum)
}

#[tokio::test]
async fn a_count_of_leads_is_the_total_of_its_list() {
    let (test, world) = (TestApp::new().await, world(47, 700));
    test.ingest(&world.lines).await;
    let ragged = ("2025-10-21T09:10:11.500Z", "2025-10-30T17:18:19.123456Z");
    let days = ("2025-10-20", "2025-11-03");
    let mut found = Vec::new();
    for _ in 0..2 {
        for window in [ragged, days] {
            let (checked, sum) = assert_promise(&test, window).await;
            assert!(checked > 150, "only {checked} counts");
            found.push(sum);
        }
        compact::compact_until_idle(&test.app.db)
            .await
            .expect("compacted");
    }
    assert_eq!(found[..2], found[2..], "before and after the compaction");
    assert!(found[0] > 1_000, "only {} leads", found[0]);
}

/// Rows from an instant on: the figures of leads are of the rows that are left.
#[tokio::test]
async fn a_count_of_leads_is_the_total_of_its_list_where_rows_begin_late() {
    let (test, world) = (TestApp::new().await, world(48, 500));
    test.ingest(&world.lines).await;
    let at = "2025-10-25T00:00:00Z".parse().expect("an instant");
    cut::advance(&test.app.db, TENANT, at).await.expect("a cut");
    let (checked, _) = assert_promise(&test, ("2025-10-20", "2025-11-03")).await;
    assert!(checked > 150, "only {checked} counts");
}
