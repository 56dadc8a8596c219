//! Files: what a report looks like as CSV and as a workbook.
//!
//! Owns how cells are written and what a workbook is made of. Knows tables, not what they count.

mod about;
pub mod csv;
pub mod workbook;

use chrono::{DateTime, TimeDelta, Utc};
use rust_xlsxwriter::ConditionalFormat2ColorScale;

use crate::reports::report::{About, Caption};
use crate::time::instant::local;

/// What stands about a file: which report, of what, and when it was made.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    pub about: &'static About,
    pub caption: &'a Caption,
    pub account: &'a str,
    pub made_at: DateTime<Utc>,
}

/// `dashboard_2026-06-01_2026-06-10.csv`: the local dates of the window's first and last instant.
pub fn file_name(about: &About, caption: &Caption, extension: &str) -> String {
    let Some(window) = caption.window else { return format!("{}.{extension}", about.name) };
    let last = (window.to - TimeDelta::microseconds(1)).max(window.from);
    let (from, to) = (local(window.from, window.zone).date(), local(last, window.zone).date());
    format!("{}_{from}_{to}.{extension}", about.name)
}

/// From nothing to the most there is: how the values of a heatmap are colored.
fn color_scale() -> ConditionalFormat2ColorScale {
    const NOTHING: u32 = 0xFF_FFFF;
    const MOST: u32 = 0xE8_7722;
    ConditionalFormat2ColorScale::new().set_minimum_color(NOTHING).set_maximum_color(MOST)
}
