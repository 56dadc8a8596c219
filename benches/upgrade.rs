//! A catalogue changed under load: latency of reports while a new edition of the roll-ups is installed and built.
//!
//! Runs on a copy of the loaded database. The new edition has the same tables under another fingerprint. Once it is installed,
//! the reader asks through it, built or not, as a restarted server does.

use std::time::{Duration, Instant};

use callboard::auth::Tenant;
use callboard::db::Database;
use callboard::reports::report::Module;
use callboard::rollups::Edition;
use chrono::TimeDelta;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::support::ask::{ask, tenant};
use crate::support::data::Size;
use crate::support::incoming::{Incoming, Kind, store};
use crate::support::results::{Check, Section, figure};
use crate::support::rolled::{Source, built, compactor};
use crate::support::stats::percentile;
use crate::support::windows::{Question, Shape, Windows};
use crate::support::{LARGEST_CAMPAIGN, TENANT, World};

const COPY: &str = "callboard_bench_upgrade";
/// Attempts per batch, and the pause between batches: about 1,500 a second.
const BATCH: usize = 150;
const PAUSE: Duration = Duration::from_millis(100);

pub async fn run_part(world: &World) -> Section {
    let time = Duration::from_secs(if world.size == Size::Full { 60 } else { 15 });
    let mut section = Section::new(
        "upgrade",
        "Every report of both modules in turn, one after another, milliseconds in the server; about 1,500 attempts a second are \
         stored meanwhile. During: from the start of the installation until every account is built.",
    );
    let options = world.cluster.copy(COPY).await;
    let old = open(&options, Edition::own()).await;
    let account = tenant(&old, TENANT).await;
    let writer = writer(&options, old.clone()).await;
    let of_old = compactor(&old);
    let mut reader = Reader::new(account);
    reader.read(&old, |began| began.elapsed() < time / 3).await; // plans, and pages into memory
    let before = reader.read(&old, |began| began.elapsed() < time).await;

    let edition = Edition::salted("upgrade");
    let began = Instant::now();
    callboard::boot::migrate_to(&options, &edition)
        .await
        .expect("an edition");
    let installed = began.elapsed();
    let new = open(&options, &edition).await;
    let of_new = compactor(&new);
    let building = {
        let new = new.clone();
        tokio::spawn(async move {
            built(&new).await;
            began.elapsed()
        })
    };
    let during = reader.read(&new, |_| !building.is_finished()).await;
    let built = building.await.expect("sums");
    let after = reader.read(&new, |began| began.elapsed() < time).await;
    writer.abort();
    let _ = writer.await;
    drop((of_old, of_new));

    section.table(
        "reports",
        &["p50", "p99", "longest", "n", "without an answer"],
    );
    for (when, block) in [("before", &before), ("during", &during), ("after", &after)] {
        let checks = [Check::at_most("failed", block.failed as f64, 0.0)];
        section.row(&block.cells(when), &checks);
    }
    section.table("the new edition", &["seconds"]);
    for (what, took) in [("installed", installed), ("built", built)] {
        section.row(&[what.into(), figure(took.as_secs_f64())], &[]);
    }
    old.close().await;
    new.close().await;
    world.cluster.drop(COPY).await;
    section
}

async fn open(options: &PgConnectOptions, edition: &Edition) -> Database {
    Database::open(options.clone(), edition.schema())
        .await
        .expect("a database")
}

/// Stores attempts through the old version until it is aborted.
async fn writer(options: &PgConnectOptions, db: Database) -> JoinHandle<()> {
    let mut incoming = Incoming::new(options, Kind::Attempt).await;
    tokio::spawn(async move {
        loop {
            store(&db, &incoming.lines(BATCH, TimeDelta::minutes(30))).await;
            sleep(PAUSE).await;
        }
    })
}

/// Asks every report in turn.
struct Reader {
    tenant: Tenant,
    questions: Vec<Question>,
    windows: Windows,
}

/// Latencies in milliseconds.
#[derive(Default)]
struct Block {
    times: Vec<f64>,
    failed: usize,
}

impl Reader {
    fn new(tenant: Tenant) -> Self {
        let modules = [Module::Autocall, Module::Telesales].into_iter();
        let questions = modules.flat_map(|module| Question::all(Some(LARGEST_CAMPAIGN), module));
        Self {
            tenant,
            questions: questions.collect(),
            windows: Windows::new(23),
        }
    }

    /// Asks while `wanted`, which gets the start, is true. Each round is finished.
    async fn read(&mut self, db: &Database, wanted: impl Fn(Instant) -> bool) -> Block {
        let (began, mut block) = (Instant::now(), Block::default());
        while wanted(began) {
            for question in &self.questions {
                let window = self.windows.next(Shape::Dates);
                let answer = ask(db, &self.tenant, question, &window, Source::Rolled).await;
                block.times.push(answer.ms);
                block.failed += usize::from(answer.json.is_none());
            }
        }
        block
    }
}

impl Block {
    fn cells(&self, when: &str) -> Vec<String> {
        let of = |share| figure(percentile(&self.times, share));
        vec![
            when.to_owned(),
            of(0.5),
            of(0.99),
            of(1.0),
            self.times.len().to_string(),
            self.failed.to_string(),
        ]
    }
}
