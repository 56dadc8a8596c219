//! The earlier window that a window is compared with (contract, section 12).
//!
//! Bare dates are moved as days of the calendar, instants by their local time. Must not know reports, nor the limits of
//! their windows.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, Timelike, Utc};

use super::Window;
use super::instant::GivenInstant;
use super::window::instant_of;

/// Choice of an earlier window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Earlier {
    /// The same length right before.
    Period,
    Week,
    Month,
    Year,
    /// Exactly that one.
    Between(GivenInstant, GivenInstant),
}

/// A comparison as requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Comparing {
    pub with: Earlier,
    /// True if the earlier window is cut at the local time that now has in the window.
    pub until_now: bool,
}

/// Both ends of a window, as a client gives them.
pub type Pair = (GivenInstant, GivenInstant);

impl Earlier {
    /// Names on the wire; a window is written `FROM..TO`.
    pub const NAMES: [&'static str; 4] = [
        "previous_period",
        "previous_week",
        "previous_month",
        "previous_year",
    ];

    pub fn parse(text: &str) -> Option<Self> {
        let named = [Self::Period, Self::Week, Self::Month, Self::Year];
        let at = Self::NAMES.iter().position(|name| *name == text);
        if let Some(at) = at {
            return Some(named[at]);
        }
        let (from, to) = text.split_once("..")?;
        Some(Self::Between(
            GivenInstant::parse(from)?,
            GivenInstant::parse(to)?,
        ))
    }

    /// Ends of the earlier window. `dates`: first and last day, if the window was given by them.
    fn ends(self, dates: Option<(NaiveDate, NaiveDate)>, window: &Window) -> Option<Pair> {
        if let Self::Between(from, to) = self {
            return Some((from, to));
        }
        if let Some((first, last)) = dates {
            let (first, last) = self.days(first, last)?;
            return Some((GivenInstant::Date(first), GivenInstant::Date(last)));
        }
        let (from, to) = self.instants(window)?;
        let given = |at| GivenInstant::Instant { at, end: at };
        Some((given(from), given(to.max(from))))
    }

    /// First and last day. Whole calendar months stay whole ones.
    fn days(self, first: NaiveDate, last: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let whole = whole_months(first, last);
        let days = |count: u64| {
            let back = |date: NaiveDate| date.checked_sub_days(Days::new(count));
            Some((back(first)?, back(last)?))
        };
        let months = |count: u32| {
            let back = |date: NaiveDate| date.checked_sub_months(Months::new(count));
            let last = back(last)?;
            let last = whole.map_or(Some(last), |_| last_of_month(last))?;
            Some((back(first)?, last))
        };
        match (self, whole) {
            (Self::Period, Some(count)) => months(count),
            (Self::Period, None) => days(u64::try_from((last - first).num_days() + 1).ok()?),
            (Self::Week, _) => days(7),
            (Self::Month, _) => months(1),
            (Self::Year, _) => months(12),
            (Self::Between(..), _) => None,
        }
    }

    /// Ends with the local time moved, in whichever order.
    fn instants(self, window: &Window) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let Window { from, to, zone } = *window;
        let moved = |back: &dyn Fn(NaiveDateTime) -> Option<NaiveDateTime>| {
            let at = |end| Some(instant_of(back(zone.local(end))?, zone));
            Some((at(from)?, at(to)?))
        };
        let months = |count| moved(&|local| local.checked_sub_months(Months::new(count)));
        match self {
            Self::Period => Some((from.checked_sub_signed(to - from)?, from)),
            Self::Week => moved(&|local| local.checked_sub_days(Days::new(7))),
            Self::Month => months(1),
            Self::Year => months(12),
            Self::Between(..) => None,
        }
    }
}

impl Comparing {
    /// With exactly that window.
    pub fn with(window: &Window) -> Self {
        let given = |at| GivenInstant::Instant { at, end: at };
        Self {
            with: Earlier::Between(given(window.from), given(window.to)),
            until_now: false,
        }
    }
    /// Ends of the earlier window of one that was given by `from` and `to`. `None` if it would begin before the year 1.
    pub fn ends(
        self,
        (from, to): (Option<GivenInstant>, Option<GivenInstant>),
        window: &Window,
        now: DateTime<Utc>,
    ) -> Option<Pair> {
        let dates = match (from, to) {
            (Some(GivenInstant::Date(first)), Some(GivenInstant::Date(last))) => {
                Some((first, last))
            }
            _ => None,
        };
        let (start, end) = self.with.ends(dates, window)?;
        let zone = window.zone;
        if start.start(zone).year() < 1 {
            return None;
        }
        let has_now = window.from <= now && now < window.to;
        if !(self.until_now && has_now) {
            return Some((start, end));
        }
        let earlier = Window {
            from: start.start(zone),
            to: end.end(zone),
            zone,
        };
        let minute = zone.local(now).with_second(0)?.with_nanosecond(0)?;
        let behind = minute - window.local_start();
        let cut = earlier.local_start().checked_add_signed(behind)?;
        let cut = instant_of(cut, zone).clamp(earlier.from, earlier.to.max(earlier.from));
        let end = GivenInstant::Instant { at: cut, end: cut };
        Some((start, end))
    }
}

/// Number of calendar months that these days are, from the first of one to the last of one.
fn whole_months(first: NaiveDate, last: NaiveDate) -> Option<u32> {
    let is_whole = first.day() == 1 && last_of_month(last) == Some(last);
    let number = |date: NaiveDate| 12 * date.year() + date.month0().cast_signed();
    let count = u32::try_from(number(last) - number(first) + 1).ok()?;
    (is_whole && count > 0).then_some(count)
}

fn last_of_month(date: NaiveDate) -> Option<NaiveDate> {
    date.with_day(1)?
        .checked_add_months(Months::new(1))?
        .pred_opt()
}

#[cfg(test)]
mod tests;
