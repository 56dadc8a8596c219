//! A table written batch by batch, in bounded memory: as CSV, or as the first sheets of a workbook.
//!
//! Owns the file while it is made. Must not know where its rows come from.

use std::fs::File;
use std::io::{BufWriter, Seek};
use std::path::Path;

use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};

use super::csv::Writer;
use super::sheet::{
    MOST_OF_NAME, color, failure, filter, finish_sheet, sheet_name, styles, write_cell,
    write_header,
};
use super::{Heading, about};
use crate::error::Result;
use crate::table::{Cell, CellRef, Table};
use crate::time::Zone;

/// A file that is being written.
pub struct Batches {
    /// The table without its rows.
    head: Table,
    zone: Zone,
    rows: u32,
    form: Form,
}

enum Form {
    Csv(Box<Writer<BufWriter<File>>>),
    Xlsx(Box<Sheets>),
}

struct Sheets {
    workbook: Workbook,
    /// Name of the first sheet; the others have a number behind it.
    name: String,
    /// The sheet that is being written, and the sheets before it.
    data: Worksheet,
    before: u32,
    rows_a_sheet: u32,
    styles: Vec<Style>,
    file: File,
}

/// Width of a column in characters.
const WIDTH: f64 = 18.0;

impl Batches {
    /// Begins a CSV file.
    pub fn csv(head: Table, zone: Zone, file: File) -> Result<Self> {
        let writer = Writer::begin(BufWriter::new(file), &head.columns, zone)?;
        let form = Form::Csv(Box::new(writer));
        Ok(Self::new(head, zone, form))
    }

    /// Begins a workbook, whose first sheet has that name; a sheet that is full is followed by another. Its rows wait in files of
    /// `temp_dir`.
    pub fn xlsx(
        head: Table,
        zone: Zone,
        file: File,
        (name, temp_dir, rows_a_sheet): (&str, &Path, u32),
    ) -> Result<Self> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(temp_dir).map_err(failure)?;
        let data = begun(&mut workbook, &sheet_name(name), &head).map_err(failure)?;
        let form = Form::Xlsx(Box::new(Sheets {
            workbook,
            name: sheet_name(name),
            data,
            before: 0,
            rows_a_sheet,
            styles: styles(&head),
            file,
        }));
        Ok(Self::new(head, zone, form))
    }

    fn new(head: Table, zone: Zone, form: Form) -> Self {
        Self {
            head,
            zone,
            rows: 0,
            form,
        }
    }

    /// Writes rows behind those that are written.
    pub fn write(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        for row in rows {
            self.rows += 1;
            match &mut self.form {
                Form::Csv(writer) => writer.record(row.iter().map(CellRef::from))?,
                Form::Xlsx(sheets) => sheets
                    .write_row(&self.head, (self.rows, row), self.zone)
                    .map_err(failure)?,
            }
        }
        Ok(())
    }

    /// Completes the file, and returns it at its start.
    pub fn finish(self, heading: &Heading<'_>) -> Result<File> {
        let mut file = match self.form {
            Form::Csv(writer) => {
                let written = writer.finish()?;
                written
                    .into_inner()
                    .map_err(std::io::IntoInnerError::into_error)?
            }
            Form::Xlsx(sheets) => sheets
                .finish(&self.head, self.rows, heading)
                .map_err(failure)?,
        };
        file.rewind()?;
        Ok(file)
    }
}

/// The sheet of the rows, with its header.
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

impl Sheets {
    /// Writes the row of that number, from 1.
    fn write_row(
        &mut self,
        head: &Table,
        (number, row): (u32, &[Cell]),
        zone: Zone,
    ) -> Result<(), XlsxError> {
        let number = number - self.before * self.rows_a_sheet;
        let number = if number > self.rows_a_sheet {
            self.next_sheet(head)?;
            1
        } else {
            number
        };
        for ((at, cell), style) in (0..).zip(row).zip(&self.styles) {
            write_cell(&mut self.data, (number, at), cell.into(), Some(style), zone)?;
        }
        Ok(())
    }

    fn next_sheet(&mut self, head: &Table) -> Result<(), XlsxError> {
        self.before += 1;
        let name = numbered(&self.name, self.before + 1);
        let next = begun(&mut self.workbook, &name, head)?;
        let mut full = std::mem::replace(&mut self.data, next);
        filter(&mut full, head.columns.len(), self.rows_a_sheet as usize)?;
        color(&mut full, 0, head, self.rows_a_sheet as usize)?;
        self.workbook.push_worksheet(full);
        Ok(())
    }

    fn finish(self, head: &Table, rows: u32, heading: &Heading<'_>) -> Result<File, XlsxError> {
        let Self {
            mut workbook,
            mut data,
            mut file,
            ..
        } = self;
        let rows = rows - self.before * self.rows_a_sheet;
        filter(&mut data, head.columns.len(), rows as usize)?;
        color(&mut data, 0, head, rows as usize)?;
        workbook.push_worksheet(data);
        workbook.set_properties(&about::properties(heading));
        about::add(&mut workbook, heading, &[])?;
        workbook.save_to_writer(BufWriter::new(&mut file))?;
        Ok(file)
    }
}
