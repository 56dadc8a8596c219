//! Exports of a million attempts and more, against two floors: COPY of the same rows, and a bare loop that writes the same
//! cells into a workbook.
//!
//! The program itself makes the exports, in a process of its own whose memory is sampled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use callboard::auth::Tenant;
use callboard::db::Database;
use callboard::exports::attempts::{self, COLUMNS};
use callboard::exports::queue;
use callboard::exports::request::Order;
use callboard::table::{Cell, CellRef};
use callboard::time::{Window, Zone};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use futures_util::TryStreamExt;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;

use crate::support::cluster::run;
use crate::support::data::Size;
use crate::support::results::{Check, Section, figure};
use crate::support::stats::{alternate, median, seconds, spread};
use crate::support::{TENANT, World, rolled, server};

const DATABASE: &str = "callboard_bench_exports";
const RUNS: usize = 5;
/// Rows that the bare loop writes repeatedly.
const CELLS: usize = 10_000;

pub async fn run_part(world: &World) -> Section {
    let mut section = Section::new(
        "exports",
        "Rows a second of `full` exports, from the order to the file that can be downloaded, made by `callboard serve`. \
         The floor of csv is `COPY … TO STDOUT (format csv)` of the same rows, thrown away; that of xlsx a bare \
         rust_xlsxwriter loop in constant memory with the same cells at hand. Memory is the peak of the program above what \
         it had before, in MiB.",
    );
    let (most, rows) = if world.size == Size::Full {
        (2_500_000, 1_000_000)
    } else {
        (500_000, 200_000)
    };
    let options = world.cluster.empty(DATABASE).await;
    let db = Database::open(options.clone(), callboard::rollups::Edition::own().schema())
        .await
        .expect("a database");
    fill(world, &db, most).await;
    let program = Program::start(&options).await;
    let bench = Bench { db, program, rows };

    section.table(
        "file",
        &[
            "rows",
            "rows/s",
            "floor, rows/s",
            "n",
            "file ÷ floor",
            "MiB above idle",
        ],
    );
    let csv = async |_| {
        rate(
            rows,
            seconds(async { drop(bench.export("csv", rows).await) }).await,
        )
    };
    let copied = async |_| rate(rows, seconds(bench.copy()).await);
    let idle = bench.program.forget_peak();
    let pairs = alternate(RUNS, csv, copied).await;
    let memory = bench.program.peak() - idle;
    bench.row(&mut section, "csv", &pairs, memory, 1.0);

    let cells = bench.cells().await;
    let xlsx = async |_| {
        rate(
            rows,
            seconds(async { drop(bench.export("xlsx", rows).await) }).await,
        )
    };
    let bare = async |_| rate(rows, seconds(async { bench.bare(&cells) }).await);
    let idle = bench.program.forget_peak();
    let pairs = alternate(RUNS, xlsx, bare).await;
    let memory = bench.program.peak() - idle;
    bench.row(&mut section, "xlsx", &pairs, memory, 0.95);

    section.table(
        "all at once",
        &[
            "rows",
            "seconds",
            "MB",
            "attempt sheets",
            "rows on them",
            "MiB above idle",
        ],
    );
    let idle = bench.program.forget_peak();
    let mut file = PathBuf::new();
    let took = seconds(async { file = bench.export("xlsx", most).await }).await;
    let memory = bench.program.peak() - idle;
    let sheets = attempts_on_sheets(&file);
    let (on_them, size) = (
        sheets.iter().sum::<usize>(),
        fs::metadata(&file).expect("a file").len() as f64 / 1e6,
    );
    let shown = sheets
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" + ");
    let cells = [
        "xlsx".into(),
        most.to_string(),
        figure(took),
        figure(size),
        shown,
        on_them.to_string(),
        figure(memory),
    ];
    let all = Check::at_least("rows", on_them as f64, most as f64);
    section.row(&cells, &[all, Check::at_most("MiB", memory, 64.0)]);

    bench.program.stop();
    bench.db.close().await;
    world.cluster.drop(DATABASE).await;
    section
}

fn rate(rows: usize, seconds: f64) -> f64 {
    rows as f64 / seconds
}

