//! Dates, times and lengths as people's spreadsheets write them.
//!
//! Owns the order of day and month: stated by a date format, or proved by a whole column. ISO 8601 is always read.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, SecondsFormat};

use crate::text::folded;
use crate::time::instant::GivenInstant;

/// Order of day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    DayMonth,
    MonthDay,
    YearMonth,
}

impl Order {
    /// The order that a format states: `dd/mm/yyyy hh:mm:ss`, `m-d-yy h:mm AM/PM`.
    pub fn of_format(format: &str) -> Option<Self> {
        let format = format.to_lowercase();
        let is_word = |letter: char| letter.is_ascii_alphabetic();
        let is_between = |letter: char| " /.-:,".contains(letter);
        if !format
            .chars()
            .all(|letter| is_word(letter) || is_between(letter))
        {
            return None;
        }
        let words = format.split(is_between).filter(|word| !word.is_empty());
        let (mut date, mut has_hour) = (String::new(), false);
        for word in words {
            match word {
                "h" | "hh" => has_hour = true,
                // Minutes stand after hours.
                "m" | "mm" if has_hour => has_hour = false,
                "d" | "dd" => date.push('d'),
                "m" | "mm" => date.push('m'),
                "yy" | "yyyy" => date.push('y'),
                "s" | "ss" | "am" | "pm" | "sa" | "ch" | "t" => {}
                _ => return None,
            }
        }
        match date.as_str() {
            "dmy" => Some(Self::DayMonth),
            "mdy" => Some(Self::MonthDay),
            "ymd" => Some(Self::YearMonth),
            _ => None,
        }
    }

    /// A format of that order.
    pub const fn format(self) -> &'static str {
        match self {
            Self::DayMonth => "dd/mm/yyyy hh:mm:ss",
            Self::MonthDay => "mm/dd/yyyy hh:mm:ss",
            Self::YearMonth => "yyyy-mm-dd hh:mm:ss",
        }
    }
}

/// The instant that a text tells, as ISO 8601, with or without an offset. `None` if it tells none, or not without an order.
pub fn iso(text: &str, order: Option<Order>) -> Option<String> {
    let text = text.trim();
    if GivenInstant::parse(text).is_some() {
        return Some(text.to_owned());
    }
    if let Some(epoch) = epoch(text) {
        return Some(epoch);
    }
    let told = Told::parse(text)?;
    let (year, month, day) = told.date(order)?;
    NaiveDate::from_ymd_opt(year, month, day)?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    let iso = match told.time()? {
        None => date,
        Some(time) => format!("{date}T{time}{}", told.offset),
    };
    GivenInstant::parse(&iso).map(|_| iso)
}

/// Seconds, milliseconds or microseconds since 1970, by their number of digits.
fn epoch(text: &str) -> Option<String> {
    let (whole, _) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let micros = match whole.len() {
        10 => number * 1_000_000,
        13 => number * 1_000,
        16 => number,
        _ => return None,
    };
    let at = DateTime::from_timestamp_micros(micros)?;
    Some(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// Longest text that may be a date.
const MAX_DATE: usize = 40;

/// The parts of a date that is not ISO 8601.
struct Told<'a> {
    /// The three parts of the date.
    date: [&'a str; 3],
    clock: Option<Cow<'a, str>>,
    meridiem: Option<Meridiem>,
    offset: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum Meridiem {
    Am,
    Pm,
}

impl<'a> Told<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_DATE || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (mut date, mut parts) = ([""; 3], 0);
        let (mut clock, mut meridiem, mut offset) = (None, None, "");
        for word in text.split_whitespace() {
            let word = word.trim_matches(',');
            if let Some(half) = half_of_day(word) {
                meridiem = Some(half);
            } else if let Some(found) = clock.as_ref().and_then(|_| offset_of(word)) {
                offset = found;
            } else if word.contains(':') || is_hours(word) {
                let (found, half) = clock_of(word);
                clock = Some(found);
                meridiem = meridiem.or(half);
            } else if !word.is_empty() && !is_weekday(word) {
                let found = word.split(['/', '.', '-']).filter(|part| !part.is_empty());
                for part in found {
                    *date.get_mut(parts)? = part;
                    parts += 1;
                }
            }
        }
        (parts == date.len()).then_some(Self {
            date,
            clock,
            meridiem,
            offset,
        })
    }

    /// Year, month and day.
    fn date(&self, order: Option<Order>) -> Option<(i32, u32, u32)> {
        let [a, b, c] = self.date;
        let (year, month, day) = match order {
            _ if a.len() == 4 => (a, b, c),
            _ if month_named(b).is_some() => (c, b, a),
            _ if month_named(a).is_some() => (c, a, b),
            Some(Order::DayMonth) => (c, b, a),
            Some(Order::MonthDay) => (c, a, b),
            Some(Order::YearMonth) => (a, b, c),
            None => return None,
        };
        let month = month_named(month).or_else(|| number(month))?;
        Some((year_of(year)?, month, number(day)?))
    }

    /// `hh:mm:ss`; the outer `None` if it is no time.
    fn time(&self) -> Option<Option<String>> {
        let Some(clock) = &self.clock else {
            return Some(None);
        };
        let parts: Vec<&str> = clock.split(':').collect();
        let (hour, minute, second) = match parts[..] {
            [hour, minute] => (hour, minute, "00"),
            [hour, minute, second] => (hour, minute, second),
            _ => return None,
        };
        let hour = match (number(hour)?, self.meridiem) {
            (12, Some(Meridiem::Am)) => 0,
            (hour @ 1..=11, Some(Meridiem::Pm)) => hour + 12,
            (hour, _) => hour,
        };
        let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, ""));
        let (minute, second) = (number(minute)?, number(second)?);
        let fraction = if fraction.is_empty() {
            String::new()
        } else {
            format!(".{fraction}")
        };
        Some(Some(format!("{hour:02}:{minute:02}:{second:02}{fraction}")))
    }
}

