//! Ingest that goes on: whether the compactor keeps up, and what the roll-ups cost then.

use std::time::{Duration, Instant};

use callboard::db::Database;
use chrono::TimeDelta;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::mpsc;
use tokio::time::interval;

use crate::support::cluster::run;
use crate::support::data::Size;
use crate::support::incoming::{Incoming, Kind, store};
use crate::support::results::{Check, Section, figure};
use crate::support::stats::mean;
use crate::support::{World, rolled};

const COPY: &str = "callboard_bench_sustained";
/// Lines of a body.
const LINES: usize = 20_000;
/// Interval of looks at the journal.
const LOOK: Duration = Duration::from_secs(1);

pub async fn run_part(world: &World) -> Section {
    let (full, quick) = (Duration::from_secs(600), Duration::from_secs(60));
    let time = if world.size == Size::Full {
        full
    } else {
        quick
    };
    let mut section = Section::new(
        "sustained",
        "Ingest for ten minutes (`quick`: one), bodies of 20,000 lines one after another, made meanwhile by a client in the \
         same process; the compactor at work. The floor has no triggers. The journal is what is not in the sums yet: the \
         mean of the second half of the time against that of the first.",
    );
    section.table(
        "rows/s",
        &[
            "with",
            "without",
            "with ÷ without",
            "journal, first half",
            "second half",
        ],
    );
    for kind in [Kind::Attempt, Kind::Call] {
        let with = measured(world, kind, time, true).await;
        let without = measured(world, kind, time, false).await;
        let ratio = with.rate / without.rate;
        let cells = [
            kind.name().to_owned(),
            figure(with.rate),
            figure(without.rate),
            figure(ratio),
            figure(with.first_half),
            figure(with.second_half),
        ];
        let checks = [
            Check::at_least("with", with.rate, 25_000.0),
            Check::at_least("ratio", ratio, 0.9),
            Check::at_most("journal", with.second_half / with.first_half.max(1.0), 1.2),
        ];
        section.row(&cells, &checks);
    }
    section
}

/// Rows a second, and the mean length of the journal in either half of the time.
struct Flow {
    rate: f64,
    first_half: f64,
    second_half: f64,
}

async fn measured(world: &World, kind: Kind, time: Duration, with_triggers: bool) -> Flow {
    let options = world.cluster.copy(COPY).await;
    let mut superuser = world.cluster.superuser(COPY).await;
    if !with_triggers {
        let disable = format!("alter table {} disable trigger user", kind.table());
        run(&mut superuser, &disable).await;
    }
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    let compactor = rolled::compactor(&db);
    let watched = watch(superuser, kind, time);
    let (rate, lengths) = tokio::join!(stored(&db, &options, kind, time), watched);
    drop(compactor);
    db.close().await;
    world.cluster.drop(COPY).await;
    let (first, second) = lengths.split_at(lengths.len() / 2);
    Flow {
        rate,
        first_half: mean(first),
        second_half: mean(second),
    }
}

/// Stores bodies for that time. Returns rows a second.
async fn stored(db: &Database, options: &PgConnectOptions, kind: Kind, time: Duration) -> f64 {
    let mut incoming = Incoming::new(options, kind).await;
    let (sender, mut bodies) = mpsc::channel(2);
    let client = tokio::task::spawn_blocking(move || {
        while sender
            .blocking_send(incoming.lines(LINES, TimeDelta::hours(1)))
            .is_ok()
        {}
    });
    let (began, mut rows) = (Instant::now(), 0);
    while began.elapsed() < time {
        store(db, &bodies.recv().await.expect("a body")).await;
        rows += LINES;
    }
    let rate = rows as f64 / began.elapsed().as_secs_f64();
    drop(bodies);
    client.await.expect("a client");
    rate
}

/// Lengths of the journal during that time.
async fn watch(mut superuser: PgConnection, kind: Kind, time: Duration) -> Vec<f64> {
    let (began, mut ticks) = (Instant::now(), interval(LOOK));
    let mut lengths = Vec::new();
    while began.elapsed() < time {
        ticks.tick().await;
        lengths.push(rolled::entries(&mut superuser, kind).await as f64);
    }
    lengths
}
