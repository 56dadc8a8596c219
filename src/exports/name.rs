//! What files are called: readable, in any script, and safe wherever they are saved.

use chrono::TimeDelta;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::contents::Contents;
use super::request::ReportType;
use super::{archive, csv, workbook};
use crate::query::Choice;
use crate::reports::report::{Caption, Format};
use crate::time::instant::local;

/// The most characters of a campaign's name in a file's.
const MAX_NAME: usize = 80;
/// The most bytes of a file's name on most systems.
const MAX_BYTES: usize = 255;

/// The extension of its name: one table as CSV is a file, several are an archive.
pub fn extension(report_type: ReportType, format: Format) -> &'static str {
    match (format, report_type) {
        (Format::Xlsx | Format::Json, _) => "xlsx",
        (Format::Csv, ReportType::Trend | ReportType::Hangup | ReportType::Funnel) => "csv",
        (Format::Csv, ReportType::Kpis | ReportType::Dtmf | ReportType::Full) => "zip",
    }
}

/// The type of a file of that name.
pub fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "xlsx")) => workbook::CONTENT_TYPE,
        Some((_, "csv")) => csv::CONTENT_TYPE,
        _ => archive::CONTENT_TYPE,
    }
}

/// `Renewal Q3_full_2026-06-01_2026-06-30.xlsx`
pub fn of(contents: &Contents, extension: &str) -> String {
    let name: String = contents
        .campaign
        .chars()
        .map(harmless)
        .take(MAX_NAME)
        .collect();
    let dates = dates(&contents.caption).unwrap_or_default();
    let rest = format!("_{}{dates}.{extension}", contents.report_type.name());
    let name = within(
        name.trim().trim_start_matches('.'),
        MAX_BYTES.saturating_sub(rest.len()),
    );
    format!("{name}{rest}").trim_start_matches('_').to_owned()
}

/// The text up to that many bytes, cut at a character.
fn within(text: &str, most: usize) -> &str {
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

/// What some system would read as more than a letter of a name.
fn harmless(letter: char) -> char {
    let is_mark = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if letter.is_control() || is_mark || r#"/\:*?"<>|%"#.contains(letter) {
        '_'
    } else {
        letter
    }
}

/// As RFC 6266 wants it: the name for those who know only ASCII, and the name.
pub fn disposition(name: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let ascii: String = name
        .chars()
        .map(|letter| if letter.is_ascii() { letter } else { '_' })
        .collect();
    format!(
        "attachment; filename=\"{ascii}\"; filename*=UTF-8''{}",
        utf8_percent_encode(name, KEPT)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_in_ascii_and_in_full() {
        assert_eq!(
            disposition("Gia hạn quý 3_full.xlsx"),
            "attachment; filename=\"Gia h_n qu_ 3_full.xlsx\"; filename*=UTF-8''Gia%20h%E1%BA%A1n%20qu%C3%BD%203_full.xlsx"
        );
    }

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
        let name: String = "../a\\b\"c\r\nd\u{202e}%2f".chars().map(harmless).collect();
        assert_eq!(name, ".._a_b_c__d__2f");
    }
}
