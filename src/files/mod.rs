//! Files: tables as CSV and as workbooks.
//!
//! Owns the format of cells, the sheets of a workbook, and safe file names. Must not know reports, the queue of exports or
//! HTTP.

pub mod about;
pub mod batches;
pub mod csv;
pub mod name;
pub mod pictures;
pub mod sheet;
pub mod text;
pub mod workbook;

use chrono::{DateTime, Utc};

use crate::table::Table;
use crate::time::instant::local;
use crate::time::{Window, Zone};

/// The description of a file, for its name and its `About` sheet.
#[derive(Debug, Clone)]
pub struct Caption {
    pub window: Option<Window>,
    pub zone: Zone,
    /// Active filters: name and value.
    pub filters: Vec<(&'static str, String)>,
}

impl Caption {
    /// Adds a line on the window that the figures are compared with.
    pub fn compare_with(&mut self, earlier: &Window) {
        let shown = |at| local(at, earlier.zone).format("%Y-%m-%d %H:%M:%S");
        let (from, to) = (shown(earlier.from), shown(earlier.to));
        self.filters
            .push(("Compared with", format!("{from} to {to}, exclusive")));
    }
}

/// The heading of a file: report, subject and time.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    pub title: &'a str,
    /// Its summary.
    pub summary: &'a str,
    pub caption: &'a Caption,
    pub account: &'a str,
    pub made_at: DateTime<Utc>,
    /// The hourly series, if there are too few days to chart.
    pub by_hour: Option<&'a Table>,
}
