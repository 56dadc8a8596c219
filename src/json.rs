//! JSON as clients send it: what a value is, and how its numbers are read, digit for digit.
//!
//! Must not know what a value is for, nor what is said when it is wrong.

use std::str::FromStr;

use rust_decimal::Decimal;

/// What a JSON value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Null,
    Flag,
    Number,
    Text,
    List,
    Object,
}

impl Type {
    /// Of a JSON text that is known to be good.
    pub fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'"') => Self::Text,
            Some(b'{') => Self::Object,
            Some(b'[') => Self::List,
            Some(b't' | b'f') => Self::Flag,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }
}

/// Whether a JSON value stands for nothing: null, or an empty text.
pub fn is_nothing(json: &str) -> bool {
    json == "null" || json == r#""""#
}

/// A number of JSON. None where it is none, or far larger than any that is meant.
pub fn decimal(json: &str) -> Option<Decimal> {
    let number = Decimal::from_str(json).or_else(|_| Decimal::from_scientific(json));
    // A double may be smaller than any decimal but 0.
    number.ok().or_else(|| Decimal::try_from(json.parse::<f64>().ok()?).ok())
}

/// Whether a JSON text, known to be good, holds a number far above what anybody means, though still far below
/// what Postgres takes. Numbers are what stands outside strings.
pub fn has_absurd_number(json: &str) -> bool {
    const MAX_DIGITS: usize = 400;
    const MAX_EXPONENT: u32 = 400;
    let absurd = |number: &str| {
        let exponent = number.split(['e', 'E']).nth(1).unwrap_or("0").trim_start_matches(['+', '-']);
        number.len() > MAX_DIGITS || exponent.parse().is_ok_and(|exponent: u32| exponent > MAX_EXPONENT)
    };
    let (mut in_string, mut escaped) = (false, false);
    let outside = json.split(|letter: char| {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
        in_string || !(letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    });
    outside.filter(|word| word.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])).any(absurd)
}
