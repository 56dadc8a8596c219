//! The promise of the contract's section 11: every count of every report has its list, and the total of that list is that
//! count. The catalogue alone says which list: over HTTP, in random worlds, from sums and from rows.

mod requests;
pub mod rule;

use std::collections::{BTreeMap, BTreeSet};

use callboard::rollups::{Module, compact};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, StreamExt};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use crate::support::world::{self, Size};
use crate::support::{Client, TENANT, TestApp};
use requests::{Request, Requests};
use rule::figures;

/// Times around which the worlds lie: both changes of summer time in Europe and America, and the one by half an hour of Lord
/// Howe.
const TIMES: [&str; 3] = [
    "2025-11-02T09:10:11.123456Z",
    "2026-03-29T20:30:00Z",
    "2026-04-05T03:04:05.5Z",
];
/// Requests for each report in each state of the sums.
const ROUNDS: usize = 3;
/// Figures of one entry that are opened of one answer; of more, so many by chance.
const MOST: usize = 30;
const CONCURRENCY: usize = 16;
const LEAST_OPENED: usize = 5_000;

/// Figures that were opened.
#[derive(Default)]
struct Tally {
    /// By report: all, and those that are not 0.
    opened: BTreeMap<String, (usize, usize)>,
    /// Entries of which one was opened that is not 0.
    met: BTreeSet<String>,
    broken: Vec<String>,
}

/// A count with the request that opens it.
struct Count<'a> {
    id: &'a str,
    report: &'a str,
    value: i64,
    list: String,
}

/// The entries of the catalogue whose numbers lists open.
async fn entries(client: &Client) -> Vec<Value> {
    let entries = client.data("/api/meta/metrics").await;
    let entries = entries.as_array().expect("entries").iter().cloned();
    let counts = entries.filter(|entry| {
        entry["kind"] == "count" && entry["calls"].is_object() && entry["at"].is_string()
    });
    counts.collect()
}

fn id(entry: &Value) -> &str {
    entry["id"].as_str().expect("an id")
}

/// Asks every report and opens its counts.
async fn open_all(client: &Client, entries: &[Value], asked: Vec<Request>, tally: &mut Tally) {
    let mut random = StdRng::seed_from_u64(asked.len() as u64);
    let mut counts = Vec::new();
    for request in &asked {
        let (data, parameters) = request.ask(client).await;
        for entry in entries
            .iter()
            .filter(|entry| entry["report"] == request.report)
        {
            let figures = figures(&data, entry["at"].as_str().expect("a pointer"));
            for figure in figures.sample(&mut random, MOST) {
                counts.push(Count {
                    id: id(entry),
                    report: &request.report,
                    value: figure.value.as_i64().expect("a count"),
                    list: figure.open(&entry["calls"], &parameters),
                });
            }
        }
    }
    let totals = stream::iter(counts).map(async |count| {
        let answer = client.get(&format!("{}&limit=1", count.list)).await;
        (count, answer)
    });
    let mut totals = totals.buffer_unordered(CONCURRENCY);
    while let Some((count, answer)) = totals.next().await {
        if answer.status != 200 || answer.json()["total"] != count.value {
            let Count {
                id, value, list, ..
            } = count;
            tally
                .broken
                .push(format!("{id}: {value}, {list}: {}", answer.text()));
            continue;
        }
        let opened = tally.opened.entry(count.report.to_owned()).or_default();
        opened.0 += 1;
        if count.value != 0 {
            opened.1 += 1;
            tally.met.insert(count.id.to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_count_is_the_total_of_the_list_that_the_catalogue_names() {
    let mut tally = Tally::default();
    let mut all = BTreeSet::new();
    for (seed, now) in (71..).zip(TIMES) {
        let now: DateTime<Utc> = now.parse().expect("an instant");
        let test = TestApp::at(now).await;
        let size = Size {
            attempts: 700,
            calls: 700,
            from: now - TimeDelta::days(24),
            to: now + TimeDelta::hours(10),
        };
        test.ingest(&world::random(seed, size)).await;
        let entries = entries(&test).await;
        all.extend(entries.iter().map(|entry| id(entry).to_owned()));
        let mut requests = Requests::new(seed, size, now);
        for from_rows in [false, true] {
            if from_rows {
                for module in Module::ALL {
                    let stale = compact::mark_stale(&test.app.db, TENANT, module, None);
                    stale.await.expect("marked");
                }
            } else {
                let compacted = compact::compact_until_idle(&test.app.db);
                compacted.await.expect("compacted");
            }
            let asked = (0..ROUNDS).flat_map(|_| requests.next()).collect();
            open_all(&test, &entries, asked, &mut tally).await;
        }
    }
    for (report, (opened, nonzero)) in &tally.opened {
        println!("{opened:6} figures, {nonzero:6} of them not 0: {report}");
    }
    let broken = tally.broken.len();
    assert_eq!(broken, 0, "{:#?}", &tally.broken[..broken.min(20)]);
    let unmet: Vec<_> = all.difference(&tally.met).collect();
    assert!(unmet.is_empty(), "never opened with a figure: {unmet:#?}");
    let opened: usize = tally.opened.values().map(|(opened, _)| opened).sum();
    println!("{opened:6} figures opened");
    assert!(opened >= LEAST_OPENED, "only {opened}");
}
