//! More clients than the server has capacity for: their responses, the memory of the process, and the latency of the health
//! check.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::support::data::Size;
use crate::support::results::{Check, Section, figure};
use crate::support::server::{Bare, Client, Server};
use crate::support::stats::percentile;
use crate::support::windows::{Question, Shape, Windows};
use crate::support::{LARGEST_CAMPAIGN, World};

const CLIENTS: usize = 500;
/// Reader connections to the database.
const POOL: u32 = 10;
const PROBE_EVERY: Duration = Duration::from_millis(10);

pub async fn run(world: &World) -> Section {
    let mut section = Section::new(
        "crowd",
        "500 clients, each asking for the KPIs of the large campaign with a new window as soon as it has its answer, of \
         a server with 10 connections that read. Meanwhile /healthz is asked every 10 ms, and so is a bare handler: what \
         the machine's load does happens to both. Clients and servers are one process.",
    );
    let time = Duration::from_secs(if world.size == Size::Full { 60 } else { 10 });
    let server = Server::with_pool(world.cluster.options(), POOL).await;
    let bare = Bare::start("{}".to_owned()).await;
    let (crowd, prober) = (runtime(2), runtime(1));
    let health = b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n".to_vec();
    let probe = |address, time| prober.spawn(probe(address, health.clone(), time));

    let idle = (
        probe(server.address, time / 5),
        probe(bare.address, time / 5),
    );
    let idle = (idle.0.await.expect("times"), idle.1.await.expect("times"));
    let requests = Arc::new(requests(&server));
    let asking = crowd.spawn(ask(server.address, requests, time));
    let busy = (probe(server.address, time), probe(bare.address, time));
    let memory = memory(time).await;
    let busy = (busy.0.await.expect("times"), busy.1.await.expect("times"));
    let answers = asking.await.expect("answers");

    section.table("answers", &["n"]);
    for (status, count) in &answers {
        let told = ["200", "503"].contains(&status.as_str());
        let checks = if told {
            vec![]
        } else {
            vec![Check::at_most("", *count as f64, 0.0)]
        };
        section.row(&[status.clone(), count.to_string()], &checks);
    }
    section.table("memory of the process, MB", &["figure"]);
    let (early, late) = (memory[memory.len() / 4], memory[memory.len() - 1]);
    section.row(&["after a quarter of the time".into(), figure(early)], &[]);
    section.row(
        &["at the end".into(), figure(late)],
        &[Check::at_most("", late / early, 1.2)],
    );
    section.table(
        "health check, ms",
        &["/healthz p50", "p99", "bare p50", "p99"],
    );
    for (what, (ours, floor)) in [("nobody else asks", &idle), ("while the crowd asks", &busy)] {
        let cells: Vec<String> = [(ours, 0.5), (ours, 0.99), (floor, 0.5), (floor, 0.99)]
            .map(|(times, share)| figure(percentile(times, share)))
            .into();
        let ratio = percentile(ours, 0.99) / percentile(floor, 0.99);
        section.row(
            &[vec![what.to_owned()], cells].concat(),
            &[Check::at_most("p99 to p99", ratio, 2.0)],
        );
    }
    crowd.shutdown_background();
    prober.shutdown_background();
    bare.stop();
    server.stop().await;
    section
}

fn runtime(threads: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn requests(server: &Server) -> Vec<Vec<u8>> {
    let question = Question::kpis(LARGEST_CAMPAIGN);
    let path = question
        .definition
        .path()
        .replace("{id}", &LARGEST_CAMPAIGN.to_string());
    let mut windows = Windows::new(11);
    (0..200_000)
        .map(|_| {
            server.get(&format!(
                "{path}?{}",
                question.query(&windows.next(Shape::Ragged))
            ))
        })
        .collect()
}

/// Number of responses by status.
async fn ask(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    time: Duration,
) -> BTreeMap<String, usize> {
    let (started, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let clients = (0..CLIENTS).map(|_| {
        let (requests, next) = (requests.clone(), next.clone());
        tokio::spawn(async move {
            let (mut client, mut answers) = (
                Client::connect(address).await,
                BTreeMap::<String, usize>::new(),
            );
            while started.elapsed() < time {
                let request = &requests[next.fetch_add(1, Ordering::Relaxed) % requests.len()];
                let status = String::from_utf8_lossy(client.ask(request).await.0).into_owned();
                *answers.entry(status).or_default() += 1;
            }
            answers
        })
    });
    let mut all = BTreeMap::<String, usize>::new();
    for client in clients.collect::<Vec<_>>() {
        for (status, count) in client.await.expect("answers") {
            *all.entry(status).or_default() += count;
        }
    }
    all
}

/// Latency of each response in milliseconds, from its scheduled time.
async fn probe(address: SocketAddr, request: Vec<u8>, time: Duration) -> Vec<f64> {
    let (mut client, mut times) = (Client::connect(address).await, Vec::new());
    let begin = tokio::time::Instant::now();
    for number in 0.. {
        let due = begin + PROBE_EVERY * number;
        if due > begin + time {
            break;
        }
        tokio::time::sleep_until(due).await;
        assert!(client.send(&request).await.is_some(), "it is alive");
        times.push(1000.0 * due.elapsed().as_secs_f64());
    }
    times
}

/// Resident memory in MB, sampled 20 times in that period. Empty without /proc.
async fn memory(time: Duration) -> Vec<f64> {
    let mut seen = Vec::new();
    for _ in 0..20 {
        tokio::time::sleep(time / 20).await;
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap_or_default();
        let kilobytes = line
            .split_whitespace()
            .next()
            .and_then(|number| number.parse::<f64>().ok());
        seen.push(kilobytes.unwrap_or(f64::NAN) / 1000.0);
    }
    seen
}
