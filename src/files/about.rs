//! The sheet `About` of a workbook: title, window, filters and charts.

use chrono::NaiveDateTime;
use rust_xlsxwriter::{DocProperties, Format as Style, Image, Workbook, Worksheet, XlsxError};

use super::pictures::{Frame, picture};
use super::sheet::{Placed, print, styles, write_cell, write_header};
use super::{Heading, text};
use crate::table::{Chart, Table};
use crate::time::instant::local;
use crate::time::zone::database::Database;
use crate::time::{Window, Zone};

const WIDTH: u32 = 960;
const HEIGHT: u32 = 420;
/// Rows covered by a picture, with one row of space below.
const ROWS: u32 = 22;
/// Minimum last row of the print area.
const LAST_ROW: u32 = 12;
/// Last column covered by a chart of the default size.
const LAST_COLUMN: u16 = 14;
/// First column of figures that only a chart reads, to the right of the hours of a week.
const AWAY: u16 = 27;

/// Adds the sheet, if the file has it. `data` locates the tables.
pub fn add(
    workbook: &mut Workbook,
    heading: &Heading<'_>,
    data: &[Placed<'_>],
) -> Result<(), XlsxError> {
    if heading.has_about {
        write(workbook.add_worksheet(), heading, data)?;
    }
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    heading: &Heading<'_>,
    data: &[Placed<'_>],
) -> Result<(), XlsxError> {
    let name = heading.language.tell("About");
    sheet.set_name(name)?;
    sheet.set_screen_gridlines(false);
    sheet.set_column_width(0, 16)?;
    let mut row = write_lines(sheet, heading.title, heading)?;
    row += write_logo(sheet, row + 1, heading.logo)?;
    for placed in data.iter().filter(|placed| placed.table.chart.is_some()) {
        let frame = Frame {
            row: row + 1,
            column: 0,
            width: WIDTH,
            height: HEIGHT,
            title: None,
        };
        match heading
            .by_hour
            .filter(|_| matches!(placed.table.chart, Some(Chart::Line { .. })))
        {
            Some(hours) => {
                let hours = write_hours(sheet, name, AWAY, hours, heading.caption.zone)?;
                picture(
                    sheet,
                    Frame {
                        title: Some(heading.language.tell("By hour")),
                        ..frame
                    },
                    hours,
                )?;
            }
            None => picture(sheet, frame, *placed)?,
        }
        row += ROWS;
    }
    print(sheet);
    let has_week = data
        .iter()
        .any(|placed| matches!(placed.table.chart, Some(Chart::Week { .. })));
    // A heatmap is wider than a chart; without one, the chart takes the page's width.
    let last_column = if has_week { AWAY - 2 } else { LAST_COLUMN };
    sheet.set_print_area(0, 0, row.max(LAST_ROW), last_column)?;
    Ok(())
}

/// Maximum size of a logo on the sheet, in pixels.
const LOGO: (f64, f64) = (360.0, 120.0);
/// Rows that it covers, with one row of space below.
const LOGO_ROWS: u32 = 8;

/// Puts the logo on the sheet. Returns the rows that it takes.
fn write_logo(sheet: &mut Worksheet, row: u32, logo: Option<&[u8]>) -> Result<u32, XlsxError> {
    let Some(logo) = logo else {
        return Ok(0);
    };
    let image = Image::new_from_buffer(logo)?;
    let image = image.set_scale_to_size(LOGO.0, LOGO.1, true);
    sheet.insert_image(row, 0, &image)?;
    Ok(LOGO_ROWS)
}

/// Writes the figures of an hourly series, from that column on, for a chart.
pub fn write_hours<'a>(
    sheet: &mut Worksheet,
    name: &'a str,
    left: u16,
    hours: &'a Table,
    zone: Zone,
) -> Result<Placed<'a>, XlsxError> {
    write_header(sheet, left, &hours.columns, |style, _| style)?;
    let styles = styles(hours);
    for (row, cells) in (1..).zip(&hours.rows) {
        for ((at, cell), style) in (left..).zip(cells).zip(&styles) {
            write_cell(sheet, (row, at), cell.into(), Some(style), zone)?;
        }
    }
    sheet.set_column_width(left, 18)?;
    Ok(Placed {
        table: hours,
        sheet: name,
        left,
    })
}

/// Document properties: author, time and title, shown by file managers.
pub fn properties(heading: &Heading<'_>) -> DocProperties {
    let properties = DocProperties::new()
        .set_title(heading.title)
        .set_subject(heading.summary);
    let properties = properties
        .set_author("Callboard")
        .set_company(heading.account);
    properties.set_creation_datetime(&heading.made_at)
}

/// Writes the title and the description of the file at the top of the sheet. Returns the row below.
pub fn write_lines(
    sheet: &mut Worksheet,
    title: &str,
    heading: &Heading<'_>,
) -> Result<u32, XlsxError> {
    let large = Style::new().set_bold().set_font_size(16);
    let label = Style::new().set_bold();
    text::write(sheet, (0, 0), title, Some(&large))?;
    let mut row = 2;
    for (name, value) in lines(heading) {
        text::write(sheet, (row, 0), &name, Some(&label))?;
        text::write(sheet, (row, 1), &value, None)?;
        row += 1;
    }
    Ok(row)
}

/// The description of a file in its language: name and value of each line.
pub fn lines(heading: &Heading<'_>) -> Vec<(String, String)> {
    let Heading {
        summary,
        caption,
        account,
        made_at,
        language,
        ..
    } = heading;
    let shown = |instant: NaiveDateTime| instant.format("%Y-%m-%d %H:%M:%S").to_string();
    let mut lines = vec![
        ("What it tells", (*summary).to_owned()),
        ("Account", (*account).to_owned()),
    ];
    if let Some(window) = caption.window {
        lines.push(("From", shown(local(window.from, caption.zone))));
        lines.push(("To, exclusive", shown(local(window.to, caption.zone))));
    }
    lines.push(("Time zone", caption.zone.name().to_owned()));
    lines.push((
        "Time zone data",
        format!("tz database {}", Database::current().release()),
    ));
    if caption.filters.is_empty() {
        lines.push(("Filters", language.tell("none").into()));
    }
    lines.extend(
        caption
            .filters
            .iter()
            .map(|(name, value)| (*name, value.clone())),
    );
    if let Some(Window { from, to, zone }) = caption.earlier {
        let (from, to) = (shown(local(from, zone)), shown(local(to, zone)));
        let (until, exclusive) = (language.tell("to"), language.tell("exclusive"));
        lines.push(("Compared with", format!("{from} {until} {to}, {exclusive}")));
    }
    lines.push(("Made at", shown(local(*made_at, caption.zone))));
    let told = |(name, value)| (language.tell(name).to_owned(), value);
    let told = lines.into_iter().map(told);
    told.chain(heading.notes.iter().cloned()).collect()
}
