//! Workbooks: the data on the first sheet, header in row 1, and what a reader wants to know and see about it
//! on a second one, `About` (contract, section 4).

use std::fs::File;
use std::io::BufWriter;

use chrono::{Datelike, NaiveDateTime};
use chrono_tz::Tz;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format as Style, FormatAlign, Workbook, Worksheet, XlsxError};

use super::{Heading, about, color_scale};
use crate::error::{Error, Result};
use crate::table::{Cell, Chart, Column, Format, Table};
use crate::time::instant::local;

pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const HEADER_FILL: u32 = 0x1F3A5F;
const HEADER_TEXT: u32 = 0xFF_FFFF;
/// The rows of a sheet below its header.
const MAX_ROWS: usize = 1_048_575;
/// The most characters a cell holds.
const MAX_TEXT: usize = 32_767;
/// Excel keeps 15 digits of a number; what has more is an id, and stays whole as text.
const MAX_EXACT: u64 = 999_999_999_999_999;
const INSTANT_FORMAT: &str = "yyyy-mm-dd hh:mm:ss";

/// Writes one report as a whole file. Its rows go to disk as they come, whatever their number.
/// Invalid on `format` where they are more than a sheet holds.
pub fn write(heading: Heading<'_>, table: &Table, to: &mut File) -> Result<()> {
    if table.rows.len() > MAX_ROWS {
        return Err(Error::invalid("format", format!("A sheet holds at most {MAX_ROWS} rows; csv has no limit.")));
    }
    build(heading, table, to).map_err(Error::internal)
}

fn build(heading: Heading<'_>, table: &Table, to: &mut File) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    let data = workbook.add_worksheet_with_constant_memory()?;
    data.set_name(sheet_name(heading.about.title))?;
    write_table(data, table, heading.caption.zone)?;
    let name = data.name();
    about::write(workbook.add_worksheet(), heading, table, &name)?;
    workbook.save_to_writer(BufWriter::new(to))
}

/// Excel takes at most 31 characters, and not all.
fn sheet_name(title: &str) -> String {
    title.chars().filter(|letter| !r"[]:*?/\".contains(*letter)).take(31).collect()
}

fn write_table(sheet: &mut Worksheet, table: &Table, zone: Tz) -> Result<(), XlsxError> {
    let header = Style::new().set_bold().set_font_color(HEADER_TEXT).set_background_color(HEADER_FILL);
    let styles: Vec<Style> = table.columns.iter().map(style).collect();
    for (at, column) in (0..).zip(table.columns) {
        sheet.write_string_with_format(0, at, column.title, &aligned(header.clone(), column))?;
    }
    for (number, row) in (1..).zip(&table.rows) {
        for ((at, cell), style) in (0..).zip(row).zip(&styles) {
            write_cell(sheet, (number, at), cell, style, zone)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    for (at, width) in (0..).zip(widths(table)) {
        sheet.set_column_width(at, width)?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    scale(sheet, table)
}

/// Room for the longest value of each column and for its header, within reason. In characters, with some for
/// the bold of headers, the separators of numbers and the indent of texts.
fn widths(table: &Table) -> Vec<f64> {
    const MARGIN: usize = 3;
    const WIDEST: usize = 60;
    let longest = |(at, column): (usize, &Column)| {
        let values = table.rows.iter().map(|row| length(&row[at])).max().unwrap_or(0);
        (values.max(column.title.chars().count()) + MARGIN).min(WIDEST) as f64
    };
    table.columns.iter().enumerate().map(longest).collect()
}

fn length(cell: &Cell) -> usize {
    match cell {
        Cell::Empty => 0,
        Cell::Text(text) => text.chars().count(),
        Cell::Integer(number) => number.to_string().len(),
        Cell::Decimal(number) => number.to_string().len(),
        Cell::Flag(_) => "FALSE".len(),
        Cell::Instant(_) => INSTANT_FORMAT.len(),
    }
}

/// Numbers to the right, all else to the left and a little away from the number before it.
fn aligned(style: Style, column: &Column) -> Style {
    match column.format {
        Format::Integer | Format::Decimal(_) => style.set_align(FormatAlign::Right),
        Format::Text | Format::Id | Format::Flag | Format::Instant => style.set_align(FormatAlign::Left).set_indent(1),
    }
}

/// How the values of a column are shown.
fn style(column: &Column) -> Style {
    let style = match column.format {
        Format::Text | Format::Flag => Style::new(),
        Format::Id => Style::new().set_num_format("0"),
        Format::Integer => Style::new().set_num_format("#,##0"),
        Format::Decimal(0) => Style::new().set_num_format("#,##0"),
        Format::Decimal(decimals) => Style::new().set_num_format(format!("#,##0.{:0<1$}", "", decimals as usize)),
        Format::Instant => Style::new().set_num_format(INSTANT_FORMAT),
    };
    aligned(style, column)
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    style: &Style,
    zone: Tz,
) -> Result<(), XlsxError> {
    let number = match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => {
            sheet.write_string_with_format(row, column, shortened(text), style)?;
            return Ok(());
        }
        Cell::Flag(flag) => {
            sheet.write_boolean_with_format(row, column, *flag, style)?;
            return Ok(());
        }
        Cell::Integer(id) if id.unsigned_abs() > MAX_EXACT => {
            sheet.write_string_with_format(row, column, id.to_string(), style)?;
            return Ok(());
        }
        Cell::Instant(instant) => return write_instant(sheet, (row, column), local(*instant, zone), style),
        Cell::Integer(number) => number.to_f64(),
        Cell::Decimal(number) => number.to_f64(),
    };
    sheet.write_number_with_format(row, column, number.unwrap_or_default(), style)?;
    Ok(())
}

/// As a date that Excel can reckon with, or as text where it lies outside the years that Excel knows.
fn write_instant(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    at: NaiveDateTime,
    style: &Style,
) -> Result<(), XlsxError> {
    if (1900..=9999).contains(&at.year()) {
        sheet.write_datetime_with_format(row, column, at, style)?;
    } else {
        sheet.write_string(row, column, at.format("%Y-%m-%d %H:%M:%S").to_string())?;
    }
    Ok(())
}

/// The text as far as a cell takes it.
fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_TEXT).map_or(text.len(), |(end, _)| end);
    &text[..end]
}

/// Colors the values of a heatmap.
fn scale(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let Some(Chart::Week { day, hour, .. }) = table.chart else { return Ok(()) };
    let last = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    for (at, column) in (0..).zip(table.columns) {
        if column.name != day && column.name != hour && last > 0 {
            sheet.add_conditional_format(1, at, last, at, &color_scale())?;
        }
    }
    Ok(())
}
