//! The workbook of an export: a sheet per report; for `full`, a summary first and every attempt last.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rust_xlsxwriter::{Format as Style, FormatAlign, Workbook, Worksheet, XlsxError};

use super::attempts::{self, COLUMNS, Row, Rows, Words};
use super::contents::Contents;
use super::progress::{CancelWriter, Progress};
use crate::error::Result;
use crate::files::pictures::{Frame, picture};
use crate::files::sheet::{
    INSTANT_FORMAT, Placed, add_tables, failure, filter, finish_sheet, placed, print, style,
    write_cell, write_header,
};
use crate::files::{Caption, about, text};
use crate::reports::report::{Across, Summary};
use crate::table::{Cell, CellRef, Chart, Column, Format, Table};
use crate::time::Zone;

/// The directory it is made in, and its rows per sheet.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub temp_dir: &'a Path,
    pub rows_a_sheet: u32,
}

/// Writes the workbook. Attempts are written to disk as they come, in bounded memory.
pub fn write(
    contents: &Contents,
    rows: Option<Rows>,
    watch: &Progress,
    place: Place<'_>,
    to: &mut File,
) -> Result<()> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(place.temp_dir).map_err(failure)?;
    workbook.set_properties(&about::properties(&contents.heading()));
    match rows {
        Some(rows) => write_full(&mut workbook, contents, rows, watch, place.rows_a_sheet)?,
        None => write_parts(&mut workbook, contents)?,
    }
    workbook
        .save_to_writer(BufWriter::with_capacity(1 << 20, CancelWriter(to, watch)))
        .map_err(failure)
}

/// The reports, a sheet each, and `About`.
fn write_parts(workbook: &mut Workbook, contents: &Contents) -> Result<()> {
    let zone = contents.caption.zone;
    let mut all = Vec::new();
    for (part, tables) in &contents.parts {
        all.push((add_tables(workbook, part.sheet, tables, zone)?, tables));
    }
    let data: Vec<Placed<'_>> = all
        .iter()
        .flat_map(|(sheet, tables)| placed(tables, sheet))
        .collect();
    about::add(workbook, &contents.heading(), &data).map_err(failure)
}

fn write_full(
    workbook: &mut Workbook,
    contents: &Contents,
    rows: Rows,
    watch: &Progress,
    most: u32,
) -> Result<()> {
    write_summary(workbook.add_worksheet(), contents).map_err(failure)?;
    for (part, tables) in &contents.parts {
        if matches!(part.summary, Summary::Picture { .. }) {
            add_tables(workbook, part.sheet, tables, contents.caption.zone)?;
        }
    }
    write_attempts(workbook, contents, rows, watch, most)
}

/// Columns of the summary: figures in the first two, charts to their right, above the hours of the week.
const LABELS: f64 = 24.0;
const VALUES: f64 = 30.0;
const PICTURES: u16 = 3;
/// First column of figures that only a chart reads.
const AWAY: u16 = PICTURES + 26;
/// Size of a chart in pixels, and the rows it covers. The hours take 24 columns of 47 pixels.
const WIDE: u32 = 24 * 47;
const NARROW: u32 = 12 * 47 - 12;
const HEIGHT: u32 = 320;
const ROWS: u32 = 17;

/// The summary: figures below each other, and pictures to their right.
fn write_summary(sheet: &mut Worksheet, contents: &Contents) -> Result<(), XlsxError> {
    let name = contents.wording.language.tell("Summary");
    sheet.set_name(name)?;
    sheet.set_screen_gridlines(false);
    sheet
        .set_column_width(0, LABELS)?
        .set_column_width(1, VALUES)?
        .set_column_width(PICTURES - 1, 16)?;
    let mut below = about::write_lines(sheet, &contents.campaign, &contents.heading())? + 1;
    for (part, tables) in &contents.parts {
        match part.summary {
            Summary::Figures => {
                for table in tables {
                    below = write_figures(sheet, below, table, &contents.caption)? + 1;
                }
            }
            Summary::Picture { title, row, across } => {
                let title = contents.wording.language.tell(title);
                for placed in placed(tables, part.sheet) {
                    let frame = frame(title, row, across);
                    write_picture((&mut *sheet, name), contents, placed, frame)?;
                }
            }
        }
    }
    print(sheet);
    sheet
        .set_print_fit_to_pages(1, 1)
        .set_print_area(0, 0, 4 * ROWS, AWAY - 2)?;
    Ok(())
}

