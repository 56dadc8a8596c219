//! Rows of a sheet, spooled as text, and what their columns hold.
//!
//! Owns the search for the header, and the facts about columns that a mapping needs. Must not know files' formats.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use super::dates::Proof;
use crate::error::{Error, Result};
use crate::text::nfc;

/// Maximum number of columns; those behind them are not read.
pub const MAX_COLUMNS: usize = 1_000;
/// Maximum number of rows in which the header is searched.
const MAX_TITLES: usize = 50;
/// Maximum number of distinct values of a column that are told, and of characters of each.
const MAX_VALUES: usize = 50;
const MAX_VALUE: usize = 64;

/// A row with its number in the sheet, from 1.
pub type Numbered = (u64, Vec<String>);

/// Chooses the header among the first rows.
pub type Choose<'a> = Box<dyn Fn(&[Numbered]) -> Option<usize> + 'a>;

/// A column: its name in the header, and what the rows below hold.
#[derive(Debug, Default, Clone)]
pub struct Column {
    pub name: String,
    /// Cells that are not blank.
    pub filled: u64,
    pub dates: Proof,
    pub phones: u64,
    /// Distinct values with their numbers; empty if there are too many.
    pub values: BTreeMap<String, u64>,
    has_many: bool,
}

/// A sheet that has been read to its end.
pub struct Sheet {
    file: File,
    /// Number of the header's row.
    pub header: u64,
    pub columns: Vec<Column>,
}

impl Sheet {
    /// Names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The rows below the header, from the first. Readers share one position, so only the latest may be used.
    pub fn rows(&self) -> Result<RowReader> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true);
        let reader = builder.from_reader(BufReader::with_capacity(64 << 10, file));
        Ok(RowReader {
            reader,
            record: StringRecord::new(),
        })
    }
}

/// Reads spooled rows.
pub struct RowReader {
    reader: csv::Reader<BufReader<File>>,
    record: StringRecord,
}

impl RowReader {
    /// The number of the next row, and its cells behind the first one, which is that number.
    pub fn next(&mut self) -> Result<Option<(u64, &StringRecord)>> {
        let read = self.reader.read_record(&mut self.record);
        if !read.map_err(|error| Error::internal(error.to_string()))? {
            return Ok(None);
        }
        let number = self.record.get(0).and_then(|number| number.parse().ok());
        Ok(Some((number.unwrap_or_default(), &self.record)))
    }
}

/// Takes rows as a file is read.
pub struct Rows<'a> {
    choose: Choose<'a>,
    /// The first rows, until the header is known.
    first: Vec<Numbered>,
    header: Option<u64>,
    columns: Vec<Column>,
    writer: csv::Writer<BufWriter<File>>,
    last: u64,
}

impl<'a> Rows<'a> {
    /// `folder`: for the spooled rows.
    pub fn new(folder: &Path, choose: Choose<'a>) -> Result<Self> {
        let file = BufWriter::with_capacity(64 << 10, tempfile::tempfile_in(folder)?);
        Ok(Self {
            choose,
            first: Vec::new(),
            header: None,
            columns: Vec::new(),
            writer: WriterBuilder::new().flexible(true).from_writer(file),
            last: 0,
        })
    }

    /// Number of the last row.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Adds a row. One without any text is dropped.
    pub fn add<'c>(
        &mut self,
        number: u64,
        cells: impl Iterator<Item = &'c str> + Clone,
    ) -> Result<()> {
        self.last = number;
        if cells.clone().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        if self.header.is_some() {
            return self.keep(number, cells);
        }
        let cells = cells.map(|cell| nfc(cell.trim()).into_owned()).collect();
        self.first.push((number, cells));
        if self.first.len() == MAX_TITLES {
            self.begin()?;
        }
        Ok(())
    }

    /// Finds the header, and keeps the rows behind it.
    fn begin(&mut self) -> Result<()> {
        let mut first = std::mem::take(&mut self.first);
        let Some(at) = (self.choose)(&first) else {
            let fault = "No row of the first 50 is a header that names the fields of the kind, or the columns of the \
                         mapping.";
            return Err(Error::invalid("columns", fault));
        };
        let rows = first.split_off(at + 1);
        let (number, names) = first.swap_remove(at);
        self.header = Some(number);
        let column = |name: String| Column {
            name,
            ..Column::default()
        };
        self.columns = names.into_iter().map(column).collect();
        for (number, cells) in rows {
            self.keep(number, cells.iter().map(String::as_str))?;
        }
        Ok(())
    }

    fn keep<'c>(&mut self, number: u64, cells: impl Iterator<Item = &'c str>) -> Result<()> {
        let failed = |error: csv::Error| match error.into_kind() {
            csv::ErrorKind::Io(error) => Error::from(error),
            other => Error::internal(format!("{other:?}")),
        };
        self.writer
            .write_field(number.to_string())
            .map_err(failed)?;
        for (at, cell) in cells.enumerate() {
            let cell = nfc(cell.trim());
            if let Some(column) = self.columns.get_mut(at) {
                column.add(&cell);
                self.writer.write_field(cell.as_bytes()).map_err(failed)?;
            }
        }
        self.writer.write_record(None::<&[u8]>).map_err(failed)
    }

    /// The whole sheet. `Invalid` if it has no header.
    pub fn finish(mut self) -> Result<Sheet> {
        if self.header.is_none() {
            self.begin()?;
        }
        self.writer.flush()?;
        let file = self
            .writer
            .into_inner()
            .map_err(|error| Error::internal(error.to_string()))?;
        let mut file = file
            .into_inner()
            .map_err(|error| Error::from(error.into_error()))?;
        file.flush()?;
        Ok(Sheet {
            file,
            header: self.header.unwrap_or_default(),
            columns: self.columns,
        })
    }
}

impl Column {
    fn add(&mut self, cell: &str) {
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        self.dates.add(cell);
        self.phones += u64::from(looks_like_phone(cell));
        if self.has_many {
            return;
        }
        if let Some(seen) = self.values.get_mut(cell) {
            *seen += 1;
        } else if self.values.len() < MAX_VALUES && cell.chars().count() <= MAX_VALUE {
            self.values.insert(cell.to_owned(), 1);
        } else {
            self.values.clear();
            self.has_many = true;
        }
    }
}

/// True for `0987 654 321`, `+84987654321`, `987654321`.
fn looks_like_phone(text: &str) -> bool {
    if text.len() > 24 {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let others = text
        .chars()
        .all(|letter| letter.is_ascii_digit() || " +-.()".contains(letter));
    others && (9..=13).contains(&digits) && !text.contains("..")
}
