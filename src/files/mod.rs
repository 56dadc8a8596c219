//! Files: tables as CSV and as workbooks.
//!
//! Owns how cells are written, the sheets of a workbook, and safe file names. Must not know reports, the queue of exports
//! or HTTP.

pub mod about;
pub mod csv;
pub mod name;
pub mod pictures;
pub mod sheet;
pub mod text;
pub mod workbook;

use chrono::{DateTime, Utc};

use crate::table::Table;
use crate::time::{Window, Zone};

/// What a file says about itself: to name it by, and to print on its `About` sheet.
#[derive(Debug, Clone)]
pub struct Caption {
    pub window: Option<Window>,
    pub zone: Zone,
    /// Filters in force: name and value.
    pub filters: Vec<(&'static str, String)>,
}

/// What stands about a file: which report, of what, and when it was made.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    pub title: &'a str,
    /// What it tells.
    pub summary: &'a str,
    pub caption: &'a Caption,
    pub account: &'a str,
    pub made_at: DateTime<Utc>,
    /// The series of the file by hour, where its days are too few to draw.
    pub by_hour: Option<&'a Table>,
}
