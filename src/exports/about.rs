//! The sheet `About` of a workbook: what the figures are, of when and of whom, and a picture of them.

use chrono::NaiveDateTime;
use rust_xlsxwriter::{Chart as Drawing, ChartLegendPosition, Format as Style, FormatAlign, Worksheet, XlsxError};

use super::{Heading, color_scale};
use crate::table::{Cell, Chart, Table};
use crate::time::instant::local;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const WIDTH: u32 = 960;
const HEIGHT: u32 = 420;
/// Past so many rows a group of bars is too thin to read.
const MAX_BARS: usize = 40;

/// Writes the sheet; `data` names the one that holds the table.
pub fn write(sheet: &mut Worksheet, heading: Heading<'_>, table: &Table, data: &str) -> Result<(), XlsxError> {
    let title = Style::new().set_bold().set_font_size(16);
    let label = Style::new().set_bold();
    sheet.set_name("About")?;
    sheet.set_screen_gridlines(false);
    sheet.set_column_width(0, 16)?;
    sheet.write_string_with_format(0, 0, heading.about.title, &title)?;
    let mut row = 2;
    for (name, value) in lines(heading) {
        sheet.write_string_with_format(row, 0, name, &label)?;
        sheet.write_string(row, 1, value)?;
        row += 1;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    picture(sheet, row + 1, table, data)
}

fn lines(heading: Heading<'_>) -> Vec<(&'static str, String)> {
    let Heading { about, caption, account, made_at } = heading;
    let shown = |instant: NaiveDateTime| instant.format("%Y-%m-%d %H:%M:%S").to_string();
    let mut lines = vec![("What it tells", about.summary.to_owned()), ("Account", account.to_owned())];
    if let Some(window) = caption.window {
        lines.push(("From", shown(local(window.from, caption.zone))));
        lines.push(("To, exclusive", shown(local(window.to, caption.zone))));
    }
    lines.push(("Time zone", caption.zone.name().to_owned()));
    if caption.filters.is_empty() {
        lines.push(("Filters", "none".into()));
    }
    lines.extend(caption.filters.iter().map(|(name, value)| (*name, value.clone())));
    lines.push(("Made at", shown(local(made_at, caption.zone))));
    lines
}

fn picture(sheet: &mut Worksheet, row: u32, table: &Table, data: &str) -> Result<(), XlsxError> {
    match table.chart {
        None => Ok(()),
        _ if table.rows.is_empty() => {
            sheet.write_string(row, 0, "There is nothing in this window.")?;
            Ok(())
        }
        Some(Chart::Line { over, values }) => draw(sheet, row, Drawing::new_line(), table, data, (over, values)),
        Some(Chart::Bars { over, values }) => draw(sheet, row, Drawing::new_column(), table, data, (over, values)),
        Some(Chart::Totals { values }) => totals(sheet, row, table, data, values),
        Some(Chart::Week { day, hour, value }) => week(sheet, row, table, (day, hour, value)),
    }
}

/// A series for each of the values, along the rows of the table.
fn draw(
    sheet: &mut Worksheet,
    row: u32,
    mut drawing: Drawing,
    table: &Table,
    data: &str,
    (over, values): (&str, &[&str]),
) -> Result<(), XlsxError> {
    let is_bars = matches!(table.chart, Some(Chart::Bars { .. }));
    let shown = if is_bars { table.rows.len().min(MAX_BARS) } else { table.rows.len() };
    let last = u32::try_from(shown).unwrap_or(u32::MAX);
    let Some(categories) = column(table, over) else { return Ok(()) };
    for at in values.iter().filter_map(|name| column(table, name)) {
        let series = drawing.add_series();
        series.set_categories((data, 1, categories, last, categories));
        series.set_values((data, 1, at, last, at)).set_name((data, 0, at));
    }
    if values.len() == 1 {
        drawing.legend().set_hidden();
    }
    place(sheet, row, drawing)
}

/// Values of the only row, side by side: neighbours in the table, named by their headers.
fn totals(sheet: &mut Worksheet, row: u32, table: &Table, data: &str, values: &[&str]) -> Result<(), XlsxError> {
    let places: Vec<u16> = values.iter().filter_map(|name| column(table, name)).collect();
    let (Some(&first), Some(&last)) = (places.first(), places.last()) else { return Ok(()) };
    let mut drawing = Drawing::new_column();
    drawing.add_series().set_categories((data, 0, first, 0, last)).set_values((data, 1, first, 1, last));
    drawing.legend().set_hidden();
    place(sheet, row, drawing)
}

fn place(sheet: &mut Worksheet, row: u32, mut drawing: Drawing) -> Result<(), XlsxError> {
    drawing.legend().set_position(ChartLegendPosition::Bottom);
    drawing.set_width(WIDTH).set_height(HEIGHT);
    sheet.insert_chart(row, 0, &drawing)?;
    Ok(())
}

/// The week as people read it: a row a day, a column an hour, the larger the value the darker.
fn week(sheet: &mut Worksheet, row: u32, table: &Table, names: (&str, &str, &str)) -> Result<(), XlsxError> {
    let (Some(day), Some(hour), Some(value)) = (table.column(names.0), table.column(names.1), table.column(names.2))
    else {
        return Ok(());
    };
    const LEFT: u16 = 1;
    let bold = Style::new().set_bold();
    let hours = bold.clone().set_align(FormatAlign::Center);
    sheet.write_string_with_format(row, 0, table.columns[value].title, &bold)?;
    for at in 0..24 {
        sheet.set_column_width(LEFT + at, 6)?;
        sheet.write_number_with_format(row, LEFT + at, at, &hours)?;
    }
    for (number, name) in (1..).zip(DAYS) {
        sheet.write_string(row + number, 0, name)?;
    }
    for cells in &table.rows {
        if let (Cell::Integer(day), Cell::Integer(hour), Cell::Integer(value)) =
            (&cells[day], &cells[hour], &cells[value])
            && let (Ok(day), Ok(hour)) = (u32::try_from(*day), u16::try_from(*hour))
        {
            sheet.write_number_with_format(
                row + 1 + day,
                LEFT + hour,
                *value as f64,
                &Style::new().set_num_format("#,##0"),
            )?;
        }
    }
    sheet.add_conditional_format(row + 1, LEFT, row + 7, LEFT + 23, &color_scale())?;
    Ok(())
}

fn column(table: &Table, name: &str) -> Option<u16> {
    u16::try_from(table.column(name)?).ok()
}
