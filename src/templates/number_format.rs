//! Number formats of Excel, checked before they are stored: a workbook with one that Excel cannot read is refused whole.
//!
//! Takes the formats that people write: up to four sections of placeholders or of parts of dates, colors, conditions,
//! currencies and literal text.

use std::iter::Peekable;
use std::str::Chars;

/// Maximum length, in code points.
pub const MAX: usize = 100;
const MAX_SECTIONS: usize = 4;
const COLORS: [&str; 8] = [
    "black", "blue", "cyan", "green", "magenta", "red", "white", "yellow",
];
const CONDITIONS: [&str; 6] = ["<=", ">=", "<>", "<", ">", "="];
/// Highest number of `[Color…]`.
const MAX_COLOR: u8 = 56;
/// Characters that stand for themselves.
const LITERALS: &str = " $-+():!^&'~{}<>=123456789";

/// True if Excel reads the format.
pub fn is_valid(format: &str) -> bool {
    if format.chars().count() > MAX || format.chars().any(char::is_control) {
        return false;
    }
    let mut rest = format.chars().peekable();
    let mut sections = 0;
    loop {
        sections += 1;
        let Some(section) = Section::read(&mut rest) else {
            return false;
        };
        let is_last = rest.next().is_none(); // otherwise a semicolon
        // A section of its own must show something; one of several may hide its numbers.
        if !section.is_valid() || is_last && sections == 1 && section.is_empty {
            return false;
        }
        if is_last {
            return sections <= MAX_SECTIONS;
        }
    }
}

/// The part of a format up to a semicolon.
#[derive(Default)]
struct Section {
    is_empty: bool,
    has_date: bool,
    has_digits: bool,
    is_text: bool,
    is_general: bool,
    points: usize,
}

impl Section {
    fn read(rest: &mut Peekable<Chars<'_>>) -> Option<Self> {
        let mut section = Self {
            is_empty: true,
            ..Self::default()
        };
        let mut last = ' ';
        while let Some(&letter) = rest.peek().filter(|letter| **letter != ';') {
            rest.next();
            section.is_empty = false;
            section.take(letter, last, rest)?;
            last = letter;
        }
        Some(section)
    }

    /// Reads a token that begins with that letter.
    fn take(&mut self, letter: char, last: char, rest: &mut Peekable<Chars<'_>>) -> Option<()> {
        match letter.to_ascii_lowercase() {
            '"' => rest.by_ref().find(|letter| *letter == '"').map(drop)?,
            '\\' | '_' | '*' => rest.next().map(drop)?,
            '[' => self.bracket(rest)?,
            // Of a bracket only its beginning is known as the last token.
            '.' if self.has_date && matches!(last, 's' | 'S' | '[') => {
                while rest.next_if_eq(&'0').is_some() {}
            }
            '.' => {
                self.points += 1;
                self.has_digits = true;
            }
            '0' | '#' | '?' | ',' | '%' => self.has_digits = true,
            'e' if matches!(last, '0' | '#' | '?' | '.') => {
                rest.next_if(|sign| matches!(sign, '+' | '-'))?;
                self.has_digits = true;
            }
            '@' => self.is_text = true,
            'g' => {
                word(rest, "eneral")?;
                self.is_general = true;
            }
            'a' => {
                let marker = rest.next()?;
                if marker.eq_ignore_ascii_case(&'m') {
                    word(rest, "/pm")?;
                } else {
                    (marker == '/').then_some(())?;
                    word(rest, "p")?;
                }
                self.has_date = true;
            }
            'y' | 'm' | 'd' | 'h' | 's' => self.has_date = true,
            '/' => {}
            other => LITERALS.contains(other).then_some(())?,
        }
        Some(())
    }

