//! `callboard import`: imports call data from files or a pipe, records of dialers, and spreadsheets.

mod files;
mod records;
mod said;
mod sheets;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader};
use tokio_util::io::InspectReader;

use super::{load_tenant, say};
use crate::app::App;
use crate::auth::Tenant;
use crate::error::{Cause, Error, Result};
use crate::ingest::{self, Body, Locale, Spooled, Tally, Target};
use crate::time::Zone;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Input files, plain or gzip, or - for standard input. With --format plain files, and folders of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Records of a dialer, or spreadsheets, instead of ingest lines.
    #[arg(long, value_enum, conflicts_with = "atomic")]
    format: Option<Format>,
    /// The tenant's id.
    #[arg(long)]
    tenant: i64,
    /// Time zone of times without an offset; by default the tenant's.
    #[arg(long)]
    timezone: Option<Zone>,
    /// All or nothing: one bad line rejects the whole file.
    #[arg(long)]
    atomic: bool,
    #[command(flatten)]
    sheet: sheets::SheetArguments,
}

/// Format of files that are not ingest lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Records(records::Format),
    Sheet,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        use records::Format::{
            AsteriskCsv, AsteriskQueueLog, FreeswitchCsv, FreeswitchJson, Vicidial,
        };
        &[
            Self::Records(FreeswitchJson),
            Self::Records(FreeswitchCsv),
            Self::Records(AsteriskCsv),
            Self::Records(AsteriskQueueLog),
            Self::Records(Vicidial),
            Self::Sheet,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Records(format) => format.to_possible_value(),
            Self::Sheet => {
                let about = "Spreadsheets: CSV and other delimited text, XLSX";
                Some(PossibleValue::new("csv").help(about))
            }
        }
    }
}

/// Imports lines, or a JSON array of at most 16 MiB. Exits with 1 if a line was rejected; the other
/// lines are stored.
pub async fn run(app: &App, arguments: &Arguments) -> Result<ExitCode> {
    let tenant = load_tenant(app, "tenant", arguments.tenant).await?;
    let used = arguments.sheet.used();
    if let Some(option) = used.filter(|_| arguments.format != Some(Format::Sheet)) {
        return Err(Error::invalid(option, "is for --format csv alone"));
    }
    match arguments.format {
        None => {}
        Some(Format::Sheet) => return sheets::run(app, &tenant, arguments).await,
        Some(Format::Records(format)) => {
            return records::run(app, &tenant, format, arguments).await;
        }
    }
    let mut all = ExitCode::SUCCESS;
    for file in &arguments.files {
        if lines(app, &tenant, arguments, file).await? == ExitCode::FAILURE {
            all = ExitCode::FAILURE;
        }
    }
    Ok(all)
}

