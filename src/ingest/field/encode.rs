//! Values of each type: parsed from JSON, checked, and encoded for `COPY`.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::value::RawValue;

use super::copy::{escape, unescape, write, write_instant};
use super::{Key, Locale, Type};
use crate::ingest::phone;
use crate::input::composite::{actions, list, object, steps};
use crate::input::fault;
use crate::input::value::{Fault, is_key, measured, text, within};
use crate::json;
use crate::text::NAME_LEN;
use crate::time::Zone;
use crate::time::instant::GivenInstant;

/// Maximum length of a phone number, including separators.
const MAX_PHONE: usize = 64;

const EARLIEST_START: &str = "1980-01-01T00:00:00Z";

impl Type {
    /// Parses a key from a JSON value.
    pub fn key(self, json: &str) -> Result<Key, Fault> {
        match self {
            Self::Key { max } => Ok(Key::Text(within(&text(json)?, max)?.into_owned())),
            Self::Code(_) => Ok(Key::Text(within(&text(json)?, NAME_LEN)?.into_owned())),
            Self::Token { max } => Ok(Key::Text(measured(&text(json)?, max)?.to_owned())),
            _ => json::integer(json)
                .map(Key::Number)
                .ok_or_else(|| "must be a 64-bit integer.".into()),
        }
    }

    /// Parses a JSON value and appends it in COPY text format. Returns a fault if it is invalid.
    pub fn encode(self, json: &str, locale: Locale, out: &mut String) -> Result<(), Fault> {
        match self {
            Self::Id
            | Self::Reference(_)
            | Self::Key { .. }
            | Self::Token { .. }
            | Self::Code(_) => match self.key(json)? {
                Key::Number(number) => write(out, number),
                Key::Text(text) => escape(&text, out),
            },
            Self::Integer { min, max } => {
                let number =
                    json::integer(json).filter(|number| (min.into()..=max.into()).contains(number));
                write(
                    out,
                    number.ok_or_else(|| fault::integer_within(&(min..=max)))?,
                );
            }
            Self::Size => {
                let size = json::integer(json).filter(|size| *size >= 0);
                write(out, size.ok_or("must be an integer of at least 0.")?);
            }
            Self::IntegerOrText { max } => match json::Type::of(json) {
                json::Type::Text => escape(
                    &serde_json::Value::from(&*within(&text(json)?, max)?).to_string(),
                    out,
                ),
                _ => write(
                    out,
                    json::integer(json).ok_or("must be an integer or a text.")?,
                ),
            },
            Self::Flag => match json {
                "true" | "false" => out.push_str(json),
                _ => return Err(fault::FLAG.into()),
            },
            Self::Text { max } => escape(&within(&text(json)?, max)?, out),
            Self::Enum(values) => {
                let text = text(json)?;
                let known = values.iter().find(|value| **value == text);
                out.push_str(known.ok_or_else(|| fault::one_of(values.iter().copied()))?);
            }
            Self::Moment => write_instant(out, instant(json, locale.zone)?)?,
            Self::End => write_instant(out, end(json, locale.zone)?)?,
            Self::Started => {
                let instant = instant(json, locale.zone)?;
                if instant < DateTime::<Utc>::from_str(EARLIEST_START).unwrap_or_default() {
                    return Err("must not be before 1980.".into());
                }
                write_instant(out, instant)?;
            }
            Self::Phone => {
                let text = text(json)?;
                let sent = measured(&text, MAX_PHONE)?;
                let normal = phone::e164(sent, locale.country_code);
                out.push_str(&normal.ok_or(phone::FAULT)?);
                out.push('\t');
                escape(sent, out);
            }
            Self::Color => {
                let color = text(json)?;
                let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
                let known = digits
                    .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                out.push_str(
                    known
                        .then_some(&color)
                        .ok_or("must be a color as #RRGGBB.")?,
                );
            }
            Self::Keys { max } => {
                let text = text(json)?;
                let keys = measured(text.trim(), max)?;
                let known = keys.bytes().all(is_key);
                out.push_str(
                    known
                        .then_some(keys)
                        .ok_or("may hold only the keys 0-9, * and #.")?,
                );
            }
            Self::Fraction => write(out, decimal(json, Decimal::ONE)?),
            Self::Percent => write(out, decimal(json, Decimal::ONE_HUNDRED)?),
            Self::Object => escape(&object(json)?, out),
            Self::Actions => escape(&actions(json)?, out),
            Self::List => escape(&list(json)?, out),
            Self::Steps { most, max } => escape(&steps(json, most, max)?, out),
        }
        Ok(())
    }

