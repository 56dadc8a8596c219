//! Takes a sheet in: reads a file by a mapping, stores its rows, or tells what would be stored.
//!
//! Used by requests and by the command line. Must not know either.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use encoding_rs::Encoding;
use tokio::task::spawn_blocking;

use super::Sheet;
use super::dates::Order;
use super::lines::Lines;
use super::mapping::{self, Mapping, PHONE, Source, is_call};
use super::numbers::Numbering;
use super::people::People;
use super::plan::Plan;
use super::preview::{SheetOutcome, ignored_for, named};
use super::read::{self, Upload};
use crate::db::Database;
use crate::dialers::tally::Tally;
use crate::error::{Error, Faults, Result};
use crate::ingest::kind::Kind;
use crate::ingest::{self, Target};
use crate::rollups::Module;
use crate::time::Zone;

/// What somebody says about a file.
pub struct Reading {
    pub kind: &'static Kind,
    pub mapping: Option<Mapping>,
    /// In place of the mapping's.
    pub order: Option<Order>,
    pub encoding: Option<&'static Encoding>,
    pub sheet: Option<String>,
    pub target: Target,
    /// For the spooled rows.
    pub folder: PathBuf,
    /// Maximum unpacked size of a workbook, in bytes.
    pub most: u64,
}

/// The kind of the lines: the stated one, which must be the mapping's. `Invalid` without either.
pub fn kind(stated: Option<&'static Kind>, mapping: Option<&Mapping>) -> Result<&'static Kind> {
    let of_map = mapping.and_then(|mapping| Kind::named(&mapping.kind));
    match (stated, of_map) {
        (Some(stated), Some(of_map)) if stated.name != of_map.name => {
            let fault = format!("The mapping is one of {}.", of_map.name);
            Err(Error::invalid("kind", fault))
        }
        (stated, of_map) => stated
            .or(of_map)
            .ok_or_else(|| Error::invalid("kind", "is required without a mapping.")),
    }
}

/// The stated zone, else the mapping's, else the account's.
pub fn zone(stated: Option<Zone>, mapping: Option<&Mapping>, account: Zone) -> Zone {
    let of_map = mapping.and_then(|mapping| Zone::named(mapping.timezone.as_deref()?));
    stated.or(of_map).unwrap_or(account)
}

impl Reading {
    /// Reads a file whole. `guesses`: any header will do.
    pub async fn sheet(self: &Arc<Self>, mut file: File, guesses: bool) -> Result<Sheet> {
        let permit = read::permit(&mut file).await?;
        let this = self.clone();
        blocking(move || {
            let _permit = permit;
            let upload = Upload {
                file,
                folder: &this.folder,
                encoding: this.encoding,
                sheet: this.sheet.as_deref(),
                most: this.most,
            };
            read::read(upload, (this.kind, this.mapping.as_ref()), guesses)
        })
        .await
    }

    /// The mapping, or columns that are named as the fields.
    fn plan(&self, sheet: &Sheet) -> (Plan, Faults) {
        let by_names = || {
            let mut mapping = Mapping::new(self.kind);
            for (field, column) in mapping::named(self.kind, sheet.names()) {
                let source = Source::Column(column.to_owned());
                mapping.columns.insert(field.to_owned(), source);
            }
            mapping
        };
        let mapping = self.mapping.clone().unwrap_or_else(by_names);
        Plan::new((self.kind, &mapping), sheet, self.order, self.target.locale)
    }

    /// Tells what would be stored.
    pub async fn preview(self: &Arc<Self>, sheet: Sheet) -> Result<SheetOutcome> {
        let this = self.clone();
        blocking(move || {
            let (plan, faults) = this.plan(&sheet);
            let (given, locale) = (this.mapping.as_ref(), this.target.locale);
            SheetOutcome::of_dry_run(&sheet, (&plan, faults), given, locale)
        })
        .await
    }

    /// Stores the rows. On return those counted as stored are committed. `progress` is called after each committed chunk.
    pub async fn store(
        &self,
        db: &Database,
        sheet: Sheet,
        progress: impl FnMut(&ingest::Tally) + Send,
    ) -> Result<Tally> {
        let (plan, faults) = self.plan(&sheet);
        faults.into_result(Some(()))?;
        let target = self.target;
        let people = People::new(db, target, module_of(self.kind), plan.names(PHONE));
        let lines = Lines {
            people: plan.names_people().then(|| Arc::new(people)),
            numbering: plan
                .lacks_numbers()
                .then(|| Arc::new(Numbering::new(db, target))),
            sheet: Arc::new(sheet),
            plan: Arc::new(plan),
            ignored: Arc::default(),
            failure: Arc::default(),
        };
        let stored = ingest::ingest_again(db, target, lines.clone(), progress).await;
        let mut tally = stored.map_err(|error| lines.told(error))?;
        if let Some(numbering) = lines.numbering.as_ref().filter(|_| tally.stored > 0) {
            numbering.finish().await?;
        }
        let ignored = lines.ignored.load(Ordering::Relaxed);
        tally.received += ignored;
        for line in &mut tally.errors {
            let mut faults = std::mem::take(&mut line.errors);
            if let (Some(people), Some(row)) = (&lines.people, line.line) {
                faults = people.explained(row, faults);
            }
            line.errors = named(faults, &lines.plan, &lines.sheet);
        }
        let created = lines.people.map(|people| people.created());
        Ok(Tally {
            calls: if is_call(self.kind) { tally.stored } else { 0 },
            lines: tally,
            ignored,
            ignored_for: ignored_for(ignored),
            created: created.unwrap_or_default(),
            ..Tally::default()
        })
    }
}

/// The product whose calls are lines of a kind.
fn module_of(kind: &Kind) -> Module {
    if kind.name.starts_with("autocall") {
        Module::Autocall
    } else {
        Module::Telesales
    }
}

/// Reads in a thread of its own. A reader that panics has met a file that is none.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => {
            tracing::warn!(%error, "a reader of spreadsheets failed");
            let fault = "The file cannot be read; save it as CSV.";
            Err(Error::invalid("file", fault))
        }
        Err(error) => Err(Error::internal(error)),
    }
}
