//! The sheet `About` of a workbook: what the figures are, of when and of whom, and pictures of them.

use chrono::NaiveDateTime;
use rust_xlsxwriter::{Format as Style, Worksheet, XlsxError};

use super::Heading;
use super::pictures::{Frame, Placed, picture};
use crate::time::instant::local;
use crate::time::zone::database::Database;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 420;
/// Rows that a picture takes, and one between it and the next.
const ROWS: u32 = 22;

/// Writes the sheet. `data` says where the tables are.
pub fn write(sheet: &mut Worksheet, heading: &Heading<'_>, data: &[Placed<'_>]) -> Result<(), XlsxError> {
    sheet.set_name("About")?;
    sheet.set_screen_gridlines(false);
    sheet.set_column_width(0, 16)?;
    let mut row = write_lines(sheet, heading.title, heading)?;
    for placed in data.iter().filter(|placed| placed.table.chart.is_some()) {
        let frame = Frame { row: row + 1, column: 0, width: WIDTH, height: HEIGHT, title: None };
        picture(sheet, frame, *placed)?;
        row += ROWS;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Writes a title and what the file is, from the top of the sheet; returns the row behind.
pub fn write_lines(sheet: &mut Worksheet, title: &str, heading: &Heading<'_>) -> Result<u32, XlsxError> {
    let large = Style::new().set_bold().set_font_size(16);
    let label = Style::new().set_bold();
    sheet.write_string_with_format(0, 0, title, &large)?;
    let mut row = 2;
    for (name, value) in lines(heading) {
        sheet.write_string_with_format(row, 0, name, &label)?;
        sheet.write_string(row, 1, value)?;
        row += 1;
    }
    Ok(row)
}

fn lines(heading: &Heading<'_>) -> Vec<(&'static str, String)> {
    let Heading { summary, caption, account, made_at, .. } = heading;
    let shown = |instant: NaiveDateTime| instant.format("%Y-%m-%d %H:%M:%S").to_string();
    let mut lines = vec![("What it tells", (*summary).to_owned()), ("Account", (*account).to_owned())];
    if let Some(window) = caption.window {
        lines.push(("From", shown(local(window.from, caption.zone))));
        lines.push(("To, exclusive", shown(local(window.to, caption.zone))));
    }
    lines.push(("Time zone", caption.zone.name().to_owned()));
    lines.push(("Time zone data", format!("tz database {}", Database::current().release())));
    if caption.filters.is_empty() {
        lines.push(("Filters", "none".into()));
    }
    lines.extend(caption.filters.iter().map(|(name, value)| (*name, value.clone())));
    lines.push(("Made at", shown(local(*made_at, caption.zone))));
    lines
}
