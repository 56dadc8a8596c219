//! Campaigns that are not as they usually are at this time.

use callboard::rollups::{Module, compact};
use serde_json::{Value, json};

use super::{OVERVIEW, TELESALES, answered, calls, campaign, codes};
use crate::support::{TENANT, TestApp};

/// Calls every minute of an hour on the last Tuesdays, of which some have half as many answers.
fn tuesdays(campaign: i64, answers_of_100: i64) -> Vec<Value> {
    let days = ["2026-06-02", "2026-06-09", "2026-06-16", "2026-06-23"];
    let result = move |n: i64| {
        json!(if n * 37 % 100 < answers_of_100 {
            "answered"
        } else {
            "busy"
        })
    };
    let of_day = |day: &str| calls(campaign, &format!("{day}T08:00:00Z"), 60, 60, &result);
    days.into_iter().flat_map(of_day).collect()
}

#[tokio::test]
async fn silence_and_few_answers_are_told_by_the_same_time_of_other_weeks() {
    let test = TestApp::at("2026-06-30T08:20:30Z".parse().expect("an instant")).await;
    let mut lines = Vec::new();
    for (id, status) in [
        (1, "active"),
        (2, "paused"),
        (3, "active"),
        (4, "active"),
        (5, "active"),
    ] {
        lines.extend(campaign(id, status));
        // More leads than are dialed in a day.
        for lead in 1..=5 {
            lines.push(json!({"kind": "telesales_lead", "id": 100 * id + lead, "campaign_id": id, "phone": "0900000001"}));
        }
        lines.extend(tuesdays(id, 60));
    }
    let few = |n: i64| json!(if n % 2 == 0 { "answered" } else { "busy" });
    // 1 is silent for eleven minutes, 2 is paused, 3 for nine; 4 has fewer answers than usual, 5 nearly so.
    lines.extend(calls(1, "2026-06-30T08:09:00Z", 1, 1, &answered));
    lines.extend(calls(2, "2026-06-30T08:09:00Z", 1, 1, &answered));
    lines.extend(calls(3, "2026-06-30T08:11:30Z", 1, 1, &answered));
    lines.extend(calls(4, "2026-06-30T08:10:00Z", 60, 10, &few));
    lines.extend(calls(5, "2026-06-30T08:10:00Z", 49, 10, &few));
    test.ingest(&lines).await;
    for compacted in [false, true] {
        if compacted {
            compact::compact_until_idle(&test.app.db)
                .await
                .expect("compacted");
        }
        let mut told = codes(&test.ok(TELESALES).await);
        told.sort();
        let told: Vec<(i64, &str)> = told
            .iter()
            .map(|(id, codes)| (*id, codes.first().map_or("", String::as_str)))
            .collect();
        assert_eq!(
            told,
            [
                (1, "no_calls"),
                (2, ""),
                (3, ""),
                (4, "answer_rate_drop"),
                (5, "")
            ]
        );
    }
    let rows = test.data(TELESALES).await;
    let silent = rows
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["id"] == 1);
    let warning = &silent.expect("a row")["warnings"][0];
    assert_eq!(warning["since"], "2026-06-30T08:09:00+00:00");
    assert_eq!(
        warning["figures"],
        json!({"usual_gap_sec": 60, "quiet_sec": 600})
    );
}

/// Calls every minute of the hours of a stretch on the last Tuesdays and today, of which so many have an answer: of those of today
/// fewer from an instant on.
fn falling(from: &str, until: &str, minutes: i64, drop_after: i64) -> Vec<Value> {
    let share = |n: i64, of_100: i64| {
        json!(if n * 37 % 100 < of_100 {
            "answered"
        } else {
            "busy"
        })
    };
    let days = ["2026-06-02", "2026-06-09", "2026-06-16", "2026-06-23"];
    let usual = days.into_iter().flat_map(|day| {
        let from = format!("{day}T{from}:00Z");
        calls(1, &from, 240, 60, &|n| share(n, 60))
    });
    let today = calls(1, &format!("2026-06-30T{until}:00Z"), minutes, 60, &|n| {
        share(n, if n < drop_after { 60 } else { 20 })
    });
    usual.chain(today).collect()
}