/// A number of one or two digits.
fn number(text: &str) -> Option<u32> {
    let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// A year of four digits, or of two: from 80 on they are of the last century.
fn year_of(text: &str) -> Option<i32> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 if year < 80 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

fn month_named(text: &str) -> Option<u32> {
    let start = text.get(..3)?.to_ascii_lowercase();
    let found = (1..).zip(MONTHS).find(|(_, name)| *name == start);
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphabetic());
    found.filter(|_| is_word).map(|(month, _)| month)
}

/// `Wed`, `Wednesday`
fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let start = word.get(..3).map(str::to_ascii_lowercase);
    start.is_some_and(|start| DAYS.contains(&start.as_str()))
}

/// `AM`, `PM`, and Vietnamese `SA` and `CH`.
fn half_of_day(word: &str) -> Option<Meridiem> {
    let first = word.bytes().next().map(|byte| byte.to_ascii_lowercase());
    let may_be = first.is_some_and(|first| b"apsct".contains(&first));
    if !may_be || word.len() > 12 || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match folded(word).replace('.', "").as_str() {
        "am" | "sa" | "sang" => Some(Meridiem::Am),
        "pm" | "ch" | "chieu" | "toi" => Some(Meridiem::Pm),
        _ => None,
    }
}

/// `Z`, `UTC`, `+07:00`.
fn offset_of(word: &str) -> Option<&str> {
    if ["z", "utc", "gmt"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
    {
        return Some("Z");
    }
    let digits = word.strip_prefix(['+', '-'])?;
    let is_offset = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b':');
    is_offset.then_some(word)
}

/// `14h30`
fn is_hours(word: &str) -> bool {
    let parts = word.split_once(['h', 'H']);
    parts.is_some_and(|(hour, minute)| number(hour).is_some() && number(minute).is_some())
}

/// A clock time, without the half of the day that may be written behind it.
fn clock_of(word: &str) -> (Cow<'_, str>, Option<Meridiem>) {
    let end = word
        .rfind(|letter: char| letter.is_ascii_digit())
        .map_or(0, |at| at + 1);
    let (clock, rest) = word.split_at(end);
    let clock = if clock.contains(['h', 'H']) {
        Cow::Owned(clock.replace(['h', 'H'], ":"))
    } else {
        Cow::Borrowed(clock)
    };
    (clock, half_of_day(rest))
}

/// What a column has proved about the order of its dates.
#[derive(Debug, Default, Clone, Copy)]
pub struct Proof {
    /// Texts that tell an instant.
    pub dates: u64,
    /// Those of them with a time of day.
    pub times: u64,
    /// Those of them that need an order.
    pub unordered: u64,
    day_first: bool,
    month_first: bool,
}

/// The order that columns prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proved {
    Order(Order),
    /// No date needs one.
    Needless,
    /// No day is over 12.
    Open,
    /// Some dates have the day first and some the month.
    Mixed,
}

impl Proof {
    pub fn add(&mut self, text: &str) {
        if text.len() < 6 || text.len() > MAX_DATE {
            return;
        }
        if let Some(given) = GivenInstant::parse(text) {
            self.dates += 1;
            self.times += u64::from(!matches!(given, GivenInstant::Date(_)));
            return;
        }
        let Some(told) = Told::parse(text) else {
            if epoch(text).is_some() {
                (self.dates, self.times) = (self.dates + 1, self.times + 1);
            }
            return;
        };
        let [day, month] = [Order::DayMonth, Order::MonthDay]
            .map(|order| told.date(Some(order)))
            .map(|date| date.is_some_and(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).is_some()));
        if !day && !month {
            return;
        }
        self.dates += 1;
        self.times += u64::from(told.clock.is_some());
        if told.date(None).is_none() {
            self.unordered += 1;
            self.day_first |= day && !month;
            self.month_first |= month && !day;
        }
    }

    /// What several columns of one sheet prove together.
    pub fn and(self, other: Self) -> Self {
        Self {
            dates: self.dates + other.dates,
            times: self.times + other.times,
            unordered: self.unordered + other.unordered,
            day_first: self.day_first || other.day_first,
            month_first: self.month_first || other.month_first,
        }
    }

    pub fn proved(self) -> Proved {
        match (self.day_first, self.month_first) {
            (true, true) => Proved::Mixed,
            (true, false) => Proved::Order(Order::DayMonth),
            (false, true) => Proved::Order(Order::MonthDay),
            (false, false) if self.unordered == 0 => Proved::Needless,
            (false, false) => Proved::Open,
        }
    }
}

