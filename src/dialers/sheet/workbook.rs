//! Rows of XLSX: cells one by one, dates and numbers as text. Parts are measured before they are read, because a packed file
//! may unpack to anything.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, Xlsx, open_workbook_from_rs};
use zip::ZipArchive;

use super::rows::{MAX_COLUMNS, Rows};
use crate::error::{Error, Result};

/// Maximum number of parts of a workbook.
const MAX_PARTS: usize = 10_000;
/// Maximum unpacked size of a part that is kept in memory: shared texts, styles.
const MAX_KEPT: u64 = 128 << 20;
/// Maximum size of a tag, and of a text between tags.
const MAX_TOKEN: u64 = 1 << 20;
/// Last row of a sheet.
const MAX_ROW: u32 = 1_048_575;

const UNREADABLE: &str = "The file is not a workbook that can be read; save it as CSV.";

/// True for files that begin as workbooks do.
pub fn is_workbook(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04")
}

/// True for workbooks of before 2007, and for those with a password.
pub fn is_old_workbook(start: &[u8]) -> bool {
    start.starts_with(&[0xD0, 0xCF, 0x11, 0xE0])
}

fn unreadable() -> Error {
    Error::invalid("file", UNREADABLE)
}

/// Reads all rows of a sheet: the one of that name or number, else the first. `most`: the maximum unpacked size in bytes.
pub fn read(file: &File, sheet: Option<&str>, most: u64, rows: &mut Rows) -> Result<()> {
    let mut source = BufReader::new(file.try_clone()?);
    measure(&mut source, most)?;
    source.seek(SeekFrom::Start(0))?;
    let mut workbook: Xlsx<_> = open_workbook_from_rs(source).map_err(|_| unreadable())?;
    let name = named(&workbook, sheet)?;
    let mut cells = workbook
        .worksheet_cells_reader(&name)
        .map_err(|_| unreadable())?;
    let mut row = Row::default();
    while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
        let (number, column) = cell.get_position();
        if number > MAX_ROW || number < row.number {
            return Err(unreadable());
        }
        if number != row.number {
            row.finish(rows)?;
            row.number = number;
        }
        row.set(column, text(cell.get_value()));
    }
    row.finish(rows)
}

/// The name of the sheet that a request wants.
fn named(workbook: &Xlsx<BufReader<File>>, wanted: Option<&str>) -> Result<String> {
    let sheets = workbook.sheets_metadata().iter();
    let names: Vec<&str> = sheets
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.as_str())
        .collect();
    let found = match wanted {
        None => names.first(),
        Some(wanted) => {
            let lower = wanted.to_lowercase();
            let by_name = names.iter().find(|name| name.to_lowercase() == lower);
            let number = wanted.parse::<usize>().ok();
            by_name.or_else(|| names.get(number?.checked_sub(1)?))
        }
    };
    let Some(name) = found else {
        let told: Vec<&str> = names.into_iter().take(20).collect();
        let fault = format!("The workbook has no such sheet, but: {}.", told.join(", "));
        return Err(Error::invalid("sheet", fault));
    };
    Ok((*name).to_owned())
}

/// Cells of one row.
#[derive(Default)]
struct Row {
    /// From 0.
    number: u32,
    cells: Vec<String>,
}

impl Row {
    fn set(&mut self, column: u32, text: String) {
        let column = column as usize;
        if column >= MAX_COLUMNS {
            return;
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        self.cells[column] = text;
    }

    fn finish(&mut self, rows: &mut Rows) -> Result<()> {
        let cells = std::mem::take(&mut self.cells);
        rows.add(u64::from(self.number) + 1, cells.iter().map(String::as_str))
    }
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => plain(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(at) => moment(at),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A number without an exponent.
fn plain(number: f64) -> String {
    const EXACT: f64 = 1e15;
    if number.fract() == 0.0 && number.abs() < EXACT {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

/// A date, a date with a time, or a time alone, which is a length too.
fn moment(at: &ExcelDateTime) -> String {
    const AFTER_LAST: f64 = 2_958_466.0;
    let value = at.as_f64();
    if !(0.0..AFTER_LAST).contains(&value) {
        return plain(value);
    }
    let told = if at.is_duration() || value < 1.0 {
        at.as_duration().map(|length| {
            let seconds = (length.num_milliseconds() + 500) / 1_000;
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            format!("{}:{:02}:{seconds:02}", minutes / 60, minutes % 60)
        })
    } else {
        at.as_datetime().map(|local| {
            let form = if value.fract() == 0.0 {
                "%Y-%m-%d"
            } else {
                "%Y-%m-%dT%H:%M:%S%.f"
            };
            local.format(form).to_string()
        })
    };
    told.unwrap_or_default()
}

/// Unpacks all parts without keeping them. `TooLarge` if they are too large; `Invalid` if they have what a workbook has not
/// and what a reader would keep in memory whole.
fn measure(source: &mut BufReader<File>, most: u64) -> Result<()> {
    source.seek(SeekFrom::Start(0))?;
    let mut parts = ZipArchive::new(source).map_err(|_| unreadable())?;
    if parts.len() > MAX_PARTS {
        return Err(unreadable());
    }
    let mut room = most;
    for at in 0..parts.len() {
        let part = parts.by_index(at).map_err(|_| unreadable())?;
        let name = part.name().map_err(|_| unreadable())?.to_lowercase();
        let is_sheet = name.starts_with("xl/worksheets/");
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        let allowed = if is_xml && !is_sheet {
            room.min(MAX_KEPT)
        } else {
            room
        };
        let size = measure_part(part, allowed, is_xml)?;
        room -= size;
    }
    Ok(())
}

/// The size of a part, at most `most`.
fn measure_part(mut part: impl Read, most: u64, is_xml: bool) -> Result<u64> {
    let (mut buffer, mut size, mut markup) = (vec![0; 64 << 10], 0, Markup::default());
    loop {
        let read = part.read(&mut buffer).map_err(|_| unreadable())?;
        if read == 0 {
            return Ok(size);
        }
        size += read as u64;
        if size > most {
            return Err(Error::TooLarge);
        }
        if is_xml && !markup.fits(&buffer[..read]) {
            return Err(unreadable());
        }
    }
}

/// Place in XML, as far as lengths need it.
#[derive(Default)]
struct Markup {
    place: Place,
    /// Bytes since the place began.
    length: u64,
    tags: u64,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Place {
    #[default]
    Text,
    Open,
    Tag,
    Quoted(u8),
}

impl Markup {
    /// False if a tag or text is too long, or where a comment, a CDATA section or a declaration begins.
    fn fits(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            self.length += 1;
            if self.length > MAX_TOKEN {
                return false;
            }
            let next = match (self.place, byte) {
                (Place::Text, b'<') => Place::Open,
                (Place::Open, b'!') => return false,
                (Place::Open, b'?') if self.tags > 0 => return false,
                (Place::Open | Place::Tag, b'>') => Place::Text,
                (Place::Open, _) => Place::Tag,
                (Place::Tag, b'"' | b'\'') => Place::Quoted(byte),
                (Place::Quoted(quote), byte) if byte == quote => Place::Tag,
                (place, _) => place,
            };
            if next == Place::Open {
                self.length = 0;
            } else if next == Place::Text && self.place != Place::Text {
                self.length = 0;
                self.tags += 1;
            }
            self.place = next;
        }
        true
    }
}