async fn fill(world: &World, db: &Database, most: usize) {
    let mut connection = world.cluster.superuser(DATABASE).await;
    run(
        &mut connection,
        &format!(
            "insert into autocall_campaigns (tenant_id, id, name, started_at) values (1, 1, 'Bench', '2026-03-01');
             insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, external_ref)
             select 1, n, 1, '849' || 10000000 + n, '09' || 10000000 + n, 'CRM-' || n
             from generate_series(1, {most} / 3) n"
        ),
    )
    .await;
    sqlx::query(include_str!("data/exports.sql"))
        .bind(i32::try_from(most).expect("not that many"))
        .execute(&mut connection)
        .await
        .expect("attempts");
    run(&mut connection, "vacuum analyze autocall_attempts; ").await;
    run(&mut connection, "vacuum analyze autocall_leads").await;
    rolled::settle(db).await;
}

/// A `callboard serve` process with its own store.
struct Program {
    child: Child,
    files: tempfile::TempDir,
}

impl Program {
    async fn start(options: &PgConnectOptions) -> Self {
        let files = tempfile::Builder::new()
            .prefix("callboard-bench-")
            .tempdir_in("/var/tmp")
            .expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
        command
            .arg("serve")
            .env("DATABASE_URL", options.to_url_lossy().as_str());
        command
            .env("CALLBOARD_DATA_DIR", files.path())
            .env("CALLBOARD_LISTEN", "127.0.0.1:0");
        let child = command.stderr(Stdio::null()).spawn().expect("a process");
        tokio::time::sleep(Duration::from_secs(2)).await; // until it listens for jobs
        server::user(options).await;
        Self { child, files }
    }

    /// Resets the memory peak. Returns the current memory in MiB.
    fn forget_peak(&self) -> f64 {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")
            .expect("a system that has /proc");
        self.status("VmRSS:")
    }

    fn peak(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> f64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .expect("a line");
        line.trim()
            .trim_end_matches(" kB")
            .parse::<f64>()
            .expect("a number")
            / 1024.0
    }

    fn stop(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("an end");
    }
}

struct Bench {
    db: Database,
    program: Program,
    /// Attempts of the compared window.
    rows: usize,
}

impl Bench {
    fn row(
        &self,
        section: &mut Section,
        name: &str,
        pairs: &crate::support::stats::Pairs,
        memory: f64,
        target: f64,
    ) {
        let (subject, floor, ratios) =
            (median(&pairs.subject), median(&pairs.floor), pairs.ratios());
        let cells = [
            format!("full {name}"),
            self.rows.to_string(),
            figure(subject),
            figure(floor),
            RUNS.to_string(),
            spread(&ratios),
            figure(memory),
        ];
        let checks = [
            Check::at_least("ratio", median(&ratios), target),
            Check::at_most("MiB", memory, 64.0),
        ];
        section.row(&cells, &checks);
    }

    /// The window of the first `rows` rows.
    fn window(&self, rows: usize) -> Window {
        let from: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().expect("an instant");
        let days = if rows == self.rows { 10 } else { 26 };
        Window {
            from,
            to: from + TimeDelta::days(days),
            zone: ho_chi_minh(),
        }
    }

