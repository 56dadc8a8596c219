//! What a field of a line may hold, and how it is handed to Postgres: as text of the COPY format.
//!
//! Owns validation of single values. Whether what a reference names exists is `batch`'s to find out.

use std::fmt::Write;
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use crate::json;
use crate::time::instant::Given;

/// The most characters a text may have that rows are found by.
pub const KEY_LEN: usize = 255;

#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Type,
    pub presence: Presence,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// Null where it is left out.
    Optional,
    /// This, in COPY's text, where it is left out.
    Or(&'static str),
    /// Its first value is kept where it is left out; the instant of storing where there is none.
    Kept,
}

impl Field {
    /// When the row came to be: the one field that a line may leave out without resetting it.
    pub const CREATED_AT: Self = Self { name: "created_at", kind: Type::Moment, presence: Presence::Kept };

    pub const fn required(name: &'static str, kind: Type) -> Self {
        Self { name, kind, presence: Presence::Required }
    }

    pub const fn optional(name: &'static str, kind: Type) -> Self {
        Self { name, kind, presence: Presence::Optional }
    }

    pub const fn or(name: &'static str, kind: Type, default: &'static str) -> Self {
        Self { name, kind, presence: Presence::Or(default) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Id,
    /// A text that rows are found by, of so many characters at most.
    Key {
        max: usize,
    },
    Text,
    Enum(&'static [&'static str]),
    Integer {
        min: i32,
        max: i32,
    },
    Flag,
    Moment,
    /// An instant from 1980 on.
    Started,
    /// The id of a stored row of that kind.
    Reference(&'static str),
    /// The code of a stored row of that kind.
    Code(&'static str),
    /// E.164 with or without its plus; `0…` is a Vietnamese number.
    Phone,
    /// `#RRGGBB`
    Color,
    /// Keys of a telephone, in the order they were pressed.
    Keys,
    /// 0 to 1, kept to six decimals.
    Fraction,
    /// 0 to 100, kept to six decimals.
    Percent,
    /// A JSON object.
    Object,
    /// What each key does in a script: `[{digit, label, action_type, …}]`.
    Actions,
    /// Texts in order.
    Steps,
}

/// What a value is not.
type Fault = String;

const EARLIEST_START: &str = "1980-01-01T00:00:00Z";

impl Type {
    /// The kind of row that a value refers to, if it does.
    pub fn target(self) -> Option<&'static str> {
        match self {
            Self::Reference(kind) | Self::Code(kind) => Some(kind),
            _ => None,
        }
    }

    pub fn sql_type(self) -> &'static str {
        match self {
            Self::Id | Self::Reference(_) => "bigint",
            Self::Key { .. } | Self::Code(_) => "text collate \"C\"",
            Self::Text | Self::Enum(_) | Self::Phone | Self::Color | Self::Keys => "text",
            Self::Integer { .. } => "integer",
            Self::Flag => "boolean",
            Self::Moment | Self::Started => "timestamptz",
            Self::Fraction | Self::Percent => "numeric",
            Self::Object | Self::Actions => "jsonb",
            Self::Steps => "text[]",
        }
    }

    /// Reads a JSON value and appends it as COPY text. Err says what it should have been.
    pub fn encode(self, json: &str, zone: Tz, out: &mut String) -> Result<(), Fault> {
        match self {
            Self::Id | Self::Reference(_) => write(out, integer::<i64>(json).ok_or("must be a 64-bit integer.")?),
            Self::Integer { min, max } => {
                let number = integer::<i32>(json).filter(|number| (min..=max).contains(number));
                write(out, number.ok_or_else(|| format!("must be an integer from {min} to {max}."))?);
            }
            Self::Flag => match json {
                "true" | "false" => out.push_str(json),
                _ => return Err("must be true or false.".into()),
            },
            Self::Key { max } => escape(&text(json)?.within(max)?, out),
            Self::Code(_) => escape(&text(json)?.within(KEY_LEN)?, out),
            Self::Text => escape(&text(json)?.0, out),
            Self::Enum(values) => {
                let text = text(json)?.0;
                let known = values.iter().find(|value| **value == text);
                out.push_str(known.ok_or_else(|| format!("must be one of: {}.", values.join(", ")))?);
            }
            Self::Moment => write_instant(out, instant(json, zone)?)?,
            Self::Started => {
                let instant = instant(json, zone)?;
                if instant < DateTime::<Utc>::from_str(EARLIEST_START).unwrap_or_default() {
                    return Err("must not be before 1980.".into());
                }
                write_instant(out, instant)?;
            }
            Self::Phone => {
                let sent = text(json)?.within(32)?;
                out.push_str(&phone(&sent).ok_or("must be a phone number of 8 to 15 digits.")?);
                out.push('\t');
                out.push_str(&sent);
            }
            Self::Color => {
                let color = text(json)?.0;
                let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
                let known = digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                out.push_str(known.then_some(&color).ok_or("must be a color as #RRGGBB.")?);
            }
            Self::Keys => {
                let keys = text(json)?.0;
                let known = keys.bytes().all(is_key);
                out.push_str(known.then_some(&keys).ok_or("may hold only the keys 0-9, * and #.")?);
            }
            Self::Fraction => write(out, decimal(json, Decimal::ONE)?),
            Self::Percent => write(out, decimal(json, Decimal::ONE_HUNDRED)?),
            Self::Object => escape(object(json)?, out),
            Self::Actions => escape(actions(json)?, out),
            Self::Steps => escape(&steps(json)?, out),
        }
        Ok(())
    }
}

struct Words(String);

impl Words {
    fn within(self, max: usize) -> Result<String, Fault> {
        let fits = self.0.chars().count() <= max;
        fits.then_some(self.0).ok_or_else(|| format!("may not have more than {max} characters."))
    }
}

fn text(json: &str) -> Result<Words, Fault> {
    let text: String = serde_json::from_str(json).map_err(|_| "must be a string.")?;
    if text.contains('\0') {
        return Err("may not contain a NUL character.".into());
    }
    Ok(Words(text))
}

fn integer<T: FromStr>(json: &str) -> Option<T> {
    json.parse().ok()
}

fn decimal(json: &str, max: Decimal) -> Result<Decimal, Fault> {
    let number = json::decimal(json).filter(|number| (Decimal::ZERO..=max).contains(number));
    let number = number.ok_or_else(|| format!("must be a number from 0 to {max}."))?;
    Ok(number.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero))
}

