//! Single JSON values as stored: texts and their lengths, telephone keys.

use std::borrow::Cow;

use super::fault;
use crate::text::nfc;

/// A fault: the rest of a sentence that begins with the field.
pub type Fault = String;

/// A JSON string that the database can store.
pub fn text(json: &str) -> Result<String, Fault> {
    let text: String = serde_json::from_str(json).map_err(|_| fault::STRING)?;
    if text.contains('\0') {
        return Err(fault::NUL.into());
    }
    Ok(text)
}

/// The text as stored: in normal form C, checked like [`measured`].
pub fn within(text: &str, max: usize) -> Result<Cow<'_, str>, Fault> {
    match nfc(text) {
        Cow::Borrowed(text) => measured(text, max).map(Cow::Borrowed),
        Cow::Owned(text) => measured(&text, max).map(|text| Cow::Owned(text.to_owned())),
    }
}

/// The text if it has at most `most` code points. Surrounding white space does not count, and is dropped if necessary.
pub fn measured(text: &str, max: usize) -> Result<&str, Fault> {
    // A code point has at least one byte.
    let fits = |text: &str| text.len() <= max || text.chars().count() <= max;
    [text, text.trim()]
        .into_iter()
        .find(|text| fits(text))
        .ok_or_else(|| fault::longer_than(max))
}

/// A telephone key.
pub fn is_key(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'*' || byte == b'#'
}