    /// Orders an export of the first `rows` rows and waits for its file.
    async fn export(&self, format: &str, rows: usize) -> PathBuf {
        let Window { from, to, .. } = self.window(rows);
        let members = serde_json::json!({"report_type": "full", "format": format, "from": from.to_rfc3339(), "to": to.to_rfc3339()});
        let now = callboard::time::Clock::System.now();
        let mut scope = self.db.write(TENANT).await.expect("a scope");
        let tenant = Tenant::load(&mut scope).await.expect("an account");
        let order = Order::read(
            &mut scope,
            &tenant,
            1,
            (members.as_object().expect("members"), None),
            now,
        )
        .await
        .expect("an order");
        let id = queue::submit(&mut scope, order.entry(), 1, now)
            .await
            .expect("a job")
            .id;
        scope.commit().await.expect("committed");
        loop {
            let mut scope = self.db.read(TENANT).await.expect("a scope");
            let look = scope.select::<(String, Option<String>, Option<i64>)>(
                "select status, file_key, rows_written from exports where tenant_id = $1 and id = $2",
            );
            let (status, key, written) = look
                .bind(id.clone())
                .fetch_one(scope.connection())
                .await
                .expect("a job");
            assert_ne!(status, "failed");
            if let (Some(key), Some(written)) = (key, written) {
                assert!(
                    usize::try_from(written).expect("rows").abs_diff(rows) <= 1,
                    "{written} rows"
                );
                return self.program.files.path().join("exports").join(key);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Reads the same rows by COPY and discards them.
    async fn copy(&self) {
        let mut scope = self.db.read_unbounded(TENANT).await.expect("a scope");
        let window = self.window(self.rows);
        attempts::ask(&mut scope, 1, &window).await.expect("asked");
        let sql = attempts::COPY.replace("format binary", "format csv, header");
        let mut rows = scope.connection().copy_out_raw(&sql).await.expect("a copy");
        let mut bytes = 0;
        while let Some(row) = rows.try_next().await.expect("rows") {
            bytes += row.len();
        }
        assert!(bytes > self.rows * 100, "{bytes}");
    }

    /// A sample of the rows, as cells.
    async fn cells(&self) -> Vec<Vec<Cell>> {
        let mut scope = self.db.read_unbounded(TENANT).await.expect("a scope");
        let (to, mut batches) = mpsc::channel(1);
        let window = self.window(self.rows);
        let reading =
            tokio::spawn(async move { attempts::read(&mut scope, 1, &window, &to).await });
        let mut cells = Vec::new();
        while let (Some(batch), true) = (batches.recv().await, cells.len() < CELLS) {
            attempts::each(&batch, |row| {
                cells.push(row.iter().map(|cell| owned(*cell)).collect());
                Ok(())
            })
            .expect("rows");
        }
        drop(batches);
        reading.await.expect("no panic").expect("rows");
        cells
    }

    /// Writes the same number of rows as the export from those cells, and nothing else.
    fn bare(&self, cells: &[Vec<Cell>]) {
        bare(cells, self.rows, self.program.files.path()).expect("a workbook");
    }
}

fn owned(cell: CellRef<'_>) -> Cell {
    match cell {
        CellRef::Empty => Cell::Empty,
        CellRef::Text(text) => Cell::Text(text.to_owned()),
        CellRef::Integer(number) => Cell::Integer(number),
        CellRef::Decimal(number) => Cell::Decimal(number),
        CellRef::Flag(flag) => Cell::Flag(flag),
        CellRef::Instant(instant) => Cell::Instant(instant),
        CellRef::Bucket(bucket) => Cell::Bucket(bucket),
    }
}

fn bare(cells: &[Vec<Cell>], rows: usize, dir: &Path) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(dir)?;
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    for (at, column) in (0..).zip(COLUMNS) {
        sheet.write_string(0, at, &*column.title)?;
    }
    for (number, row) in (1..=u32::try_from(rows).expect("rows")).zip(cells.iter().cycle()) {
        for (at, cell) in (0..).zip(row) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => drop(sheet.write_string(number, at, text)?),
                Cell::Integer(value) => drop(sheet.write_number(number, at, *value as f64)?),
                Cell::Decimal(value) => {
                    sheet.write_number(number, at, value.to_f64().unwrap_or_default())?;
                }
                Cell::Flag(flag) => drop(sheet.write_boolean(number, at, *flag)?),
                Cell::Bucket(bucket) => drop(sheet.write_string(number, at, bucket.to_string())?),
                Cell::Instant(instant) => {
                    let local = ho_chi_minh().local(*instant);
                    sheet.write_datetime_with_format(
                        number,
                        at,
                        local.with_nanosecond(0).unwrap_or(local),
                        &date,
                    )?;
                }
            }
        }
    }
    workbook.save(dir.join("bare.xlsx"))
}

/// Rows on each sheet of attempts, without the header. Counted in the XML, because no reader we have holds that many.
fn attempts_on_sheets(file: &Path) -> Vec<usize> {
    use std::io::Read;
    let mut archive =
        zip::ZipArchive::new(fs::File::open(file).expect("a file")).expect("a workbook");
    (7..)
        .map_while(|number| {
            let mut sheet = archive
                .by_name(&format!("xl/worksheets/sheet{number}.xml"))
                .ok()?;
            let (mut rows, mut buffer, mut kept) = (0, vec![0; 1 << 20], Vec::new());
            loop {
                let read = sheet.read(&mut buffer).expect("a sheet");
                if read == 0 {
                    return Some(rows - 1);
                }
                kept.extend_from_slice(&buffer[..read]);
                rows += kept.windows(5).filter(|window| window == b"<row ").count();
                kept.drain(..kept.len().saturating_sub(4));
            }
        })
        .collect()
}

fn ho_chi_minh() -> Zone {
    Zone::named("Asia/Ho_Chi_Minh").expect("a zone")
}
