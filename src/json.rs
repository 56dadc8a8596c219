//! JSON from clients: types of values, and exact parsing of numbers.
//!
//! Must not know the meaning of values, nor the texts of faults.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// Type of a JSON value.
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
    /// Type of a valid JSON text.
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

/// Returns true for null and the empty string.
pub fn is_null_or_empty(json: &str) -> bool {
    json == "null" || json == r#""""#
}

/// Returns true for null and for strings that are empty or only white space.
pub fn is_blank(json: &str) -> bool {
    let Some(inner) = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'))
    else {
        return json == "null";
    };
    let start = inner.trim_start();
    let is_white =
        |json| serde_json::from_str(json).is_ok_and(|text: String| text.trim().is_empty());
    start.is_empty() || (start.starts_with('\\') && is_white(json))
}

/// Parses a JSON number. Returns `None` if it is not a number or is unreasonably large.
pub fn decimal(json: &str) -> Option<Decimal> {
    let number = Decimal::from_str(json).or_else(|_| Decimal::from_scientific(json));
    // A double may be smaller than any decimal except 0.
    number
        .ok()
        .or_else(|| Decimal::try_from(json.parse::<f64>().ok()?).ok())
}

/// Returns true if two valid JSON texts have the same value, whatever their spaces, the order of their
/// members and the notation of their numbers. Numbers are compared exactly.
pub fn equal(one: &str, other: &str) -> bool {
    type List<'a> = Vec<&'a RawValue>;
    type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;
    fn read<'a, T: serde::Deserialize<'a>>(one: &'a str, other: &'a str) -> Option<(T, T)> {
        let (one, other) = (serde_json::from_str(one), serde_json::from_str(other));
        one.ok().zip(other.ok())
    }
    let same = |one: &RawValue, other: &RawValue| equal(one.get(), other.get());
    match (Type::of(one), Type::of(other)) {
        (Type::List, Type::List) => read::<List<'_>>(one, other).is_some_and(|(one, other)| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }),
        (Type::Object, Type::Object) => {
            read::<Object<'_>>(one, other).is_some_and(|(one, other)| {
                let mut pairs = one.iter().zip(&other);
                one.len() == other.len()
                    && pairs.all(|((name, one), (other_name, other))| {
                        name == other_name && same(one, other)
                    })
            })
        }
        (Type::Number, Type::Number) if one != other => {
            decimal(one).is_some_and(|one| decimal(other) == Some(one))
        }
        (Type::Text, Type::Text) => {
            read::<Cow<'_, str>>(one, other).is_some_and(|(one, other)| one == other)
        }
        _ => one == other,
    }
}

