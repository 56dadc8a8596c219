//! Cells of reports: their counts come from sums, so a list of calls can tell its length without reading them.

use std::collections::BTreeSet;

use callboard::{analytics, reports};
use serde_json::{Value, json};

use super::sql::filled;
use crate::support::{TENANT, TestApp};

/// Zones whose hours are hours of UTC, by which all sums are kept.
const ZONES: [&str; 2] = ["UTC", "Asia/Ho_Chi_Minh"];

const FILTERS: [(&str, &str); 3] = [
    ("", ""),
    ("&campaign_id=1", " of a campaign"),
    ("&agent_ids[]=2&agent_ids[]=5", " of agents"),
];

/// Requests whose answers still need calls: leads are not counted by agent, dispositions and caller IDs by agent only
/// by day of UTC, and the shortest and the longest call are no sums.
const FROM_CALLS: [&str; 5] = [
    "caller-id-health of agents, Asia/Ho_Chi_Minh",
    "call_duration",
    "disposition-breakdown of agents, Asia/Ho_Chi_Minh",
    "funnel of agents",
    "lead-source-attribution of agents",
];

/// A request: its name, path and body.
type Request = (String, String, Value);

/// Every report by hour and day with every filter, and every analytics query, over whole local days.
fn requests(zone: &str) -> Vec<Request> {
    let mut all = Vec::new();
    for report in reports::ALL {
        let path = report.path().replace("{id}", "1");
        for (unit, (filter, of)) in ["hour", "day"]
            .into_iter()
            .flat_map(|unit| FILTERS.map(|filter| (unit, filter)))
        {
            let query = format!(
                "campaign_ids=1,2,3&from=2026-06-03&to=2026-06-20&date_from=2026-06-03&date_to=2026-06-20\
                 &timezone={zone}&granularity={unit}&group_by={unit}{filter}"
            );
            let name = format!("{}{of}", report.about.name);
            all.push((name, format!("{path}?{query}"), Value::Null));
        }
    }
    for question in analytics::ALL {
        let name = question.about.name;
        let body = json!({
            "query_type": name,
            "filters": {"date_from": "2026-06-03", "date_to": "2026-06-20"},
            "granularity": "hour",
            "timezone": zone,
        });
        all.push((name.to_owned(), "/analytics".into(), body));
    }
    all
}

async fn answer(app: &TestApp, (_, path, body): &Request) -> Value {
    let answer = match body {
        Value::Null => app.get(path).await,
        body => app.ask(body).await,
    };
    assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
    answer.json()
}

/// Deletes every call behind the back of the sums.
async fn delete_calls(app: &TestApp) {
    for table in ["autocall_attempts", "telesales_calls"] {
        let sql = format!(
            "alter table {table} disable trigger user; delete from {table};
             alter table {table} enable trigger user"
        );
        app.execute(TENANT, &sql).await;
        let left = format!("select to_jsonb(count(*)) from {table}");
        assert_eq!(app.query(TENANT, &left).await, [0], "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_count_of_a_report_is_told_by_sums_alone() {
    let app = filled(61).await;
    let mut before = Vec::new();
    for zone in ZONES {
        for request in requests(zone) {
            let told = answer(&app, &request).await;
            before.push((zone, request, told));
        }
    }
    delete_calls(&app).await;
    let mut differ = BTreeSet::new();
    for (zone, request, told) in before {
        if answer(&app, &request).await != told {
            differ.insert((request.0, zone));
        }
    }
    // Named once where both zones differ.
    let names = differ.iter().filter_map(|(name, zone)| {
        let in_both = ZONES
            .iter()
            .all(|zone| differ.contains(&(name.clone(), *zone)));
        match (in_both, *zone == ZONES[0]) {
            (true, true) => Some(name.clone()),
            (true, false) => None,
            (false, _) => Some(format!("{name}, {zone}")),
        }
    });
    let names: BTreeSet<String> = names.collect();
    assert_eq!(names, FROM_CALLS.map(str::to_owned).into());
}
