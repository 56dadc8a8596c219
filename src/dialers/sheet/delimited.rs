//! Rows of CSV, TSV and their kin: the delimiter is found, rows are numbered as a spreadsheet shows them.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use csv::{ReaderBuilder, StringRecord, Terminator};
use encoding_rs::Encoding;

use super::encoding::{self, Decoded};
use super::rows::{MAX_COLUMNS, Rows};
use crate::error::{Error, Result};

/// Delimiters that are tried.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// Text in which the delimiter is found, in bytes.
const SAMPLE: u64 = 64 << 10;
/// Maximum size of a row, and of what is read ahead of it.
const MAX_ROW: u64 = 1 << 20;
const AHEAD: u64 = 128 << 10;

/// Reads all rows of a file, in that encoding or in the one that is found.
pub fn read(file: &mut File, stated: Option<&'static Encoding>, rows: &mut Rows) -> Result<()> {
    let encoding = match stated {
        Some(encoding) => encoding,
        None => encoding::found(file)?,
    };
    let delimiter = delimiter(file, encoding)?;
    file.seek(SeekFrom::Start(0))?;
    let (text, is_damaged) = Decoded::new(&*file, encoding);
    let allowed = Rc::new(Cell::new(MAX_ROW + AHEAD));
    let text = Bounded {
        source: text,
        read: 0,
        allowed: allowed.clone(),
    };
    let mut reader = builder(delimiter).from_reader(text);
    let (mut record, mut inner) = (StringRecord::new(), 0);
    loop {
        let read = reader.read_record(&mut record);
        if is_damaged.get() {
            let name = encoding::name(encoding);
            let fault = format!("The file is not {name}; encoding may state another one.");
            return Err(Error::invalid("encoding", fault));
        }
        if !read.map_err(|error| refused(&error, rows.last() + 1))? {
            return Ok(());
        }
        let position = reader.position();
        allowed.set(position.byte() + MAX_ROW + AHEAD);
        // A row is one, however many lines its texts have.
        let within = |cell: &str| cell.bytes().filter(|byte| *byte == b'\n').count() as u64;
        inner += record.iter().map(within).sum::<u64>();
        let number = position.line().saturating_sub(1 + inner);
        rows.add(number, record.iter().take(MAX_COLUMNS))?;
    }
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .delimiter(delimiter);
    builder
}

fn refused(error: &csv::Error, row: u64) -> Error {
    let is_long = matches!(error.kind(), csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData);
    if is_long {
        let fault = format!("Row {row} is longer than 1 MiB; a quotation mark may be left open.");
        Error::invalid("file", fault)
    } else {
        Error::internal(error.to_string())
    }
}

/// The delimiter by which most rows of the file's start have the same number of cells, more than one.
fn delimiter(file: &mut File, encoding: &'static Encoding) -> Result<u8> {
    file.seek(SeekFrom::Start(0))?;
    let (text, _) = Decoded::new((&*file).take(SAMPLE), encoding);
    let mut sample = Vec::new();
    let mut text = text.take(4 * SAMPLE);
    text.read_to_end(&mut sample)?;
    // Excel's own statement.
    let stated = sample
        .strip_prefix(b"sep=")
        .and_then(|rest| rest.first())
        .filter(|delimiter| DELIMITERS.contains(delimiter));
    if let Some(delimiter) = stated {
        return Ok(*delimiter);
    }
    let scored = DELIMITERS.map(|delimiter| (score(&sample, delimiter), delimiter));
    let best = scored.into_iter().max_by_key(|(score, _)| *score);
    Ok(best
        .filter(|(score, _)| *score > (0, 0))
        .map_or(b',', |(_, delimiter)| delimiter))
}

/// The number of rows with the usual number of cells, and that number.
fn score(sample: &[u8], delimiter: u8) -> (usize, usize) {
    let mut widths = std::collections::BTreeMap::new();
    let mut reader = builder(delimiter).from_reader(sample);
    for record in reader.byte_records().take(200).flatten() {
        if record.len() > 1 {
            *widths.entry(record.len()).or_insert(0_usize) += 1;
        }
    }
    let usual = widths
        .into_iter()
        .max_by_key(|(width, rows)| (*rows, *width));
    usual.map_or((0, 0), |(width, rows)| (rows, width))
}

/// Ends a row that is too long, which a quotation mark that is left open makes of the rest of a file.
struct Bounded<R> {
    source: R,
    read: u64,
    allowed: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read > self.allowed.get() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let read = self.source.read(into)?;
        self.read += read as u64;
        Ok(read)
    }
}
