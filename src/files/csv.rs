//! CSV: RFC 4180, UTF-8 with a byte order mark for Excel, the names of columns as header: the JSON field names, or titles
//! put in their place ([`worded::titled`](crate::table::worded::titled)).
//!
//! Numbers are written as in JSON, instants in local time with their offset. A text that a spreadsheet would read as a
//! formula is prefixed with an apostrophe (contract, section 3).

use std::io::Write;

use chrono::{DateTime, Datelike, Offset, SecondsFormat, Timelike, Utc};

use crate::error::{Error, Result};
use crate::table::{CellRef, Column, Table};
use crate::time::Zone;

pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Rows per batch.
const CHUNK: usize = 1_000;
/// Bytes per piece of output, about.
const BUFFER: usize = 64 << 10;

/// One table as a complete file, in pieces.
pub fn chunks(table: Table, zone: Zone) -> impl Iterator<Item = Result<Vec<u8>>> {
    let Table { columns, rows, .. } = table;
    let header = move || Writer::begin(Vec::new(), &columns, zone)?.finish();
    let mut rows = rows.into_iter();
    let chunk = move || {
        let mut chunk = rows.by_ref().take(CHUNK).peekable();
        chunk.peek()?;
        let mut writer = Writer::resume(Vec::new(), zone);
        Some(
            chunk
                .try_for_each(|row| writer.record(row.iter().map(CellRef::from)))
                .and_then(|()| writer.finish()),
        )
    };
    std::iter::once_with(header).chain(std::iter::from_fn(chunk))
}

/// Writes one table, row by row.
pub struct Writer<W: Write> {
    records: ::csv::Writer<W>,
    zone: Zone,
    /// Buffer of the current value.
    value: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Starts a file and writes its header.
    pub fn begin(mut to: W, columns: &[Column], zone: Zone) -> Result<Self> {
        to.write_all(BYTE_ORDER_MARK)?;
        let mut this = Self::resume(to, zone);
        this.record(columns.iter().map(|column| CellRef::Text(&column.name)))?;
        Ok(this)
    }

    /// Continues a file that has its header.
    fn resume(to: W, zone: Zone) -> Self {
        let mut records = ::csv::WriterBuilder::new();
        records
            .terminator(::csv::Terminator::CRLF)
            .buffer_capacity(BUFFER);
        Self {
            records: records.from_writer(to),
            zone,
            value: Vec::new(),
        }
    }

    pub fn record<'a>(&mut self, cells: impl IntoIterator<Item = CellRef<'a>>) -> Result<()> {
        for cell in cells {
            self.value.clear();
            self.write(cell)?;
            self.records.write_field(&self.value).map_err(failure)?;
        }
        self.records.write_record(None::<&[u8]>).map_err(failure)
    }

    pub fn finish(self) -> Result<W> {
        self.records
            .into_inner()
            .map_err(|error| error.into_error().into())
    }

    fn write(&mut self, cell: CellRef<'_>) -> std::io::Result<()> {
        match cell {
            CellRef::Empty => Ok(()),
            CellRef::Text(text) => {
                if could_become_a_formula(text) {
                    self.value.push(b'\'');
                }
                self.value.write_all(text.as_bytes())
            }
            CellRef::Integer(number) => write!(self.value, "{number}"),
            CellRef::Decimal(number) => write!(self.value, "{number}"),
            CellRef::Flag(flag) => write!(self.value, "{flag}"),
            CellRef::Bucket(bucket) => write!(self.value, "{bucket}"),
            CellRef::Instant(instant) => write_local(&mut self.value, instant, self.zone),
        }
    }
}

