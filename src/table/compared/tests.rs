//! Pairing of rows, and changes.

use super::*;
use crate::percent::PercentText;
use crate::table::{Id, Row, row};
use crate::time::zone::zone;
use crate::time::{Granularity, NamedWindow, Zone};

row! {
    /// An agent.
    pub struct Agent {
        /// Key.
        agent_id: Option<Id> => "Agent" as KEY,
        /// Part of the key.
        name: String => "Name" as KEY,
        /// A count.
        dials: i64 => "Dials" as calls(&[]),
        /// An average.
        avg_aht_sec: i64 => "AHT, s" as plain(Kind::Average),
        /// A percentage.
        rate: PercentText => "Rate, %" as plain(Kind::Ratio),
        /// No number.
        state: Option<String> => "State" as SETTING,
    }
}

row! {
    /// A bucket.
    pub struct Dials {
        /// Key.
        #[schema(value_type = String)]
        bucket: Bucket => "Time" as KEY,
        /// A count.
        dials: i64 => "Dials" as calls(&[]),
    }
}

fn agent(id: i64, dials: i64, aht: i64, rate: (i64, i64), state: &str) -> Agent {
    Agent {
        agent_id: Some(Id(id)),
        name: format!("A{id}"),
        dials,
        avg_aht_sec: aht,
        rate: PercentText::percent(rate.0, rate.1),
        state: Some(state.to_owned()),
    }
}

/// The header and the rows, cells separated by commas.
fn printed(table: &Table) -> Vec<String> {
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        Cell::Integer(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Bucket(bucket) => bucket.to_string(),
        _ => String::new(),
    };
    let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
    let rows = table
        .rows
        .iter()
        .map(|row| row.iter().map(cell).collect::<Vec<_>>().join(","));
    std::iter::once(names.join(",")).chain(rows).collect()
}

fn day(date: &str) -> Window {
    let now = format!("{date}T12:00:00Z").parse().expect(date);
    NamedWindow::Today.window(Zone::UTC, now)
}

#[test]
fn each_number_is_followed_by_its_value_before_and_its_change() {
    let now = [
        agent(2, 30, 50, (1, 3), "new"),
        agent(1, 10, 40, (1, 2), "new"),
        agent(4, 5, 9, (1, 1), "new"),
    ];
    let before = [
        agent(3, 8, 20, (1, 4), "old"),
        agent(1, 16, 0, (3, 4), "old"),
        agent(2, 0, 40, (0, 1), "old"),
    ];
    let windows = (&day("2026-06-02"), &day("2026-06-01"));
    let table = compared(
        Table::of("agents", &now),
        Table::of("agents", &before),
        windows,
    );
    assert_eq!(
        printed(&table),
        [
            "agent_id,name,dials,dials_previous,dials_change_pct,avg_aht_sec,avg_aht_sec_previous,\
             avg_aht_sec_change_pct,rate,rate_previous,rate_change_points,state",
            "2,A2,30,0,,50,40,25.00,33.33,0.00,33.33,new",
            "1,A1,10,16,-37.50,40,0,,50.00,75.00,-25.00,new",
            "4,A4,5,0,,9,,,100.00,,,new",
            "3,A3,0,8,-100.00,,20,,,25.00,,old",
        ]
    );
    let titles: Vec<&str> = table.columns.iter().map(|column| &*column.title).collect();
    assert_eq!(
        titles[2..5],
        ["Dials", "Dials (previous)", "Dials (change, %)"]
    );
    assert_eq!(titles[10], "Rate, % (change, points)");
}

#[test]
fn equal_keys_are_paired_in_order() {
    let rows = |counts: &[i64]| {
        let row = |count: &i64| Agent {
            agent_id: None,
            ..agent(1, *count, 0, (0, 1), "")
        };
        let rows: Vec<Agent> = counts.iter().map(row).collect();
        Table::of("agents", &rows)
    };
    let windows = (&day("2026-06-02"), &day("2026-06-01"));
    let table = compared(rows(&[3, 2]), rows(&[5, 4, 1]), windows);
    let pairs: Vec<(Cell, Cell)> = table
        .rows
        .iter()
        .map(|row| (row[2].clone(), row[3].clone()))
        .collect();
    let pair = |now, before| (Cell::Integer(now), Cell::Integer(before));
    assert_eq!(pairs, [pair(3, 5), pair(2, 4), pair(0, 1)]);
}