fn instant(json: &str, zone: Tz) -> Result<DateTime<Utc>, Fault> {
    let given = Given::parse(&text(json)?.0, zone).ok_or("must be a date or an ISO 8601 datetime.")?;
    Ok(given.start(zone))
}

/// Postgres reads years 1 to 9999 as we write them; an offset can lead out of them.
fn write_instant(out: &mut String, instant: DateTime<Utc>) -> Result<(), Fault> {
    if !(1..=9999).contains(&instant.year()) {
        return Err("must lie in the years 1 to 9999.".into());
    }
    out.push_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true));
    Ok(())
}

/// E.164 without its plus.
fn phone(sent: &str) -> Option<String> {
    let digits = match sent.strip_prefix('0') {
        Some(national) => format!("84{national}"),
        None => sent.strip_prefix('+').unwrap_or(sent).to_owned(),
    };
    let fits = (8..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    fits.then_some(digits)
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'*' || byte == b'#'
}

/// JSON, and yet it cannot be read: nested too deep, half a letter, a number too large.
fn unreadable(error: serde_json::Error) -> Fault {
    format!("cannot be stored: {error}.")
}

/// A JSON object as it was sent, number for number.
fn object(json: &str) -> Result<&str, Fault> {
    let value: Value = serde_json::from_str(json).map_err(unreadable)?;
    if !value.is_object() {
        return Err("must be an object.".into());
    }
    storable(json, &value)
}

fn actions(json: &str) -> Result<&str, Fault> {
    let value: Value = serde_json::from_str(json).map_err(unreadable)?;
    let actions = value.as_array().ok_or("must be a list.")?;
    for action in actions {
        let digit = action["digit"].as_str().unwrap_or_default();
        if digit.len() != 1 || !digit.bytes().all(is_key) {
            return Err("each must have a digit of 0-9, * or #.".into());
        }
        for name in ["label", "action_type"] {
            if action[name].as_str().is_none_or(str::is_empty) {
                return Err(format!("each must have a {name}."));
            }
        }
    }
    storable(json, &value)
}

/// jsonb takes everything that JSON can say but NUL and numbers of absurd size.
fn storable<'a>(json: &'a str, value: &Value) -> Result<&'a str, Fault> {
    fn has_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(has_nul),
            Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    if has_nul(value) {
        return Err("may not contain a NUL character.".into());
    }
    if json::has_absurd_number(json) {
        return Err("holds a number that is too long.".into());
    }
    Ok(json)
}

