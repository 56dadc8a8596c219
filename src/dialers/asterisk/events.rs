//! Manager events: blocks of `Key: value`, of which `Cdr` is a call record.

use std::io::Read;

use super::Options;
use super::columns::{Fields, name_of, put};
use super::row::{self, Order};
use super::split::MAX_CELLS;
use super::value::shown;
use crate::dialers::leg::Record;
use crate::dialers::lines::{Lines, MAX_LINE, too_long};

/// Reads events, with the number of their first line.
pub fn events<R: Read>(
    input: R,
    options: &Options,
) -> impl Iterator<Item = (u64, Record)> + use<R> {
    Events {
        lines: Lines::new(input),
        options: options.clone(),
        next: None,
    }
}

struct Events<R> {
    lines: Lines<R>,
    options: Options,
    /// First line of a block that began without a blank line before it.
    next: Option<(u64, String)>,
}

/// A block while it is read.
struct Block {
    number: u64,
    kind: Option<String>,
    fields: Fields,
    lines: usize,
    bytes: usize,
    fault: Option<String>,
}

impl Block {
    const fn new(number: u64) -> Self {
        Self {
            number,
            kind: None,
            fields: Fields::new(),
            lines: 0,
            bytes: 0,
            fault: None,
        }
    }

    fn add(&mut self, line: &str) {
        self.lines += 1;
        self.bytes += line.len();
        if self.bytes > MAX_LINE {
            self.fault = Some(too_long());
        } else if self.lines > MAX_CELLS {
            self.fault = Some(format!("The event has more than {MAX_CELLS} lines."));
        }
        if self.fault.is_some() {
            return;
        }
        match line.split_once(':') {
            Some((key, value)) => {
                if key.eq_ignore_ascii_case("event") {
                    self.kind = Some(value.trim().to_owned());
                }
                put(&mut self.fields, &name_of(key), value);
            }
            None if line.starts_with("Asterisk Call Manager") => {}
            None => {
                self.fault = Some(format!(
                    "A line of the event has no colon: `{}`.",
                    shown(line)
                ))
            }
        }
    }

    fn record(self, options: &Options) -> Record {
        if let Some(fault) = self.fault {
            return Record::Unreadable(fault);
        }
        match self.kind {
            Some(kind) if kind.eq_ignore_ascii_case("cdr") => {
                let proved = match row::order_of(&self.fields, options.zone) {
                    Order::Proves(order) => Some(order),
                    Order::Certain | Order::Unproved => None,
                };
                row::record(self.fields, options.zone, options.dates.or(proved))
            }
            Some(_) => Record::NoCall("a manager event that is no call record"),
            None => Record::NoCall("an answer of the manager"),
        }
    }
}

impl<R: Read> Iterator for Events<R> {
    type Item = (u64, Record);

    fn next(&mut self) -> Option<(u64, Record)> {
        let mut block: Option<Block> = None;
        loop {
            let line = self
                .next
                .take()
                .map(|(number, line)| (number, Ok(line)))
                .or_else(|| self.lines.next());
            let Some((number, line)) = line else {
                break;
            };
            let line = match line {
                Ok(line) if line.trim().is_empty() && block.is_some() => break,
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => line,
                Err(fault) => {
                    block.get_or_insert(Block::new(number)).fault = Some(fault);
                    continue;
                }
            };
            let is_event = line
                .get(..6)
                .is_some_and(|key| key.eq_ignore_ascii_case("event:"));
            if is_event && block.is_some() {
                self.next = Some((number, line));
                break;
            }
            block.get_or_insert(Block::new(number)).add(&line);
        }
        block.map(|block| (block.number, block.record(&self.options)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Zone;

    fn read(bytes: &[u8]) -> Vec<(u64, Record)> {
        events(bytes, &Options::new(Zone::UTC)).collect()
    }

    const CDR: &str = "Event: Cdr\r\nPrivilege: cdr,all\r\nSource: 1001\r\nDestination: 0912345678\r\nDisposition: BUSY\r\n\
                       StartTime: 2026-06-01 10:00:00\r\nUniqueID: 1780300800.1\r\nCarrier: BS&S: one\r\n";

    #[test]
    fn blocks_end_with_a_blank_line_or_the_next_event() {
        for between in ["\r\n", "", "\r\n\r\n"] {
            let text = format!(
                "Asterisk Call Manager/5.0\r\n\r\n{CDR}{between}Event: Hangup\r\nUniqueid: 1\r\n\r\n{CDR}"
            );
            let records = read(text.as_bytes());
            assert_eq!(records.len(), 4, "{records:?}");
            assert_eq!(records[0].1, Record::NoCall("an answer of the manager"));
            assert_eq!(
                records[2].1,
                Record::NoCall("a manager event that is no call record")
            );
            let (Record::Leg(one), Record::Leg(other)) = (&records[1].1, &records[3].1) else {
                panic!("{records:?}");
            };
            assert_eq!(one, other);
            assert_eq!(
                (one.fields["Carrier"].as_str(), one.fields["dst"].as_str()),
                ("BS&S: one", "0912345678")
            );
        }
    }

    #[test]
    fn a_line_without_a_colon_makes_its_event_unreadable() {
        let records = read(format!("Event: Cdr\nbroken\n\n{CDR}").as_bytes());
        assert!(matches!(&records[0].1, Record::Unreadable(reason) if reason.contains("no colon")));
        assert!(matches!(&records[1], (4, Record::Leg(_))));
    }

    #[test]
    fn an_event_is_of_bounded_size() {
        let long = format!("Event: Cdr\n{}\n{CDR}", "Key: value\n".repeat(200_000));
        let records = read(long.as_bytes());
        assert!(matches!(&records[0].1, Record::Unreadable(_)));
        assert!(matches!(&records[1].1, Record::Leg(_)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            read(&bytes);
        }
    }
}
