//! Files: tables as CSV and as workbooks.
//!
//! Owns the format of cells, the sheets of a workbook, and safe file names. Must not know reports, the queue of exports or
//! HTTP.

pub mod about;
pub mod batches;
pub mod bundle;
pub mod csv;
pub mod growing;
pub mod layout;
pub mod name;
pub mod pictures;
pub mod sheet;
pub mod template;
pub mod text;
pub mod workbook;
pub mod zipped;

use chrono::{DateTime, Utc};

use crate::table::Table;
use crate::time::{Window, Zone};
use crate::words::Language;

/// The description of a file, for its name and its `About` sheet.
#[derive(Debug, Clone)]
pub struct Caption {
    pub window: Option<Window>,
    pub zone: Zone,
    /// Active filters: name and value.
    pub filters: Vec<(&'static str, String)>,
    /// The window that the figures are compared with.
    pub earlier: Option<Window>,
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
    /// Language of what is written about the file. Its tables have their own.
    pub language: Language,
    /// False if a workbook has no sheet `About`.
    pub has_about: bool,
    /// The picture on it, PNG or JPEG.
    pub logo: Option<&'a [u8]>,
    /// Further lines about the file: name and value.
    pub notes: &'a [(String, String)],
}