/// As the text of a Postgres array.
fn steps(json: &str) -> Result<String, Fault> {
    let steps: Vec<String> = serde_json::from_str(json).map_err(|_| "must be a list of strings.")?;
    if steps.iter().any(|step| step.contains('\0')) {
        return Err("may not contain a NUL character.".into());
    }
    let quoted = steps.iter().map(|step| format!("\"{}\"", step.replace('\\', "\\\\").replace('"', "\\\"")));
    Ok(format!("{{{}}}", quoted.collect::<Vec<_>>().join(",")))
}

fn write(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}"); // infallible: a String takes everything
}

/// Appends a text as COPY's text format has it.
fn escape(text: &str, out: &mut String) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(kind: Type, json: &str) -> Result<String, Fault> {
        let mut out = String::new();
        kind.encode(json, Tz::UTC, &mut out).map(|()| out)
    }

    #[test]
    fn phones_become_e164_and_keep_what_was_sent() {
        let phone = |json| encoded(Type::Phone, json);
        assert_eq!(phone(r#""0987654321""#).unwrap(), "84987654321\t0987654321");
        assert_eq!(phone(r#""+972501234567""#).unwrap(), "972501234567\t+972501234567");
        assert_eq!(phone(r#""84987654321""#).unwrap(), "84987654321\t84987654321");
        for bad in [r#""12""#, r#""+84 987""#, "84987654321", r#""++84987654321""#, r#""1234567890123456""#] {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_reach_postgres_as_they_are() {
        assert_eq!(encoded(Type::Text, r#""a\tb\\c\n""#).unwrap(), "a\\tb\\\\c\\n");
        assert_eq!(encoded(Type::Steps, r#"["a\"b","c\\d"]"#).unwrap(), r#"{"a\\"b","c\\\\d"}"#);
        assert_eq!(encoded(Type::Fraction, "0.1234565").unwrap(), "0.123457");
        assert_eq!(encoded(Type::Fraction, "1e-1").unwrap(), "0.1");
        assert_eq!(encoded(Type::Started, r#""2026-06-01""#).unwrap(), "2026-06-01T00:00:00.000000Z");
    }

    #[test]
    fn a_payload_is_kept_number_for_number() {
        let payload = r#"{"iccid":89840200001234567891,"x":[0.10,1e3,"1e999 \" 1e999"]}"#;
        assert_eq!(encoded(Type::Object, payload).unwrap(), payload.replace('\\', "\\\\"));
        assert!(encoded(Type::Object, r#"{"a":1e-500}"#).is_err());
        assert!(encoded(Type::Object, &format!(r#"{{"a":0.{}1}}"#, "0".repeat(20_000))).is_err());
    }

    #[test]
    fn what_does_not_fit_its_type_is_refused() {
        let number = Type::Integer { min: 1, max: 5 };
        for (kind, json) in [
            (Type::Id, "1.0"),
            (Type::Id, "9223372036854775808"),
            (Type::Id, r#""1""#),
            (number, "0"),
            (number, "6"),
            (Type::Flag, "1"),
            (Type::Started, r#""1979-12-31T23:59:59Z""#),
            (Type::Color, r##""#12345""##),
            (Type::Keys, r#""1a""#),
            (Type::Fraction, "1.0000001"),
            (Type::Fraction, "-0.1"),
            (Type::Percent, "101"),
            (Type::Object, "[]"),
            (Type::Object, r#"{"a":"\u0000"}"#),
            (Type::Object, r#"{"a":1e999}"#),
            (Type::Steps, "[null]"),
            (Type::Actions, r#"[{"digit":"10","label":"a","action_type":"b"}]"#),
            (Type::Actions, "[1]"),
            (Type::Moment, r#""0000-01-01""#),
            (Type::Moment, r#""9999-12-31T23:00:00-05:00""#),
            (Type::Text, r#""\u0000""#),
            (Type::Key { max: 2 }, r#""abc""#),
            (Type::Enum(&["a"]), r#""b""#),
        ] {
            assert!(encoded(kind, json).is_err(), "{kind:?} {json}");
        }
    }
}
