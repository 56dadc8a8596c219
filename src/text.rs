//! Text as it is kept: in Unicode's normal form C, and a line of it within its length.
//!
//! Owns normalisation and the rules for a line that a person chose (a name, an address). Must not know whose it is.

use std::borrow::Cow;

use crate::json;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The longest name, in code points.
pub const NAME_LEN: usize = 255;

/// The text in normal form C, borrowed where it is in that form already.
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// A JSON text, known to be good, with its strings, keys too, in normal form C. All else stays, digit for digit.
pub fn nfc_json(json: &str) -> Cow<'_, str> {
    json::map_strings(json, |text| match nfc(text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(normal) => Some(normal),
    })
}

/// One line of text as it is kept: normalised and trimmed, at most `most` code points, no control characters. None
/// where nothing is left. Err is the rest of a sentence that begins with the field's name.
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
    fn composed_and_decomposed_text_have_one_normal_form() {
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
    fn a_line_is_counted_in_code_points_after_normalising_and_trimming() {
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
