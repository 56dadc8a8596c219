//! The cost of the roll-ups themselves: compaction, the busiest lead, building from the rows, and disk.
//!
//! All of it on a copy of the loaded database, without a running compactor.

use std::cell::Cell;
use std::time::Instant;

use callboard::db::Database;
use chrono::TimeDelta;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::support::cluster::run;
use crate::support::data::Size;
use crate::support::incoming::{Incoming, Kind, as_account, store};
use crate::support::memory::Sampler;
use crate::support::results::{Check, Section, figure};
use crate::support::stats::{Pairs, alternate, median, seconds, spread};
use crate::support::{LARGEST_CAMPAIGN, TENANT, World, rolled};

const COPY: &str = "callboard_bench_rollups";
const COMPACTIONS: usize = 8;
const SINGLE_RUNS: usize = 12;
const BUILDS: usize = 3;
/// Slices of a building in parts: as for an account eight times as large as the limit of one transaction.
const SLICES: i64 = 8;
const ENTRIES: usize = 20_000;
const KINDS: [Kind; 2] = [Kind::Attempt, Kind::Call];

pub async fn run_part(world: &World) -> Section {
    let mut section = Section::new(
        "rollups",
        "What the roll-ups cost. Each compaction adds 20,000 rows of random leads, spread over a day; its floor upserts as \
         many rows into one table by lead and hour. Building reads all rows of the account; its floor copies them into a \
         table without an index. Each subject and its floor run on the same copy of the loaded database.",
    );
    let options = world.cluster.copy(COPY).await;
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    let costs = Costs { world, db, options };
    costs.bytes(&mut section).await;
    costs.compaction(&mut section).await;
    costs.building(&mut section).await;
    costs.building_in_parts(&mut section).await;
    costs.busiest_lead(&mut section).await;
    costs.db.close().await;
    world.cluster.drop(COPY).await;
    section
}

struct Costs<'a> {
    world: &'a World,
    db: Database,
    options: PgConnectOptions,
}

