//! Names of exported files.

use super::contents::Contents;
use crate::files::name::{dates, safe, within};
use crate::input::Choice;
use crate::reports::report::Format;

/// Maximum number of characters of the campaign's name.
const MAX_NAME: usize = 80;
/// Maximum length of a file name on most systems, in bytes.
const MAX_BYTES: usize = 255;

/// The extension: CSV of several tables is an archive.
pub fn extension(contents: &Contents, format: Format) -> &'static str {
    match format {
        Format::Xlsx | Format::Json => "xlsx",
        Format::Csv if contents.only_table().is_some() => "csv",
        Format::Csv => "zip",
    }
}

/// `Renewal Q3_full_2026-06-01_2026-06-30.xlsx`
pub fn of(contents: &Contents, extension: &str) -> String {
    let name: String = safe(&contents.campaign).take(MAX_NAME).collect();
    let dates = dates(&contents.caption).unwrap_or_default();
    let rest = format!("_{}{dates}.{extension}", contents.report_type.name());
    let name = within(
        name.trim().trim_start_matches('.'),
        MAX_BYTES.saturating_sub(rest.len()),
    );
    format!("{name}{rest}").trim_start_matches('_').to_owned()
}
