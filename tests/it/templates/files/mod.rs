//! Files by templates: columns, labels, order, formats and colors, in every file that there is.

mod exports;
mod fields;
mod layouts;

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};

const AGENTS: &str = "/api/telesales/reports/agent-performance/export";

/// A part of a workbook, unpacked.
fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("an archive");
    let mut text = String::new();
    let mut part = archive
        .by_name(name)
        .unwrap_or_else(|_| panic!("no {name}"));
    part.read_to_string(&mut text).expect("text");
    text
}

fn sheets(bytes: &[u8]) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(bytes.to_vec())).expect("a workbook");
    let names = workbook.sheet_names();
    let sheet = |name: String| {
        let range = workbook.worksheet_range(&name).expect("a sheet");
        (name, range.rows().map(<[Data]>::to_vec).collect())
    };
    names.into_iter().map(sheet).collect()
}

fn text(data: &Data) -> String {
    data.to_string()
}

fn numbers(rows: &[Vec<Data>], at: usize) -> Vec<f64> {
    let number = |row: &Vec<Data>| match row[at] {
        Data::Float(number) => number,
        Data::Int(number) => number as f64,
        ref other => panic!("{other:?}"),
    };
    rows.iter().map(number).collect()
}
