//! Roll-ups equal the raw rows after every kind of write and at every state of compaction.

mod build;
mod cells;
mod chains;
mod changes;
mod commands;
mod editions;
mod extremes;
mod idle;
mod install;
mod kept;
mod sql;
mod statements;
mod storm;
mod terms;
mod unanalyzed;

use callboard::rollups::Comparison;
use callboard::verify::Questions;
use chrono::{DateTime, Utc};

use crate::support::world::Size;
use crate::support::{NOW, TestApp};

pub fn size(attempts: usize, calls: usize) -> Size {
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    Size {
        attempts,
        calls,
        from: at("2026-06-01T00:00:00Z"),
        to: at("2026-06-29T00:00:00Z"),
    }
}

/// Compares every report and analytics query, and that many random requests, in one snapshot, and
/// fails at the first difference. Returns the numbers of equal and of stale answers.
pub async fn compare_with_raw(
    app: &TestApp,
    tenant: i64,
    seed: u64,
    questions: usize,
    when: &str,
) -> (usize, usize) {
    let mut scope = app.app.db.read(tenant).await.expect("a scope");
    let now = NOW.parse().expect("an instant");
    let mut chance = Questions::load(&mut scope, seed, now)
        .await
        .expect("questions");
    let count = questions + questions / 2;
    let random: Vec<_> = (0..count)
        .filter_map(|_| chance.any().expect("a request"))
        .collect();
    let (mut same, mut stale) = (0, 0);
    let mut count = |comparison| match comparison {
        Comparison::Same => same += 1,
        Comparison::Stale => stale += 1,
        Comparison::Different(two) => panic!(
            "{when}: {}\nrolled {}\nraw    {}",
            two.question, two.rolled, two.raw
        ),
    };
    let all = chance.all().expect("requests");
    for question in all.into_iter().chain(random) {
        count(question.compare(&mut scope).await.expect("both answers"));
    }
    (same, stale)
}

/// Asserts that [`compare_with_raw`] finds nothing stale.
async fn assert_roll_ups_equal_raw_rows(app: &TestApp, tenant: i64, seed: u64, when: &str) {
    let (same, stale) = compare_with_raw(app, tenant, seed, 40, when).await;
    assert!(
        same > 40 && stale == 0,
        "{when}: {same} alike, {stale} stale"
    );
}
