//! Counts of reports and the totals of their lists: the same, in windows with ragged ends, whatever they are read from.

use callboard::rollups::compact;
use serde_json::{Value, json};

use super::encoded;
use crate::calls::world::World;
use crate::support::TestApp;

/// A member of a report's rows that counts calls, with the parameters of its list; those in braces are members of the row.
type Count = (&'static str, Set);

/// Parameters of a list.
type Set = &'static [(&'static str, &'static str)];

/// A query of analytics with the member that counts.
type Question = (&'static str, &'static str, Set);

const DIALS: (&str, &str) = (
    "result",
    "answered,no_answer,busy,failed,rejected,abandoned,in_progress",
);
const ANSWERS: (&str, &str) = ("result", "answered,abandoned");

const TELESALES: &[(&str, &[Count])] = &[
    (
        "dashboard",
        &[
            ("total_dials", &[DIALS]),
            ("total_answers", &[ANSWERS]),
            ("pdpl_blocked_count", &[("result", "blocked")]),
        ],
    ),
    (
        "agent-performance",
        &[
            ("dials", &[("agent_ids", "{agent_id}"), DIALS]),
            ("answers", &[("agent_ids", "{agent_id}"), ANSWERS]),
            (
                "conversions",
                &[("agent_ids", "{agent_id}"), ("conversion", "true")],
            ),
        ],
    ),
    (
        "disposition-breakdown",
        &[("count", &[("disposition", "{code}")])],
    ),
    (
        "caller-id-health",
        &[
            ("total_calls", &[("cid", "{cid}"), DIALS]),
            ("answered_calls", &[("cid", "{cid}"), ANSWERS]),
            (
                "short_calls",
                &[("cid", "{cid}"), ANSWERS, ("talk_under", "10")],
            ),
            (
                "rejected_calls",
                &[("cid", "{cid}"), ("result", "rejected")],
            ),
        ],
    ),
    (
        "hour-dow-heatmap",
        &[
            (
                "dials",
                &[("day_of_week", "{day_of_week}"), ("hour", "{hour}"), DIALS],
            ),
            (
                "answered",
                &[
                    ("day_of_week", "{day_of_week}"),
                    ("hour", "{hour}"),
                    ANSWERS,
                ],
            ),
        ],
    ),
    (
        "time-series?group_by=hour&",
        &[
            ("dials", &[("bucket", "{bucket}"), DIALS]),
            (
                "conversions",
                &[("bucket", "{bucket}"), ("conversion", "true")],
            ),
        ],
    ),
    (
        "time-series?group_by=week&",
        &[("answers", &[("bucket", "{bucket}"), ANSWERS])],
    ),
];

const AUTOCALL: &[(&str, &[Count])] = &[
    (
        "kpis",
        &[
            ("dialed", &[]),
            ("answered", &[("result", "answered")]),
            ("no_answer", &[("result", "no_answer")]),
            ("busy", &[("result", "busy")]),
            ("failed", &[("result", "failed")]),
            ("abandoned", &[("result", "abandoned")]),
            (
                "transfer_to_queue_count",
                &[("transfer", "queued,connected")],
            ),
        ],
    ),
    (
        "trend?granularity=hour&",
        &[
            ("dialed", &[("bucket", "{bucket}")]),
            (
                "answered",
                &[("bucket", "{bucket}"), ("result", "answered")],
            ),
            (
                "transfer_count",
                &[("bucket", "{bucket}"), ("transfer", "queued,connected")],
            ),
        ],
    ),
    (
        "heatmap",
        &[(
            "dialed",
            &[("day_of_week", "{day_of_week}"), ("hour", "{hour}")],
        )],
    ),
];

const ANALYTICS: &[Question] = &[
    ("call_count", "count", &[]),
    ("outcome_distribution", "count", &[("outcome", "{outcome}")]),
    (
        "sentiment_distribution",
        "count",
        &[("sentiment", "{bucket}")],
    ),
    (
        "retry_analysis",
        "calls",
        &[("attempt_number", "{attempt_number}")],
    ),
    ("provider_breakdown", "count", &[("provider", "{provider}")]),
    ("hourly_heatmap", "count", &[("hour", "{hour}")]),
    ("calls_over_time", "count", &[("bucket", "{date}")]),
];

/// Asserts that a count is the total of its list.
async fn assert_total(test: &TestApp, list: &str, row: &Value, name: &str, set: &[(&str, &str)]) {
    let mut list = format!("{list}&limit=1");
    for (parameter, value) in set {
        let value = match value
            .strip_prefix('{')
            .and_then(|value| value.strip_suffix('}'))
        {
            Some(member) => row[member]
                .as_str()
                .map_or_else(|| row[member].to_string(), str::to_owned),
            None => (*value).to_owned(),
        };
        list += &format!("&{parameter}={}", encoded(&value));
    }
    let total = test.ok(&list).await.json()["total"].clone();
    assert_eq!(total, row[name], "{name}: {list}");
}

fn rows(data: Value) -> Vec<Value> {
    match data {
        Value::Array(rows) => rows,
        row => vec![row],
    }
}

async fn assert_promise(test: &TestApp) {
    let window = "2025-10-21T09:10:11.500Z/2025-10-30T17:18:19.123456Z";
    let (from, to) = window.split_once('/').expect("two ends");
    let mut checked = 0;
    let telesales = format!("date_from={from}&date_to={to}&timezone=Europe/Berlin");
    for (report, counts) in TELESALES {
        for filters in ["", "&team_id=1", "&campaign_id=2&source=website"] {
            let query = format!("{telesales}{filters}");
            let between = if report.contains('?') { "" } else { "?" };
            let answer = test
                .ok(&format!("/api/telesales/reports/{report}{between}{query}"))
                .await;
            assert_eq!(answer.header("callboard-window"), window);
            for row in rows(answer.json()["data"].take()) {
                for (name, set) in *counts {
                    let list = format!("/api/telesales/calls?{query}");
                    // A filter by an agent takes the place of the report's own.
                    assert_total(test, &list, &row, name, set).await;
                    checked += 1;
                }
            }
        }
    }
    let autocall = format!("from={from}&to={to}&timezone=Europe/Berlin");
    for (report, counts) in AUTOCALL {
        let between = if report.contains('?') { "" } else { "?" };
        let data = test
            .data(&format!(
                "/api/autocall/campaigns/3/reports/{report}{between}{autocall}"
            ))
            .await;
        for row in rows(data) {
            for (name, set) in *counts {
                let list = format!("/api/autocall/campaigns/3/attempts?{autocall}");
                assert_total(test, &list, &row, name, set).await;
                checked += 1;
            }
        }
    }
    for (query_type, name, set) in ANALYTICS {
        let filters = json!({"date_from": from, "date_to": to, "min_duration": 5, "payload_filters": {"city": "Hanoi"}});
        let question = json!({"query_type": query_type, "filters": filters, "timezone": "Europe/Berlin", "granularity": "week", "page_size": 1000});
        let payload = encoded(r#"{"city": "Hanoi"}"#);
        let list = format!(
            "/api/autocall/attempts?date_from={from}&date_to={to}&min_duration=5&payload_filters={payload}&timezone=Europe/Berlin"
        );
        for row in test.rows(&question).await {
            assert_total(test, &list, &row, name, set).await;
            checked += 1;
        }
    }
    assert!(checked > 1_000, "only {checked} counts");
}

#[tokio::test]
async fn a_count_is_the_total_of_its_list() {
    let (test, world) = (TestApp::new().await, World::random(37, 500));
    test.ingest(&world.lines).await;
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    assert_promise(&test).await;
}
