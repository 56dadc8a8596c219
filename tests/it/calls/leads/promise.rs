//! Counts of leads and the totals of their lists where rows begin late. `crate::promise` opens all others.

use callboard::rollups::cut;
use serde_json::{Value, json};

use super::world;
use crate::promise::rule::{Parameters, figures};
use crate::support::{TENANT, TestApp};

const ZONE: &str = "timezone=Europe/Berlin";

fn parameters(query: &str) -> Parameters {
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.map(|(name, value)| (name, vec![value])).collect()
}

/// Answers of a report or question over the days of the world, each with the parameters of its request.
async fn answers(test: &TestApp, report: &str) -> Vec<(Value, Parameters)> {
    let mut answers = Vec::new();
    let (from, to) = ("2025-10-20", "2025-11-03");
    if let Some(product) = report.strip_prefix("/api/overview#") {
        let query = format!("{ZONE}&module={product}");
        let answer = test.ok(&format!("/api/overview?{query}")).await;
        let mut given = parameters(&query);
        let window = answer.header("callboard-window").split('/');
        for (name, end) in ["date_from", "date_to"].into_iter().zip(window) {
            given.insert(name.to_owned(), vec![end.to_owned()]);
        }
        answers.push((answer.json()["data"].take(), given));
    } else if let Some((_, question)) = report.split_once('#') {
        for filters in [
            json!({}),
            json!({"date_from": from, "date_to": to}),
            json!({"date_from": from, "template_id": "tpl_xyz789"}),
            json!({"date_to": to, "min_duration": 50, "max_duration": 150}),
            json!({"date_from": from, "date_to": to, "sentiment_min": 0.3, "payload_filters": {"city": "Hanoi"}}),
        ] {
            let mut given = parameters(ZONE);
            for (name, value) in filters.as_object().expect("filters") {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                given.insert(name.clone(), vec![value]);
            }
            let asked =
                json!({"query_type": question, "filters": filters, "timezone": "Europe/Berlin"});
            answers.push((test.rows(&asked).await.into(), given));
        }
    } else if report.contains("{id}") {
        for campaign in 1..=4 {
            let query = format!("{ZONE}&from={from}&to={to}");
            let path = report.replace("{id}", &campaign.to_string());
            let data = test.data(&format!("{path}?{query}")).await;
            answers.push((data, parameters(&format!("{query}&campaign_id={campaign}"))));
        }
    } else {
        for filters in [
            "",
            "&team_id=1",
            "&campaign_id=2&source=website",
            "&campaign_id=3&agent_ids=1,2,3,4",
        ] {
            let query = format!("{ZONE}&date_from={from}&date_to={to}{filters}");
            let data = test.data(&format!("{report}?{query}")).await;
            answers.push((data, parameters(&query)));
        }
    }
    answers
}

/// Rows from an instant on: the figures of leads are of the rows that are left.
#[tokio::test]
async fn a_count_of_leads_is_the_total_of_its_list_where_rows_begin_late() {
    let (test, world) = (TestApp::new().await, world(48, 500));
    test.ingest(&world.lines).await;
    let at = "2025-10-25T00:00:00Z".parse().expect("an instant");
    cut::advance(&test.app.db, TENANT, at).await.expect("a cut");
    let entries = test.data("/api/meta/metrics").await;
    let entries = entries.as_array().expect("entries").iter();
    let (mut checked, mut found) = (0, 0);
    let entries = entries.filter(|entry| entry["counts"] == "leads" && entry["at"].is_string());
    for entry in entries.filter(|entry| entry["calls"].is_object()) {
        for (data, given) in answers(&test, entry["report"].as_str().expect("a report")).await {
            for figure in figures(&data, entry["at"].as_str().expect("a pointer")) {
                let list = figure.open(&entry["calls"], &given);
                let total = test.ok(&format!("{list}&limit=1")).await.json()["total"].take();
                assert_eq!(total, *figure.value, "{}: {list}", entry["id"]);
                checked += 1;
                found += total.as_i64().expect("a number");
            }
        }
    }
    assert!(checked > 150, "only {checked} counts");
    assert!(found > 1_000, "only {found} leads");
}
