//! CSV exports: a zip with a file per table, or the file of the only table.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use chrono::{Datelike, Timelike};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::attempts::{self, Rows, Words};
use super::contents::Contents;
use super::progress::{CancelWriter, Progress};
use crate::error::{Error, Result};
use crate::files::csv::Writer;
use crate::table::worded::named_by_titles;
use crate::table::{CellRef, Table};
use crate::time::instant::local;

/// Compression level for attempts: fast compression gives a sixth of their size, the best a seventh in four times the time.
const LEVEL: i64 = 1;

/// Writes the tables, and the attempts if the export has them.
pub fn write(
    contents: &Contents,
    rows: Option<Rows>,
    watch: &Progress,
    to: &mut File,
) -> Result<()> {
    let to = BufWriter::with_capacity(1 << 20, CancelWriter(to, watch));
    let zone = contents.caption.zone;
    if let Some(only) = contents.only_table() {
        let mut writer = Writer::begin(to, &only.columns, zone)?;
        write_rows(&mut writer, only)?;
        return Ok(writer.finish()?.flush()?);
    }
    let mut archive = ZipWriter::new(to);
    for table in contents.tables() {
        begin(&mut archive, table.name, contents, false)?;
        let mut writer = Writer::begin(&mut archive, &table.columns, zone)?;
        write_rows(&mut writer, table)?;
        writer.finish()?;
    }
    if let Some(rows) = rows {
        begin(&mut archive, "attempts", contents, true)?;
        let words = Words::of(contents.wording);
        let columns = words.columns.clone();
        let columns = if contents.wording.has_titles {
            named_by_titles(columns)
        } else {
            columns
        };
        let mut writer = Writer::begin(&mut archive, &columns, zone)?;
        for batch in rows {
            watch.check_cancelled()?;
            watch.wrote(attempts::each(&batch, |row| {
                let cells = row.iter().enumerate();
                writer.record(cells.map(|(at, cell)| words.put(at, *cell)))
            })?);
        }
        writer.finish()?;
    }
    Ok(archive.finish().map_err(failure)?.flush()?)
}

fn write_rows<W: Write>(writer: &mut Writer<W>, table: &Table) -> Result<()> {
    table
        .rows
        .iter()
        .try_for_each(|row| writer.record(row.iter().map(CellRef::from)))
}

/// Starts the file of a table. Zip requires files over 4 GiB to be declared in advance.
fn begin<W: Write + Seek>(
    archive: &mut ZipWriter<W>,
    name: &str,
    contents: &Contents,
    is_large: bool,
) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(made_at(contents).unwrap_or_default())
        .large_file(is_large);
    archive
        .start_file(format!("{name}.csv"), options)
        .map_err(failure)
}

/// Local time, as zip stores it.
fn made_at(contents: &Contents) -> Option<zip::DateTime> {
    let at = local(contents.made_at, contents.caption.zone);
    let small = |number: u32| u8::try_from(number).ok();
    let year = u16::try_from(at.year()).ok()?;
    let (month, day) = (small(at.month())?, small(at.day())?);
    zip::DateTime::from_date_and_time(
        year,
        month,
        day,
        small(at.hour())?,
        small(at.minute())?,
        small(at.second())?,
    )
    .ok()
}

fn failure(error: zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        other => Error::internal(other),
    }
}
