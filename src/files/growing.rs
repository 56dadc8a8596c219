//! A workbook of tables that grow row by row, one after another, in bounded memory: a table that fills its sheet continues on the
//! next.
//!
//! Must not know where rows come from.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};

use super::sheet::{
    MOST_OF_NAME, color, failure, filter, finish_sheet, sheet_name, styles, write_cell,
    write_header,
};
use super::{Heading, about};
use crate::error::Result;
use crate::table::{Cell, Table};
use crate::time::Zone;

/// A workbook that is being written.
pub struct Growing {
    workbook: Workbook,
    zone: Zone,
    rows_a_sheet: u32,
    table: Option<Grown>,
}

/// The table that rows are added to.
struct Grown {
    /// The table without its rows.
    head: Table,
    /// Name of its first sheet; the others have a number behind it.
    name: String,
    /// The sheet that is being written, its number and its rows.
    sheet: Worksheet,
    number: u32,
    rows: u32,
    styles: Vec<Style>,
}

/// Width of a column in characters.
const WIDTH: f64 = 18.0;

impl Growing {
    /// Begins a workbook. Its rows wait in files of `temp_dir`.
    pub fn new(zone: Zone, temp_dir: &Path, rows_a_sheet: u32) -> Result<Self> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(temp_dir).map_err(failure)?;
        Ok(Self {
            workbook,
            zone,
            rows_a_sheet,
            table: None,
        })
    }

    /// Begins a table, whose first sheet has that name.
    pub fn begin(&mut self, name: &str, head: Table) -> Result<()> {
        self.end().map_err(failure)?;
        let name = sheet_name(name);
        self.table = Some(Grown {
            sheet: begun(&mut self.workbook, &name, &head).map_err(failure)?,
            styles: styles(&head),
            number: 1,
            rows: 0,
            head,
            name,
        });
        Ok(())
    }

    /// Writes a row of the table that was begun last.
    pub fn write(&mut self, row: &[Cell]) -> Result<()> {
        let Some(table) = &mut self.table else {
            return Ok(());
        };
        if table.rows == self.rows_a_sheet {
            table.turn(&mut self.workbook).map_err(failure)?;
        }
        table.rows += 1;
        for ((at, cell), style) in (0..).zip(row).zip(&table.styles) {
            let place = (table.rows, at);
            let written = write_cell(&mut table.sheet, place, cell.into(), Some(style), self.zone);
            written.map_err(failure)?;
        }
        Ok(())
    }

    /// Completes the workbook with its sheet `About`.
    pub fn finish(mut self, heading: &Heading<'_>, file: &mut File) -> Result<()> {
        self.end()
            .and_then(|()| {
                self.workbook.set_properties(&about::properties(heading));
                about::add(&mut self.workbook, heading, &[])?;
                self.workbook.save_to_writer(BufWriter::new(file))
            })
            .map_err(failure)
    }

    fn end(&mut self) -> Result<(), XlsxError> {
        if let Some(table) = self.table.take() {
            push(&mut self.workbook, table.sheet, (&table.head, table.rows))?;
        }
        Ok(())
    }
}

impl Grown {
    /// Continues on the next sheet.
    fn turn(&mut self, workbook: &mut Workbook) -> Result<(), XlsxError> {
        self.number += 1;
        let next = begun(workbook, &numbered(&self.name, self.number), &self.head)?;
        let full = std::mem::replace(&mut self.sheet, next);
        push(workbook, full, (&self.head, self.rows))?;
        self.rows = 0;
        Ok(())
    }
}

/// A sheet of rows, with its header.
fn begun(workbook: &mut Workbook, name: &str, head: &Table) -> Result<Worksheet, XlsxError> {
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    for at in 0..head.columns.len() {
        let width = head.looks.get(at).and_then(|look| look.width);
        let column = u16::try_from(at).unwrap_or(u16::MAX);
        sheet.set_column_width(column, width.unwrap_or(WIDTH))?;
    }
    write_header(&mut sheet, 0, &head.columns, |style, _| style)?;
    finish_sheet(&mut sheet)?;
    Ok(sheet)
}

/// Adds a sheet after its last row.
fn push(
    workbook: &mut Workbook,
    mut sheet: Worksheet,
    (head, rows): (&Table, u32),
) -> Result<(), XlsxError> {
    filter(&mut sheet, head.columns.len(), rows as usize)?;
    color(&mut sheet, 0, head, rows as usize)?;
    workbook.push_worksheet(sheet);
    Ok(())
}

/// Name of a further sheet: shortened so that its number has a place.
fn numbered(name: &str, number: u32) -> String {
    let end = format!(" {number}");
    let mut units = end.len();
    let short = name.chars().take_while(|letter| {
        units += letter.len_utf16();
        units <= MOST_OF_NAME
    });
    let short: String = short.collect();
    format!("{}{end}", short.trim_end())
}
