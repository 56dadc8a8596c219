//! `callboard import --format …`: records of dialers, from files and folders.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;

use super::Arguments;
use crate::app::App;
use crate::auth::Tenant;
use crate::cli::say;
use crate::dialers::leg::{Record, Source};
use crate::dialers::store::Door;
use crate::dialers::tally::Tally;
use crate::dialers::{asterisk, document, freeswitch, quarantine, take, vicidial};
use crate::error::{Cause, Error, Result};
use crate::time::Zone;

/// Format of the records of a dialer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Documents of mod_json_cdr or mod_xml_cdr, one a file
    FreeswitchJson,
    /// Files of mod_cdr_csv
    FreeswitchCsv,
    /// Call records of Asterisk, in any of its forms
    AsteriskCsv,
    /// Queue logs of Asterisk
    AsteriskQueueLog,
    /// Logs and call exports of VICIdial
    Vicidial,
}

impl Format {
    const fn source(self) -> Source {
        match self {
            Self::FreeswitchJson | Self::FreeswitchCsv => Source::Freeswitch,
            Self::AsteriskCsv | Self::AsteriskQueueLog => Source::Asterisk,
            Self::Vicidial => Source::Vicidial,
        }
    }
}

/// Imports records. Exits with 1 if one was rejected or kept in quarantine; the others are stored.
pub async fn run(
    app: &App,
    tenant: &Tenant,
    format: Format,
    arguments: &Arguments,
) -> Result<ExitCode> {
    let zone = match (format, arguments.timezone) {
        (_, Some(zone)) => zone,
        (Format::FreeswitchJson, None) => tenant.timezone, // its records have epochs
        _ => {
            let fault = "is required: records of this format have local times without an offset";
            return Err(Error::invalid("timezone", fault));
        }
    };
    let mut door = Door::of(tenant, format.source());
    door.locale.zone = zone;
    door.events = false;
    let mut is_whole = true;
    for path in files(&arguments.files)? {
        let tally = file(app, format, door, &path).await?;
        print(&path, &tally);
        is_whole &= tally.lines.rejected == 0 && tally.quarantined == 0;
    }
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |error| Error::Setup(Cause::from(error).context(path))
}

/// The files, and those in folders, each folder's by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.metadata().map_err(at(path))?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inner = Vec::new();
        for entry in path.read_dir().map_err(at(path))? {
            inner.push(entry.map_err(at(path))?.path());
        }
        inner.sort();
        files.extend(self::files(&inner)?);
    }
    Ok(files)
}

async fn file(app: &App, format: Format, door: Door, path: &Path) -> Result<Tally> {
    let now = app.clock.now();
    if format == Format::FreeswitchJson {
        let body = tokio::fs::read(path).await.map_err(at(path))?;
        let how = quarantine::Door::default();
        return document::store(&app.db, door, &how, &body, now).await;
    }
    let opened = BufReader::new(File::open(path).map_err(at(path))?);
    let mut progress = Progress::new(path);
    let read = move || Ok(records(format, opened, door.locale.zone));
    take::records(&app.db, door, now, read, |tally| progress.report(tally)).await
}

fn records(
    format: Format,
    file: BufReader<File>,
    zone: Zone,
) -> Box<dyn Iterator<Item = (u64, Record)>> {
    let options = asterisk::Options::new(zone);
    match format {
        Format::FreeswitchJson | Format::FreeswitchCsv => Box::new(freeswitch::rows(file, zone)),
        Format::AsteriskCsv => asterisk::records("", file, &options),
        Format::AsteriskQueueLog => asterisk::read_as(asterisk::Form::QueueLog, file, &options),
        Format::Vicidial => Box::new(vicidial::rows(file, zone)),
    }
}

/// Counts on standard error, each ten seconds.
struct Progress<'a> {
    path: &'a Path,
    reported: std::time::Instant,
}

impl<'a> Progress<'a> {
    fn new(path: &'a Path) -> Self {
        let reported = std::time::Instant::now();
        Self { path, reported }
    }

    fn report(&mut self, tally: &Tally) {
        if self.reported.elapsed().as_secs() >= 10 {
            self.reported = std::time::Instant::now();
            let (path, lines) = (self.path.display(), &tally.lines);
            eprintln!(
                "{path}: {} records, {} stored",
                lines.received, lines.stored
            );
        }
    }
}

fn print(path: &Path, tally: &Tally) {
    for rejected in &tally.lines.errors {
        let (unit, number) = rejected.place();
        for (_, messages) in rejected.errors.iter() {
            eprintln!(
                "{}, {unit} {number}: {}",
                path.display(),
                messages.join(" ")
            );
        }
    }
    let ignored = tally.ignored_for.iter();
    let ignored: Vec<String> = ignored
        .map(|(reason, records)| format!("{records} {reason}"))
        .collect();
    let reasons = if ignored.is_empty() {
        String::new()
    } else {
        format!(" ({})", ignored.join(", "))
    };
    say(format_args!(
        "{}: {} records, {} calls, {} ignored{reasons}, {} rejected, {} in quarantine, {} unmapped",
        path.display(),
        tally.lines.received,
        tally.calls,
        tally.ignored,
        tally.lines.rejected,
        tally.quarantined,
        tally.unmapped,
    ));
}