/// Parses a JSON integer exactly: 7, 7.0 and 70e-1 are equal. Returns `None` if it is not a number,
/// has a fraction, or exceeds 64 bits.
pub fn integer(json: &str) -> Option<i64> {
    if let Ok(plain) = json.parse() {
        return (!json.starts_with('+')).then_some(plain);
    }
    let (sign, number) = json
        .strip_prefix('-')
        .map_or(("", json), |number| ("-", number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = !whole.is_empty()
        && [whole, fraction]
            .iter()
            .all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if !is_number || significant.is_empty() {
        return is_number.then_some(0);
    }
    // Power of ten of the last significant digit. An exponent beyond 64 bits means a number beyond
    // them.
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let power = exponent
        .parse::<i64>()
        .ok()?
        .checked_add(i64::try_from(zeros).ok()?)?;
    let power = usize::try_from(power.checked_sub(i64::try_from(fraction.len()).ok()?)?).ok()?;
    let fits = power <= MAX_INTEGER_DIGITS && significant.len() <= MAX_INTEGER_DIGITS;
    fits.then(|| {
        format!("{sign}{significant}{}", "0".repeat(power))
            .parse()
            .ok()
    })
    .flatten()
}

/// Digits of the largest 64-bit integer.
const MAX_INTEGER_DIGITS: usize = 19;

/// Applies `change` to each string of a valid JSON text, including keys. Everything else stays
/// unchanged, digit for digit. `change` returns `None` to keep a string.
pub fn map_strings(json: &str, change: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    let (mut changed, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(start) = json[at..].find('"').map(|start| at + start) {
        let end = end_of_string(json, start);
        at = end;
        let string: Option<String> = serde_json::from_str(&json[start..end]).ok();
        if let Some(new) = string.and_then(|string| change(&string)) {
            changed.push_str(&json[copied..start]);
            changed.push_str(&serde_json::Value::from(new).to_string());
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    changed.push_str(&json[copied..]);
    Cow::Owned(changed)
}

/// Position after the string that starts with its quote at `start`.
fn end_of_string(json: &str, start: usize) -> usize {
    let mut escaped = false;
    let inner = json.as_bytes().iter().enumerate().skip(start + 1);
    let mut ends = inner.filter_map(|(at, byte)| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends.then_some(at + 1)
    });
    ends.next().unwrap_or(json.len())
}

/// Returns true if a valid JSON text contains a number far larger than any plausible one, though
/// still within Postgres' limits. Numbers are found outside strings.
pub fn has_oversized_number(json: &str) -> bool {
    const MAX_DIGITS: usize = 400;
    const MAX_EXPONENT: u32 = 400;
    let oversized = |number: &str| {
        let exponent = number
            .split(['e', 'E'])
            .nth(1)
            .unwrap_or("0")
            .trim_start_matches(['+', '-']);
        number.len() > MAX_DIGITS
            || exponent
                .parse()
                .is_ok_and(|exponent: u32| exponent > MAX_EXPONENT)
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
    outside
        .filter(|word| word.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
        .any(oversized)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_are_parsed_exactly() {
        for (json, number) in [
            ("25.0", 25),
            ("-25.000", -25),
            ("2.5e1", 25),
            ("250E-1", 25),
            ("0.00", 0),
            ("-0.0", 0),
            ("0e99999999999999999999", 0),
            ("9223372036854775807.0", i64::MAX),
            ("-9223372036854775808.0", i64::MIN),
            ("922337203685477580.7e1", i64::MAX),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("1e18", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(integer(json), Some(number), "{json}");
        }
        for json in [
            "25.5",
            "9223372036854775807.00000000000000000000000000001",
            "9223372036854775808.0",
            "1e19",
            "1e-1",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "\"25\"",
            "+25",
            "true",
            "null",
            "",
            "-",
            ".5",
            "[25]",
        ] {
            assert_eq!(integer(json), None, "{json}");
        }
    }

    #[test]
    fn only_strings_are_changed() {
        let upper = |text: &str| Some(text.to_uppercase()).filter(|upper| upper != text);
        for (json, changed) in [
            (
                r#"{"a":[1e3,0.10,"b\"c",true],"D":null}"#,
                r#"{"A":[1e3,0.10,"B\"C",true],"D":null}"#,
            ),
            (r#" "a\\" "#, r#" "A\\" "#),
            (r#"{"\u0061": "x\ny"}"#, r#"{"A": "X\nY"}"#),
            (r#"["A", 1, {}]"#, r#"["A", 1, {}]"#),
        ] {
            assert_eq!(map_strings(json, upper), changed, "{json}");
        }
        assert!(matches!(map_strings(r#"{"A":1}"#, upper), Cow::Borrowed(_)));
    }

    proptest! {
        /// An integer in any notation, and its neighbours a fraction away.
        #[test]
        fn any_notation_of_an_integer_is_parsed_exactly(number: i64, zeros in 0_usize..30, shift in 0_usize..25) {
            let plain = number.to_string();
            prop_assert_eq!(integer(&format!("{plain}.{}", "0".repeat(zeros + 1))), Some(number));
            prop_assert_eq!(integer(&format!("{plain}{}e-{shift}", "0".repeat(shift))), Some(number));
            let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
            let padded = format!("{digits:0>26}");
            let (whole, fraction) = padded.split_at(padded.len() - shift);
            let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
            prop_assert_eq!(integer(&format!("{sign}{whole}.{fraction}0E+{shift}")), Some(number));
            prop_assert_eq!(integer(&format!("{plain}.{}1", "0".repeat(zeros))), None);
        }

        #[test]
        fn arbitrary_text_is_an_integer_or_none(text in "[-+0-9.eE]{0,12}") {
            let _ = integer(&text);
        }
    }
}
