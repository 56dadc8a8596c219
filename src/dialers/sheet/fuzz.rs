//! Any bytes, and damaged sheets and workbooks: read, or refused with a sentence, never a failure of the server.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;
use rust_xlsxwriter::Workbook;
use tokio::runtime::Builder;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::dates::Order;
use super::take::Reading;
use crate::error::{Error, Result};
use crate::ingest::kind::Kind;
use crate::ingest::{Locale, Target};
use crate::time::Zone;

const SHEET: &str = "\u{feff}Calls\r\nlead_id;Started at;Result;Talk sec\r\n1;25/12/2026 08:30;Nghe máy;1:25\r\n\
                     2;\"a;\nb\";busy;1 234\r\n";
/// Maximum unpacked size of a workbook here.
const MOST: u64 = 1 << 20;

/// Tells what a dry run of a file tells.
fn dry_run(file: File, sheet: Option<&str>) -> Result<()> {
    let reading = Arc::new(Reading {
        kind: Kind::named("telesales_call").expect("a kind"),
        mapping: None,
        order: Some(Order::DayMonth),
        encoding: None,
        sheet: sheet.map(str::to_owned),
        target: Target {
            tenant: 1,
            locale: Locale {
                zone: Zone::UTC,
                country_code: 84,
            },
            atomic: false,
            events: false,
        },
        folder: std::env::temp_dir(),
        most: MOST,
    });
    let runtime = Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let sheet = reading.sheet(file, true).await?;
        reading.preview(sheet).await.map(drop)
    })
}

fn check(bytes: &[u8], sheet: Option<&str>) -> Result<()> {
    let mut file = tempfile::tempfile()?;
    file.write_all(bytes)?;
    dry_run(file, sheet)
}

fn is_told(read: &Result<()>) -> bool {
    matches!(read, Ok(()) | Err(Error::Invalid(_) | Error::TooLarge))
}

type Parts = Vec<(String, Vec<u8>)>;

/// The parts of a workbook with one sheet of calls.
fn parts() -> Parts {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0..).zip(["lead_id", "Started at", "Result", "Talk sec"]) {
        sheet.write(0, column, name).expect("a cell");
        sheet.write(1, column, f64::from(column)).expect("a cell");
    }
    sheet.write(2, 2, "busy").expect("a cell");
    let bytes = workbook.save_to_buffer().expect("a workbook");
    let mut packed = ZipArchive::new(Cursor::new(bytes)).expect("a workbook");
    let count = packed.len();
    let part = |at| {
        let mut part = packed.by_index(at).expect("a part");
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("a part");
        (part.name().expect("a name").into_owned(), bytes)
    };
    (0..count).map(part).collect()
}

fn pack(parts: &Parts) -> Vec<u8> {
    let mut packed = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = SimpleFileOptions::default();
        packed.start_file(name.as_str(), options).expect("a part");
        packed.write_all(bytes).expect("a part");
    }
    packed.finish().expect("a workbook").into_inner()
}

/// What the parts of hostile workbooks have.
const KNOWN: &[&str] = &[
    "<!DOCTYPE x [<!ENTITY a \"aaaa\">]>",
    "<!--",
    "<![CDATA[",
    "<row r=\"4294967295\">",
    "<row r=\"0\">",
    "<c r=\"ZZZZZZZ99999999999\" t=\"s\"><v>99999999</v></c>",
    "<c r=\"XFD1048576\" t=\"inlineStr\"><is><t>x</t></is></c>",
    "<c t=\"s\"><v>-1</v></c>",
    "<c t=\"d\"><v>9999-99-99</v></c>",
    "<c s=\"4294967295\"><v>1e308</v></c>",
    "<sst count=\"18446744073709551615\" uniqueCount=\"18446744073709551615\">",
    "<dimension ref=\"A1:XFD1048576\"/>",
    "<si>",
    "</sheetData>",
    "&#x110000;",
    "&amp",
    "<",
    "\0",
];

/// A workbook with damaged parts.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let instead = prop_oneof![
        prop::sample::select(KNOWN).prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    let damage = (any::<Index>(), any::<Index>(), 0..40_usize, instead);
    let bytes = prop::collection::vec((any::<Index>(), any::<u8>()), 0..3);
    let cut = prop::option::weighted(0.2, any::<Index>());
    let all = (prop::collection::vec(damage, 1..4), bytes, cut);
    all.prop_map(|(damage, bytes, cut)| {
        let mut parts = parts();
        for (part, at, length, instead) in damage {
            let part = part.index(parts.len());
            let text = &mut parts[part].1;
            let from = at.index(text.len().max(1)).min(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, instead);
        }
        let mut packed = pack(&parts);
        for (at, byte) in bytes {
            let at = at.index(packed.len());
            packed[at] = byte;
        }
        if let Some(at) = cut {
            packed.truncate(at.index(packed.len()));
        }
        packed
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        damage in prop::collection::vec((any::<Index>(), any::<u8>()), 0..6),
    ) {
        let mut sheet = SHEET.as_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(sheet.len());
            sheet[at] = byte;
        }
        let workbook = [b"PK\x03\x04", bytes.as_slice()].concat();
        for bytes in [bytes, sheet, workbook] {
            let read = check(&bytes, None);
            prop_assert!(is_told(&read), "{read:?}");
        }
    }

    #[test]
    fn damaged_workbooks_are_read_or_refused(bytes in damaged(), sheet in prop::option::of("[A-z0-9]{0,6}")) {
        let read = check(&bytes, sheet.as_deref());
        prop_assert!(is_told(&read), "{read:?}");
    }
}

/// Refusals of workbooks that unpack to more than they look like.
#[test]
fn workbooks_that_unpack_to_too_much_are_refused() {
    let rows = |count: usize| {
        let row = "<row><c t=\"inlineStr\"><is><t>x</t></is></c></row>";
        let rows = row.repeat(count);
        format!("<worksheet><sheetData>{rows}</sheetData></worksheet>").into_bytes()
    };
    let most = usize::try_from(MOST).expect("a size");
    let cases: [(&str, Vec<u8>); 5] = [
        ("xl/worksheets/sheet1.xml", rows(most / 40)),
        ("xl/sharedStrings.xml", vec![b' '; 2 * most]),
        ("xl/media/image1.png", vec![0; 2 * most]),
        ("xl/styles.xml", vec![b'a'; most + most / 2]),
        ("docProps/core.xml", "<a>".repeat(most / 2).into_bytes()),
    ];
    for (name, bytes) in cases {
        let mut parts = parts();
        parts.retain(|(known, _)| known != name);
        parts.push((name.to_owned(), bytes));
        let packed = pack(&parts);
        assert!(packed.len() < most / 10, "{name}");
        let read = check(&packed, None);
        assert!(
            matches!(read, Err(Error::Invalid(_) | Error::TooLarge)),
            "{name}: {read:?}"
        );
    }
    // Sizes that a header states and that are not those of the part.
    let mut packed = pack(&parts());
    let central = packed.windows(4).position(|at| at == b"PK\x01\x02");
    let central = central.expect("a directory");
    for at in [22, central + 24] {
        packed[at..at + 4].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x7F]);
    }
    assert!(is_told(&check(&packed, None)));
}
