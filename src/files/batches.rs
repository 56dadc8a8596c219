//! A table written batch by batch, in bounded memory: as CSV, or as the first sheet of a workbook.
//!
//! Owns the file while it is made. Must not know where its rows come from.

use std::fs::File;
use std::io::{BufWriter, Seek};
use std::path::Path;

use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};

use super::csv::Writer;
use super::sheet::{failure, filter, finish_sheet, style, write_cell, write_header};
use super::{Heading, about};
use crate::error::Result;
use crate::table::{Cell, CellRef, Column};
use crate::time::Zone;

/// A file that is being written.
pub struct Batches {
    columns: &'static [Column],
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
    data: Worksheet,
    styles: Vec<Style>,
    file: File,
}

/// Width of a column in characters.
const WIDTH: f64 = 18.0;

impl Batches {
    /// Begins a CSV file.
    pub fn csv(columns: &'static [Column], zone: Zone, file: File) -> Result<Self> {
        let writer = Writer::begin(BufWriter::new(file), columns, zone)?;
        let form = Form::Csv(Box::new(writer));
        Ok(Self::new(columns, zone, form))
    }

    /// Begins a workbook, whose first sheet has that name. Its rows wait in files of `temp_dir`.
    pub fn xlsx(
        columns: &'static [Column],
        zone: Zone,
        file: File,
        (name, temp_dir): (&str, &Path),
    ) -> Result<Self> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(temp_dir).map_err(failure)?;
        let data = begun(&mut workbook, name, columns).map_err(failure)?;
        let form = Form::Xlsx(Box::new(Sheets {
            workbook,
            data,
            styles: columns.iter().map(style).collect(),
            file,
        }));
        Ok(Self::new(columns, zone, form))
    }

    fn new(columns: &'static [Column], zone: Zone, form: Form) -> Self {
        Self {
            columns,
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
                    .write_row(self.rows, row, self.zone)
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
            Form::Xlsx(sheets) => {
                let columns = self.columns.len();
                sheets
                    .finish(columns, self.rows, heading)
                    .map_err(failure)?
            }
        };
        file.rewind()?;
        Ok(file)
    }
}

/// The sheet of the rows, with its header.
fn begun(workbook: &mut Workbook, name: &str, columns: &[Column]) -> Result<Worksheet, XlsxError> {
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    for at in (0..).take(columns.len()) {
        sheet.set_column_width(at, WIDTH)?;
    }
    write_header(&mut sheet, 0, columns, |style, _| style)?;
    finish_sheet(&mut sheet)?;
    Ok(sheet)
}

impl Sheets {
    fn write_row(&mut self, number: u32, row: &[Cell], zone: Zone) -> Result<(), XlsxError> {
        for ((at, cell), style) in (0..).zip(row).zip(&self.styles) {
            write_cell(&mut self.data, (number, at), cell.into(), Some(style), zone)?;
        }
        Ok(())
    }

    fn finish(self, columns: usize, rows: u32, heading: &Heading<'_>) -> Result<File, XlsxError> {
        let Self {
            mut workbook,
            mut data,
            mut file,
            ..
        } = self;
        filter(&mut data, columns, rows as usize)?;
        workbook.push_worksheet(data);
        workbook.set_properties(&about::properties(heading));
        about::write(workbook.add_worksheet(), heading, &[])?;
        workbook.save_to_writer(BufWriter::new(&mut file))?;
        Ok(file)
    }
}
