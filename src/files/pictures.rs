//! Pictures of tables: charts of the cells of a sheet, and the week as a heatmap.

use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{
    Chart as Drawing, ChartLegendPosition, ChartLine, ChartMarker, ChartMarkerType, ChartSolidFill,
    Format as Style, FormatAlign, Worksheet, XlsxError,
};

use super::sheet::{self, Placed, color_scale};
use crate::table::{Cell, Chart, Table, Weekday};

/// Maximum number of points drawn with markers: a line of one point is invisible otherwise.
const MAX_MARKED: usize = 31;
/// Number of rows beyond which grouped bars are too thin to read.
const MAX_BARS: usize = 40;

/// Colors of the series, in order.
const COLORS: [u32; 4] = [0x1F_3A5F, 0xE8_7722, 0x2A_9D8F, 0x8D_99AE];

/// Position of a picture, and its size in pixels.
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

    /// One series per value column, along the rows of the table.
    fn draw(
        &self,
        mut drawing: Drawing,
        over: &str,
        values: &[&str],
        most: usize,
    ) -> Option<Drawing> {
        let last = u32::try_from(self.table.rows.len().min(most)).unwrap_or(u32::MAX);
        let categories = self.column(over)?;
        let marker = |color| {
            let mut marker = ChartMarker::new();
            marker
                .set_type(ChartMarkerType::Circle)
                .set_size(6)
                .set_format(ChartSolidFill::new().set_color(color));
            marker
        };
        for (at, color) in values
            .iter()
            .filter_map(|name| self.column(name))
            .zip(COLORS.into_iter().cycle())
        {
            let series = drawing.add_series();
            if let Some(Chart::Line { .. }) = self.table.chart {
                series.set_format(ChartLine::new().set_color(color).set_width(2.25));
                if self.table.rows.len() <= MAX_MARKED {
                    series.set_marker(&marker(color));
                }
            } else {
                series.set_format(ChartSolidFill::new().set_color(color));
            }
            series.set_categories((self.sheet, 1, categories, last, categories));
            series
                .set_values((self.sheet, 1, at, last, at))
                .set_name((self.sheet, 0, at));
        }
        if values.len() == 1 {
            drawing.legend().set_hidden();
        }
        Some(drawing)
    }

    /// Adjacent values of the only row, named by their headers.
    fn totals(&self, values: &[&str]) -> Option<Drawing> {
        let places: Vec<u16> = values.iter().filter_map(|name| self.column(name)).collect();
        let (first, last) = (*places.first()?, *places.last()?);
        let mut drawing = Drawing::new_column();
        let series = drawing.add_series();
        series
            .set_categories((self.sheet, 0, first, 0, last))
            .set_values((self.sheet, 1, first, 1, last));
        series.set_format(ChartSolidFill::new().set_color(COLORS[0]));
        drawing.legend().set_hidden();
        Some(drawing)
    }
}

/// Draws the picture that the table declares, if any. A heatmap ignores the size.
pub fn picture(
    sheet: &mut Worksheet,
    frame: Frame<'_>,
    placed: Placed<'_>,
) -> Result<(), XlsxError> {
    let drawing = match placed.table.chart {
        None => None,
        _ if placed.table.rows.is_empty() => {
            let nothing = placed.table.language.tell("No data in this window.");
            let title = frame
                .title
                .map_or(String::new(), |title| format!("{title}: "));
            sheet.write_string(frame.row, frame.column, title + nothing)?;
            None
        }
        Some(Chart::Line { over, values }) => {
            let mut drawing = placed.draw(Drawing::new_line(), over, values, usize::MAX);
            // A date axis knows only days: the hours of a day would be drawn on top of each other.
            if let Some(drawing) = &mut drawing {
                drawing.x_axis().set_text_axis(true);
            }
            // Not every program takes the format of the cells.
            let format = placed.table.column(over);
            let format = format.and_then(|at| sheet::bucket_format(placed.table, at));
            if let (Some(drawing), Some(format)) = (&mut drawing, format) {
                drawing.x_axis().set_num_format(format);
            }
            drawing
        }
        Some(Chart::Bars { over, values }) => {
            placed.draw(Drawing::new_column(), over, values, MAX_BARS)
        }
        Some(Chart::Totals { values }) => placed.totals(values),
        Some(Chart::Week { day, hour, values }) => {
            let mut frame = frame;
            for value in values {
                week(sheet, frame, placed.table, (day, hour, value, values[0]))?;
                frame.row += WEEK + 1;
            }
            return Ok(());
        }
    };
    let Some(mut drawing) = drawing else {
        return Ok(());
    };
    if let Some(title) = frame.title {
        drawing.title().set_name(title);
    }
    drawing.legend().set_position(ChartLegendPosition::Bottom);
    drawing.set_width(frame.width).set_height(frame.height);
    sheet.insert_chart(frame.row, frame.column, &drawing)?;
    Ok(())
}

/// Rows of a week: the hours, then the days.
const WEEK: u32 = 8;

/// The week as a heatmap: a row per day, a column per hour, darker for larger values. The names of the days are in the
/// frame's column, the hours to its right. Cells in which the last of `names` counts nothing are empty.
fn week(
    sheet: &mut Worksheet,
    frame: Frame<'_>,
    table: &Table,
    names: (&str, &str, &str, &str),
) -> Result<(), XlsxError> {
    let columns = (
        table.column(names.0),
        table.column(names.1),
        table.column(names.2),
        table.column(names.3),
    );
    let (Some(day), Some(hour), Some(value), Some(count)) = columns else {
        return Ok(());
    };
    let (row, left) = (frame.row, frame.column + 1);
    let bold = Style::new().set_bold();
    let hours = bold.clone().set_align(FormatAlign::Center);
    sheet.write_string_with_format(row, frame.column, &*table.columns[value].title, &bold)?;
    for at in 0..24 {
        sheet.set_column_width(left + at, 6)?;
        sheet.write_number_with_format(row, left + at, at, &hours)?;
    }
    for (number, day) in (1..).zip(0..) {
        let Some(name) = Weekday::name(day, table.language) else {
            break;
        };
        sheet.write_string(row + number, frame.column, name)?;
    }
    let number = sheet::style(&table.columns[value])
        .set_align(FormatAlign::Center)
        .set_indent(0);
    for cells in table
        .rows
        .iter()
        .filter(|cells| cells[count] != Cell::Integer(0) || count == value)
    {
        let figure = match &cells[value] {
            Cell::Integer(number) => *number as f64,
            Cell::Decimal(number) => number.to_f64().unwrap_or_default(),
            _ => continue,
        };
        if let (Cell::Integer(day), Cell::Integer(hour)) = (&cells[day], &cells[hour])
            && let (Ok(day), Ok(hour)) = (u32::try_from(*day), u16::try_from(*hour))
        {
            sheet.write_number_with_format(row + 1 + day, left + hour, figure, &number)?;
        }
    }
    sheet.add_conditional_format(row + 1, left, row + 7, left + 23, &color_scale())?;
    Ok(())
}
