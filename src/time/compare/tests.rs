//! Earlier windows over month ends, leap years, and DST in both directions.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::time::Zone;
use crate::time::zone::zone;

fn given(text: &str) -> GivenInstant {
    GivenInstant::parse(text).expect(text)
}

fn window(zone: Zone, from: GivenInstant, to: GivenInstant) -> Window {
    Window {
        from: from.start(zone),
        to: to.end(zone),
        zone,
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The earlier window in instants; `now` cuts it.
fn earlier(name: &str, zone: Zone, (from, to): (&str, &str), now: Option<&str>) -> String {
    let (from, to) = (given(from), given(to));
    let comparing = Comparing {
        with: Earlier::parse(name).expect(name),
        until_now: now.is_some(),
    };
    let now = now.unwrap_or("2000-01-01T00:00:00Z").parse().expect("now");
    let asked = window(zone, from, to);
    match comparing.ends((Some(from), Some(to)), &asked, now) {
        Some((GivenInstant::Date(first), GivenInstant::Date(last))) => format!("{first} {last}"),
        Some((from, to)) => format!("{} {}", instant(from.start(zone)), instant(to.end(zone))),
        None => "none".into(),
    }
}

#[test]
fn days_are_moved_and_whole_months_stay_whole() {
    for (name, from, to, expected) in [
        (
            "previous_period",
            "2026-06-10",
            "2026-06-10",
            "2026-06-09 2026-06-09",
        ),
        (
            "previous_period",
            "2026-06-08",
            "2026-06-14",
            "2026-06-01 2026-06-07",
        ),
        (
            "previous_period",
            "2026-03-01",
            "2026-03-31",
            "2026-02-01 2026-02-28",
        ),
        (
            "previous_period",
            "2024-04-01",
            "2024-06-30",
            "2024-01-01 2024-03-31",
        ),
        (
            "previous_period",
            "2025-01-01",
            "2025-12-31",
            "2024-01-01 2024-12-31",
        ),
        (
            "previous_period",
            "2026-03-01",
            "2026-03-30",
            "2026-01-30 2026-02-28",
        ),
        (
            "previous_week",
            "2026-06-01",
            "2026-06-30",
            "2026-05-25 2026-06-23",
        ),
        (
            "previous_month",
            "2026-03-30",
            "2026-03-31",
            "2026-02-28 2026-02-28",
        ),
        (
            "previous_month",
            "2026-02-01",
            "2026-02-28",
            "2026-01-01 2026-01-31",
        ),
        (
            "previous_month",
            "2026-02-10",
            "2026-02-28",
            "2026-01-10 2026-01-28",
        ),
        (
            "previous_month",
            "2026-05-01",
            "2026-06-30",
            "2026-04-01 2026-05-31",
        ),
        (
            "previous_year",
            "2024-02-29",
            "2024-02-29",
            "2023-02-28 2023-02-28",
        ),
        (
            "previous_year",
            "2025-02-01",
            "2025-02-28",
            "2024-02-01 2024-02-29",
        ),
        (
            "previous_year",
            "2026-02-10",
            "2026-02-28",
            "2025-02-10 2025-02-28",
        ),
        (
            "2026-01-05..2026-01-06",
            "2026-06-01",
            "2026-06-30",
            "2026-01-05 2026-01-06",
        ),
        ("previous_period", "0001-01-01", "0001-01-01", "none"),
        ("previous_year", "0001-06-01", "9999-12-31", "none"),
    ] {
        let asked = earlier(name, zone("Europe/Berlin"), (from, to), None);
        assert_eq!(asked, expected, "{name} of {from} to {to}");
    }
}

#[test]
fn instants_are_moved_by_their_local_time() {
    let berlin = zone("Europe/Berlin");
    for (name, from, to, expected) in [
        // The change of March 29 lies between: the local time stays.
        (
            "previous_week",
            "2026-04-01T08:00:00",
            "2026-04-01T09:00:00",
            "2026-03-25T07:00:00Z 2026-03-25T08:00:00Z",
        ),
        // 02:30 does not exist on March 29.
        (
            "previous_week",
            "2026-04-05T02:30:00",
            "2026-04-05T03:30:00",
            "2026-03-29T01:00:00Z 2026-03-29T01:30:00Z",
        ),
        // 02:30 is there twice on October 25: the earlier one.
        (
            "previous_week",
            "2026-11-01T02:30:00",
            "2026-11-01T03:30:00",
            "2026-10-25T00:30:00Z 2026-10-25T02:30:00Z",
        ),
        // The same length in instants.
        (
            "previous_period",
            "2026-03-29T00:00:00",
            "2026-03-29T12:00:00",
            "2026-03-28T12:00:00Z 2026-03-28T23:00:00Z",
        ),
        // Its end is moved before its start.
        (
            "previous_month",
            "2026-03-30T12:00:00",
            "2026-03-31T09:00:00",
            "2026-02-28T11:00:00Z 2026-02-28T11:00:00Z",
        ),
        // A last second is the next midnight.
        (
            "previous_month",
            "2026-03-01T00:00:00",
            "2026-03-31T23:59:59",
            "2026-01-31T23:00:00Z 2026-02-28T23:00:00Z",
        ),
        // A date and a clock time are two instants.
        (
            "previous_year",
            "2024-02-29",
            "2024-03-01T12:00:00",
            "2023-02-27T23:00:00Z 2023-03-01T11:00:00Z",
        ),
    ] {
        let asked = earlier(name, berlin, (from, to), None);
        assert_eq!(asked, expected, "{name} of {from} to {to}");
    }
}

#[test]
fn the_earlier_window_is_cut_where_now_is() {
    let berlin = zone("Europe/Berlin");
    let day = ("2026-03-29", "2026-03-29");
    let month = ("2026-03-01", "2026-03-31");
    for (name, zone, ends, now, expected) in [
        // 10:15 by the clock on both days, though only nine hours and a quarter into this one.
        (
            "previous_period",
            berlin,
            day,
            "2026-03-29T08:15:59.9Z",
            "2026-03-27T23:00:00Z 2026-03-28T09:15:00Z",
        ),
        (
            "previous_week",
            berlin,
            day,
            "2026-03-29T08:15:00Z",
            "2026-03-21T23:00:00Z 2026-03-22T09:15:00Z",
        ),
        // The minute does not exist in the earlier window: the change.
        (
            "previous_week",
            berlin,
            ("2026-04-05", "2026-04-05"),
            "2026-04-05T00:30:00Z",
            "2026-03-28T23:00:00Z 2026-03-29T01:00:00Z",
        ),
        // Its thirtieth day: February has none.
        (
            "previous_month",
            berlin,
            month,
            "2026-03-30T10:00:00Z",
            "2026-01-31T23:00:00Z 2026-02-28T23:00:00Z",
        ),
        // A day that begins at one, because DST skips its midnight.
        (
            "previous_period",
            zone("America/Sao_Paulo"),
            ("2018-11-04", "2018-11-04"),
            "2018-11-04T12:00:00Z",
            "2018-11-03T03:00:00Z 2018-11-03T13:00:00Z",
        ),
        // Two and a half hours into the window.
        (
            "previous_period",
            Zone::UTC,
            ("2026-06-01T10:00:00", "2026-06-01T14:00:00"),
            "2026-06-01T12:30:30Z",
            "2026-06-01T06:00:00Z 2026-06-01T08:30:00Z",
        ),
    ] {
        let cut = earlier(name, zone, ends, Some(now));
        assert_eq!(cut, expected, "{name} of {ends:?} at {now}");
    }
    for outside in ["2026-03-28T22:59:59Z", "2026-03-29T22:00:00Z"] {
        let whole = earlier("previous_period", berlin, day, Some(outside));
        assert_eq!(whole, "2026-03-28 2026-03-28", "{outside}");
    }
}

#[test]
fn only_these_spellings_are_comparisons() {
    for text in [
        "previous_period",
        "previous_year",
        "2026-06-01..2026-06-02",
        "2026-06-01T00:00:00.5+07:00..2026-06-02",
    ] {
        assert!(Earlier::parse(text).is_some(), "{text}");
    }
    for text in [
        "",
        "..",
        "previous_day",
        "Previous_Week",
        "2026-06-01",
        "2026-06-01..",
        "..2026-06-01",
        "2026-06-01...2026-06-02",
        "2026-06-31..2026-07-01",
        "2026-06-01..2026-06-02..2026-06-03",
    ] {
        assert_eq!(Earlier::parse(text), None, "{text}");
    }
}

/// Zones with changes of an hour, of half an hour, at midnight, and none.
const ZONES: [&str; 6] = [
    "UTC",
    "Asia/Ho_Chi_Minh",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Chatham",
];

fn dates() -> impl Strategy<Value = (NaiveDate, NaiveDate)> {
    let epoch = NaiveDate::from_ymd_opt(1990, 1, 1).expect("a date");
    (0..20_000_u64, 0..800_u64).prop_map(move |(start, length)| {
        let first = epoch + Days::new(start);
        (first, first + Days::new(length))
    })
}

fn compared(with: Earlier, zone: Zone, (first, last): (NaiveDate, NaiveDate)) -> Window {
    let (from, to) = (GivenInstant::Date(first), GivenInstant::Date(last));
    let comparing = Comparing {
        with,
        until_now: false,
    };
    let asked = window(zone, from, to);
    let (from, to) = comparing
        .ends((Some(from), Some(to)), &asked, asked.from)
        .expect("after the year 1");
    window(zone, from, to)
}

proptest! {
    /// In every zone, days before end where the window begins, and are as many.
    #[test]
    fn a_period_before_adjoins_the_window(zone_at in 0..ZONES.len(), days in dates()) {
        let zone = zone(ZONES[zone_at]);
        let before = compared(Earlier::Period, zone, days);
        prop_assert_eq!(before.to, window(zone, GivenInstant::Date(days.0), GivenInstant::Date(days.1)).from);
        if whole_months(days.0, days.1).is_none() {
            let first = zone.local(before.from).date();
            prop_assert_eq!(days.0 - first, days.1 - days.0 + TimeDelta::days(1));
        }
    }

    /// Whole months are compared with as many, by any month.
    #[test]
    fn whole_months_are_compared_with_whole_months(start in 0..600_u32, count in 1..30_u32, by in 0..3_usize) {
        let first = NaiveDate::from_ymd_opt(1990, 1, 1).expect("a date") + Months::new(start);
        let last = (first + Months::new(count)).pred_opt().expect("a date");
        let with = [Earlier::Period, Earlier::Month, Earlier::Year][by];
        let (earlier_first, earlier_last) = with.days(first, last).expect("after the year 1");
        prop_assert_eq!(whole_months(earlier_first, earlier_last), Some(count));
        prop_assert!(earlier_last < last && earlier_first < first);
    }

    /// A moved window is in order, before the window's end, and on the same local time.
    #[test]
    fn a_moved_window_is_in_order(
        zone_at in 0..ZONES.len(), start in 631_152_000_i64..2_200_000_000, length in 0..90 * 86_400_i64, by in 0..4_usize
    ) {
        let zone = zone(ZONES[zone_at]);
        let at = |second| DateTime::from_timestamp(second, 0).expect("an instant");
        let asked = Window { from: at(start), to: at(start + length), zone };
        let with = [Earlier::Period, Earlier::Week, Earlier::Month, Earlier::Year][by];
        let whole = Comparing { with, until_now: false };
        let (from, to) = whole.ends((None, None), &asked, asked.from).expect("after the year 1");
        let before = window(zone, from, to);
        prop_assert!(before.from <= before.to && before.to <= asked.to);
        if with == Earlier::Period {
            prop_assert_eq!(before.to - before.from, asked.to - asked.from);
        }
        let now = asked.from + (asked.to - asked.from) / 3;
        let (from, to) = Comparing { with, until_now: true }.ends((None, None), &asked, now).expect("after the year 1");
        let cut = window(zone, from, to);
        prop_assert!(cut.from == before.from && cut.to <= before.to && cut.from <= cut.to);
    }
}
