//! Single JSON values as they are stored: texts and their length, keys of a telephone.

use std::borrow::Cow;

use super::fault;
use crate::text::nfc;

/// The rest of a sentence that begins with the field.
pub type Fault = String;

/// A JSON string that the database can hold.
pub fn text(json: &str) -> Result<String, Fault> {
    let text: String = serde_json::from_str(json).map_err(|_| fault::STRING)?;
    if text.contains('\0') {
        return Err(fault::NUL.into());
    }
    Ok(text)
}

/// The text as it is stored: in normal form C, as [`measured`].
pub fn within(text: &str, max: usize) -> Result<Cow<'_, str>, Fault> {
    match nfc(text) {
        Cow::Borrowed(text) => measured(text, max).map(Cow::Borrowed),
        Cow::Owned(text) => measured(&text, max).map(|text| Cow::Owned(text.to_owned())),
    }
}

/// The text, which may have so many code points. White space around it does not count, and goes where there is no room
/// for it.
pub fn measured(text: &str, max: usize) -> Result<&str, Fault> {
    // A code point has at least one byte.
    let fits = |text: &str| text.len() <= max || text.chars().count() <= max;
    [text, text.trim()]
        .into_iter()
        .find(|text| fits(text))
        .ok_or_else(|| fault::longer_than(max))
}

/// A key of a telephone.
pub fn is_key(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'*' || byte == b'#'
}
