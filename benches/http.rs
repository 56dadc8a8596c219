//! The server's overhead: on the statements of a report, against `pgbench` sending the same ones, and on a cached response,
//! against a bare handler sending the same bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use callboard::reports::report::Module;

use crate::support::data::Size;
use crate::support::pgbench::Pgbench;
use crate::support::results::{Check, Section, figure};
use crate::support::server::{Bare, Client, Clients, Server};
use crate::support::stats::{Pairs, alternate, median, spread};
use crate::support::windows::{Question, Shape, Windows};
use crate::support::{LARGEST_CAMPAIGN, World};

const RUNS: usize = 6;
/// Clients that ask for a new window each time. The second number is every reader of the pool: a tenant alone can use all
/// of them, and not only the half that it is left while others wait.
const CLIENTS: [usize; 2] = [8, 16];
/// Clients that ask for the same window.
const SAME_CLIENTS: usize = 32;

pub async fn run(world: &World) -> Section {
    let mut section = Section::new(
        "http",
        "Answers a second, over connections that are kept. pgbench runs the transaction of each answer as the \
         server sent it (in 32 windows, prepared, planned once as by the server), on as many connections as there are clients \
         and on 2 threads, and does no more with the rows than read them.",
    );
    let seconds = if world.size == Size::Full { 5 } else { 2 };
    let question = Question::kpis(LARGEST_CAMPAIGN);
    let pgbench = Pgbench::record(&world.cluster, &question).await;
    let server = Server::start(world.cluster.options()).await;
    let clients = Clients::new();
    section.table(
        "KPIs",
        &["clients", "server", "floor", "n", "server ÷ floor"],
    );

    let paths = paths(&question);
    let requests: Vec<Vec<u8>> = paths.iter().map(|path| server.get(path)).collect();
    let time = Duration::from_secs(seconds);
    let (address, different, next) = (
        server.address,
        Arc::new(requests),
        Arc::new(AtomicUsize::new(0)),
    );
    for count in CLIENTS {
        let asked = |_| {
            let (requests, next) = (different.clone(), next.clone());
            clients.rate(address, count, time, move || {
                requests[next.fetch_add(1, Ordering::Relaxed) % requests.len()].clone()
            })
        };
        let floor = |_| async { pgbench.rate(count, seconds).unwrap_or(f64::NAN) };
        row(
            &mut section,
            "a new window each time, against pgbench",
            count,
            &alternate(RUNS, asked, floor).await,
            0.85,
        );
    }

    let same = different[0].clone();
    let body = Client::connect(address)
        .await
        .send(&same)
        .await
        .expect("an answer")
        .to_vec();
    let bare = Bare::start(String::from_utf8(body).expect("text")).await;
    let ask = |address| {
        let same = same.clone();
        clients.rate(address, SAME_CLIENTS, time, move || same.clone())
    };
    let pairs = alternate(RUNS, |_| ask(address), |_| ask(bare.address)).await;
    row(
        &mut section,
        "the same window again, against a bare handler",
        SAME_CLIENTS,
        &pairs,
        0.8,
    );
    bare.stop();
    clients.stop();
    server.stop().await;
    section
}

/// More windows than can be asked for within the lifetime of a cached response.
fn paths(question: &Question) -> Vec<String> {
    let path = question
        .definition
        .path()
        .replace("{id}", &LARGEST_CAMPAIGN.to_string());
    assert_eq!(question.definition.route().module, Module::Autocall);
    let mut windows = Windows::new(3);
    (0..200_000)
        .map(|_| format!("{path}?{}", question.query(&windows.next(Shape::Ragged))))
        .collect()
}

fn row(section: &mut Section, what: &str, clients: usize, pairs: &Pairs, target: f64) {
    let ratios = pairs.ratios();
    let cells = [
        what.to_owned(),
        clients.to_string(),
        figure(median(&pairs.subject)),
        figure(median(&pairs.floor)),
        ratios.len().to_string(),
        spread(&ratios),
    ];
    section.row(&cells, &[Check::at_least("", median(&ratios), target)]);
}
