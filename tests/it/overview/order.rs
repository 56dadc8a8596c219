//! The order of campaigns and of their warnings, and pages of them.

use callboard::reports::telesales::abandon_check;
use callboard::time::Clock;
use serde_json::{Value, json};

use super::{TELESALES, answered, calls, campaign, codes, now};
use crate::support::TestApp;

#[tokio::test]
async fn the_most_severe_warnings_come_first_then_the_most_dials() {
    let test = TestApp::new().await;
    let mut lines = Vec::new();
    for id in 1..=5 {
        lines.extend(campaign(id, "active"));
    }
    // 1 is over its limit, 2 near it, 3 has calls without a result, 4 and 5 are well.
    lines.extend(calls(1, "2026-06-30T06:00:00Z", 100, 1, &|n| {
        json!(if n < 4 { "abandoned" } else { "answered" })
    }));
    lines.extend(calls(2, "2026-06-29T06:00:00Z", 100, 1, &|n| {
        json!(if n < 3 { "abandoned" } else { "answered" })
    }));
    lines.extend(calls(3, "2026-06-30T05:00:00Z", 3, 1, &|_| Value::Null));
    lines.extend(calls(4, "2026-06-30T07:00:00Z", 2, 1, &answered));
    lines.extend(calls(5, "2026-06-30T07:00:00Z", 9, 1, &answered));
    test.ingest(&lines).await;
    let mut checking = test.app.clone();
    checking.clock = Clock::Fixed(now());
    abandon_check::check(&checking).await.expect("a check");

    let answer = test.ok(TELESALES).await;
    let expected = [
        (1, vec!["abandon_breached"]),
        (2, vec!["abandon_near"]),
        (3, vec!["calls_without_result"]),
        (5, vec![]),
        (4, vec![]),
    ];
    let expected = expected.map(|(id, codes)| (id, codes.into_iter().map(str::to_owned).collect()));
    assert_eq!(codes(&answer), expected);
    let first = &answer.json()["data"][0]["warnings"][0];
    assert_eq!(first["severity"], "breach");
    assert_eq!(first["since"], "2026-06-30T08:00:00+00:00");
    assert_eq!(first["campaign_id"], 1);
    assert_eq!(first["figures"]["dials_to_recover"], 34);
    let near = &answer.json()["data"][1]["warnings"][0];
    assert_eq!(near["since"], "2026-06-29T06:00:00+00:00");

    let pages = [(1, vec![1, 2]), (2, vec![3, 5]), (3, vec![4]), (4, vec![])];
    for (page, ids) in pages {
        let answer = test
            .ok(&format!("{TELESALES}&per_page=2&page={page}"))
            .await;
        let shown: Vec<i64> = codes(&answer).iter().map(|(id, _)| *id).collect();
        assert_eq!(shown, ids, "page {page}");
        assert_eq!(
            (&answer.json()["total"], &answer.json()["last_page"]),
            (&json!(5), &json!(3))
        );
    }
    let found = test.ok(&format!("{TELESALES}&q=chien%20DICH%204")).await;
    assert_eq!(codes(&found), [(4, vec![])]);
}

#[tokio::test]
async fn campaigns_with_equally_many_dials_come_by_id_down_to_the_least() {
    let test = TestApp::new().await;
    let ids = [i64::MAX, 7, 0, i64::MIN];
    let lines: Vec<Value> = ids.iter().flat_map(|id| campaign(*id, "active")).collect();
    test.ingest(&lines).await;
    let shown = codes(&test.ok(TELESALES).await);
    let shown: Vec<i64> = shown.iter().map(|(id, _)| *id).collect();
    assert_eq!(shown, ids);
}
