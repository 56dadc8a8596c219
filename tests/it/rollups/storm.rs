//! Concurrent load: two tenants, every kind of writer, two compactors, rebuilds and readers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use callboard::db::{Database, Scope};
use callboard::rollups::{Comparison, Module, compact};
use callboard::verify::Questions;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor};
use tokio::task::JoinSet;

use super::statements::{CORRECTIONS, DELETIONS, Dice, PLAIN, SINGLE, TERMS};
use super::{assert_roll_ups_equal_raw_rows, size};
use crate::support::{Client, NOW, TENANT, TestApp, body, world};

const NEIGHBOUR: i64 = 2;
/// Answers from roll-ups required while writers run.
const COMPARISONS: usize = 2_000;

#[derive(Clone, Default)]
struct Storm {
    over: Arc<AtomicBool>,
    same: Arc<AtomicUsize>,
    stale: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
    compacted: Arc<AtomicUsize>,
}

impl Storm {
    fn rages(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    fn count(&self, comparison: Comparison) {
        match comparison {
            Comparison::Same => self.same.fetch_add(1, Ordering::Relaxed),
            Comparison::Stale => self.stale.fetch_add(1, Ordering::Relaxed),
            Comparison::Different(two) => {
                self.over.store(true, Ordering::Relaxed);
                panic!(
                    "{}\nrolled {}\nraw    {}",
                    two.question, two.rolled, two.raw
                );
            }
        };
    }
}

/// Runs the statements in one transaction. One of two conflicting writers is rolled back, as in any
/// application.
async fn write(storm: &Storm, mut scope: Scope, statements: &[String], then: Duration) {
    for sql in statements {
        let done = scope.connection().execute(AssertSqlSafe(sql.clone())).await;
        if let Err(error) = done {
            let code = error
                .as_database_error()
                .and_then(|error| error.code())
                .unwrap_or_default()
                .into_owned();
            // A conflict with another writer, or a reference to a row just deleted.
            assert!(
                ["40001", "40P01", "23503"].contains(&code.as_str()),
                "{sql}: {error}"
            );
            storm.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
    tokio::time::sleep(then).await;
    scope.commit().await.expect("committed");
    storm.written.fetch_add(1, Ordering::Relaxed);
}

/// Single statements, each committed.
async fn writes(
    storm: Storm,
    db: Database,
    mut dice: Dice,
    statements: &'static [&'static str],
    pause: Duration,
) {
    while storm.rages() {
        let scope = db.write(TENANT + dice.below(2)).await.expect("a scope");
        let sql = dice.statement(statements);
        write(&storm, scope, &[sql], Duration::ZERO).await;
        tokio::time::sleep(pause).await;
    }
}

/// Transactions: long ones, old snapshots, rolled-back savepoints.
async fn transactions(storm: Storm, db: Database, mut dice: Dice) {
    while storm.rages() {
        let tenant = TENANT + dice.below(2);
        let scope = if dice.one_in(2) {
            db.write_snapshot(tenant).await
        } else {
            db.write(tenant).await
        };
        let mut statements = Vec::new();
        for _ in 0..=dice.below(3) {
            let all = [SINGLE, CORRECTIONS, PLAIN, DELETIONS, PLAIN]
                [usize::try_from(dice.below(5)).expect("small")];
            let sql = dice.statement(all);
            let undone = dice.one_in(3);
            statements.push(if undone {
                format!("savepoint s; {sql}; rollback to s")
            } else {
                sql
            });
        }
        if dice.one_in(20) {
            statements.push(dice.statement(TERMS));
        }
        let then = Duration::from_millis(if dice.one_in(4) { 300 } else { 0 });
        write(&storm, scope.expect("a scope"), &statements, then).await;
    }
}

/// Batches over HTTP. Rows that refer to deleted ones are rejected.
async fn ingests(storm: Storm, clients: [Client; 2], worlds: [Vec<Value>; 2], mut dice: Dice) {
    while storm.rages() {
        let of = usize::try_from(dice.below(2)).expect("small");
        let from = usize::try_from(dice.below(i64::try_from(worlds[of].len()).expect("small")))
            .expect("small");
        let lines = &worlds[of][from..worlds[of].len().min(from + 40)];
        let answer = clients[of].ingest_text(body(lines)).await;
        // 503: it locked up with another writer, as in `write`. 422: all of its rows refer to deleted ones.
        assert!(
            [200, 422, 503].contains(&answer.status.as_u16()),
            "{}",
            answer.text()
        );
        let count = if answer.status == 200 {
            &storm.written
        } else {
            &storm.refused
        };
        count.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn compacts(storm: Storm, db: Database) {
    while storm.rages() {
        for tenant in [TENANT, NEIGHBOUR] {
            let done = compact::compact(&db, tenant)
                .await
                .expect("a compactor never fails");
            storm.compacted.fetch_add(
                usize::from(done != compact::Done::Nothing),
                Ordering::Relaxed,
            );
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A compactor that rebuilds in parts of few calls.
async fn builds(storm: Storm, db: Database) {
    while storm.rages() {
        for (tenant, module) in [TENANT, NEIGHBOUR]
            .into_iter()
            .flat_map(|tenant| Module::ALL.map(|module| (tenant, module)))
        {
            compact::turn(&db, tenant, module, 40)
                .await
                .expect("a compactor never fails");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn distrusts(storm: Storm, db: Database, mut dice: Dice) {
    while storm.rages() {
        let module = if dice.one_in(2) {
            Module::Autocall
        } else {
            Module::Telesales
        };
        let campaign = (!dice.one_in(3)).then(|| 1 + dice.below(4));
        compact::mark_stale(&db, TENANT + dice.below(2), module, campaign)
            .await
            .expect("noted");
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
}

/// Compares a few random requests per snapshot while commits go on.
async fn looks(storm: Storm, db: Database, mut dice: Dice) {
    while storm.rages() {
        let mut scope = db.read(TENANT + dice.below(2)).await.expect("a scope");
        let seed = u64::try_from(dice.below(i64::MAX)).expect("positive");
        let now = NOW.parse().expect("an instant");
        let mut chance = Questions::load(&mut scope, seed, now)
            .await
            .expect("questions");
        for _ in 0..16 {
            if let Some(question) = chance.any().expect("a request") {
                storm.count(question.compare(&mut scope).await.expect("both answers"));
            }
        }
        if storm.same.load(Ordering::Relaxed) >= COMPARISONS {
            storm.over.store(true, Ordering::Relaxed);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_equals_the_raw_rows_in_every_snapshot_of_a_storm() {
    let app = TestApp::new().await;
    let neighbour = Client::new(app.url.clone(), app.account(NEIGHBOUR).await);
    let clients = [Client::new(app.url.clone(), app.token.clone()), neighbour];
    // Both tenants use the same ids.
    let worlds = [
        world::random(21, size(220, 220)),
        world::random(22, size(220, 220)),
    ];
    for (client, lines) in clients.iter().zip(&worlds) {
        client.ingest(lines).await;
    }
    // A second instance has its own connections and compactor.
    let second = Database::open(
        app.app.db.unscoped().connect_options().as_ref().clone(),
        callboard::rollups::Edition::own().schema(),
    )
    .await
    .expect("a database");
    let storm = Storm::default();
    let mut all = JoinSet::new();
    let (short, long) = (Duration::from_millis(5), Duration::from_millis(900));
    all.spawn(ingests(storm.clone(), clients, worlds, Dice::new(1)));
    all.spawn(writes(
        storm.clone(),
        second.clone(),
        Dice::new(2),
        SINGLE,
        short,
    ));
    all.spawn(writes(
        storm.clone(),
        second.clone(),
        Dice::new(3),
        CORRECTIONS,
        short,
    ));
    all.spawn(writes(
        storm.clone(),
        second.clone(),
        Dice::new(4),
        DELETIONS,
        short * 4,
    ));
    all.spawn(writes(
        storm.clone(),
        second.clone(),
        Dice::new(5),
        TERMS,
        long,
    ));
    all.spawn(transactions(storm.clone(), second.clone(), Dice::new(6)));
    all.spawn(compacts(storm.clone(), app.app.db.clone()));
    all.spawn(compacts(storm.clone(), second.clone()));
    all.spawn(builds(storm.clone(), second.clone()));
    all.spawn(distrusts(storm.clone(), second.clone(), Dice::new(7)));
    all.spawn(looks(storm.clone(), app.app.db.clone(), Dice::new(8)));
    all.spawn(looks(storm.clone(), app.app.db.clone(), Dice::new(9)));
    while let Some(ended) = all.join_next().await {
        ended.unwrap_or_else(|failure| {
            storm.over.store(true, Ordering::Relaxed);
            panic!("{failure}");
        });
    }
    let [same, stale, written, refused, compacted] = [
        &storm.same,
        &storm.stale,
        &storm.written,
        &storm.refused,
        &storm.compacted,
    ]
    .map(|it| it.load(Ordering::Relaxed));
    eprintln!(
        "{same} alike, {stale} stale; {written} transactions, {refused} refused, {compacted} compactions"
    );
    assert!(
        same >= COMPARISONS && written > 500 && compacted > 50,
        "too little happened"
    );
    for tenant in [TENANT, NEIGHBOUR] {
        compact::compact_until_idle(&app.app.db)
            .await
            .expect("compacted");
        assert_roll_ups_equal_raw_rows(&app, tenant, 9, "when it is calm again").await;
    }
}