fn frame(title: &str, row: u32, across: Across) -> Frame<'_> {
    let (column, width) = match across {
        Across::Whole => (PICTURES, WIDE),
        Across::Left => (PICTURES, NARROW),
        Across::Right => (PICTURES + 12, NARROW),
    };
    Frame {
        row: row * ROWS,
        column,
        width,
        height: HEIGHT,
        title: Some(title),
    }
}

/// Draws the picture that a table declares, if any: a series by hour instead of one by day if there is one, and the labels of
/// a week to the left of its hours.
fn write_picture(
    (sheet, name): (&mut Worksheet, &str),
    contents: &Contents,
    placed: Placed<'_>,
    frame: Frame,
) -> Result<(), XlsxError> {
    match (placed.table.chart, &contents.by_hour) {
        (Some(Chart::Line { .. }), Some(hours)) => {
            let zone = contents.caption.zone;
            let hours = about::write_hours(sheet, name, AWAY, hours, zone)?;
            let title = Some(contents.wording.language.tell("Attempts by hour"));
            picture(sheet, Frame { title, ..frame }, hours)
        }
        (Some(Chart::Week { .. }), _) => {
            let column = frame.column - 1;
            picture(sheet, Frame { column, ..frame }, placed)
        }
        _ => picture(sheet, frame, placed),
    }
}

/// Writes a table's figures below each other: the values of a single row by column name, or each row by its first column.
/// Returns the row below.
fn write_figures(
    sheet: &mut Worksheet,
    mut row: u32,
    table: &Table,
    caption: &Caption,
) -> Result<u32, XlsxError> {
    let label = Style::new().set_bold();
    let shown = |format: Style| format.set_align(FormatAlign::Left).set_indent(0);
    let mut line = |sheet: &mut Worksheet, name: &str, cell: CellRef<'_>, format: Style| {
        text::write(sheet, (row, 0), name, Some(&label))?;
        write_cell(sheet, (row, 1), cell, Some(&shown(format)), caption.zone)?;
        row += 1;
        Ok::<(), XlsxError>(())
    };
    match (table.rows.as_slice(), table.chart) {
        ([only], None) => {
            for (column, cell) in table.columns.iter().zip(only) {
                line(sheet, &column.title, cell.into(), style(column))?;
            }
        }
        (rows, _) => {
            for cells in rows {
                let Some((Cell::Text(name), values)) = cells.split_first() else {
                    continue;
                };
                let label = format!("{} {name}", table.columns[0].title);
                // The count, then what a comparison adds to it.
                for (at, (column, cell)) in table.columns[1..].iter().zip(values).enumerate() {
                    let label = match at {
                        0 => label.clone(),
                        _ => format!("{label}: {}", column.title),
                    };
                    line(sheet, &label, cell.into(), style(column))?;
                }
            }
        }
    }
    Ok(row)
}

/// Width of a column of attempts in characters, for typical values.
fn width(name: &str, format: Format) -> f64 {
    match (name, format) {
        ("uuid", _) => 38.0,
        ("script_path", _) => 50.0,
        ("hangup_cause", _) => 28.0,
        ("agent_disposition" | "external_ref", _) | (_, Format::Instant) => 20.0,
        ("result" | "dtmf" | "transfer", _) => 13.0,
        (_, Format::Text) => 16.0,
        _ => 11.0,
    }
}

/// The attempts, on as many sheets as needed: `Attempts`, `Attempts 2`, ….
fn write_attempts(
    workbook: &mut Workbook,
    contents: &Contents,
    rows: Rows,
    watch: &Progress,
    most: u32,
) -> Result<()> {
    let (words, zone) = (Words::of(contents.wording), contents.caption.zone);
    let name = contents.wording.language.tell("Attempts");
    let mut sheet = attempts_sheet(workbook, (name, 1), &words).map_err(failure)?;
    let styles = Styles::new(words);
    let (mut number, mut written) = (1, 0);
    for batch in rows {
        watch.check_cancelled()?;
        let in_batch = attempts::each(&batch, |row| {
            if written == most {
                number += 1;
                written = 0;
                let next = attempts_sheet(workbook, (name, number), &styles.words);
                let next = next.map_err(failure)?;
                push_attempts(
                    workbook,
                    &styles.words,
                    std::mem::replace(&mut sheet, next),
                    most,
                )
                .map_err(failure)?;
            }
            written += 1;
            write_attempt(&mut sheet, &styles, written, row, zone).map_err(failure)
        })?;
        watch.wrote(in_batch);
    }
    push_attempts(workbook, &styles.words, sheet, written).map_err(failure)
}

