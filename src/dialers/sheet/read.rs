//! A file as a sheet: its format is found, its header is the first row that maps.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::Encoding;
use tokio::sync::Semaphore;

use super::mapping::{Mapping, Source, fields, is_call, key};
use super::rows::{Numbered, Rows, Sheet};
use super::{delimited, suggest, workbook};
use crate::error::{Error, Result};
use crate::ingest::field::Presence;
use crate::ingest::kind::Kind;

/// Workbooks that are read at once: their texts are in memory.
static WORKBOOKS: Semaphore = Semaphore::const_new(1);

/// A file, and what a request says about it.
pub struct Upload<'a> {
    pub file: File,
    /// For the spooled rows.
    pub folder: &'a Path,
    pub encoding: Option<&'static Encoding>,
    pub sheet: Option<&'a str>,
    /// Maximum unpacked size of a workbook, in bytes.
    pub most: u64,
}

/// A permit to read a file, if it needs one.
pub async fn permit(file: &mut File) -> Result<Option<tokio::sync::SemaphorePermit<'static>>> {
    if !workbook::is_workbook(&start_of(file)?) {
        return Ok(None);
    }
    WORKBOOKS.acquire().await.map(Some).map_err(Error::internal)
}

fn start_of(file: &mut File) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    (&*file).take(8).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(start)
}

/// Reads a sheet whole. `by`: the mapping whose columns the header names; without one, the fields of the kind. `guesses`: any
/// header will do. `Invalid` if there is no header, or the file is of another format.
pub fn read(
    mut upload: Upload<'_>,
    (kind, by): (&'static Kind, Option<&Mapping>),
    guesses: bool,
) -> Result<Sheet> {
    let start = start_of(&mut upload.file)?;
    if workbook::is_old_workbook(&start) {
        let fault = "A workbook of before 2007, or one with a password, is not read: save it as .xlsx or CSV.";
        return Err(Error::invalid("file", fault));
    }
    let choose = |rows: &[Numbered]| header(rows, kind, by, guesses);
    let mut rows = Rows::new(upload.folder, Box::new(choose))?;
    if workbook::is_workbook(&start) {
        workbook::read(&upload.file, upload.sheet, upload.most, &mut rows)?;
    } else {
        delimited::read(&mut upload.file, upload.encoding, &mut rows)?;
    }
    rows.finish()
}

/// The first row that names all that it must, else the one that names most.
fn header(
    rows: &[Numbered],
    kind: &'static Kind,
    by: Option<&Mapping>,
    guesses: bool,
) -> Option<usize> {
    let (wanted, needed) = match by {
        Some(mapping) => {
            let names = mapping.columns.values().flat_map(Source::columns);
            let names: Vec<String> = names.map(|name| key(name)).collect();
            (names.clone(), names)
        }
        None => (fields(kind).map(key).collect(), needed(kind)),
    };
    let count = |row: &Numbered, names: &[String]| {
        let keys: Vec<String> = row.1.iter().map(|cell| key(cell)).collect();
        names.iter().filter(|name| keys.contains(name)).count()
    };
    let whole = rows
        .iter()
        .position(|row| count(row, &needed) == needed.len());
    if whole.is_some() {
        // A mapping of constants alone names nothing: then any row is a header.
        return whole;
    }
    let best = |score: &dyn Fn(&Numbered) -> usize| {
        let scored = rows.iter().map(score).enumerate();
        let best = scored.rev().max_by_key(|(_, score)| *score);
        best.filter(|(_, score)| *score > 0).map(|(at, _)| at)
    };
    let by_names = best(&|row| count(row, &wanted));
    if by_names.is_some() || !guesses {
        return by_names;
    }
    let filled = |row: &Numbered| row.1.iter().filter(|cell| !cell.is_empty()).count();
    best(&|row| suggest::known(kind, &row.1)).or_else(|| best(&filled))
}

/// Fields without which no row of a kind can be stored.
fn needed(kind: &'static Kind) -> Vec<String> {
    let required = kind
        .fields
        .iter()
        .filter(|field| field.presence == Presence::Required);
    let names = required.map(|field| field.name);
    // Calls are known by what they are, and their people by names.
    let made = ["uuid", "attempt_number", "lead_id", "campaign_id"];
    let names = names.filter(|name| !is_call(kind) || !made.contains(name));
    names.map(key).collect()
}