/// Labels and counts of series over two windows, of which only the given buckets have dials.
fn series(
    granularity: Granularity,
    windows: (&Window, &Window),
    now: &[&str],
    before: &[&str],
) -> Vec<String> {
    let rows = |labels: &[&str], count: i64| {
        let row = |label: &&str| {
            let local = format!("{label}T00:00:00")[..19]
                .parse()
                .expect("a local time");
            let bucket = Bucket {
                granularity,
                number: granularity.number(local),
            };
            Dials {
                bucket,
                dials: count,
            }
        };
        let rows: Vec<Dials> = labels.iter().map(row).collect();
        Table::of("series", &rows)
    };
    printed(&compared(rows(now, 2), rows(before, 1), windows))[1..].to_vec()
}

#[test]
fn buckets_are_paired_by_their_distance_from_the_start() {
    let month = |now: &str| NamedWindow::ThisMonth.window(Zone::UTC, now.parse().expect(now));
    let (march, february) = (month("2026-03-10T00:00:00Z"), month("2026-02-10T00:00:00Z"));
    assert_eq!(
        series(
            Granularity::Day,
            (&march, &february),
            &["2026-03-01", "2026-03-30"],
            &["2026-02-01", "2026-02-02"]
        ),
        [
            "2026-03-01,2,1,100.00",
            "2026-03-30,2,0,",
            "2026-03-02,0,1,-100.00"
        ]
    );
    assert_eq!(
        series(
            Granularity::Day,
            (&february, &march),
            &["2026-02-28"],
            &["2026-03-28", "2026-03-31"]
        ),
        ["2026-02-28,2,1,100.00", "2026-03-03,0,1,-100.00"]
    );
    assert_eq!(
        series(
            Granularity::Week,
            (&march, &february),
            &["2026-03-02"],
            &["2026-02-02"]
        ),
        ["2026-W10,2,1,100.00"],
        "the second week of each"
    );
}

#[test]
fn hours_are_paired_by_the_clock_over_changes() {
    let zone = |name: &str, from: &str, to: &str| {
        let today = |now: &str| NamedWindow::Today.window(zone(name), now.parse().expect(now));
        (today(from), today(to))
    };
    // On March 29 the clock goes from two to three; on November 4 from midnight to one.
    for (name, now, before, date, earlier) in [
        (
            "Europe/Berlin",
            "2026-03-29T12:00:00Z",
            "2026-03-22T12:00:00Z",
            "2026-03-29",
            "2026-03-22",
        ),
        (
            "Europe/Berlin",
            "2026-03-30T12:00:00Z",
            "2026-03-29T12:00:00Z",
            "2026-03-30",
            "2026-03-29",
        ),
        (
            "America/Sao_Paulo",
            "2018-11-04T12:00:00Z",
            "2018-11-03T12:00:00Z",
            "2018-11-04",
            "2018-11-03",
        ),
        (
            "America/Sao_Paulo",
            "2018-11-05T12:00:00Z",
            "2018-11-04T12:00:00Z",
            "2018-11-05",
            "2018-11-04",
        ),
    ] {
        let (window, other) = zone(name, now, before);
        let hour = |date: &str| format!("{date}T10:00:00");
        assert_eq!(
            series(
                Granularity::Hour,
                (&window, &other),
                &[&hour(date)],
                &[&hour(earlier)]
            ),
            [format!("{date} 10:00:00,2,1,100.00")],
            "{name} {date}"
        );
    }
}

#[test]
fn a_single_row_has_no_key_and_totals_no_chart() {
    row! {
        /// Totals.
        pub struct Totals {
            /// A count.
            dials: i64 => "Dials" as calls(&[]),
        }
    }
    let table = |dials| {
        let chart = Chart::Totals { values: &["dials"] };
        Table::of("totals", &[Totals { dials }]).with_chart(chart)
    };
    let table = compared(table(3), table(4), (&day("2026-06-02"), &day("2026-06-01")));
    assert_eq!(printed(&table)[1..], ["3,4,-25.00"]);
    assert!(table.chart.is_none());
    assert_eq!(Totals::COLUMNS.len(), 1);
}
