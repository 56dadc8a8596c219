//! The cost of roll-ups on writes: ingest with their triggers against ingest without.
//!
//! Both run on a copy of the loaded database, with a compactor like that of a server.

use callboard::db::Database;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::Mutex;

use crate::support::cluster::run;
use crate::support::data::Size;
use crate::support::incoming::{Incoming, Kind, as_account, store};
use crate::support::results::{Check, Section, figure};
use crate::support::stats::{Pairs, alternate, median, seconds, spread};
use crate::support::windows::end;
use crate::support::{LARGEST_CAMPAIGN, TENANT, World, rolled};

const COPY: &str = "callboard_bench_ingest";
const RUNS: usize = 6;
/// More runs, because each is short.
const SINGLE_RUNS: usize = 12;
const TABLES: [&str; 2] = ["autocall_attempts", "telesales_calls"];

pub async fn run_part(world: &World) -> Section {
    let mut section = Section::new(
        "ingest",
        "Rows a second, with the triggers of the roll-ups and without, in the same tables and with the compactor at \
         work. Batches come through ingest; single rows through a prepared statement a transaction, on one \
         connection that does not wait for the disk (`synchronous_commit = off`).",
    );
    let (batch, single) = if world.size == Size::Full {
        (200_000, 10_000)
    } else {
        (50_000, 3_000)
    };
    let options = world.cluster.copy(COPY).await;
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    let compactor = rolled::compactor(&db);
    section.table(
        "what",
        &["rows a run", "with", "without", "n", "with ÷ without"],
    );
    let writer = Writer { world, db, options };
    for kind in [Kind::Attempt, Kind::Call] {
        let pairs = writer.batches(kind, batch).await;
        row(
            &mut section,
            &format!("a batch of {}", kind.name()),
            batch,
            &pairs,
            0.9,
        );
    }
    let (inserts, updates) = writer.singles(single).await;
    row(
        &mut section,
        "one-row inserts of attempts",
        single,
        &inserts,
        0.75,
    );
    row(
        &mut section,
        "one-row updates at a call's end",
        single,
        &updates,
        0.65,
    );
    drop(compactor);
    writer.db.close().await;
    world.cluster.drop(COPY).await;
    section
}

fn row(section: &mut Section, what: &str, rows: usize, pairs: &Pairs, target: f64) {
    let ratios = pairs.ratios();
    let cells = [
        what.to_owned(),
        rows.to_string(),
        figure(median(&pairs.subject)),
        figure(median(&pairs.floor)),
        ratios.len().to_string(),
        spread(&ratios),
    ];
    section.row(&cells, &[Check::at_least("", median(&ratios), target)]);
}

struct Writer<'a> {
    world: &'a World,
    db: Database,
    options: PgConnectOptions,
}

impl Writer<'_> {
    async fn batches(&self, kind: Kind, rows: usize) -> Pairs {
        let incoming = Mutex::new(Incoming::new(&self.options, kind).await);
        let stored = async |triggers| {
            let lines = incoming.lock().await.lines(rows, TimeDelta::days(1));
            self.triggers(triggers).await;
            rows as f64 / seconds(store(&self.db, &lines)).await
        };
        stored(true).await; // the first finds nothing in memory
        alternate(RUNS, |_| stored(true), |_| stored(false)).await
    }

    /// Inserts rows one by one, then updates them one by one.
    async fn singles(&self, rows: usize) -> (Pairs, Pairs) {
        let mut updates = Pairs::default();
        let connection = Mutex::new(as_account(&self.options).await);
        let (with, without) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let written = async |triggers: bool, run: usize, updated: &Mutex<Vec<f64>>| {
            self.triggers(triggers).await;
            let mut connection = connection.lock().await;
            let name = format!("{triggers}-{run}");
            let inserting = rows as f64 / seconds(insert(&mut connection, &name, rows)).await;
            updated
                .lock()
                .await
                .push(rows as f64 / seconds(update(&mut connection, &name, rows)).await);
            inserting
        };
        let subject = |run| written(true, run, &with);
        let inserts = alternate(SINGLE_RUNS, subject, |run| written(false, run, &without)).await;
        (updates.subject, updates.floor) = (with.into_inner(), without.into_inner());
        (inserts, updates)
    }

    async fn triggers(&self, on: bool) {
        let mut connection = self.world.cluster.superuser(COPY).await;
        let what = if on { "enable" } else { "disable" };
        for table in TABLES {
            run(
                &mut connection,
                &format!("alter table {table} {what} trigger user"),
            )
            .await;
        }
    }
}

/// Starts of calls, one transaction each.
async fn insert(connection: &mut PgConnection, name: &str, rows: usize) {
    for number in 0..rows {
        let insert = sqlx::query(
            "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
             values ($1, $2, $3, $4, 1, $5)",
        );
        let insert = insert
            .bind(TENANT)
            .bind(format!("{name}-{number}"))
            .bind(LARGEST_CAMPAIGN);
        let insert = insert.bind(1 + number as i64 % 1000).bind(at(number));
        insert.execute(&mut *connection).await.expect("inserted");
    }
}

/// Ends of the same calls.
async fn update(connection: &mut PgConnection, name: &str, rows: usize) {
    for number in 0..rows {
        let update = sqlx::query(
            "update autocall_attempts
             set answered_at = started_at + interval '9 seconds', ended_at = started_at + interval '51 seconds',
                 result = 'answered', hangup_cause = 'NORMAL_CLEARING', billsec = 42, dtmf = '1',
                 script_path = '{intro,menu_1,press_1}', transfer = 'connected'
             where tenant_id = $1 and uuid = $2",
        );
        let update = update.bind(TENANT).bind(format!("{name}-{number}"));
        let updated = update.execute(&mut *connection).await.expect("updated");
        assert_eq!(updated.rows_affected(), 1);
    }
}

/// About ten calls start per second.
fn at(number: usize) -> DateTime<Utc> {
    end() + TimeDelta::milliseconds(100 * number as i64)
}