fn could_become_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// `2026-07-01T00:00:00+07:00`, as chrono writes it, but five times as fast.
fn write_local(to: &mut Vec<u8>, instant: DateTime<Utc>, zone: Zone) -> std::io::Result<()> {
    let local = zone.at(instant);
    let utc_offset = local.offset().fix().local_minus_utc();
    let (Ok(year @ 0..10_000), 0) = (u32::try_from(local.year()), utc_offset % 60) else {
        return to.write_all(local.to_rfc3339_opts(SecondsFormat::Secs, false).as_bytes());
    };
    let sign = if utc_offset < 0 { b'-' } else { b'+' };
    let minutes = utc_offset.unsigned_abs() / 60;
    let mut text = *b"0000-00-00T00:00:00+00:00";
    let numbers = [
        (0, year / 100),
        (2, year % 100),
        (5, local.month()),
        (8, local.day()),
        (11, local.hour()),
        (14, local.minute()),
        (17, local.second()),
        (20, minutes / 60),
        (23, minutes % 60),
    ];
    for (at, number) in numbers {
        text[at] += (number / 10) as u8;
        text[at + 1] += (number % 10) as u8;
    }
    text[19] = sign;
    to.write_all(&text)
}

fn failure(error: ::csv::Error) -> Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error.into(),
        other => Error::Internal(format!("{other:?}").into()),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::table::{Cell, Format};
    use crate::time::zone::zone;
    use crate::words::Language;

    const COLUMNS: &[Column] = &[
        Column {
            name: Cow::Borrowed("name"),
            title: Cow::Borrowed("Name"),
            format: Format::Text,
        },
        Column {
            name: Cow::Borrowed("at"),
            title: Cow::Borrowed("At"),
            format: Format::Instant,
        },
        Column {
            name: Cow::Borrowed("rate"),
            title: Cow::Borrowed("Rate"),
            format: Format::Decimal(2),
        },
    ];

    #[test]
    fn a_table_is_written_as_excel_and_rfc_4180_want_it() {
        let instant = Cell::Instant("2026-06-30T17:00:00.9Z".parse().unwrap());
        let rows = vec![
            vec![
                Cell::Text("a, \"b\"\nc".into()),
                instant,
                Cell::Decimal("-1.50".parse().unwrap()),
            ],
            vec![Cell::Text("=1+1".into()), Cell::Empty, Cell::Integer(-7)],
        ];
        let table = Table {
            name: "t",
            columns: COLUMNS.into(),
            rows,
            chart: None,
            language: Language::English,
            looks: Vec::new(),
        };
        let file: Vec<u8> = chunks(table, zone("Asia/Ho_Chi_Minh"))
            .flat_map(Result::unwrap)
            .collect();
        let file = String::from_utf8(file).unwrap();
        let expected = "\u{feff}name,at,rate\r\n\"a, \"\"b\"\"\nc\",2026-07-01T00:00:00+07:00,-1.50\r\n'=1+1,,-7\r\n";
        assert_eq!(file, expected);
    }

    #[test]
    fn a_text_that_could_become_a_formula_is_made_inert() {
        for first in ["=", "+", "-", "@", "\t", "\r", "\n"] {
            let table = Table {
                name: "t",
                columns: COLUMNS[..1].into(),
                rows: vec![vec![Cell::Text(format!("{first}1+1"))]],
                chart: None,
                language: Language::English,
                looks: Vec::new(),
            };
            let file: Vec<u8> = chunks(table, zone("UTC"))
                .flat_map(Result::unwrap)
                .collect();
            let file = String::from_utf8(file).unwrap();
            let cell = file
                .strip_prefix("\u{feff}name\r\n")
                .unwrap()
                .trim_start_matches('"');
            assert!(cell.starts_with(&format!("'{first}")), "{file:?}");
        }
    }

    #[test]
    fn a_local_time_is_written_as_chrono_writes_it() {
        let zones = [
            Zone::UTC,
            zone("America/St_Johns"),
            zone("Asia/Kathmandu"),
            zone("Europe/Paris"),
        ];
        // Paris was 9 minutes and 21 seconds ahead of UTC until 1911.
        for seconds in [
            0,
            -1,
            1_774_746_000,
            -2_000_000_000,
            -62_135_596_800,
            253_402_300_799,
            253_402_300_800,
            -70_000_000_000,
        ] {
            for zone in zones {
                let instant = DateTime::from_timestamp(seconds, 999_999_999).unwrap();
                let mut written = Vec::new();
                write_local(&mut written, instant, zone).unwrap();
                let expected = zone.at(instant).to_rfc3339_opts(SecondsFormat::Secs, false);
                assert_eq!(
                    String::from_utf8(written).unwrap(),
                    expected,
                    "{seconds} {zone}"
                );
            }
        }
    }
}
