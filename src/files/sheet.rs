//! Sheets of a workbook: cells, headers, and tables side by side with their headers in row 1.

use chrono::{Datelike, NaiveDateTime, Timelike};
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::utility::row_col_to_cell;
use rust_xlsxwriter::{
    ConditionalFormat2ColorScale, ConditionalFormatFormula, Format as Style, FormatAlign, Workbook,
    Worksheet, XlsxError,
};

use super::text;
use crate::error::{Error, Result};
use crate::table::{Cell, CellRef, Chart, Column, Format, Table, Weekday};
use crate::time::instant::local;
use crate::time::{Bucket, Granularity, Zone};
use crate::words::Language;

/// Excel's row limit of a sheet, less the header.
pub const MAX_ROWS: u32 = 1_048_575;

const HEADER_FILL: u32 = 0x1F3A5F;
const HEADER_TEXT: u32 = 0xFF_FFFF;
/// Precision of Excel's numbers in digits; longer ones are ids and written as text.
const MAX_EXACT: u64 = 999_999_999_999_999;
pub const INSTANT_FORMAT: &str = "yyyy-mm-dd hh:mm:ss";
/// Height of a two-line header, in points.
const TWO_LINES: f64 = 32.0;
const DAY_FORMAT: &str = "yyyy-mm-dd";
const HOUR_FORMAT: &str = "yyyy-mm-dd hh:mm";
/// Excel's number of the paper size.
pub const A4: u8 = 9;
/// Empty columns between two tables of a sheet.
const GAP: usize = 1;

/// Adds a sheet with those tables side by side, their headers in row 1. Rows are written to disk as they come, in bounded
/// memory. Returns the name of the sheet. `Invalid` on `format` if there are too many rows.
pub fn add_tables(
    workbook: &mut Workbook,
    title: &str,
    tables: &[Table],
    zone: Zone,
) -> Result<String> {
    if tables
        .iter()
        .any(|table| table.rows.len() > MAX_ROWS as usize)
    {
        let most = format!("A sheet holds at most {MAX_ROWS} rows; csv has no limit.");
        return Err(Error::invalid("format", most));
    }
    let name = sheet_name(title);
    let sheet = workbook
        .add_worksheet_with_constant_memory()
        .map_err(failure)?;
    sheet
        .set_name(&name)
        .map(drop)
        .and_then(|()| write_tables(sheet, tables, zone))
        .map_err(failure)?;
    Ok(name)
}

/// A table on a sheet, its header in row 1.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    pub table: &'a Table,
    pub sheet: &'a str,
    /// First column.
    pub left: u16,
}

/// Location of the tables written by [`add_tables`].
pub fn placed<'a>(tables: &'a [Table], sheet: &'a str) -> Vec<Placed<'a>> {
    first_columns(tables)
        .zip(tables)
        .map(|(left, table)| Placed { table, sheet, left })
        .collect()
}

/// The first column of each table.
fn first_columns(tables: &[Table]) -> impl Iterator<Item = u16> {
    tables.iter().scan(0, |next, table| {
        let left = *next;
        *next += table.columns.len() + GAP;
        u16::try_from(left).ok()
    })
}

/// The error of a workbook that could not be written, most often a full disk.
pub fn failure(error: XlsxError) -> Error {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error.into(),
        XlsxError::ZipError(zip::result::ZipError::Io(error)) => error.into(),
        error => Error::internal(error),
    }
}

/// Maximum length of a sheet's name, in UTF-16 units.
pub const MOST_OF_NAME: usize = 31;

/// Sheet names have at most [`MOST_OF_NAME`] UTF-16 units, not all characters are allowed, and two names are reserved: one of
/// Excel's, and those of `About`.
pub fn sheet_name(title: &str) -> String {
    let is_allowed = |letter: &char| !letter.is_control() && !r"[]:*?/\".contains(*letter);
    let mut units = 0;
    let short = title.chars().filter(is_allowed).take_while(|letter| {
        units += letter.len_utf16();
        units <= MOST_OF_NAME
    });
    let short: String = short.collect();
    let name = short.trim_matches('\'').trim();
    let is = |reserved: &str| name.to_lowercase() == reserved.to_lowercase();
    match name {
        "" => "Data".to_owned(),
        _ if ["About", Language::Vietnamese.tell("About"), "History"]
            .into_iter()
            .any(is) =>
        {
            format!("{name} 1")
        }
        _ => name.to_owned(),
    }
}

