//! Rows of call records: `cdr_csv`, `cdr_custom`, and exports of the table, as a stream.

use std::collections::VecDeque;
use std::io::Read;

use super::Options;
use super::columns::{self, Fields, header};
use super::row::{self, Order};
use super::split::{delimiter_of, split};
use super::stamp::DateOrder;
use crate::dialers::leg::Record;
use crate::dialers::lines::Lines;

/// Lines that a row may span, and their size: quoted texts may hold line ends, and a damaged quote must not swallow the rest.
const MAX_SPAN: usize = 8;
const MAX_SPAN_BYTES: usize = 16 << 10;
/// Rows that wait for one that proves the order of day and month, and their size.
const MAX_WAITING: usize = 1_000;
const MAX_WAITING_BYTES: usize = 4 << 20;

/// Reads rows, with the number of their first line.
pub fn rows<R: Read>(input: R, options: &Options) -> impl Iterator<Item = (u64, Record)> + use<R> {
    Rows {
        lines: Lines::new(input),
        options: options.clone(),
        delimiter: None,
        names: options.columns.clone(),
        proved: options.dates,
        waiting: Vec::new(),
        waiting_bytes: 0,
        ready: VecDeque::new(),
    }
}

struct Rows<R> {
    lines: Lines<R>,
    options: Options,
    /// Known from the first line on.
    delimiter: Option<char>,
    names: Option<Vec<String>>,
    proved: Option<DateOrder>,
    waiting: Vec<(u64, Fields)>,
    waiting_bytes: usize,
    ready: VecDeque<(u64, Record)>,
}

impl<R: Read> Iterator for Rows<R> {
    type Item = (u64, Record);

    fn next(&mut self) -> Option<(u64, Record)> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(record);
            }
            let Some((number, line)) = self.lines.next() else {
                self.settle();
                return self.ready.pop_front();
            };
            let fields = match line {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => self.fields(number, line),
                Err(reason) => Err(reason),
            };
            match fields {
                Ok(None) => {}
                Ok(Some(fields)) => self.take(number, fields),
                Err(reason) => return Some((number, Record::Unreadable(reason))),
            }
        }
    }
}

impl<R: Read> Rows<R> {
    /// Fields of the row that begins in a line. None for a header.
    fn fields(&mut self, number: u64, line: String) -> Result<Option<Fields>, String> {
        let delimiter = *self.delimiter.get_or_insert_with(|| delimiter_of(&line));
        let cells = split(&line, delimiter).ok_or("The row has more than 5000 columns.")?;
        if cells.is_open {
            return self.spanning(number, line, delimiter).map(Some);
        }
        let cells = cells.cells;
        if let Some(names) = cells.first().and_then(|_| header(&cells)) {
            // Names that were given stand.
            self.names = self.options.columns.clone().or(Some(names));
            return Ok(None);
        }
        self.named(cells).map(Some)
    }

    fn named(&self, cells: Vec<String>) -> Result<Fields, String> {
        match &self.names {
            Some(names) => columns::named(names, cells),
            None => columns::unnamed(cells),
        }
    }

    /// A row whose quoted text goes on in the next lines. If none of them closes it, they are read by themselves.
    fn spanning(
        &mut self,
        number: u64,
        mut text: String,
        delimiter: char,
    ) -> Result<Fields, String> {
        let mut taken = Vec::new();
        while taken.len() < MAX_SPAN && text.len() < MAX_SPAN_BYTES {
            let Some((next, Ok(line))) = self.lines.next() else {
                break;
            };
            let is_row = self.closed(&line, delimiter).is_some();
            text.push('\n');
            text.push_str(&line);
            taken.push((next, line));
            if is_row {
                break;
            }
            if let Some(fields) = self.closed(&text, delimiter) {
                return Ok(fields);
            }
        }
        self.lines.put_back(taken);
        Err(format!("A quote in line {number} is not closed."))
    }

    /// A text that is a row by itself.
    fn closed(&self, text: &str, delimiter: char) -> Option<Fields> {
        let cells = split(text, delimiter).filter(|cells| !cells.is_open)?;
        let fields = self.named(cells.cells).ok()?;
        fields.contains_key("disposition").then_some(fields)
    }

    /// Makes a record, unless the order of its dates has to be proved by a later row.
    fn take(&mut self, number: u64, fields: Fields) {
        let zone = self.options.zone;
        let order = match (self.options.dates, row::order_of(&fields, zone)) {
            (Some(given), _) => Some(given),
            (None, Order::Proves(order)) => {
                self.proved = Some(order);
                self.settle();
                Some(order)
            }
            (None, Order::Certain) => None,
            (None, Order::Unproved)
                if self.proved.is_none() && self.waiting.len() < MAX_WAITING =>
            {
                return self.wait(number, fields);
            }
            (None, Order::Unproved) => self.proved,
        };
        self.ready
            .push_back((number, row::record(fields, zone, order)));
    }