impl Costs<'_> {
    async fn superuser(&self) -> PgConnection {
        self.world.cluster.superuser(COPY).await
    }

    /// Disk of the derived tables by raw row, and of the raw tables.
    async fn bytes(&self, section: &mut Section) {
        let target = match self.world.size {
            Size::Full => 200.0,
            Size::Quick => 600.0,
        };
        let disk = rolled::disk(&mut self.superuser().await).await;
        let by_row = |bytes: i64| bytes as f64 / disk.rows as f64;
        section.table(
            "bytes a call",
            &[
                "rows",
                "roll-ups",
                "calls with their indexes",
                "roll-ups ÷ calls",
            ],
        );
        let cells = [
            "tables with their indexes".to_owned(),
            disk.rows.to_string(),
            figure(by_row(disk.derived)),
            figure(by_row(disk.raw)),
            figure(disk.derived as f64 / disk.raw as f64),
        ];
        section.row(
            &cells,
            &[Check::at_most("roll-ups", by_row(disk.derived), target)],
        );
    }

    async fn compaction(&self, section: &mut Section) {
        section.table(
            "µs an entry",
            &["compaction", "floor", "n", "compaction ÷ floor"],
        );
        for kind in KINDS {
            let mut incoming = Incoming::new(&self.options, kind).await;
            let mut pairs = Pairs::default();
            for _ in 0..COMPACTIONS {
                store(&self.db, &incoming.lines(ENTRIES, TimeDelta::days(1))).await;
                // The compaction removes what the floor reads, so it is always the second.
                pairs.floor.push(self.floor_of_entries(kind).await);
                pairs.subject.push(seconds(rolled::settle(&self.db)).await);
            }
            let entry = |all: &[f64]| median(all) * 1e6 / ENTRIES as f64;
            let cells = [
                format!("{ENTRIES} {}", kind.name()),
                figure(entry(&pairs.subject)),
                figure(entry(&pairs.floor)),
                COMPACTIONS.to_string(),
                spread(&pairs.ratios()),
            ];
            let check = Check::at_most("compaction", entry(&pairs.subject), 20.0);
            section.row(&cells, &[check]);
        }
    }

    async fn floor_of_entries(&self, kind: Kind) -> f64 {
        let journal = rolled::journal(kind);
        self.undone(
            "create table floor (tenant_id bigint, lead_id bigint, hour integer, n bigint,
                                 primary key (tenant_id, lead_id, hour))",
            format!(
                "insert into floor
                 select tenant_id, lead_id, quarter / 4, sum(weight) from {journal} group by 1, 2, 3
                 on conflict (tenant_id, lead_id, hour) do update set n = floor.n + excluded.n"
            ),
        )
        .await
    }

    async fn building(&self, section: &mut Section) {
        section.table(
            "rows/s",
            &["rows", "building", "floor", "n", "building ÷ floor"],
        );
        for kind in KINDS {
            let (table, rows) = (kind.table(), self.rows(kind).await);
            let rate = |seconds: f64| rows as f64 / seconds;
            let copy =
                format!("insert into floor select * from {table} where tenant_id = {TENANT}");
            let empty = format!("create table floor (like {table})");
            let pairs = alternate(
                BUILDS,
                async |_| rate(seconds(rolled::rebuild(&self.db, TENANT, kind)).await),
                async |_| rate(self.undone(&empty, copy.clone()).await),
            )
            .await;
            let cells = [
                format!("from {}", kind.name()),
                rows.to_string(),
                figure(median(&pairs.subject)),
                figure(median(&pairs.floor)),
                BUILDS.to_string(),
                spread(&pairs.ratios()),
            ];
            let check = Check::at_least("building", median(&pairs.subject), 60_000.0);
            section.row(&cells, &[check]);
        }
    }

    /// The same in parts, as an account of millions of calls is built. Memory is that of the server's largest process.
    async fn building_in_parts(&self, section: &mut Section) {
        section.table(
            "rows/s in parts",
            &[
                "rows",
                "transactions",
                "in parts",
                "at once",
                "n",
                "in parts ÷ at once",
                "memory in parts, MiB",
                "at once, MiB",
            ],
        );
        let postmaster = self.world.cluster.postmaster().await;
        for kind in KINDS {
            let rows = self.rows(kind).await;
            let transactions = Cell::new(0);
            let peaks = [Cell::new(0.0), Cell::new(0.0)];
            let build = async |slice: i64, peak: &Cell<f64>| {
                let sampler = Sampler::start(postmaster);
                let building = rolled::rebuild_in_slices(&self.db, TENANT, kind, slice);
                let started = Instant::now();
                let number = building.await;
                let rate = rows as f64 / started.elapsed().as_secs_f64();
                transactions.set(transactions.get().max(number));
                peak.set(sampler.peak().max(peak.get()));
                rate
            };
            let slice = rows / SLICES + 1;
            let pairs = alternate(
                BUILDS,
                |_| build(slice, &peaks[0]),
                |_| build(rows + 1, &peaks[1]),
            )
            .await;
            let cells = [
                format!("from {}", kind.name()),
                rows.to_string(),
                transactions.get().to_string(),
                figure(median(&pairs.subject)),
                figure(median(&pairs.floor)),
                BUILDS.to_string(),
                spread(&pairs.ratios()),
                figure(peaks[0].get()),
                figure(peaks[1].get()),
            ];
            let check = Check::at_least("in parts ÷ at once", median(&pairs.ratios()), 0.8);
            section.row(&cells, &[check]);
        }
    }

    async fn rows(&self, kind: Kind) -> i64 {
        let table = kind.table();
        let count = format!("select count(*) from {table} where tenant_id = {TENANT}");
        sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut self.superuser().await)
            .await
            .expect("a count")
    }

    /// One more row of a lead with a very great many against one of a lead with few.
    async fn busiest_lead(&self, section: &mut Section) {
        let rows = if self.world.size == Size::Full {
            1_000_000
        } else {
            50_000
        };
        section.table(
            "one more row, ms",
            &[
                "rows of the lead",
                "its compaction",
                "another lead's",
                "n",
                "ratio",
            ],
        );
        for kind in KINDS {
            self.calls(kind, "many", 0, rows).await;
            self.calls(kind, "few", 1, 40).await;
            rolled::settle(&self.db).await;
            run(&mut self.superuser().await, "vacuum analyze").await;
            let compacted = async |lead: i64, number: usize| {
                self.calls(kind, &format!("more-{lead}-{number}"), lead, 1)
                    .await;
                1e3 * seconds(rolled::settle(&self.db)).await
            };
            compacted(1, SINGLE_RUNS).await; // the first finds nothing in memory
            let pairs = alternate(
                SINGLE_RUNS,
                |number| compacted(0, number),
                |number| compacted(1, number),
            )
            .await;
            let cells = [
                format!("of {}", kind.name()),
                rows.to_string(),
                figure(median(&pairs.subject)),
                figure(median(&pairs.floor)),
                SINGLE_RUNS.to_string(),
                spread(&pairs.ratios()),
            ];
            let check = Check::at_most("ratio", median(&pairs.ratios()), 1.5);
            section.row(&cells, &[check]);
        }
    }

    /// Rows of a lead at any time of 90 days.
    async fn calls(&self, kind: Kind, name: &str, lead: i64, count: i64) {
        let number = match kind {
            Kind::Attempt => "attempt_number",
            Kind::Call => "agent_id",
        };
        let insert = format!(
            "insert into {} (tenant_id, uuid, campaign_id, lead_id, {number}, started_at, result)
             select {TENANT}, '{name}-' || n, {LARGEST_CAMPAIGN}, {lead}, 1,
                    timestamptz '2026-01-15 00:00Z' + n * 7919 % (90 * 86400) * interval '1 second',
                    case n % 4 when 0 then 'answered' else 'busy' end
             from generate_series(1, {count}) n",
            kind.table()
        );
        run(&mut as_account(&self.options).await, &insert).await;
    }

    /// Seconds of a statement that is undone, after another that is not measured.
    async fn undone(&self, before: &str, sql: String) -> f64 {
        let mut superuser = self.superuser().await;
        let mut transaction = superuser.begin().await.expect("a transaction");
        let execute = async |connection: &mut PgConnection, sql: String| {
            connection.execute(AssertSqlSafe(sql)).await.expect("done");
        };
        execute(&mut transaction, before.to_owned()).await;
        let measured = seconds(execute(&mut transaction, sql)).await;
        transaction.rollback().await.expect("undone");
        measured
    }
}
