//! Reads during ingest: the 99th percentile of KPI latency with writers and without.
//!
//! Runs on a copy of the loaded database. Requests are sent at scheduled times, whether or not earlier ones are answered,
//! and are timed from their schedule, so that a stall cannot hide by delaying requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::support::data::Size;
use crate::support::incoming::{Incoming, Kind};
use crate::support::results::{Check, Section, figure};
use crate::support::server::{Client, Server};
use crate::support::stats::{Pairs, median, percentile, spread};
use crate::support::windows::{Question, Windows};
use crate::support::writers::Writers;
use crate::support::{LARGEST_CAMPAIGN, World};

const COPY: &str = "callboard_bench_mixed";
/// Pairs of blocks, with writers and without.
const RUNS: usize = 6;
const QUESTIONS_A_SECOND: u32 = 50;
/// Maximum number of open requests.
const CONNECTIONS: usize = 16;

/// Latency of each response of a block, in milliseconds.
struct Block {
    times: Vec<f64>,
    failed: usize,
}

pub async fn run(world: &World) -> Section {
    let mut section = Section::new(
        "mixed",
        "KPIs of the large campaign over HTTP, 50 a second, each with a new window that reaches beyond now; \
         milliseconds from when the question was due. Writers: 1,500 attempts a second in batches of 150 through \
         ingest, half of them of that campaign, the compactor at work. Blocks with and without them take turns.",
    );
    let time = Duration::from_secs(if world.size == Size::Full { 12 } else { 6 });
    let options = world.cluster.copy(COPY).await;
    let server = Arc::new(Server::start(&options).await);
    let incoming = Arc::new(tokio::sync::Mutex::new(
        Incoming::new(&options, Kind::Attempt).await,
    ));

    read(&server, u64::MAX, Duration::from_secs(2)).await; // plans, and pages into memory
    let (mut p50, mut p99, mut failed, mut stored) =
        (Pairs::default(), Pairs::default(), 0, Vec::new());
    for run in 0..RUNS {
        for with_writers in if run % 2 == 0 {
            [true, false]
        } else {
            [false, true]
        } {
            let writing = with_writers.then(|| Writers::start(&server, incoming.clone()));
            let block = read(&server, 2 * run as u64 + u64::from(with_writers), time).await;
            failed += block.failed;
            let side = |pairs: &mut Pairs, value| match with_writers {
                true => pairs.subject.push(value),
                false => pairs.floor.push(value),
            };
            side(&mut p50, percentile(&block.times, 0.5));
            side(&mut p99, percentile(&block.times, 0.99));
            if let Some(writing) = writing {
                stored.push(writing.stop().await);
            }
        }
    }
    section.table("KPIs", &["with writers", "without", "n", "with ÷ without"]);
    row(&mut section, "p50", &p50, None);
    row(&mut section, "p99", &p99, Some(2.0));
    section.table("while measured", &["figure"]);
    section.row(&["attempts stored a second".into(), spread(&stored)], &[]);
    section.row(
        &["answers that failed".into(), failed.to_string()],
        &[Check::at_most("", failed as f64, 0.0)],
    );
    drop(incoming);
    if let Some(server) = Arc::into_inner(server) {
        server.stop().await;
    }
    world.cluster.drop(COPY).await;
    section
}

fn row(section: &mut Section, what: &str, pairs: &Pairs, target: Option<f64>) {
    let ratios = pairs.ratios();
    let cells = [
        what.to_owned(),
        figure(median(&pairs.subject)),
        figure(median(&pairs.floor)),
        ratios.len().to_string(),
        spread(&ratios),
    ];
    let checks: Vec<Check> = target
        .into_iter()
        .map(|target| Check::at_most("", median(&ratios), target))
        .collect();
    section.row(&cells, &checks);
}

/// Sends requests at scheduled times for that period, and waits for all responses.
async fn read(server: &Arc<Server>, seed: u64, time: Duration) -> Block {
    let question = Question::kpis(LARGEST_CAMPAIGN);
    let path = question
        .definition
        .path()
        .replace("{id}", &LARGEST_CAMPAIGN.to_string());
    let mut windows = Windows::new(seed);
    let count = (time.as_secs_f64() * f64::from(QUESTIONS_A_SECOND)).round();
    let requests = (0..count as usize).map(|_| {
        server.get(&format!(
            "{path}?{}",
            question.query(&windows.next_to_now())
        ))
    });
    let requests: Arc<Vec<Vec<u8>>> = Arc::new(requests.collect());
    let (next, begin) = (
        Arc::new(AtomicUsize::new(0)),
        Instant::now() + Duration::from_millis(50),
    );
    let asking: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (requests, next, address) = (requests.clone(), next.clone(), server.address);
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                let mut block = Block {
                    times: Vec::new(),
                    failed: 0,
                };
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(number) else {
                        return block;
                    };
                    let due = begin
                        + Duration::from_secs(1) / QUESTIONS_A_SECOND
                            * u32::try_from(number).expect("a few");
                    sleep_until(due).await;
                    block.failed += usize::from(client.send(request).await.is_none());
                    block.times.push(1000.0 * due.elapsed().as_secs_f64());
                }
            })
        })
        .collect();
    let mut all = Block {
        times: Vec::new(),
        failed: 0,
    };
    for asked in asking {
        let block = asked.await.expect("answers");
        all.times.extend(block.times);
        all.failed += block.failed;
    }
    all
}
