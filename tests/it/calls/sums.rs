//! Totals of lists that sums tell: those do not change when the calls are gone behind the back of the sums.

use callboard::rollups::{Module, compact};
use serde_json::Value;

use super::{ATTEMPTS, CAMPAIGN, SALES_CALLS, encoded};
use crate::calls::world::World;
use crate::support::{TENANT, TestApp};

/// Filters whose totals sums tell.
const ATTEMPTS_TOLD: &[&str] = &[
    "",
    "result=answered,in_progress",
    "result=busy&bucket=2025-10-26",
    "digit=1,no_input,#",
    "has=digit",
    "has=digit&result=answered",
    "transfer=queued,connected&bucket=2025-W43",
    "transfer=connected&bucket=2025-10-26 02:00:00",
    "outcome=answered",
    "provider=(unknown)&bucket=2025-10",
    "attempt_number=2&hour=14",
    "attempt_number=2&result=answered",
    "sentiment=0.2-0.4",
];
const SALES_CALLS_TOLD: &[&str] = &[
    "",
    "campaign_id=1",
    "agent_ids=2,5",
    "team_id=1&hour=10",
    "campaign_id=1&team_id=2&agent_ids=1,2,3,4,5,6",
    "source=website",
    "source[]=website&source[]=(unknown)&campaign_id=2&bucket=2025-10-26",
    "result=answered,abandoned",
    "result=answered&agent_ids=1,2,3,4,5,6",
    "result=blocked,abandoned&bucket=2025-10-26 02:00:00",
    "result=answered,no_answer,busy,failed,rejected,abandoned,in_progress&day_of_week=0&hour=2",
    "conversion=true",
    "conversion=false&source=website",
    "disposition=Ångebot&campaign_id=1",
    "has=disposition&day_of_week=6",
    "cid=0900000003&result=rejected",
    "cid=0900000003&result=answered,abandoned&bucket=2025-W43",
    "cid=0900000003&result=answered,no_answer,busy,failed,rejected,abandoned,in_progress",
];
/// Filters whose totals are counted.
const ATTEMPTS_COUNTED: &[&str] = &[
    "lead_id=3",
    "result=answered&hangup_cause=NO_ANSWER",
    "stage=Answered",
    "transfer=failed",
    "path=intro",
    "has=digit,path",
];
const SALES_CALLS_COUNTED: &[&str] = &[
    "result=busy",
    "cid=0900000003",
    "talk_over=30",
    "stage=Disposed",
    "source=website&cid=0900000003&result=rejected",
    "source=website&disposition=sale&agent_ids=1,2,3,4,5,6",
    "result=answered&conversion=true",
];

/// Filters whose sums there are of campaigns only.
const OF_CAMPAIGNS: &[&str] = &[
    "has=hangup_cause&hour=9",
    "hangup_cause=NO_ANSWER",
    "hangup_cause=Ünbekannt&day_of_week=0&hour=2",
    "path=intro -> press_1 -> queue_sales&result=answered",
];

/// Every list with its filters, of those that sums tell, or of others.
fn lists(are_told: bool) -> Vec<String> {
    let one = format!("{ATTEMPTS}&campaign_ids=1&date_from=2025-10-20");
    let of = |list: &str, all: &[&[&str]]| -> Vec<String> {
        let query = |filters: &&str| {
            let pairs = filters.split('&').filter_map(|pair| pair.split_once('='));
            let pairs: Vec<String> = pairs
                .map(|(name, value)| format!("&{name}={}", encoded(value)))
                .collect();
            format!("{list}{}", pairs.concat())
        };
        all.concat().iter().map(query).collect()
    };
    let lists = if are_told {
        [
            of(CAMPAIGN, &[ATTEMPTS_TOLD, OF_CAMPAIGNS]),
            of(ATTEMPTS, &[ATTEMPTS_TOLD]),
            of(&one, &[ATTEMPTS_TOLD, OF_CAMPAIGNS]),
            of(SALES_CALLS, &[SALES_CALLS_TOLD]),
        ]
    } else {
        [
            of(CAMPAIGN, &[ATTEMPTS_COUNTED]),
            of(ATTEMPTS, &[ATTEMPTS_COUNTED, OF_CAMPAIGNS]),
            of(&one, &[ATTEMPTS_COUNTED]),
            of(SALES_CALLS, &[SALES_CALLS_COUNTED]),
        ]
    };
    lists.concat()
}

async fn totals(test: &TestApp, lists: &[String]) -> Vec<Value> {
    let mut totals = Vec::new();
    for list in lists {
        let page = test.ok(&format!("{list}&limit=1")).await;
        totals.push(page.json()["total"].clone());
    }
    totals
}

#[tokio::test]
async fn sums_tell_the_totals_of_lists_that_they_know() {
    let (test, world) = (TestApp::new().await, World::random(83, 2_500));
    test.ingest(&world.lines).await;
    let (told, counted) = (lists(true), lists(false));
    let before = (totals(&test, &told).await, totals(&test, &counted).await);
    let compacted = async || {
        let compacted = compact::compact_until_idle(&test.app.db);
        compacted.await.expect("compacted");
    };
    compacted().await;
    assert_eq!(totals(&test, &told).await, before.0, "{told:#?}");
    for module in Module::ALL {
        let stale = compact::mark_stale(&test.app.db, TENANT, module, None);
        stale.await.expect("marked");
    }
    assert_eq!(totals(&test, &told).await, before.0, "from rows: {told:#?}");
    compacted().await;
    let nothing: Vec<_> = told.iter().zip(&before.0).filter(|it| *it.1 == 0).collect();
    assert!(nothing.is_empty(), "{nothing:#?}");
    for table in ["autocall_attempts", "telesales_calls"] {
        let sql = format!(
            "alter table {table} disable trigger user; delete from {table};
             alter table {table} enable trigger user"
        );
        test.execute(TENANT, &sql).await;
    }
    for ((list, before), after) in told.iter().zip(&before.0).zip(totals(&test, &told).await) {
        assert_eq!(after, *before, "{list}");
    }
    let after = totals(&test, &counted).await;
    let still: Vec<_> = counted.iter().zip(&after).filter(|it| *it.1 != 0).collect();
    assert!(still.is_empty(), "not counted: {still:#?}");
    let had = before.1.iter().filter(|total| **total != 0).count();
    assert!(had > counted.len() / 2, "only {had} lists had calls");
}
