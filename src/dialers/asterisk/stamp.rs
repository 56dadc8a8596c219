//! Stamps: epochs, ISO dates, and dates whose order of day and month has to be proved.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::time::Zone;
use crate::time::instant::GivenInstant;
use crate::time::window::instant_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

impl DateOrder {
    /// Order of a format such as `dd/mm/yyyy`.
    pub fn of_format(format: &str) -> Option<Self> {
        let format = format.trim().to_ascii_lowercase();
        let places = (format.find('d')?, format.find('m')?);
        Some(if places.0 < places.1 {
            Self::DayFirst
        } else {
            Self::MonthFirst
        })
    }
}

/// A stamp, by the orders of day and month in which it is a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    day_first: Option<DateTime<Utc>>,
    month_first: Option<DateTime<Utc>>,
}

impl Stamp {
    /// Parses epochs, ISO dates, `yyyy/m/d h:mm`, `d/m/yyyy h:mm:ss`, `m/d/yy h:mm PM` and the like. None if it is no date of
    /// the years 1970 to 2100 in any order.
    pub fn parse(text: &str, zone: Zone) -> Option<Self> {
        let certain = |at| Self {
            day_first: Some(at),
            month_first: Some(at),
        };
        let given = |text| GivenInstant::parse(text).map(|given| given.start(zone));
        let stamp = epoch(text)
            .or_else(|| given(text))
            .map(certain)
            .or_else(|| dated(text, zone))?;
        let known = |at: &DateTime<Utc>| (0..4_102_444_800).contains(&at.timestamp());
        let stamp = Self {
            day_first: stamp.day_first.filter(known),
            month_first: stamp.month_first.filter(known),
        };
        stamp.day_first.or(stamp.month_first).map(|_| stamp)
    }

    /// The order that this stamp proves: one in which it is no date is wrong, and so is one that lies days off the instant of
    /// the call's id.
    pub fn proof(self, near: Option<DateTime<Utc>>) -> Option<DateOrder> {
        let near_enough =
            |at: &DateTime<Utc>| near.is_none_or(|near| (*at - near).abs() < TimeDelta::days(2));
        match (
            self.day_first.filter(near_enough),
            self.month_first.filter(near_enough),
        ) {
            (Some(_), None) => Some(DateOrder::DayFirst),
            (None, Some(_)) => Some(DateOrder::MonthFirst),
            // An id that is far from both tells nothing.
            (None, None) if near.is_some() => self.proof(None),
            _ => None,
        }
    }

    /// True if day and month change places without becoming another date.
    pub fn is_certain(self) -> bool {
        self.day_first == self.month_first
    }

    pub fn instant(self, order: Option<DateOrder>) -> Option<DateTime<Utc>> {
        match order {
            Some(DateOrder::DayFirst) => self.day_first,
            Some(DateOrder::MonthFirst) => self.month_first,
            None => self.day_first.filter(|_| self.is_certain()),
        }
    }
}

/// Seconds since 1970, with or without a fraction, or milliseconds.
pub fn epoch(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => {
            let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
            DateTime::from_timestamp_micros(number * 1_000_000 + micros)
        }
        13 => DateTime::from_timestamp_millis(number),
        _ => None,
    }
}

/// True for a date and a clock time, and not for an epoch, which a telephone number may look like.
pub fn is_stamp(text: &str) -> bool {
    text.contains(':') && Stamp::parse(text, Zone::UTC).is_some()
}

/// The instant in a `uniqueid`: `1543540774.0`, or `name-1543540774.0`.
pub fn instant_of_id(id: &str) -> Option<DateTime<Utc>> {
    let (_, last) = id.rsplit_once('-').unwrap_or(("", id));
    epoch(last.split_once('.')?.0)
}

