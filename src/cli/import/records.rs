//! `callboard import --format …`: records of dialers, from files and folders.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;

use super::files::{at, files};
use super::{Arguments, said};
use crate::app::App;
use crate::auth::Tenant;
use crate::dialers::leg::{Record, Source};
use crate::dialers::store::Door;
use crate::dialers::tally::Tally;
use crate::dialers::{asterisk, document, freeswitch, quarantine, take, vicidial};
use crate::error::{Error, Result};
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

async fn file(app: &App, format: Format, door: Door, path: &Path) -> Result<Tally> {
    let now = app.clock.now();
    if format == Format::FreeswitchJson {
        let body = tokio::fs::read(path).await.map_err(at(path))?;
        let how = quarantine::Door::default();
        return document::store(&app.db, door, &how, &body, now).await;
    }
    let opened = BufReader::new(File::open(path).map_err(at(path))?);
    let mut progress = said::Progress::new(path, "records");
    let read = move || Ok(records(format, opened, door.locale.zone));
    take::records(&app.db, door, now, read, |tally| {
        progress.report(&tally.lines)
    })
    .await
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

fn print(path: &Path, tally: &Tally) {
    said::rejected(path, tally, "line", false);
    said::summary(
        path,
        format_args!(
            "{} records, {} calls, {}, {} rejected, {} in quarantine, {} unmapped",
            tally.lines.received,
            tally.calls,
            said::ignored(tally),
            tally.lines.rejected,
            tally.quarantined,
            tally.unmapped,
        ),
    );
}