/// Attempts of AutoCall instead of calls of agents.
fn as_attempts(lines: &[Value]) -> Vec<Value> {
    let lines = lines.iter().map(|line| {
        let mut line = line.clone();
        let kind = line["kind"].as_str().expect("a kind").to_owned();
        if kind == "telesales_call" {
            line["kind"] = "autocall_attempt".into();
            line["attempt_number"] = 1.into();
        } else {
            line["kind"] = kind.replace("telesales", "autocall").into();
        }
        line
    });
    lines.collect()
}

/// From the journal, from sums and from rows.
#[tokio::test]
async fn few_answers_are_told_since_the_quarter_of_an_hour_that_had_enough() {
    let test = TestApp::at("2026-06-30T08:20:30Z".parse().expect("an instant")).await;
    let mut lines = campaign(1, "paused");
    // From 07:10 on a fifth is answered; the hour until 07:15 has 57 % of them, the one until 07:30 less than the usual 60 % by far.
    lines.extend(falling("05:00", "06:00", 141, 70));
    test.ingest(&[lines.clone(), as_attempts(&lines)].concat())
        .await;
    for state in ["journal", "compacted", "stale"] {
        match state {
            "compacted" => {
                let compacted = compact::compact_until_idle(&test.app.db).await;
                compacted.expect("compacted");
            }
            "stale" => {
                for module in Module::ALL {
                    let stale = compact::mark_stale(&test.app.db, TENANT, module, None);
                    stale.await.expect("stale");
                }
            }
            _ => {}
        }
        for module in Module::ALL {
            let rows = test
                .data(&format!("{OVERVIEW}?module={}", module.name()))
                .await;
            let warning = &rows[0]["warnings"][0];
            assert_eq!(
                warning["code"],
                "answer_rate_drop",
                "{} {state}",
                module.name()
            );
            assert_eq!(
                warning["since"],
                "2026-06-30T07:15:00+00:00",
                "{} {state}",
                module.name()
            );
        }
    }
}

#[tokio::test]
async fn few_answers_of_this_quarter_are_told_since_it_began() {
    let test = TestApp::at("2026-06-30T08:20:30Z".parse().expect("an instant")).await;
    let mut lines = campaign(1, "paused");
    lines.extend(tuesdays(1, 60));
    let few = |n: i64| json!(if n % 2 == 0 { "answered" } else { "busy" });
    lines.extend(calls(1, "2026-06-30T08:10:00Z", 60, 10, &few));
    test.ingest(&lines).await;
    let warning = test.data(TELESALES).await[0]["warnings"][0].take();
    assert_eq!(warning["code"], "answer_rate_drop");
    assert_eq!(
        warning["since"], "2026-06-30T08:15:00+00:00",
        "30 dials until then"
    );
}

#[tokio::test]
async fn calls_are_without_a_result_since_the_first_of_them_is_too_old() {
    let test = TestApp::new().await;
    let mut lines = campaign(1, "paused");
    // Of three days before, of today; the last is not old enough.
    for (from, count) in [
        ("2026-06-27T10:20:00Z", 1),
        ("2026-06-30T05:40:00Z", 2),
        ("2026-06-30T07:30:00Z", 1),
    ] {
        lines.extend(calls(1, from, count, 1, &|_| Value::Null));
    }
    test.ingest(&[lines.clone(), as_attempts(&lines)].concat())
        .await;
    let told = async || {
        let mut told = Vec::new();
        for module in Module::ALL {
            let rows = test
                .data(&format!("{OVERVIEW}?module={}", module.name()))
                .await;
            let warning = &rows[0]["warnings"][0];
            assert_eq!(warning["code"], "calls_without_result");
            told.push((
                warning["since"].clone(),
                warning["figures"]["calls"].clone(),
            ));
        }
        told
    };
    for compacted in [false, true] {
        if compacted {
            let compacted = compact::compact_until_idle(&test.app.db).await;
            compacted.expect("compacted");
        }
        assert_eq!(
            told().await,
            vec![(json!("2026-06-27T12:00:00+00:00"), json!(3)); 2]
        );
    }
}
