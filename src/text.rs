//! Text as stored: Unicode normal form C, and lines of bounded length.
//!
//! Owns normalization and the rules for lines chosen by people (names, addresses). Must not know
//! their owner.

use std::borrow::Cow;

use crate::json;
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Maximum length of a name, in code points.
pub const NAME_LEN: usize = 255;

/// Converts a text to normal form C; borrowed if it is in that form.
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// A text without case and marks, for searches: `nguyen` finds `Nguyễn`, and `dai` `Đại`.
pub fn folded(text: &str) -> String {
    let plain = text.nfd().filter(|letter| !is_combining_mark(*letter));
    let lower = plain.flat_map(char::to_lowercase);
    lower
        .map(|letter| if letter == 'đ' { 'd' } else { letter })
        .collect()
}

/// Converts all strings of a valid JSON text, including keys, to normal form C. Everything else
/// stays unchanged, digit for digit.
pub fn nfc_json(json: &str) -> Cow<'_, str> {
    json::map_strings(json, |text| match nfc(text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(normal) => Some(normal),
    })
}

/// Normalizes and trims one line of text of at most `max` code points, without control characters.
/// Returns `None` if it is blank. The error is a phrase that follows the field's name.
pub fn line(text: &str, most: usize) -> Result<Option<String>, String> {
    let text = nfc(text);
    let text = text.trim();
    if text.chars().count() > most {
        return Err(format!("must not have more than {most} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".into());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_text_have_the_same_normal_form() {
        for (text, normal) in [
            ("Nguye\u{302}\u{303}n", "Nguy\u{1ec5}n"),
            ("\u{212b}", "\u{c5}"),
            ("plain", "plain"),
        ] {
            assert_eq!(nfc(text), normal, "{text}");
            assert!(matches!(nfc(normal), Cow::Borrowed(_)), "{normal}");
        }
    }

    #[test]
    fn texts_are_found_without_case_and_marks() {
        for (text, plain) in [
            ("Nguyễn ĐẠI", "nguyen dai"),
            ("Nguye\u{302}\u{303}n", "nguyen"),
            ("Ünklar İ", "unklar i"),
        ] {
            assert_eq!(folded(text), plain, "{text}");
        }
    }

    #[test]
    fn the_length_of_a_line_counts_normalized_code_points() {
        assert_eq!(line(" Le\u{301} \t", 2), Ok(Some("L\u{e9}".into())));
        assert_eq!(
            line(&"e\u{301}".repeat(255), NAME_LEN),
            Ok(Some("\u{e9}".repeat(255)))
        );
        assert!(line(&"\u{e9}".repeat(256), NAME_LEN).is_err());
        assert_eq!(line(" \n", 5), Ok(None));
        for control in ["a\0b", "a\nb", "a\u{1b}[2Jb", "a\u{85}b"] {
            assert!(line(control, 50).is_err(), "{control:?}");
        }
    }
}
