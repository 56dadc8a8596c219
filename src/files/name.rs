//! File names: readable, in any script, and safe on any system.

use chrono::TimeDelta;

use super::{Caption, csv, workbook};
use crate::time::instant::local;

/// Media type of several CSV tables.
const ZIP_CONTENT_TYPE: &str = "application/zip";

/// `dashboard_2026-06-01_2026-06-10.csv`
pub fn of_report(report: &str, caption: &Caption, extension: &str) -> String {
    format!("{report}{}.{extension}", dates(caption).unwrap_or_default())
}

/// The media type of a file, by its extension.
pub fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "xlsx")) => workbook::CONTENT_TYPE,
        Some((_, "csv")) => csv::CONTENT_TYPE,
        _ => ZIP_CONTENT_TYPE,
    }
}

/// The text truncated to that many bytes, at a character boundary.
pub fn within(text: &str, most: usize) -> &str {
    text[..text.floor_char_boundary(most)].trim_end()
}

/// `_2026-06-01_2026-06-10`: the local dates of the window's first and last instant.
pub fn dates(caption: &Caption) -> Option<String> {
    let window = caption.window?;
    let last = (window.to - TimeDelta::microseconds(1)).max(window.from);
    let (from, to) = (
        local(window.from, window.zone).date(),
        local(last, window.zone).date(),
    );
    Some(format!("_{from}_{to}"))
}

/// The characters of a text, with `_` for each that a file system or shell may interpret.
pub fn safe(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(safe_character)
}

fn safe_character(letter: char) -> char {
    let is_mark = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if letter.is_control() || is_mark || r#"/\:*?"<>|%"#.contains(letter) {
        '_'
    } else {
        letter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_by_its_bytes_at_a_character() {
        for (text, most, kept) in [
            ("abc", 3, "abc"),
            ("abc", 2, "ab"),
            ("กข", 5, "ก"),
            ("กข", 6, "กข"),
            ("a b", 2, "a"),
        ] {
            assert_eq!(within(text, most), kept);
        }
    }

    #[test]
    fn no_name_leads_out_of_a_folder_or_out_of_its_quotes() {
        let name: String = safe("../a\\b\"c\r\nd\u{202e}%2f").collect();
        assert_eq!(name, ".._a_b_c__d__2f");
    }
}
