//! `callboard import --format csv`: spreadsheets, from files and folders.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use encoding_rs::Encoding;

use super::files::{at, files};
use super::{Arguments, said};
use crate::app::App;
use crate::auth::Tenant;
use crate::dialers::sheet::dates::Order;
use crate::dialers::sheet::mapping::Mapping;
use crate::dialers::sheet::request::{FORMAT, MAX_BODY};
use crate::dialers::sheet::take::{self, Reading};
use crate::dialers::sheet::{encoding, ready, store};
use crate::dialers::tally::Tally;
use crate::error::{Error, Result};
use crate::ingest::kind::{Kind, NAMES};
use crate::ingest::{Locale, Target};
use crate::templates::store::is_name;

const TOO_LARGE: &str =
    "is larger than 1 GiB unpacked, or has texts of more than 128 MiB; save it as CSV.";

/// Options of `--format csv`.
#[derive(Debug, Args)]
pub struct SheetArguments {
    /// With --format csv: the mapping to read it by. A file of JSON, or the name of a mapping that the tenant keeps or that
    /// comes with the program. Without one, columns are named as the fields of --kind.
    #[arg(long, value_name = "MAPPING")]
    map: Option<String>,
    /// With --format csv: kind of the lines that rows become; required without --map.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(NAMES))]
    kind: Option<String>,
    /// With --format csv: order of day, month and year, such as dd/mm/yyyy, in place of the mapping's.
    #[arg(long, value_name = "FORMAT", value_parser = order)]
    date_format: Option<Order>,
    /// With --format csv: encoding of the text; found without it.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(encoding::NAMES))]
    encoding: Option<String>,
    /// With --format csv: name or number of the sheet of a workbook; the first without it.
    #[arg(long)]
    sheet: Option<String>,
}

fn order(text: &str) -> Result<Order, String> {
    Order::of_format(text).ok_or_else(|| FORMAT.to_owned())
}

impl SheetArguments {
    /// An option that is used, if one is.
    pub fn used(&self) -> Option<&'static str> {
        let all = [
            ("map", self.map.is_some()),
            ("kind", self.kind.is_some()),
            ("date-format", self.date_format.is_some()),
            ("encoding", self.encoding.is_some()),
            ("sheet", self.sheet.is_some()),
        ];
        all.into_iter()
            .find_map(|(name, is_used)| is_used.then_some(name))
    }

    fn encoding(&self) -> Option<&'static Encoding> {
        encoding::named(self.encoding.as_deref()?)
    }
}

/// Imports sheets. Exits with 1 if a row or a whole file was rejected; the others are stored.
pub async fn run(app: &App, tenant: &Tenant, arguments: &Arguments) -> Result<ExitCode> {
    let options = &arguments.sheet;
    let mapping = match &options.map {
        Some(name) => Some(mapping(app, tenant.id, name).await?),
        None => None,
    };
    let stated = options.kind.as_deref().and_then(Kind::named);
    let reading = Arc::new(Reading {
        kind: take::kind(stated, mapping.as_ref())?,
        order: options.date_format,
        encoding: options.encoding(),
        sheet: options.sheet.clone(),
        target: Target {
            tenant: tenant.id,
            locale: Locale {
                zone: take::zone(arguments.timezone, mapping.as_ref(), tenant.timezone),
                country_code: tenant.settings.country_code(),
            },
            atomic: false,
            events: false,
        },
        folder: app.exports.store.create_temp_dir()?.to_owned(),
        most: app.atomic_limit,
        mapping,
    });
    let mut is_whole = true;
    for path in files(&arguments.files)? {
        match file(app, &reading, &path).await {
            Ok(tally) => {
                print(&path, &tally);
                is_whole &= tally.lines.rejected == 0;
            }
            Err(Error::Invalid(faults)) => {
                faults.iter().for_each(|fault| said::refuse(&path, fault));
                is_whole = false;
            }
            Err(Error::TooLarge) => {
                said::refuse(&path, ("file", &[TOO_LARGE.to_owned()]));
                is_whole = false;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The mapping of a file, else the one that the tenant keeps by that name, else the one that comes with the program.
async fn mapping(app: &App, tenant: i64, name: &str) -> Result<Mapping> {
    let path = Path::new(name);
    if path.is_file() {
        let size = path.metadata().map_err(at(path))?.len();
        if size > MAX_BODY as u64 {
            return Err(Error::invalid("map", "is larger than 256 KiB."));
        }
        return ready::of_json(&std::fs::read_to_string(path).map_err(at(path))?);
    }
    if is_name(name) {
        let mut scope = app.db.read(tenant).await?;
        match (
            store::load(&mut scope, "map", name).await,
            ready::named(name),
        ) {
            (Err(Error::Invalid(_)), Some(ready)) => return ready,
            (Err(Error::Invalid(_)), None) => {}
            (loaded, _) => return loaded,
        }
    }
    let ready: Vec<&str> = ready::names().collect();
    let fault = format!(
        "is neither a file nor a mapping of the tenant, nor one of those that come with the program: {}.",
        ready.join(", ")
    );
    Err(Error::invalid("map", fault))
}

async fn file(app: &App, reading: &Arc<Reading>, path: &Path) -> Result<Tally> {
    let opened = File::open(path).map_err(at(path))?;
    let sheet = reading.sheet(opened, false).await?;
    let mut progress = said::Progress::new(path, "rows");
    let stored = reading.store(&app.db, sheet, |tally| progress.report(tally));
    stored.await
}

fn print(path: &Path, tally: &Tally) {
    said::rejected(path, tally, "row", true);
    let (lines, created) = (&tally.lines, &tally.created);
    said::summary(
        path,
        format_args!(
            "{} rows, {} stored, {}, {} rejected; new: {} campaigns, {} leads, {} agents, {} caller IDs",
            lines.received,
            lines.stored,
            said::ignored(tally),
            lines.rejected,
            created.campaigns,
            created.leads,
            created.agents,
            created.caller_ids,
        ),
    );
}
