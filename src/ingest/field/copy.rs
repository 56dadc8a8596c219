//! The text format of Postgres' `COPY`.

use std::fmt::Write;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

use crate::input::value::Fault;

/// Postgres reads years 1 to 9999 as we write them; an offset can lead out of them.
pub fn write_instant(out: &mut String, instant: DateTime<Utc>) -> Result<(), Fault> {
    if !(1..=9999).contains(&instant.year()) {
        return Err("must lie in the years 1 to 9999.".into());
    }
    out.push_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true));
    Ok(())
}

pub fn write(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}"); // infallible: a String takes everything
}

/// Reverts [`escape`].
pub fn unescape(copied: &str) -> String {
    let (mut text, mut letters) = (String::with_capacity(copied.len()), copied.chars());
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            },
            letter => letter,
        });
    }
    text
}

/// Appends a text escaped for COPY text format.
pub fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push(letter),
        }
    }
}
