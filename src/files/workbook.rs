//! The workbook of one report: its table on the first sheet, `About` on the second.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rust_xlsxwriter::Workbook;
use tokio::task::JoinError;

use super::sheet::{add_tables, failure, placed};
use super::{Heading, about};
use crate::error::{Error, Result};
use crate::table::Table;

pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Writes one report as a complete workbook. `Invalid` on `format` if it has more rows than a sheet.
pub fn write(heading: &Heading<'_>, table: &Table, to: &mut File, temp_dir: &Path) -> Result<()> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&about::properties(heading));
    workbook.set_tempdir(temp_dir).map_err(failure)?;
    let sheet = add_tables(
        &mut workbook,
        heading.title,
        std::slice::from_ref(table),
        heading.caption.zone,
    )?;
    let data = placed(std::slice::from_ref(table), &sheet);
    about::add(&mut workbook, heading, &data)
        .and_then(|()| workbook.save_to_writer(BufWriter::new(to)))
        .map_err(failure)
}

/// Cause of a panic in making a file. The library that writes workbooks panics where its temporary file cannot be
/// written, and says why in its message only.
pub fn panic_cause(ended: JoinError) -> Error {
    let message = ended.to_string();
    let is_full = ["StorageFull", "QuotaExceeded", "FileTooLarge"]
        .iter()
        .any(|kind| message.contains(kind));
    if is_full {
        Error::NoRoom(ended.into())
    } else {
        Error::internal(ended)
    }
}
