//! Windows by name: today, last month, …, as days of a zone (contract, sections 11 and 14).
//!
//! Must not know who asks for them: reports, lists and schedules do.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

use super::instant::GivenInstant;
use super::{Window, Zone};

/// A window by name. It consists of whole local days, also where it holds the current time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NamedWindow {
    Today,
    Yesterday,
    /// The seven days that end yesterday.
    Last7Days,
    /// The thirty days that end yesterday.
    Last30Days,
    ThisMonth,
    LastMonth,
}

impl NamedWindow {
    pub const ALL: &'static [Self] = &[
        Self::Today,
        Self::Yesterday,
        Self::Last7Days,
        Self::Last30Days,
        Self::ThisMonth,
        Self::LastMonth,
    ];
    /// Names on the wire, in the order of [`NamedWindow::ALL`].
    pub const NAMES: &'static [&'static str] = &[
        "today",
        "yesterday",
        "last_7_days",
        "last_30_days",
        "this_month",
        "last_month",
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// First and last day, on a day of the years 1 to 9999.
    pub fn days(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let before = |days| today.checked_sub_days(Days::new(days)).unwrap_or(today);
        let first = today.with_day(1).unwrap_or(today);
        let month = |from: NaiveDate| {
            let next = from.checked_add_months(Months::new(1));
            (from, next.and_then(|next| next.pred_opt()).unwrap_or(from))
        };
        match self {
            Self::Today => (today, today),
            Self::Yesterday => (before(1), before(1)),
            Self::Last7Days => (before(7), before(1)),
            Self::Last30Days => (before(30), before(1)),
            Self::ThisMonth => month(first),
            Self::LastMonth => month(first.checked_sub_months(Months::new(1)).unwrap_or(first)),
        }
    }

    /// Both ends at that time, as a client would give them: bare dates.
    pub fn ends(self, zone: Zone, now: DateTime<Utc>) -> (GivenInstant, GivenInstant) {
        let (first, last) = self.days(zone.local(now).date());
        (GivenInstant::Date(first), GivenInstant::Date(last))
    }

    /// The window at that time.
    pub fn window(self, zone: Zone, now: DateTime<Utc>) -> Window {
        let (from, to) = self.ends(zone, now);
        Window {
            from: from.start(zone),
            to: to.end(zone),
            zone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::zone::zone;

    fn days(window: NamedWindow, today: &str) -> String {
        let (first, last) = window.days(today.parse().expect(today));
        format!("{first} {last}")
    }

    #[test]
    fn a_window_is_whole_days_counted_from_today() {
        use NamedWindow::*;
        for (window, today, expected) in [
            (Today, "2026-06-30", "2026-06-30 2026-06-30"),
            (Yesterday, "2026-03-01", "2026-02-28 2026-02-28"),
            (Last7Days, "2026-06-30", "2026-06-23 2026-06-29"),
            (Last30Days, "2024-03-01", "2024-01-31 2024-02-29"),
            (ThisMonth, "2024-02-10", "2024-02-01 2024-02-29"),
            (ThisMonth, "2026-12-31", "2026-12-01 2026-12-31"),
            (LastMonth, "2026-01-31", "2025-12-01 2025-12-31"),
            (LastMonth, "2026-03-31", "2026-02-01 2026-02-28"),
        ] {
            assert_eq!(days(window, today), expected, "{window:?} on {today}");
        }
    }

    #[test]
    fn today_is_that_of_the_zone() {
        let now = "2026-03-28T23:30:00Z".parse().unwrap();
        let berlin = NamedWindow::Today.window(zone("Europe/Berlin"), now);
        assert_eq!(berlin.from.to_rfc3339(), "2026-03-28T23:00:00+00:00");
        assert_eq!(berlin.to.to_rfc3339(), "2026-03-29T22:00:00+00:00");
        let utc = NamedWindow::Today.window(Zone::UTC, now);
        assert_eq!(utc.from.to_rfc3339(), "2026-03-28T00:00:00+00:00");
    }

    #[test]
    fn a_name_has_the_place_of_its_window() {
        assert_eq!(NamedWindow::ALL.len(), NamedWindow::NAMES.len());
        for (window, name) in NamedWindow::ALL.iter().zip(NamedWindow::NAMES) {
            assert_eq!(window.name(), *name);
        }
    }
}