fn dated(text: &str, zone: Zone) -> Option<Stamp> {
    let (date, clock) = text
        .trim()
        .split_once([' ', 'T'])
        .unwrap_or((text.trim(), "00:00"));
    let clock = clock_time(clock)?;
    let separator = date.chars().find(|letter| !letter.is_ascii_digit())?;
    let mut parts = date
        .splitn(3, separator)
        .map(|part| Some((part.len(), part.parse::<u32>().ok()?)));
    let (first, second, third) = (parts.next()??, parts.next()??, parts.next()??);
    let at = |year: u32, month: u32, day: u32| {
        let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
        Some(instant_of(NaiveDateTime::new(date, clock), zone))
    };
    let year = |(length, year): (usize, u32)| match length {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    };
    if first.0 == 4 {
        let at = at(first.1, second.1, third.1);
        return Some(Stamp {
            day_first: at,
            month_first: at,
        });
    }
    let year = year(third)?;
    Some(Stamp {
        day_first: at(year, second.1, first.1),
        month_first: at(year, first.1, second.1),
    })
}

/// `9:05`, `09:05:07`, `9:05 PM`.
fn clock_time(text: &str) -> Option<NaiveTime> {
    let text = text.trim().to_ascii_uppercase();
    let (clock, half) = match (text.strip_suffix("AM"), text.strip_suffix("PM")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (_, Some(clock)) => (clock.trim_end(), Some(12)),
        _ => (text.as_str(), None),
    };
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<u32>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::zone::zone;

    fn read(text: &str, order: Option<DateOrder>) -> Option<String> {
        let stamp = Stamp::parse(text, zone("Asia/Ho_Chi_Minh"))?;
        Some(
            stamp
                .instant(order.or(stamp.proof(None)))?
                .format("%F %T%.f")
                .to_string(),
        )
    }

    #[test]
    fn stamps_are_read_in_every_form_that_switches_and_exports_write() {
        for text in [
            "1543540774",
            "1543540774.0",
            "1543540774000",
            "2018-11-30 08:19:34",
            "2018-11-30T01:19:34Z",
            "2018/11/30 8:19:34",
            "30/11/2018 08:19:34",
            "30/11/18 8:19:34",
            "30-11-2018 08:19:34.7",
            "30.11.2018 08:19:34",
            "11/30/2018 8:19:34 AM",
        ] {
            assert_eq!(
                read(text, None).as_deref(),
                Some("2018-11-30 01:19:34"),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "24845551234567",
            "0000-00-00 00:00:00",
            "31/02/2018 08:00",
            "30/11/018 08:00",
            "1/2/3/4",
        ] {
            assert_eq!(read(text, None), None, "{text}");
            assert_eq!(read(text, Some(DateOrder::DayFirst)), None, "{text}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_proved_or_not_told() {
        let day_first = Some("2017-08-31 17:00:00".to_owned());
        assert_eq!(read("1/9/2017 00:00", None), None);
        assert_eq!(read("1/9/2017 00:00", Some(DateOrder::DayFirst)), day_first);
        assert_eq!(
            read("9/9/2017 07:00", None).as_deref(),
            Some("2017-09-09 00:00:00")
        );
        assert_eq!(read("13/9/2017 07:00", Some(DateOrder::MonthFirst)), None);
        let stamp = Stamp::parse("1/9/2017 16:33:01", Zone::UTC).unwrap();
        assert_eq!(
            stamp.proof(instant_of_id("1504279981.1")),
            Some(DateOrder::DayFirst)
        );
        assert_eq!(
            stamp.proof(instant_of_id("pbx-1483979581.1")),
            Some(DateOrder::MonthFirst)
        );
        assert_eq!(stamp.proof(instant_of_id("1604279981.1")), None);
        let proved = Stamp::parse("13/9/2017 16:33:01", Zone::UTC).unwrap();
        assert_eq!(
            proved.proof(instant_of_id("1604279981.1")),
            Some(DateOrder::DayFirst)
        );
        assert_eq!(
            DateOrder::of_format("DD/MM/YYYY"),
            Some(DateOrder::DayFirst)
        );
        assert_eq!(DateOrder::of_format("m/d/yy"), Some(DateOrder::MonthFirst));
        assert_eq!(DateOrder::of_format("yyyy"), None);
    }

    #[test]
    fn a_telephone_number_is_no_stamp() {
        assert!(is_stamp("2018-11-30 08:19:34") && is_stamp("1/9/2017 16:33:01"));
        assert!(
            !is_stamp("1543540774")
                && !is_stamp("agi://127.0.0.1")
                && !is_stamp("2018-09-07 11:05:20\"")
        );
    }
}