fn attempts_sheet(
    workbook: &mut Workbook,
    (name, number): (&str, u32),
    words: &Words,
) -> Result<Worksheet, XlsxError> {
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_name(if number == 1 {
        name.to_owned()
    } else {
        format!("{name} {number}")
    })?;
    write_header(
        &mut sheet,
        0,
        &words.columns,
        |style, column| match column {
            number if is_number(number) => style.set_align(FormatAlign::Right),
            text if is_indented(text) => indented(style),
            _ => style,
        },
    )?;
    finish_sheet(&mut sheet)?;
    Ok(sheet)
}

/// Finishes a sheet after its last row. Column widths are set last, because looking up the column's options for every cell
/// takes a tenth of the time.
fn push_attempts(
    workbook: &mut Workbook,
    words: &Words,
    mut sheet: Worksheet,
    rows: u32,
) -> Result<(), XlsxError> {
    for (at, column) in (0..).zip(&words.columns) {
        let typical = width(&column.name, column.format);
        let title = column.title.chars().count() as f64 + 2.0;
        sheet.set_column_width(at, typical.max(title))?;
    }
    filter(&mut sheet, COLUMNS.len(), rows as usize)?;
    // Unreadable on one page across: printed on two, each with the columns that identify the attempt.
    sheet
        .set_print_fit_to_pages(2, 0)
        .set_repeat_columns(0, 0)?;
    workbook.push_worksheet(sheet);
    Ok(())
}

/// True if values are numbers, aligned right by default.
fn is_number(column: &Column) -> bool {
    matches!(
        column.format,
        Format::Id | Format::Integer | Format::Decimal(_)
    )
}

/// True for an instant, and for a text to the right of a number, which it would touch.
fn is_indented(column: &Column) -> bool {
    let pairs = COLUMNS.windows(2);
    column.format == Format::Instant
        || pairs
            .filter(|pair| pair[1].name == column.name)
            .any(|pair| is_number(&pair[0]) && !is_number(&pair[1]))
}

fn indented(style: Style) -> Style {
    style.set_align(FormatAlign::Left).set_indent(1)
}

/// Styles of the cells that need one. Every other cell has none, because a style takes time.
struct Styles {
    instant: Style,
    long: Style,
    text: Style,
    is_indented: [bool; COLUMNS.len()],
    words: Words,
}

/// Digits beyond which Excel shows an unstyled number with an exponent.
const MAX_PLAIN: u64 = 99_999_999_999;

impl Styles {
    fn new(words: Words) -> Self {
        Self {
            words,
            instant: indented(Style::new().set_num_format(INSTANT_FORMAT)),
            long: Style::new().set_num_format("0"),
            text: indented(Style::new()),
            is_indented: COLUMNS.each_ref().map(is_indented),
        }
    }

    fn of(&self, at: u16, cell: CellRef<'_>) -> Option<&Style> {
        match cell {
            CellRef::Instant(_) => Some(&self.instant),
            CellRef::Integer(number) if number.unsigned_abs() > MAX_PLAIN => Some(&self.long),
            CellRef::Text(_) if self.is_indented[usize::from(at)] => Some(&self.text),
            _ => None,
        }
    }
}

fn write_attempt(
    sheet: &mut Worksheet,
    styles: &Styles,
    number: u32,
    row: &Row<'_>,
    zone: Zone,
) -> Result<(), XlsxError> {
    for (at, cell) in (0..).zip(row) {
        let cell = styles.words.put(usize::from(at), *cell);
        write_cell(sheet, (number, at), cell, styles.of(at, cell), zone)?;
    }
    Ok(())
}