fn write_tables(sheet: &mut Worksheet, tables: &[Table], zone: Zone) -> Result<(), XlsxError> {
    let styles: Vec<Vec<Style>> = tables.iter().map(styles).collect();
    sheet.set_row_height(0, TWO_LINES)?;
    for (left, table) in first_columns(tables).zip(tables) {
        write_header(sheet, left, &table.columns, |style, column| {
            aligned(style, column).set_text_wrap()
        })?;
        for (at, width) in (left..).zip(widths(table)) {
            sheet.set_column_width(at, width)?;
        }
    }
    let longest = tables
        .iter()
        .map(|table| table.rows.len())
        .max()
        .unwrap_or(0);
    for (number, index) in (1..).zip(0..longest) {
        for ((left, table), styles) in first_columns(tables).zip(tables).zip(&styles) {
            for ((at, cell), style) in (left..)
                .zip(table.rows.get(index).into_iter().flatten())
                .zip(styles)
            {
                write_cell(
                    sheet,
                    (number, at),
                    shown(cell, &table.columns[usize::from(at - left)], table.language),
                    Some(style),
                    zone,
                )?;
            }
        }
    }
    finish_sheet(sheet)?;
    // A filter hides whole rows, including those of an adjacent table.
    if let [only] = tables {
        filter(sheet, only.columns.len(), only.rows.len())?;
    }
    for (left, table) in first_columns(tables).zip(tables) {
        scale(sheet, left, table)?;
        color(sheet, left, table, table.rows.len())?;
    }
    Ok(())
}

/// Colors cells by a template's conditions, below a header in row 1.
pub fn color(
    sheet: &mut Worksheet,
    left: u16,
    table: &Table,
    rows: usize,
) -> Result<(), XlsxError> {
    let last = u32::try_from(rows).unwrap_or(u32::MAX);
    for (at, look) in (left..).zip(&table.looks).filter(|_| last > 0) {
        for fill in &look.fills {
            let formula = fill.formula(&row_col_to_cell(1, at));
            let color = Style::new().set_background_color(fill.color);
            let condition = ConditionalFormatFormula::new()
                .set_rule(formula.as_str())
                .set_format(color);
            sheet.add_conditional_format(1, at, last, at, &condition)?;
        }
    }
    Ok(())
}

/// Writes the header of a table into row 1, aligned as the values below it.
pub fn write_header(
    sheet: &mut Worksheet,
    left: u16,
    columns: &[Column],
    aligned: fn(Style, &Column) -> Style,
) -> Result<(), XlsxError> {
    let header = Style::new()
        .set_bold()
        .set_font_color(HEADER_TEXT)
        .set_background_color(HEADER_FILL);
    for (at, column) in (left..).zip(columns) {
        sheet.write_string_with_format(0, at, &*column.title, &aligned(header.clone(), column))?;
    }
    Ok(())
}

/// Adds sort and filter arrows to the header, if there are rows.
pub fn filter(sheet: &mut Worksheet, columns: usize, rows: usize) -> Result<(), XlsxError> {
    if let (Ok(last @ 1..), Some(Ok(right))) = (
        u32::try_from(rows),
        columns.checked_sub(1).map(u16::try_from),
    ) {
        sheet.autofilter(0, 0, last, right)?;
    }
    Ok(())
}

/// Keeps the header visible on screen and on each printed page, one page as wide as the table.
pub fn finish_sheet(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    print(sheet);
    Ok(())
}

/// Prints a sheet in landscape, one page wide, with its name and the page number in the footer.
pub fn print(sheet: &mut Worksheet) {
    sheet
        .set_landscape()
        .set_paper_size(A4)
        .set_print_fit_to_pages(1, 0);
    sheet
        .set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3)
        .set_footer("&L&A&R&P / &N");
}

/// Width of each column in characters: its longest value or its header on two lines, within limits, with space for bold
/// headers, filter arrows, separators and indents.
fn widths(table: &Table) -> Vec<f64> {
    const MARGIN: usize = 4;
    const WIDEST: usize = 60;
    let longest = |(at, column): (usize, &Column)| {
        let values = table
            .rows
            .iter()
            .map(|row| length(shown(&row[at], column, table.language)))
            .max()
            .unwrap_or(0);
        let words = column
            .title
            .split(' ')
            .map(|word| word.chars().count())
            .max()
            .unwrap_or(0);
        let header = words.max(column.title.chars().count().div_ceil(2));
        let look = table.looks.get(at).and_then(|look| look.width);
        look.unwrap_or((values.max(header) + MARGIN).min(WIDEST) as f64)
    };
    table.columns.iter().enumerate().map(longest).collect()
}

/// The cell as displayed: a day of the week by its name.
fn shown<'a>(cell: &'a Cell, column: &Column, language: Language) -> CellRef<'a> {
    match (column.format, cell) {
        (Format::Weekday, Cell::Integer(day)) => {
            Weekday::name(*day, language).map_or(cell.into(), CellRef::Text)
        }
        _ => cell.into(),
    }
}

fn length(cell: CellRef<'_>) -> usize {
    match cell {
        CellRef::Empty => 0,
        CellRef::Text(text) => text.chars().count(),
        CellRef::Integer(number) => number.to_string().len(),
        CellRef::Decimal(number) => number.to_string().len(),
        CellRef::Flag(_) => "FALSE".len(),
        CellRef::Instant(_) => INSTANT_FORMAT.len(),
        CellRef::Bucket(bucket) => bucket.to_string().len(),
    }
}

