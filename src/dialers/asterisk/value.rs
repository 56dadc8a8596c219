//! Values of fields.

use super::columns::Fields;

/// The first of these fields that says something.
pub fn text<'a>(fields: &'a Fields, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .find_map(|name| fields.get(*name))
        .map(String::as_str)
}

/// The start of a text, for sentences.
pub fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Whole seconds of a field; a fraction is dropped.
pub fn seconds(fields: &Fields, name: &str) -> Result<Option<i32>, String> {
    let Some(text) = fields.get(name) else {
        return Ok(None);
    };
    let whole = text
        .split_once('.')
        .map_or(text.as_str(), |(whole, _)| whole);
    match whole.parse::<i64>() {
        Ok(seconds) => Ok(Some(i32::try_from(seconds.max(0)).unwrap_or(i32::MAX))),
        Err(_) => Err(format!(
            "`{name}` must be a number of seconds, and is `{}`.",
            shown(text)
        )),
    }
}