    fn wait(&mut self, number: u64, fields: Fields) {
        self.waiting_bytes += fields
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>();
        self.waiting.push((number, fields));
        if self.waiting.len() == MAX_WAITING || self.waiting_bytes > MAX_WAITING_BYTES {
            self.settle();
        }
    }

    /// Reads the rows that waited, with the order that was proved, or none.
    fn settle(&mut self) {
        self.waiting_bytes = 0;
        for (number, fields) in std::mem::take(&mut self.waiting) {
            let record = row::record(fields, self.options.zone, self.proved);
            self.ready.push_back((number, record));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Zone;

    fn read(text: &str, options: &Options) -> Vec<(u64, Result<String, String>)> {
        let shown = |record| match record {
            Record::Leg(leg) => Ok(format!(
                "{} {}",
                leg.to.unwrap_or_default(),
                leg.started_at.unwrap().format("%F %H:%M")
            )),
            Record::Unreadable(reason) => Err(reason),
            Record::NoCall(reason) => Err(reason.to_owned()),
        };
        rows(text.as_bytes(), options)
            .map(|(number, record)| (number, shown(record)))
            .collect()
    }

    fn utc() -> Options {
        Options::new(Zone::UTC)
    }

    #[test]
    fn a_later_row_proves_the_order_of_earlier_dates() {
        let text = "calldate,dst,disposition\n1/9/2017 10:00,1,BUSY\n2/9/2017 10:00,2,BUSY\n13/9/2017 10:00,3,BUSY\n";
        let days: Vec<_> = read(text, &utc())
            .into_iter()
            .map(|(_, row)| row.unwrap())
            .collect();
        assert_eq!(
            days,
            [
                "1 2017-09-01 10:00",
                "2 2017-09-02 10:00",
                "3 2017-09-13 10:00"
            ]
        );
        let unproved = "calldate,dst,disposition\n1/9/2017 10:00,1,BUSY\n";
        let reason = read(unproved, &utc())[0].1.clone().unwrap_err();
        assert!(reason.contains("date_format"), "{reason}");
        let options = Options {
            dates: Some(DateOrder::MonthFirst),
            ..utc()
        };
        assert_eq!(
            read(unproved, &options),
            [(2, Ok("1 2017-01-09 10:00".to_owned()))]
        );
        assert!(read(text, &options)[2].1.is_err(), "the 13th month");
    }

    #[test]
    fn rows_that_nothing_proves_are_not_gathered_without_end() {
        let row = "1/9/2017 10:00,1,BUSY\n";
        let mut rows = rows(
            "calldate,dst,disposition\n"
                .as_bytes()
                .chain(Endless { row, at: 0 }),
            &utc(),
        );
        assert!(matches!(rows.next(), Some((2, Record::Unreadable(_)))));
        assert_eq!(rows.nth(5_000).map(|(number, _)| number), Some(5_003));
    }

    struct Endless {
        row: &'static str,
        at: usize,
    }

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let bytes = self.row.as_bytes();
            for byte in &mut *into {
                *byte = bytes[self.at % bytes.len()];
                self.at += 1;
            }
            Ok(into.len())
        }
    }

    #[test]
    fn a_quoted_text_may_hold_line_ends_and_a_damaged_one_loses_its_own_line() {
        let text = "calldate,dst,userfield,disposition\n\
                    2026-06-01 10:00:00,1,\"a\nb\",BUSY\n\
                    2026-06-01 10:01:00,2,\"broken,BUSY\n\
                    2026-06-01 10:02:00,3,\"c\",BUSY\n";
        let rows = read(text, &utc());
        assert_eq!(rows[0], (2, Ok("1 2026-06-01 10:00".to_owned())));
        assert_eq!(
            rows[1],
            (4, Err("A quote in line 4 is not closed.".to_owned()))
        );
        assert_eq!(rows[2], (5, Ok("3 2026-06-01 10:02".to_owned())));
    }

    #[test]
    fn columns_may_be_named_and_then_a_header_is_no_row() {
        let columns = Some(super::super::parse_columns("dst,start,disposition").unwrap());
        let options = Options { columns, ..utc() };
        let text = "dst,start,disposition\n1,2026-06-01 10:00:00,BUSY\n2,2026-06-01 10:00:00\n";
        let rows = read(text, &options);
        assert_eq!(rows[0].1, Ok("1 2026-06-01 10:00".to_owned()));
        assert_eq!(
            rows[1].1,
            Err("The row has 2 columns, and 3 were named.".to_owned())
        );
    }

    #[test]
    fn semicolons_and_tabs_separate_as_well() {
        for delimiter in [";", "\t"] {
            let text =
                "calldate,dst,disposition\n2026-06-01 10:00:00,1,BUSY\n".replace(',', delimiter);
            assert_eq!(
                read(&text, &utc()),
                [(2, Ok("1 2026-06-01 10:00".to_owned()))]
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..4000)) {
            let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count();
            prop_assert!(rows(bytes.as_slice(), &utc()).count() <= lines);
        }
    }
}