/// Numbers are aligned right, everything else left, with an indent that keeps neighbors apart and headers clear of the
/// filter's arrow.
fn aligned(style: Style, column: &Column) -> Style {
    let style = style.set_indent(1);
    match column.format {
        Format::Integer | Format::Decimal(_) => style.set_align(FormatAlign::Right),
        Format::Text
        | Format::Id
        | Format::Flag
        | Format::Instant
        | Format::Bucket
        | Format::Weekday => style.set_align(FormatAlign::Left),
    }
}

/// The number format of a column.
pub fn style(column: &Column) -> Style {
    let style = match column.format {
        Format::Text | Format::Flag | Format::Weekday => Style::new(),
        Format::Bucket => Style::new().set_num_format(DAY_FORMAT),
        Format::Id => Style::new().set_num_format("0"),
        Format::Integer => Style::new().set_num_format("#,##0"),
        Format::Decimal(0) => Style::new().set_num_format("#,##0"),
        Format::Decimal(decimals) => {
            Style::new().set_num_format(format!("#,##0.{:0<1$}", "", decimals as usize))
        }
        Format::Instant => Style::new().set_num_format(INSTANT_FORMAT),
    };
    aligned(style, column)
}

/// The number format of each column.
pub fn styles(table: &Table) -> Vec<Style> {
    let styled = |(at, column): (usize, &Column)| {
        let look = table.looks.get(at).and_then(|look| look.format.as_deref());
        match look.or_else(|| bucket_format(table, at)) {
            Some(format) => style(column).set_num_format(format),
            None => style(column),
        }
    };
    table.columns.iter().enumerate().map(styled).collect()
}

/// The number format of a column of buckets: hourly ones are shown with their time.
pub fn bucket_format(table: &Table, at: usize) -> Option<&'static str> {
    match table.rows.first().map(|row| &row[at]) {
        Some(Cell::Bucket(Bucket {
            granularity: Granularity::Hour,
            ..
        })) => Some(HOUR_FORMAT),
        Some(Cell::Bucket(_)) => Some(DAY_FORMAT),
        _ => None,
    }
}

/// Writes a cell.
pub fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: CellRef<'_>,
    style: Option<&Style>,
    zone: Zone,
) -> Result<(), XlsxError> {
    let number = match cell {
        CellRef::Empty => return Ok(()),
        CellRef::Text(text) => return text::write(sheet, (row, column), text, style),
        CellRef::Flag(flag) => {
            match style {
                Some(style) => sheet.write_boolean_with_format(row, column, flag, style)?,
                None => sheet.write_boolean(row, column, flag)?,
            };
            return Ok(());
        }
        CellRef::Integer(id) if id.unsigned_abs() > MAX_EXACT => {
            return text::write(sheet, (row, column), &id.to_string(), style);
        }
        CellRef::Instant(instant) => {
            return write_local(sheet, (row, column), local(instant, zone), style);
        }
        CellRef::Bucket(bucket) => {
            return match bucket.start().filter(|at| has_date(*at)) {
                Some(at) => write_local(sheet, (row, column), at, style),
                None => text::write(sheet, (row, column), &bucket.to_string(), style),
            };
        }
        CellRef::Integer(number) => number.to_f64(),
        CellRef::Decimal(number) => number.to_f64(),
    };
    match style {
        Some(style) => {
            sheet.write_number_with_format(row, column, number.unwrap_or_default(), style)?
        }
        None => sheet.write_number(row, column, number.unwrap_or_default())?,
    };
    Ok(())
}

/// True if the date is within Excel's calendar.
fn has_date(at: NaiveDateTime) -> bool {
    (1900..=9999).contains(&at.year())
}

/// An Excel date in whole seconds, or text if it is outside Excel's calendar.
fn write_local(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    at: NaiveDateTime,
    style: Option<&Style>,
) -> Result<(), XlsxError> {
    if !has_date(at) {
        return text::write(
            sheet,
            (row, column),
            &at.format("%Y-%m-%d %H:%M:%S").to_string(),
            style,
        );
    }
    let at = at.with_nanosecond(0).unwrap_or(at);
    match style {
        Some(style) => sheet.write_datetime_with_format(row, column, at, style)?,
        None => sheet.write_datetime(row, column, at)?,
    };
    Ok(())
}

/// Colors the cells of a heatmap.
fn scale(sheet: &mut Worksheet, left: u16, table: &Table) -> Result<(), XlsxError> {
    let Some(Chart::Week { day, hour, .. }) = table.chart.filter(|_| table.looks.is_empty()) else {
        return Ok(());
    };
    let last = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    for (at, column) in (left..).zip(table.columns.iter()) {
        if column.name != day && column.name != hour && last > 0 {
            sheet.add_conditional_format(1, at, last, at, &color_scale())?;
        }
    }
    Ok(())
}

/// The color scale of a heatmap, from zero to the maximum.
pub fn color_scale() -> ConditionalFormat2ColorScale {
    const NOTHING: u32 = 0xFF_FFFF;
    const MOST: u32 = 0xE8_7722;
    ConditionalFormat2ColorScale::new()
        .set_minimum_color(NOTHING)
        .set_maximum_color(MOST)
}