    /// Parses a JSON value and returns it as Postgres reads the column from a JSON object: JSON columns as JSON, others as
    /// text. Returns a fault if it is invalid. A phone has two columns: its text is a tab between them.
    pub fn column(self, json: &str, locale: Locale) -> Result<Value, Fault> {
        let mut copied = String::new();
        self.encode(json, locale, &mut copied)?;
        Ok(self.uncopied(&copied))
    }

    /// The value of a text in COPY text format.
    pub fn uncopied(self, copied: &str) -> Value {
        if copied == "\\N" {
            return Value::Null;
        }
        let text = unescape(copied);
        match self.sql_type() {
            "jsonb" => RawValue::from_string(text).map_or(Value::Null, Value::Json),
            _ => Value::Text(text),
        }
    }
}

/// A value of a column.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    Null,
    Text(String),
    Json(Box<RawValue>),
}

fn decimal(json: &str, max: Decimal) -> Result<Decimal, Fault> {
    let number = json::decimal(json).filter(|number| (Decimal::ZERO..=max).contains(number));
    let number = number.ok_or_else(|| format!("must be a number from 0 to {max}."))?;
    Ok(number.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero))
}

fn instant(json: &str, zone: Zone) -> Result<DateTime<Utc>, Fault> {
    let given = GivenInstant::parse(&text(json)?).ok_or(fault::MOMENT)?;
    Ok(given.start(zone))
}

