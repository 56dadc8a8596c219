//! CSV: RFC 4180, UTF-8 with a byte order mark for Excel, the JSON field names as header.
//!
//! Numbers read as in JSON; instants are local to the zone, with offset; a text that a spreadsheet would take
//! for a formula is led by an apostrophe (contract, section 3).

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;

use crate::error::{Error, Result};
use crate::table::{Cell, Table};

pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many rows are written at a time.
const CHUNK: usize = 1_000;

/// One table as a whole file, piece by piece.
pub fn pieces(table: Table, zone: Tz) -> impl Iterator<Item = Result<Vec<u8>>> {
    let Table { columns, rows, .. } = table;
    let header = move || records(BYTE_ORDER_MARK.to_vec(), [columns.iter().map(|column| column.name.to_owned())]);
    let mut rows = rows.into_iter();
    let chunk = move || {
        let rows: Vec<Vec<Cell>> = rows.by_ref().take(CHUNK).collect();
        let texts = |row: &Vec<Cell>| row.iter().map(|cell| text(cell, zone)).collect::<Vec<_>>();
        (!rows.is_empty()).then(|| records(Vec::new(), rows.iter().map(texts)))
    };
    std::iter::once_with(header).chain(std::iter::from_fn(chunk))
}

fn records<I, R>(begun: Vec<u8>, records: I) -> Result<Vec<u8>>
where
    I: IntoIterator<Item = R>,
    R: IntoIterator<Item = String>,
{
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(begun);
    for record in records {
        writer.write_record(record.into_iter().collect::<Vec<_>>()).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

fn text(cell: &Cell, zone: Tz) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Integer(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Instant(instant) => local(*instant, zone),
    }
}

fn local(instant: DateTime<Utc>, zone: Tz) -> String {
    instant.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// The text, unable to become a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Format};

    const COLUMNS: &[Column] = &[
        Column { name: "name", title: "Name", format: Format::Text },
        Column { name: "at", title: "At", format: Format::Instant },
        Column { name: "rate", title: "Rate", format: Format::Decimal(2) },
    ];

    #[test]
    fn a_table_is_written_as_excel_and_rfc_4180_want_it() {
        let instant = Cell::Instant("2026-06-30T17:00:00.9Z".parse().unwrap());
        let rows = vec![
            vec![Cell::Text("a, \"b\"\nc".into()), instant, Cell::Decimal("-1.50".parse().unwrap())],
            vec![Cell::Text("=1+1".into()), Cell::Empty, Cell::Integer(-7)],
        ];
        let table = Table { name: "t", columns: COLUMNS, rows, chart: None };
        let file: Vec<u8> = pieces(table, chrono_tz::Asia::Ho_Chi_Minh).flat_map(Result::unwrap).collect();
        let file = String::from_utf8(file).unwrap();
        let expected = "\u{feff}name,at,rate\r\n\"a, \"\"b\"\"\nc\",2026-07-01T00:00:00+07:00,-1.50\r\n'=1+1,,-7\r\n";
        assert_eq!(file, expected);
    }
}
