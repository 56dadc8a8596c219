//! Files: what a report looks like as CSV and as a workbook, and the exports that are made while nobody waits.
//!
//! Owns how cells are written and what a workbook is made of; the queue of exports, those who work it off, and the links
//! to what they made. Knows reports as tables, not what they count; must not know HTTP.
//!
//! An order ([`request`]) becomes a row of the queue ([`queue`], [`job`]), which a [`worker`] takes up: it [`make`]s the
//! file out of what it reads in one snapshot ([`contents`], [`attempts`]), keeps it in the store, and from then on
//! a [`link`] leads there, until it is swept ([`sweep`]).

mod about;
mod archive;
pub mod attempts;
mod contents;
pub mod csv;
mod failure;
mod full;
pub mod hourly;
pub mod job;
pub mod link;
mod make;
pub mod name;
mod pictures;
pub mod queue;
pub mod request;
pub mod sweep;
mod text;
mod watch;
pub mod workbook;
pub mod worker;

use chrono::{DateTime, Utc};
pub use failure::panic_cause;
use rust_xlsxwriter::ConditionalFormat2ColorScale;

use crate::reports::report::{About, Caption};
use crate::table::Table;

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

/// `dashboard_2026-06-01_2026-06-10.csv`
pub fn file_name(about: &About, caption: &Caption, extension: &str) -> String {
    format!(
        "{}{}.{extension}",
        about.name,
        name::dates(caption).unwrap_or_default()
    )
}

/// From nothing to the most there is: how the values of a heatmap are colored.
fn color_scale() -> ConditionalFormat2ColorScale {
    const NOTHING: u32 = 0xFF_FFFF;
    const MOST: u32 = 0xE8_7722;
    ConditionalFormat2ColorScale::new()
        .set_minimum_color(NOTHING)
        .set_maximum_color(MOST)
}
