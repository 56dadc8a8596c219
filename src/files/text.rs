//! Texts in cells of a workbook: truncated to a cell's limit, and read back exactly as written.

use rust_xlsxwriter::{Format as Style, Worksheet, XlsxError};

/// Maximum length of a cell in UTF-16 units.
const MAX_UNITS: usize = 32_767;
/// The same for a text that is escaped here: its XML counts, with up to seven units for one.
const MAX_ESCAPED_UNITS: usize = 4_000;

/// Writes a text as a string, even if it looks like a formula.
pub fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    text: &str,
    style: Option<&Style>,
) -> Result<(), XlsxError> {
    if let Some(escaped) = escaped(text) {
        // A rich string of one part: the only kind that the library does not escape.
        let (plain, part) = (Style::new(), shortened(&escaped, MAX_ESCAPED_UNITS));
        match style {
            Some(style) => {
                sheet.write_rich_string_with_format(row, column, &[(&plain, part)], style)?
            }
            None => sheet.write_rich_string(row, column, &[(&plain, part)])?,
        };
        return Ok(());
    }
    let text = shortened(text, MAX_UNITS);
    match style {
        Some(style) => sheet.write_string_with_format(row, column, text, style)?,
        None => sheet.write_string(row, column, text)?,
    };
    Ok(())
}

/// The text truncated to that many UTF-16 units, at a character boundary.
fn shortened(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text; // a character has at least as many bytes as units
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, letter)| {
        units += letter.len_utf16();
        units > most
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// The text with sequences like `_x0041` escaped, if the library would not: it writes control characters as `_x000D_`, whose
/// first underscore would turn a preceding `_x0041` into a code. `None` for all other texts.
fn escaped(text: &str) -> Option<String> {
    let is_control = |letter: char| {
        matches!(letter, '\0'..='\x08' | '\x0b'..='\x1f' | '\u{fffe}' | '\u{ffff}') // the library's list
    };
    let code = |at: usize| {
        let digits = text.as_bytes().get(at + 2..at + 6)?;
        digits
            .iter()
            .all(u8::is_ascii_hexdigit)
            .then(|| text[at + 6..].chars().next())?
    };
    let codes = || text.match_indices("_x").map(|(at, _)| (at, code(at)));
    if !codes().any(|(_, next)| next.is_some_and(is_control)) {
        return None;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for (at, _) in
        codes().filter(|(_, next)| next.is_some_and(|next| next == '_' || is_control(next)))
    {
        escaped.push_str(&text[from..at]);
        escaped.push_str("_x005F");
        from = at;
    }
    escaped.push_str(&text[from..]);
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_its_units_at_a_character() {
        for (text, kept) in [
            ("abcd", "abc"),
            ("ab💩", "ab"),
            ("a💩b", "a💩"),
            ("ạạạạ", "ạạạ"),
            ("", ""),
            ("abc", "abc"),
        ] {
            assert_eq!(shortened(text, 3), kept);
        }
    }

    #[test]
    fn what_would_become_a_code_is_escaped() {
        for text in [
            "",
            "_x0041_",
            "_x0041",
            "_x0041\n",
            "a\r\n",
            "_x004\r",
            "_xZZZZ\r",
            "_x00\u{e9}1\r",
            "_x",
        ] {
            assert_eq!(escaped(text), None, "{text:?}");
        }
        assert_eq!(
            escaped("SKU_x0041\r\nrest").as_deref(),
            Some("SKU_x005F_x0041\r\nrest")
        );
        assert_eq!(
            escaped("_x0041_ _x00e9\x01").as_deref(),
            Some("_x005F_x0041_ _x005F_x00e9\x01")
        );
    }
}