fn end(json: &str, zone: Zone) -> Result<DateTime<Utc>, Fault> {
    let given = GivenInstant::parse(&text(json)?).ok_or(fault::MOMENT)?;
    Ok(given.end(zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Type = Type::Text { max: 20 };
    const STEPS: Type = Type::Steps { most: 2, max: 20 };
    const LOCALE: Locale = Locale {
        zone: Zone::UTC,
        country_code: 84,
    };

    fn encoded(kind: Type, json: &str) -> Result<String, Fault> {
        let mut out = String::new();
        kind.encode(json, LOCALE, &mut out).map(|()| out)
    }

    #[test]
    fn a_phone_is_stored_as_e164_and_as_sent() {
        assert_eq!(
            encoded(Type::Phone, r#""0987 654-321""#).unwrap(),
            "84987654321\t0987 654-321"
        );
        assert_eq!(
            encoded(Type::Phone, r#"" +84987654321""#).unwrap(),
            "84987654321\t +84987654321"
        );
        for bad in [r#""12""#, "84987654321", r#""0987654321\t""#] {
            assert!(encoded(Type::Phone, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts_are_normalized_and_opaque_ones_stay_as_sent() {
        let text = r#"" \u0065\u0301 a ""#;
        for kind in [TEXT, Type::Key { max: 5 }, Type::Code("x")] {
            assert_eq!(encoded(kind, text).unwrap(), " \u{e9} a ", "{kind:?}");
        }
        assert_eq!(encoded(Type::Key { max: 4 }, text).unwrap(), "\u{e9} a");
        assert_eq!(
            encoded(Type::Token { max: 6 }, text).unwrap(),
            " e\u{301} a "
        );
        assert_eq!(encoded(Type::Token { max: 4 }, text).unwrap(), "e\u{301} a");
        assert_eq!(
            encoded(STEPS, r#"["\u0065\u0301 "]"#).unwrap(),
            "{\"\u{e9} \"}"
        );
        let payload = r#"{"e\u0301":["a\n\u0300"],"n":1.50}"#;
        assert_eq!(
            encoded(Type::Object, payload).unwrap(),
            "{\"\u{e9}\":[\"a\\\\n\\\\u0300\"],\"n\":1.50}"
        );
    }

    #[test]
    fn values_are_encoded_for_copy() {
        assert_eq!(encoded(TEXT, r#""a\tb\\c\n""#).unwrap(), "a\\tb\\\\c\\n");
        assert_eq!(
            encoded(STEPS, r#"["a\"b","c\\d"]"#).unwrap(),
            r#"{"a\\"b","c\\\\d"}"#
        );
        let group = Type::IntegerOrText { max: 3 };
        assert_eq!(encoded(group, "7.0").unwrap(), "7");
        assert_eq!(encoded(group, r#""a\"7""#).unwrap(), r#""a\\"7""#);
        assert_eq!(encoded(Type::Fraction, "0.1234565").unwrap(), "0.123457");
        assert_eq!(encoded(Type::Fraction, "1e-1").unwrap(), "0.1");
        assert_eq!(
            encoded(Type::End, r#""2026-06-01""#).unwrap(),
            "2026-06-02T00:00:00.000000Z"
        );
        assert_eq!(
            encoded(Type::Started, r#""2026-06-01""#).unwrap(),
            "2026-06-01T00:00:00.000000Z"
        );
    }

    #[test]
    fn a_column_of_a_json_object_has_the_value_that_copy_stores() {
        for (kind, json, column) in [
            (TEXT, r#""a\tb\\c\n\\N""#, r#""a\tb\\c\n\\N""#),
            (STEPS, r#"["a\"b","c\\d"]"#, r#""{\"a\\\"b\",\"c\\\\d\"}""#),
            (
                Type::Object,
                r#"{"n":1.50,"t":"\\\n"}"#,
                r#"{"n":1.50,"t":"\\\n"}"#,
            ),
            (Type::Flag, "true", r#""true""#),
            (Type::Id, "7.0", r#""7""#),
        ] {
            let value = kind.column(json, LOCALE).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), column, "{json}");
        }
        assert!(matches!(TEXT.uncopied("\\N"), Value::Null));
    }

    #[test]
    fn numbers_of_a_payload_are_kept_exactly() {
        let payload = r#"{"iccid":89840200001234567891,"x":[0.10,1e3,"1e999 \" 1e999"]}"#;
        assert_eq!(
            encoded(Type::Object, payload).unwrap(),
            payload.replace('\\', "\\\\")
        );
        assert!(encoded(Type::Object, r#"{"a":1e-500}"#).is_err());
        assert!(
            encoded(
                Type::Object,
                &format!(r#"{{"a":0.{}1}}"#, "0".repeat(20_000))
            )
            .is_err()
        );
    }

    #[test]
    fn values_of_the_wrong_type_are_refused() {
        let number = Type::Integer { min: 1, max: 5 };
        for (kind, json) in [
            (Type::Id, "1.5"),
            (Type::Id, "9223372036854775808"),
            (Type::Id, r#""1""#),
            (number, "0"),
            (number, "6"),
            (Type::Flag, "1"),
            (Type::Size, "-1"),
            (Type::IntegerOrText { max: 2 }, "1.5"),
            (Type::IntegerOrText { max: 2 }, r#""abc""#),
            (Type::IntegerOrText { max: 2 }, "true"),
            (Type::Started, r#""1979-12-31T23:59:59Z""#),
            (Type::Color, r##""#12345""##),
            (Type::Keys { max: 2 }, r#""1a""#),
            (Type::Fraction, "1.0000001"),
            (Type::Fraction, "-0.1"),
            (Type::Percent, "101"),
            (Type::Object, "[]"),
            (Type::Object, r#"{"a":"\u0000"}"#),
            (Type::Object, r#"{"a":1e999}"#),
            (STEPS, "[null]"),
            (
                Type::Actions,
                r#"[{"digit":"10","label":"a","action_type":"b"}]"#,
            ),
            (Type::Actions, "[1]"),
            (Type::Moment, r#""0000-01-01""#),
            (Type::Moment, r#""9999-12-31T23:00:00-05:00""#),
            (TEXT, r#""\u0000""#),
            (Type::Key { max: 2 }, r#""abc""#),
            (Type::Enum(&["a"]), r#""b""#),
        ] {
            assert!(encoded(kind, json).is_err(), "{kind:?} {json}");
        }
    }
}
