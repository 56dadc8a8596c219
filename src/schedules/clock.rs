//! The clock of a schedule: local times in a zone, as instants (contract, section 14).
//!
//! A time that DST skips is due at the change, one that it repeats the first time only. Must not know schedules.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};

use crate::time::Zone;
use crate::time::window::instant_of;

/// Days of the week as clients write them, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Days searched for the next due one: more than two months, the longest that a rule can leave out.
const SEARCHED: u64 = 64;

/// The times at which a schedule is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// Local time of day.
    pub time: NaiveTime,
    pub on: On,
    pub zone: Zone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    EveryDay,
    /// By [`Weekday::num_days_from_monday`].
    Weekdays([bool; 7]),
    /// 1 to 31. In a month without that day: its last one.
    DayOfMonth(u32),
}

impl On {
    fn has(&self, day: NaiveDate) -> bool {
        match self {
            Self::EveryDay => true,
            Self::Weekdays(days) => days[weekday(day.weekday())],
            Self::DayOfMonth(of) => {
                let last = day.succ_opt().is_none_or(|next| next.day() == 1);
                day.day() == *of || last && day.day() < *of
            }
        }
    }
}

fn weekday(day: Weekday) -> usize {
    day.num_days_from_monday() as usize
}

impl At {
    /// The first due time after an instant. `None` at the end of the calendar only.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A change of the date line moves local days by one.
        let first = self.zone.local(after).date().pred_opt()?;
        let days = (0..SEARCHED).filter_map(|step| first.checked_add_days(Days::new(step)));
        days.filter(|day| self.on.has(*day))
            .map(|day| instant_of(day.and_time(self.time), self.zone))
            .find(|due| *due > after)
    }

    /// Due times from `first`, which is one, up to `until`, in order.
    pub fn due(
        &self,
        first: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = DateTime<Utc>> {
        std::iter::successors(Some(first), |due| self.next(*due))
            .take_while(move |due| *due <= until)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::time::zone::zone;

    fn at(time: &str, on: On, of: &str) -> At {
        At {
            time: NaiveTime::parse_from_str(time, "%H:%M").expect(time),
            on,
            zone: zone(of),
        }
    }

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    /// The next due times after an instant.
    fn nexts<const N: usize>(at: &At, after: &str) -> [String; N] {
        let mut last = instant(after);
        [(); N].map(|()| {
            last = at.next(last).expect("a time");
            last.format("%m-%dT%H:%M").to_string()
        })
    }

    #[test]
    fn a_time_that_does_not_exist_is_due_at_the_change_and_a_repeated_one_once() {
        let daily = at("02:30", On::EveryDay, "Europe/Berlin");
        assert_eq!(
            nexts(&daily, "2026-03-27T12:00:00Z"),
            ["03-28T01:30", "03-29T01:00", "03-30T00:30"]
        );
        assert_eq!(
            nexts(&daily, "2026-10-24T12:00:00Z"),
            ["10-25T00:30", "10-26T01:30"]
        );
        let half = at("02:00", On::EveryDay, "Australia/Lord_Howe");
        assert_eq!(
            nexts(&half, "2026-04-03T20:00:00Z"),
            ["04-04T15:30", "04-05T15:30"]
        );
    }

    #[test]
    fn a_day_that_does_not_exist_is_the_last_of_its_month() {
        let last = at("07:30", On::DayOfMonth(31), "UTC");
        assert_eq!(
            nexts(&last, "2026-01-31T07:30:00Z"),
            ["02-28T07:30", "03-31T07:30", "04-30T07:30"]
        );
        let leap = at("07:30", On::DayOfMonth(30), "UTC");
        assert_eq!(
            nexts(&leap, "2028-01-31T00:00:00Z"),
            ["02-29T07:30", "03-30T07:30"]
        );
    }

    #[test]
    fn weekdays_are_those_of_the_zone() {
        let mut monday = [false; 7];
        monday[0] = true;
        let early = at("03:00", On::Weekdays(monday), "Asia/Ho_Chi_Minh");
        assert_eq!(
            nexts(&early, "2026-06-29T00:00:00Z"),
            ["07-05T20:00", "07-12T20:00"]
        );
    }

    fn rule() -> impl Strategy<Value = On> {
        let some = any::<[bool; 7]>().prop_filter("a day", |days| days.contains(&true));
        prop_oneof![
            Just(On::EveryDay),
            some.prop_map(On::Weekdays),
            (1..=31_u32).prop_map(On::DayOfMonth),
        ]
    }

    proptest! {
        /// Walking a year finds every day of the rule once, in order, at its time unless the clock skipped it.
        #[test]
        fn each_day_of_the_rule_is_due_once(
            place in any::<prop::sample::Index>(), on in rule(), minute in 0..1440_u32, year in 1990..2037,
        ) {
            let zones: Vec<Zone> = Zone::all().collect();
            let time = NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).unwrap();
            let at = At { time, on, zone: zones[place.index(zones.len())] };
            let from = NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_time(time).and_utc();
            let until = from + TimeDelta::days(366);
            let dues: Vec<_> = at.due(at.next(from).unwrap(), until).collect();
            prop_assert!(dues.is_sorted_by(|one, other| one < other));
            // Between them, counted by minutes around every local day, there is no other.
            let first = at.zone.local(from).date();
            let mut expected: Vec<_> = (0..370)
                .map(|step| first + TimeDelta::days(step) - TimeDelta::days(2))
                .filter(|day| at.on.has(*day))
                .map(|day| instant_of(day.and_time(time), at.zone))
                .filter(|due| *due > from && *due <= until)
                .collect();
            expected.dedup();
            prop_assert_eq!(&dues, &expected);
            for due in dues {
                let shown = at.zone.local(due);
                let skipped = at.zone.local(due - TimeDelta::seconds(1)) + TimeDelta::seconds(1) != shown;
                prop_assert!(shown.time() == time || skipped, "{} {shown}", at.zone);
            }
        }
    }
}
