//! What a mail says: the schedule, the report with its window, and the first rows of its first table.
//!
//! Stored with the run, so that every try says the same, whichever instance makes it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::recipients::Recipients;
use crate::exports::contents::Contents;
use crate::exports::report::ReportFile;
use crate::files::Caption;
use crate::table::{Cell, Column, Format, Table, Weekday};
use crate::time::instant::local;
use crate::time::{Window, Zone};
use crate::words::Language;

/// Maximum number of rows and columns that are shown, and of characters of each value.
const ROWS: usize = 20;
const COLUMNS: usize = 60;
const MAX_VALUE: usize = 200;

/// The report of a run, for its mail.
#[derive(Debug)]
pub struct Told {
    pub title: String,
    pub account: String,
    pub caption: Caption,
    /// Language of the file, and so of the window and the table.
    pub language: Language,
    /// The first table, or its first rows.
    pub table: Option<Table>,
    /// Rows of the whole table.
    pub rows: usize,
}

impl Told {
    pub fn of_report(figures: &ReportFile) -> Self {
        let table = &figures.table;
        Self {
            title: figures.title().to_owned(),
            account: figures.account.clone(),
            language: figures.wording.language,
            caption: figures.caption.clone(),
            rows: table.rows.len(),
            table: Some(Table {
                rows: table.rows.iter().take(ROWS).cloned().collect(),
                columns: table.columns.clone(),
                looks: Vec::new(),
                ..*table
            }),
        }
    }

    /// An export by its first table.
    pub fn of_export(contents: Contents) -> Self {
        let heading = contents.heading();
        let (title, account) = (heading.title.to_owned(), heading.account.to_owned());
        let table = contents.tables().next().cloned();
        Self {
            title,
            account,
            language: contents.wording.language,
            rows: table.as_ref().map_or(0, |table| table.rows.len()),
            table,
            caption: contents.caption,
        }
    }
}

/// A mail as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub struct Content {
    pub made_at: DateTime<Utc>,
    /// Language of its own sentences, which is that of the file.
    pub language: Language,
    /// Name of the schedule.
    pub schedule: String,
    /// Title of the report.
    pub title: String,
    pub account: String,
    /// First and last local day of the window.
    pub days: Option<String>,
    /// Window, zone and filters, each with its name.
    pub lines: Vec<(String, String)>,
    pub table: Option<Shown>,
    pub to: Recipients,
}

/// The first rows of a table.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    pub columns: Vec<Head>,
    pub rows: Vec<Vec<String>>,
    /// Rows of the whole table.
    pub total: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    pub title: String,
    pub is_number: bool,
}

impl Content {
    pub fn new(schedule: &str, told: &Told, email: &[String], made_at: DateTime<Utc>) -> Self {
        let caption = &told.caption;
        let table = told.table.as_ref();
        Self {
            made_at,
            language: told.language,
            schedule: schedule.to_owned(),
            title: told.title.clone(),
            account: told.account.clone(),
            days: days(caption, told.language),
            lines: lines(caption, told.language),
            table: table.map(|table| Shown::of(table, told.rows, caption.zone)),
            to: Recipients::new(email),
        }
    }

    pub fn subject(&self) -> String {
        match &self.days {
            Some(days) => format!("{}, {days}", self.schedule),
            None => self.schedule.clone(),
        }
    }
}

/// `2026-06-29`, or `2026-06-01 to 2026-06-30`.
fn days(caption: &Caption, language: Language) -> Option<String> {
    let window = caption.window?;
    let last = (window.to - TimeDelta::microseconds(1)).max(window.from);
    let [first, last] = [window.from, last].map(|at| local(at, window.zone).date());
    Some(if first == last {
        first.to_string()
    } else {
        format!("{first} {} {last}", language.tell("to"))
    })
}

fn lines(caption: &Caption, language: Language) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if let Some(window) = caption.window {
        lines.push(("From", moment(window.from, caption.zone)));
        lines.push(("To, exclusive", moment(window.to, caption.zone)));
    }
    lines.push(("Time zone", caption.zone.name().to_owned()));
    lines.extend(caption.filters.iter().cloned());
    if let Some(Window { from, to, zone }) = caption.earlier {
        let (from, to) = (moment(from, zone), moment(to, zone));
        let (until, exclusive) = (language.tell("to"), language.tell("exclusive"));
        lines.push(("Compared with", format!("{from} {until} {to}, {exclusive}")));
    }
    let owned =
        |(name, value): (&'static str, String)| (language.tell(name).to_owned(), shortened(&value));
    lines.into_iter().map(owned).collect()
}

/// Local time, as files show it.
pub fn moment(at: DateTime<Utc>, zone: Zone) -> String {
    local(at, zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

impl Shown {
    fn of(table: &Table, total: usize, zone: Zone) -> Self {
        let columns = table.columns.iter().take(COLUMNS);
        let heads = columns.map(|column| Head {
            title: column.title.clone().into_owned(),
            is_number: matches!(column.format, Format::Integer | Format::Decimal(_)),
        });
        let row = |row: &Vec<Cell>| {
            let cells = row.iter().zip(table.columns.iter()).take(COLUMNS);
            let values = cells.map(|(cell, column)| shown(cell, column, (zone, table.language)));
            values.collect()
        };
        Self {
            columns: heads.collect(),
            rows: table.rows.iter().take(ROWS).map(row).collect(),
            total,
        }
    }
}

fn shown(cell: &Cell, column: &Column, (zone, language): (Zone, Language)) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => shortened(text),
        Cell::Integer(number) if column.format == Format::Weekday => {
            Weekday::name(*number, language).map_or_else(|| number.to_string(), str::to_owned)
        }
        Cell::Integer(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Flag(true) => "yes".to_owned(),
        Cell::Flag(false) => "no".to_owned(),
        Cell::Instant(instant) => moment(*instant, zone),
        Cell::Bucket(bucket) => bucket.to_string(),
    }
}

/// On one line, cut to [`MAX_VALUE`] characters.
fn shortened(text: &str) -> String {
    let mut letters = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut kept: String = letters.by_ref().take(MAX_VALUE).collect();
    if letters.next().is_some() {
        kept.push('…');
    }
    kept
}
