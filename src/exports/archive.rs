//! CSV exports: a zip with a file per table, or the file of the only table.

use std::fs::File;
use std::io::{BufWriter, Write};

use super::attempts::{self, Rows, Words};
use super::contents::Contents;
use super::progress::{CancelWriter, Progress};
use crate::error::Result;
use crate::files::csv::Writer;
use crate::files::zipped::Zipped;
use crate::table::worded::named_by_titles;
use crate::table::{CellRef, Table};

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
    let mut archive = Zipped::new(to, contents.made_at, zone);
    for table in contents.tables() {
        archive.begin(&format!("{}.csv", table.name), false)?;
        let mut writer = Writer::begin(&mut archive, &table.columns, zone)?;
        write_rows(&mut writer, table)?;
        writer.finish()?;
    }
    if let Some(rows) = rows {
        archive.begin("attempts.csv", true)?;
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
    Ok(archive.finish()?.flush()?)
}

fn write_rows<W: Write>(writer: &mut Writer<W>, table: &Table) -> Result<()> {
    table
        .rows
        .iter()
        .try_for_each(|row| writer.record(row.iter().map(CellRef::from)))
}
