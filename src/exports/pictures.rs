//! Pictures of tables: charts that look at the cells of a sheet, and the week as a grid of colors.

use rust_xlsxwriter::{Chart as Drawing, ChartLegendPosition, Format as Style, FormatAlign, Worksheet, XlsxError};

use super::color_scale;
use crate::table::{Cell, Chart, Table};

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Past so many rows a group of bars is too thin to read.
const MAX_BARS: usize = 40;

/// A table as it stands on a sheet, its header in row 1.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    pub table: &'a Table,
    pub sheet: &'a str,
    /// Its first column.
    pub left: u16,
}

/// Where a picture goes, and how large it is, in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub row: u32,
    pub column: u16,
    pub width: u32,
    pub height: u32,
    pub title: Option<&'a str>,
}

impl Placed<'_> {
    fn column(&self, name: &str) -> Option<u16> {
        Some(self.left + u16::try_from(self.table.column(name)?).ok()?)
    }

    /// A series for each of the values, along the rows of the table.
    fn draw(&self, mut drawing: Drawing, over: &str, values: &[&str], most: usize) -> Option<Drawing> {
        let last = u32::try_from(self.table.rows.len().min(most)).unwrap_or(u32::MAX);
        let categories = self.column(over)?;
        for at in values.iter().filter_map(|name| self.column(name)) {
            let series = drawing.add_series();
            series.set_categories((self.sheet, 1, categories, last, categories));
            series.set_values((self.sheet, 1, at, last, at)).set_name((self.sheet, 0, at));
        }
        if values.len() == 1 {
            drawing.legend().set_hidden();
        }
        Some(drawing)
    }

    /// Values of the only row, side by side: neighbours in the table, named by their headers.
    fn totals(&self, values: &[&str]) -> Option<Drawing> {
        let places: Vec<u16> = values.iter().filter_map(|name| self.column(name)).collect();
        let (first, last) = (*places.first()?, *places.last()?);
        let mut drawing = Drawing::new_column();
        let series = drawing.add_series();
        series.set_categories((self.sheet, 0, first, 0, last)).set_values((self.sheet, 1, first, 1, last));
        drawing.legend().set_hidden();
        Some(drawing)
    }
}

/// Draws the picture that the table asks for, if any. One that is a grid is as large as it is.
pub fn picture(sheet: &mut Worksheet, frame: Frame<'_>, placed: Placed<'_>) -> Result<(), XlsxError> {
    let drawing = match placed.table.chart {
        None => None,
        _ if placed.table.rows.is_empty() => {
            let nothing = "There is nothing in this window.";
            let title = frame.title.map_or(String::new(), |title| format!("{title}: "));
            sheet.write_string(frame.row, frame.column, title + nothing)?;
            None
        }
        Some(Chart::Line { over, values }) => placed.draw(Drawing::new_line(), over, values, usize::MAX),
        Some(Chart::Bars { over, values }) => placed.draw(Drawing::new_column(), over, values, MAX_BARS),
        Some(Chart::Totals { values }) => placed.totals(values),
        Some(Chart::Week { day, hour, value }) => return week(sheet, frame, placed.table, (day, hour, value)),
    };
    let Some(mut drawing) = drawing else { return Ok(()) };
    if let Some(title) = frame.title {
        drawing.title().set_name(title);
    }
    drawing.legend().set_position(ChartLegendPosition::Bottom);
    drawing.set_width(frame.width).set_height(frame.height);
    sheet.insert_chart(frame.row, frame.column, &drawing)?;
    Ok(())
}

/// The week as people read it: a row a day, a column an hour, the larger the value the darker. The names of the days
/// stand in the frame's column, the hours behind it.
fn week(sheet: &mut Worksheet, frame: Frame<'_>, table: &Table, names: (&str, &str, &str)) -> Result<(), XlsxError> {
    let (Some(day), Some(hour), Some(value)) = (table.column(names.0), table.column(names.1), table.column(names.2))
    else {
        return Ok(());
    };
    let (row, left) = (frame.row, frame.column + 1);
    let bold = Style::new().set_bold();
    let hours = bold.clone().set_align(FormatAlign::Center);
    sheet.write_string_with_format(row, frame.column, table.columns[value].title, &bold)?;
    for at in 0..24 {
        sheet.set_column_width(left + at, 6)?;
        sheet.write_number_with_format(row, left + at, at, &hours)?;
    }
    for (number, name) in (1..).zip(DAYS) {
        sheet.write_string(row + number, frame.column, name)?;
    }
    let number = Style::new().set_num_format("#,##0");
    for cells in &table.rows {
        if let (Cell::Integer(day), Cell::Integer(hour), Cell::Integer(value)) =
            (&cells[day], &cells[hour], &cells[value])
            && let (Ok(day), Ok(hour)) = (u32::try_from(*day), u16::try_from(*hour))
        {
            sheet.write_number_with_format(row + 1 + day, left + hour, *value as f64, &number)?;
        }
    }
    sheet.add_conditional_format(row + 1, left, row + 7, left + 23, &color_scale())?;
    Ok(())
}
