//! Cells as JSON values of fields. What cannot be read stays a text, so that ingest reports it.

use serde_json::Value;

use super::dates::{Order, iso, seconds};
use crate::ingest::field::Type;
use crate::text::folded;

/// The value of a cell that is not blank.
pub fn value(text: &str, kind: Type, order: Option<Order>) -> Value {
    let read = match kind {
        Type::Id | Type::Reference(_) | Type::Size | Type::IntegerOrText { .. } => {
            integer(text).map(Value::from)
        }
        Type::Integer { .. } => integer(text).or_else(|| seconds(text)).map(Value::from),
        Type::Flag => flag(text).map(Value::from),
        Type::Moment | Type::End | Type::Started => iso(text, order).map(Value::from),
        Type::Enum(values) => closed(text, values).map(Value::from),
        Type::Fraction | Type::Percent => number(text),
        Type::Object | Type::Actions | Type::List => serde_json::from_str(text).ok(),
        Type::Steps { .. } => Some(steps(text)),
        Type::Key { .. }
        | Type::Token { .. }
        | Type::Text { .. }
        | Type::Code(_)
        | Type::Phone
        | Type::Color
        | Type::Keys { .. } => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

/// An integer, also with groups of thousands where they cannot be decimals: split by blanks or `'`, or more than one.
fn integer(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let whole = digits
        .strip_suffix(".0")
        .or_else(|| digits.strip_suffix(".00"))
        .unwrap_or(digits);
    let is_blank = |letter: char| matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’');
    let groups: Vec<&str> = if whole.contains(is_blank) {
        whole.split(is_blank).collect()
    } else {
        let by = [',', '.'].map(|mark| whole.split(mark).collect::<Vec<_>>());
        by.into_iter()
            .find(|groups| groups.len() > 2)
            .unwrap_or_else(|| vec![whole])
    };
    let is_digits =
        |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let (first, others) = groups.split_first()?;
    let is_grouped = others.is_empty() || first.len() <= 3;
    let fits = is_grouped
        && is_digits(first)
        && others
            .iter()
            .all(|group| group.len() == 3 && is_digits(group));
    let number: i64 = fits.then(|| groups.concat().parse().ok()).flatten()?;
    Some(sign * number)
}

/// A number with a point or a comma, and perhaps a percent sign.
fn number(text: &str) -> Option<Value> {
    let text = text.trim_end_matches('%').trim();
    let is_comma = text.matches(',').count() == 1 && !text.contains('.');
    let text = if is_comma {
        text.replace(',', ".")
    } else {
        text.to_owned()
    };
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = is_plain.then(|| text.parse().ok()).flatten()?;
    Some(Value::from(number))
}

fn flag(text: &str) -> Option<bool> {
    match folded(text).as_str() {
        "true" | "yes" | "y" | "1" | "x" | "co" | "dung" => Some(true),
        "false" | "no" | "n" | "0" | "khong" | "sai" => Some(false),
        _ => None,
    }
}

/// A value of a closed set in any case, with blanks or hyphens for underscores.
pub fn closed(text: &str, values: &'static [&'static str]) -> Option<&'static str> {
    let plain = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(text);
    let found = values.iter().find(|value| value.to_lowercase() == wanted);
    found.copied()
}

/// A list in JSON, or texts separated by commas.
fn steps(text: &str) -> Value {
    let list = text
        .starts_with('[')
        .then(|| serde_json::from_str(text).ok());
    list.flatten().unwrap_or_else(|| {
        let steps = text
            .split(',')
            .map(str::trim)
            .filter(|step| !step.is_empty());
        Value::from(steps.collect::<Vec<_>>())
    })
}

/// True where a field leaves a row out: anything but a no.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => flag(text).unwrap_or(!text.trim().is_empty()),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// A phone as it was before a spreadsheet program took it for a number: a Vietnamese one has lost its 0.
pub fn phone(text: &str, country_code: u16) -> String {
    let is_short = text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    if country_code == 84 && is_short && text.starts_with(['3', '5', '7', '8', '9']) {
        return format!("0{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const INTEGER: Type = Type::Integer { min: 0, max: 9 };

    #[test]
    fn cells_become_values_where_they_are_clear() {
        let set = Type::Enum(&["no_answer", "busy"]);
        for (text, kind, expected) in [
            ("85", INTEGER, json!(85)),
            ("85.0", INTEGER, json!(85)),
            ("1:25", INTEGER, json!(85)),
            ("00:01:25", INTEGER, json!(85)),
            ("1 234", INTEGER, json!(1_234)),
            ("1\u{a0}234\u{a0}567", INTEGER, json!(1_234_567)),
            ("1,234,567", INTEGER, json!(1_234_567)),
            ("1.234.567", INTEGER, json!(1_234_567)),
            ("1,234", INTEGER, json!("1,234")),
            ("1.234", INTEGER, json!("1.234")),
            ("12 34", INTEGER, json!("12 34")),
            ("1234 567", INTEGER, json!("1234 567")),
            ("8.49E+10", INTEGER, json!("8.49E+10")),
            ("-7", Type::Id, json!(-7)),
            ("NO ANSWER", set, json!("no_answer")),
            ("No-answer", set, json!("no_answer")),
            ("Máy bận", set, json!("Máy bận")),
            ("Có", Type::Flag, json!(true)),
            ("0,5", Type::Fraction, json!(0.5)),
            ("3%", Type::Percent, json!(3.0)),
            ("a, b", Type::Steps { most: 2, max: 9 }, json!(["a", "b"])),
            ("[\"a\"]", Type::Steps { most: 2, max: 9 }, json!(["a"])),
            ("{\"a\":1}", Type::Object, json!({"a": 1})),
            ("{a", Type::Object, json!("{a")),
            ("0123", Type::Text { max: 9 }, json!("0123")),
        ] {
            assert_eq!(value(text, kind, None), expected, "{text}");
        }
        let day = value("05/06/2026", Type::Moment, Some(Order::DayMonth));
        assert_eq!(day, json!("2026-06-05"));
        assert_eq!(value("05/06/2026", Type::Moment, None), json!("05/06/2026"));
    }

    #[test]
    fn a_vietnamese_phone_gets_its_zero_back() {
        assert_eq!(phone("987654321", 84), "0987654321");
        for kept in ["0987654321", "84987654321", "287654321", "98765432x"] {
            assert_eq!(phone(kept, 84), kept);
        }
        assert_eq!(phone("987654321", 49), "987654321");
    }
}
