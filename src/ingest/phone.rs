//! Normalization of phone numbers.

/// Fault of a text that is none.
pub const FAULT: &str = "must be a phone number of 8 to 15 digits.";

/// Converts a phone number to E.164 without the plus sign. Returns `None` if it is invalid.
///
/// Spaces and common separators are dropped, a leading `00` is the international prefix, and a
/// single leading `0` is the national prefix, replaced by `country_code`. The result must have 8 to
/// 15 digits and not start with 0.
pub fn e164(text: &str, country_code: u16) -> Option<String> {
    let written: String = text
        .chars()
        .filter(|letter| !is_separator(*letter))
        .collect();
    let digits = if let Some(international) = written
        .strip_prefix("00")
        .or_else(|| written.strip_prefix('+'))
    {
        international.to_owned()
    } else if let Some(national) = written.strip_prefix('0') {
        format!("{country_code}{national}")
    } else {
        written
    };
    let is_number =
        (8..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && !digits.starts_with('0')).then_some(digits)
}

/// Matches spaces of any width and `-./()`. Tabs and line breaks do not match, because they
/// separate two numbers.
fn is_separator(letter: char) -> bool {
    let is_space = letter.is_whitespace()
        && !letter.is_control()
        && !matches!(letter, '\u{2028}' | '\u{2029}');
    is_space || matches!(letter, '-' | '.' | '/' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_formats_of_a_number_are_equal() {
        for text in [
            "0987654321",
            "84987654321",
            "+84987654321",
            "0084987654321",
            "00 84 987 654 321",
            "+84 (987) 654-321",
            "0987.654.321",
            "(098) 765/4321",
            " 0987\u{a0}654\u{202f}321 ",
        ] {
            assert_eq!(e164(text, 84).as_deref(), Some("84987654321"), "{text}");
        }
        assert_eq!(e164("030 123456", 49).as_deref(), Some("4930123456"));
        assert_eq!(e164("+972501234567", 84).as_deref(), Some("972501234567"));
        assert_eq!(e164("0912345678", 1).as_deref(), Some("1912345678"));
    }

    #[test]
    fn invalid_numbers_are_none() {
        for text in [
            "",
            "+",
            "00",
            "12",
            "+84 987",
            "1234567",
            "1234567890123456",
            "++84987654321",
            "+0987654321",
            "000987654321",
            "84+987654321",
            "+84_987654321",
            "0987654321x12",
            "0987654321\t",
            "0987654321\n0987654322",
            "\u{0668}\u{0664}987654321",
        ] {
            assert_eq!(e164(text, 84), None, "{text}");
        }
    }

    proptest! {
        /// The same rule, implemented again for random digits, prefixes and separators.
        #[test]
        fn random_formats_follow_the_rule(
            prefix in prop::sample::select(vec!["", "+", "00", "0"]),
            digits in "[0-9]{0,17}",
            separators in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![' ', '-', '.', '(', ')', '/'])), 0..8),
            code in 1_u16..1000,
        ) {
            let mut text: Vec<char> = format!("{prefix}{digits}").chars().collect();
            for (at, separator) in separators {
                text.insert(at.index(text.len() + 1), separator);
            }
            let text: String = text.into_iter().collect();
            // The digits may start with a prefix themselves.
            let (international, rest) = match prefix {
                "" if digits.starts_with("00") => (true, digits[2..].to_owned()),
                "0" if digits.starts_with('0') => (true, digits[1..].to_owned()),
                "" if digits.starts_with('0') => (false, digits[1..].to_owned()),
                "" | "+" | "00" => (true, digits.clone()),
                _ => (false, digits.clone()),
            };
            let whole = if international { rest } else { format!("{code}{rest}") };
            let fits = (8..=15).contains(&whole.len()) && !whole.starts_with('0');
            prop_assert_eq!(e164(&text, code), fits.then_some(whole));
        }

        #[test]
        fn normalization_is_idempotent(text in ".{0,24}", code in 1_u16..1000) {
            if let Some(number) = e164(&text, code) {
                prop_assert_eq!(e164(&number, code), Some(number.clone()));
                prop_assert_eq!(e164(&format!("+{number}"), code), Some(number));
            }
        }
    }
}