/// Seconds of a length such as `1:25` or `00:01:25`.
pub fn seconds(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let parts: Vec<&str> = text.trim().split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    for (at, part) in parts.into_iter().enumerate() {
        let is_number =
            !part.is_empty() && part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
        let part: i64 = is_number.then(|| part.parse().ok()).flatten()?;
        if at > 0 && part >= 60 {
            return None;
        }
        total = total * 60 + part;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_spreadsheets_are_read() {
        use Order::{DayMonth, MonthDay};
        for (text, order, expected) in [
            ("25/12/2026 14:30:05", Some(DayMonth), "2026-12-25T14:30:05"),
            ("5/6/2026 8:30", Some(DayMonth), "2026-06-05T08:30:00"),
            ("5/6/2026 8:30", Some(MonthDay), "2026-05-06T08:30:00"),
            (
                "05-06-26 08:30:00 PM",
                Some(DayMonth),
                "2026-06-05T20:30:00",
            ),
            ("05.06.2026 12:05 SA", Some(DayMonth), "2026-06-05T00:05:00"),
            ("05/06/2026 08:30 CH", Some(DayMonth), "2026-06-05T20:30:00"),
            ("14:30 05/06/2026", Some(DayMonth), "2026-06-05T14:30:00"),
            ("14h30 05/06/2026", Some(DayMonth), "2026-06-05T14:30:00"),
            ("05/06/2026", Some(DayMonth), "2026-06-05"),
            ("2026/06/05 08:30:00", None, "2026-06-05T08:30:00"),
            ("25 Dec 2026 10:00:00 UTC", None, "2026-12-25T10:00:00Z"),
            (
                "Wed, 18 Aug 2010 20:01:40 +0000",
                None,
                "2010-08-18T20:01:40+0000",
            ),
            ("Dec 25, 2026 10:00 AM", None, "2026-12-25T10:00:00"),
            (
                "05/06/2026 08:30:00.250 +07:00",
                Some(DayMonth),
                "2026-06-05T08:30:00.250+07:00",
            ),
            (
                "2026-06-05T08:30:00Z",
                Some(MonthDay),
                "2026-06-05T08:30:00Z",
            ),
            ("1780648200", None, "2026-06-05T08:30:00Z"),
            ("1780648200123", None, "2026-06-05T08:30:00.123Z"),
        ] {
            assert_eq!(iso(text, order).as_deref(), Some(expected), "{text}");
        }
        for (text, order) in [
            ("5/6/2026", None),
            ("31/02/2026", Some(DayMonth)),
            ("25/12/2026", Some(MonthDay)),
            ("25/12/2026 25:00", Some(DayMonth)),
            ("25/12/2026 1:2:3:4", Some(DayMonth)),
            ("hôm qua", Some(DayMonth)),
            ("", Some(DayMonth)),
        ] {
            assert_eq!(iso(text, order), None, "{text}");
        }
    }

    #[test]
    fn a_column_proves_the_order_of_its_dates() {
        let proved = |texts: &[&str]| {
            let mut proof = Proof::default();
            texts.iter().for_each(|text| proof.add(text));
            proof.proved()
        };
        assert_eq!(
            proved(&["01/02/2026", "13/02/2026"]),
            Proved::Order(Order::DayMonth)
        );
        assert_eq!(
            proved(&["01/02/2026", "02/13/26 1:00 PM"]),
            Proved::Order(Order::MonthDay)
        );
        assert_eq!(proved(&["01/02/2026", "12/12/2026", "x"]), Proved::Open);
        assert_eq!(proved(&["13/02/2026", "02/13/2026"]), Proved::Mixed);
        assert_eq!(
            proved(&["2026-02-01", "2026/02/13", "1780648200"]),
            Proved::Needless
        );
    }

    #[test]
    fn formats_state_an_order() {
        for (format, order) in [
            ("dd/mm/yyyy hh:mm:ss", Some(Order::DayMonth)),
            ("D-M-YY", Some(Order::DayMonth)),
            ("hh:mm dd/mm/yyyy", Some(Order::DayMonth)),
            ("mm/dd/yyyy h:mm AM/PM", Some(Order::MonthDay)),
            ("yyyy-mm-dd", Some(Order::YearMonth)),
            ("dd/mm", None),
            ("%d/%m/%Y", None),
            ("dd/mm/yyyy foo", None),
            ("", None),
        ] {
            assert_eq!(Order::of_format(format), order, "{format}");
        }
    }

    #[test]
    fn lengths_are_seconds() {
        for (text, expected) in [
            ("1:25", Some(85)),
            ("00:01:25", Some(85)),
            ("100:00", Some(6_000)),
            ("1:75", None),
            ("85", None),
            ("1::2", None),
            (":", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