    /// A color, a condition, elapsed time, or a currency with its locale.
    fn bracket(&mut self, rest: &mut Peekable<Chars<'_>>) -> Option<()> {
        let mut inner = String::new();
        loop {
            match rest.next()? {
                ']' => break,
                letter if letter == ';' || letter == '[' || letter == '"' => return None,
                letter => inner.push(letter.to_ascii_lowercase()),
            }
        }
        let of_one_letter =
            |letter: char| !inner.is_empty() && inner.chars().all(|it| it == letter);
        let color = inner
            .strip_prefix("color")
            .and_then(|text| text.parse().ok());
        let number = CONDITIONS.iter().find_map(|sign| inner.strip_prefix(sign));
        let is_number = |text: &str| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            digits.starts_with(|it: char| it.is_ascii_digit())
                && digits.chars().all(|it| it.is_ascii_digit() || it == '.')
                && digits.parse::<f64>().is_ok()
        };
        if ['h', 'm', 's'].into_iter().any(of_one_letter) {
            self.has_date = true;
            return Some(());
        }
        let is_known = COLORS.contains(&inner.as_str())
            || color.is_some_and(|color: u8| (1..=MAX_COLOR).contains(&color))
            || number.is_some_and(is_number)
            || inner.strip_prefix('$').is_some_and(is_currency);
        is_known.then_some(())
    }

    /// True if its parts go together.
    fn is_valid(&self) -> bool {
        let kinds = [
            self.has_date,
            self.has_digits,
            self.is_text,
            self.is_general,
        ];
        kinds.into_iter().filter(|has| *has).count() <= 1 && self.points <= 1
    }
}

/// The letters of a word, in any case.
fn word(rest: &mut Peekable<Chars<'_>>, letters: &str) -> Option<()> {
    letters
        .chars()
        .all(|letter| {
            rest.next_if(|it| it.eq_ignore_ascii_case(&letter))
                .is_some()
        })
        .then_some(())
}

/// A symbol, a locale in hexadecimal after a hyphen, or both.
fn is_currency(text: &str) -> bool {
    let (symbol, locale) = text.split_once('-').unwrap_or((text, "0"));
    let is_locale =
        (1..=8).contains(&locale.len()) && locale.chars().all(|it| it.is_ascii_hexdigit());
    is_locale && symbol.chars().count() <= 8 && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_people_write_are_valid_and_others_are_not() {
        for format in [
            "0",
            "0.0",
            "#,##0",
            "#,##0.00",
            "0%",
            "0.00%",
            "General",
            "@",
            "0.00E+00",
            "# ?/?",
            "# ?/8",
            "yyyy-mm-dd",
            "dd/mm/yyyy hh:mm:ss",
            "[h]:mm:ss",
            "[ss].00",
            "h:mm AM/PM",
            "mm:ss.000",
            "d mmm yyyy",
            "#,##0 \"₫\"",
            "[$₫-42A]#,##0",
            "[$-409]d-mmm",
            "[Red]0;[Blue]-0;\"–\";@",
            "[<10]0.0;[>=10]0",
            "0;-0;;@",
            "_(* #,##0_);_(* (#,##0)",
            "\\x0",
            "$0",
            "0 \"giây\"",
            "[Color12]0",
            ";;;",
            "0,,\"M\"",
        ] {
            assert!(is_valid(format), "{format}");
        }
        for format in [
            "",
            "abc",
            "0 giây",
            "đ",
            "0;0;0;0;0",
            "\"open",
            "0\\",
            "_",
            "[Pink]0",
            "[Color57]0",
            "[<]0",
            "[<x]0",
            "[",
            "[]0",
            "0yyyy",
            "@0",
            "General0",
            "0.0.0",
            "E+0",
            "0E0",
            "Genera",
            "a",
            "am/p",
            "0\n",
            "[$]0",
            "[h",
            "0\u{0}",
            "[<10;0",
            "₫0",
        ] {
            assert!(!is_valid(format), "{format}");
        }
        assert!(is_valid(&"0".repeat(100)) && !is_valid(&"0".repeat(101)));
    }
}
