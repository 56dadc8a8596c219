//! A breakdown of one KPI request with a single client: HTTP and framework, routing, token and response headers, and each
//! step in the database.

use std::time::Instant;

use callboard::auth::Tenant;
use callboard::db::Database;
use callboard::reports::report::Context;

use crate::support::ask::tenant;
use crate::support::results::{Section, figure};
use crate::support::rolled::Source;
use crate::support::server::{Bare, Client, Server};
use crate::support::stats::median;
use crate::support::windows::{Question, Shape, Windows};
use crate::support::{LARGEST_CAMPAIGN, TENANT, World};

const RUNS: usize = 2_000;
/// Warm-up requests, not counted: they fill plan and page caches.
const WARM_UP: usize = 50;

pub async fn run(world: &World) -> Section {
    let mut section = Section::new(
        "anatomy",
        "Microseconds of one KPIs request, medians of 2,000, one client on one connection. The first three are whole \
         requests over HTTP: the second adds routing, the token and the headers to the first, the third adds the \
         database and the JSON. The steps below them are measured in the same process, without HTTP.",
    );
    section.figures("step", &["µs"]);
    let question = Question::kpis(LARGEST_CAMPAIGN);
    over_http(&mut section, world, &question).await;
    in_process(&mut section, world, &question).await;
    section
}

async fn over_http(section: &mut Section, world: &World, question: &Question) {
    let server = Server::start(world.cluster.options()).await;
    let path = question
        .definition
        .path()
        .replace("{id}", &LARGEST_CAMPAIGN.to_string());
    let mut windows = Windows::new(5);
    let mut next = || {
        server.get(&format!(
            "{path}?{}",
            question.query(&windows.next(Shape::Ragged))
        ))
    };
    let same = next();
    let mut client = Client::connect(server.address).await;
    let body = client.send(&same).await.expect("an answer").to_vec();
    let bare = Bare::start(String::from_utf8(body).expect("text")).await;

    let mut direct = Client::connect(bare.address).await;
    let row = |section: &mut Section, name: &str, times: &[f64]| {
        section.row(&[name.to_owned(), us(times)], &[])
    };
    row(
        section,
        "HTTP alone: a bare handler with the same bytes",
        &times(&mut direct, || same.clone()).await,
    );
    row(
        section,
        "an answer that is kept",
        &times(&mut client, || same.clone()).await,
    );
    row(
        section,
        "an answer that is read",
        &times(&mut client, next).await,
    );
    bare.stop();
    server.stop().await;
}

async fn times(client: &mut Client, mut request: impl FnMut() -> Vec<u8>) -> Vec<f64> {
    let mut times = Vec::new();
    for run in 0..WARM_UP + RUNS {
        let request = request();
        let started = Instant::now();
        client.send(&request).await.expect("an answer");
        if run >= WARM_UP {
            times.push(started.elapsed().as_secs_f64());
        }
    }
    times
}

/// The steps of an uncached request, in order.
const STEPS: [&str; 5] = [
    "— begin the snapshot, say whose",
    "— the account and its settings",
    "— the campaign, the plan, the figures",
    "— the JSON",
    "— give the snapshot back",
];

async fn in_process(section: &mut Section, world: &World, question: &Question) {
    let db = world.open().await;
    let account = tenant(&db, TENANT).await;
    let mut windows = Windows::new(6);
    let mut steps: [Vec<f64>; STEPS.len()] = Default::default();
    for run in 0..WARM_UP + RUNS {
        let window = windows.next(Shape::Ragged);
        let taken = step_by_step(
            &db,
            &account,
            question,
            &question.query(&window),
            window.now,
        )
        .await;
        if run >= WARM_UP {
            steps
                .iter_mut()
                .zip(taken)
                .for_each(|(times, took)| times.push(took));
        }
    }
    for (name, times) in STEPS.iter().zip(&steps) {
        section.row(&[(*name).to_owned(), us(times)], &[]);
    }
    db.close().await;
}

async fn step_by_step(
    db: &Database,
    account: &Tenant,
    question: &Question,
    query: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> [f64; STEPS.len()] {
    let mut at = Instant::now();
    let mut lap = || {
        std::mem::replace(&mut at, Instant::now())
            .elapsed()
            .as_secs_f64()
    };
    let mut scope = db.read(account.id).await.expect("a scope");
    let begun = lap();
    Tenant::load(&mut scope).await.expect("the account");
    let loaded = lap();
    let occasion = Context {
        tenant: account,
        now,
    };
    let request = question.request(query);
    let answer = request.answer(&mut scope, occasion, Source::Rolled).await;
    let answer = answer.expect("an answer");
    let answered = lap();
    answer.outcome.json().expect("JSON");
    let written = lap();
    scope.commit().await.expect("done");
    [begun, loaded, answered, written, lap()]
}

fn us(times: &[f64]) -> String {
    figure(1_000_000.0 * median(times))
}
