//! A table written batch by batch, in bounded memory: as CSV, or as the first sheets of a workbook.
//!
//! Owns the file while it is made. Must not know where its rows come from.

use std::fs::File;
use std::io::{BufWriter, Seek};
use std::path::Path;

use super::Heading;
use super::csv::Writer;
use super::growing::Growing;
use crate::error::Result;
use crate::table::{Cell, CellRef, Table};
use crate::time::Zone;

/// A file that is being written.
pub enum Batches {
    Csv(Box<Writer<BufWriter<File>>>),
    Xlsx(Box<Growing>, File),
}

impl Batches {
    /// Begins a CSV file of a table without rows.
    pub fn csv(head: &Table, zone: Zone, file: File) -> Result<Self> {
        let writer = Writer::begin(BufWriter::new(file), &head.columns, zone)?;
        Ok(Self::Csv(Box::new(writer)))
    }

    /// Begins a workbook, whose first sheet has that name; a sheet that is full is followed by another. Its rows wait in files of
    /// `temp_dir`.
    pub fn xlsx(
        head: Table,
        zone: Zone,
        file: File,
        (name, temp_dir, rows_a_sheet): (&str, &Path, u32),
    ) -> Result<Self> {
        let mut workbook = Growing::new(zone, temp_dir, rows_a_sheet)?;
        workbook.begin(name, head)?;
        Ok(Self::Xlsx(Box::new(workbook), file))
    }

    /// Writes rows behind those that are written.
    pub fn write(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        match self {
            Self::Csv(writer) => rows
                .iter()
                .try_for_each(|row| writer.record(row.iter().map(CellRef::from))),
            Self::Xlsx(workbook, _) => rows.iter().try_for_each(|row| workbook.write(row)),
        }
    }

    /// Completes the file, and returns it at its start.
    pub fn finish(self, heading: &Heading<'_>) -> Result<File> {
        let mut file = match self {
            Self::Csv(writer) => {
                let written = writer.finish()?;
                written
                    .into_inner()
                    .map_err(std::io::IntoInnerError::into_error)?
            }
            Self::Xlsx(workbook, mut file) => {
                workbook.finish(heading, &mut file)?;
                file
            }
        };
        file.rewind()?;
        Ok(file)
    }
}