/// Imports the lines of a file.
async fn lines(app: &App, tenant: &Tenant, arguments: &Arguments, file: &Path) -> Result<ExitCode> {
    let zone = arguments.timezone.unwrap_or(tenant.timezone);
    let locale = Locale {
        zone,
        country_code: tenant.settings.country_code(),
    };
    let target = Target {
        tenant: tenant.id,
        locale,
        atomic: arguments.atomic,
        events: false,
    };
    let (stream, read, size) = open(file).await?;
    let mut progress = Progress::new(read, size);
    let mut committed = Tally::default();
    let on_progress = |tally: &Tally| {
        progress.report(tally);
        committed.clone_from(tally);
    };
    let ingested = match input(app, stream, target.atomic).await? {
        Input::Streamed(lines) => {
            ingest::ingest(&app.db, target, Body::Lines(lines), on_progress).await
        }
        Input::Spooled(body) => ingest::ingest_again(&app.db, target, body, on_progress).await,
    };
    progress.end();
    match ingested {
        Ok(tally) => {
            print_summary(&tally);
            Ok(if tally.rejected == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        Err(error) => {
            if !target.atomic {
                print_summary(&committed); // stored before the error
            }
            Err(error)
        }
    }
}

fn print_summary(tally: &Tally) {
    for rejected in &tally.errors {
        let (unit, number) = rejected.place();
        for (field, messages) in rejected.errors.iter() {
            eprintln!("{unit} {number}: {field} {}", messages.join(" "));
        }
    }
    say(format_args!(
        "{} lines, {} stored, {} rejected",
        tally.received, tally.stored, tally.rejected
    ));
}

type Stream = Box<dyn AsyncBufRead + Unpin + Send>;

/// Opens the input, decompressed if it is gzip, with a counter of bytes read and the size if known.
async fn open(path: &Path) -> Result<(Stream, Arc<AtomicU64>, Option<u64>)> {
    let at = |error: std::io::Error| {
        Error::Setup(Cause::from(error).context(path.display().to_string()))
    };
    let (bytes, size): (Box<dyn AsyncRead + Unpin + Send>, _) = if path.as_os_str() == "-" {
        (Box::new(tokio::io::stdin()), None)
    } else {
        let file = tokio::fs::File::open(path).await.map_err(at)?;
        let size = file.metadata().await.map_err(at)?.len();
        (Box::new(file), Some(size))
    };
    let read = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&read);
    let counted = InspectReader::new(bytes, move |part| {
        counter.fetch_add(part.len() as u64, Ordering::Relaxed);
    });
    let mut stream = BufReader::with_capacity(256 << 10, counted);
    let is_gzip = stream
        .fill_buf()
        .await
        .map_err(at)?
        .starts_with(&[0x1f, 0x8b]);
    let stream: Stream = if is_gzip {
        Box::new(ingest::gunzip(stream))
    } else {
        Box::new(stream)
    };
    Ok((stream, read, size))
}

/// Input of the ingest: a stream of lines, or a body that is spooled first.
enum Input {
    Streamed(Stream),
    Spooled(Spooled),
}

/// Selects the kind of input by its first bytes. JSON is checked before any of it is stored. Atomic
/// lines are one transaction, which must not wait for its input and may have to be retried.
async fn input(app: &App, mut stream: Stream, atomic: bool) -> Result<Input> {
    let start = stream
        .fill_buf()
        .await
        .map_err(|error| Error::Malformed(error.to_string()))?;
    let is_json = ingest::begins_json(start);
    let (limit, fault) = match (is_json, atomic) {
        (true, _) => (
            ingest::MAX_JSON_BODY,
            "has more than 16 MiB of JSON; use one object per line instead",
        ),
        (false, true) => (
            app.atomic_limit,
            "has more than 1 GiB decompressed; import it without --atomic, or in parts",
        ),
        (false, false) => return Ok(Input::Streamed(stream)),
    };
    let spooled = ingest::spool(stream, limit, app.exports.store.create_temp_dir()?).await;
    let spooled = spooled.map_err(|error| match error {
        Error::TooLarge => Error::invalid("file", fault),
        other => other,
    })?;
    let body = if is_json {
        Body::Json(ingest::checked_json(spooled).await?)
    } else {
        Body::Lines(spooled)
    };
    Ok(Input::Spooled(Spooled::new(body).await?))
}

/// Progress of the import: redrawn in place on a terminal, otherwise printed at intervals.
struct Progress {
    read: Arc<AtomicU64>,
    size: Option<u64>,
    started: Instant,
    reported: Instant,
    interval: Duration,
    terminal: bool,
}

impl Progress {
    fn new(read: Arc<AtomicU64>, size: Option<u64>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let interval = if terminal {
            Duration::from_millis(200)
        } else {
            Duration::from_secs(10)
        };
        Self {
            read,
            size,
            started: Instant::now(),
            reported: Instant::now(),
            interval,
            terminal,
        }
    }

    fn report(&mut self, tally: &Tally) {
        if self.reported.elapsed() < self.interval {
            return;
        }
        self.reported = Instant::now();
        let share = self
            .size
            .filter(|size| *size > 0)
            .map_or_else(String::new, |size| {
                format!(
                    "{} % of the file, ",
                    self.read.load(Ordering::Relaxed) * 100 / size
                )
            });
        let rate = u128::from(tally.received) * 1000 / self.started.elapsed().as_millis().max(1);
        let line = format!(
            "{share}{} lines, {} rejected, {rate} lines/s",
            tally.received, tally.rejected
        );
        if self.terminal {
            eprint!("\r\x1b[K{line}")
        } else {
            eprintln!("{line}")
        }
    }

    fn end(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}
