//! Campaigns that are not as they usually are at this time.

use callboard::rollups::compact;
use serde_json::{Value, json};

use super::{TELESALES, answered, calls, campaign, codes};
use crate::support::TestApp;

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
