//! Records of VICIdial: rows of its logs and of its call export, as legs.
//!
//! A file begins with the names of its columns, which tell the table: `vicidial_log`, `vicidial_agent_log`,
//! `vicidial_carrier_log`, or the call export report. Epochs count before local stamps.

mod leg;
mod table;
mod value;

use std::io::Read;

use self::table::Header;
use super::leg::Record;
use super::lines::Lines;
use crate::time::Zone;

/// Fault of a file without a header. Nothing of it is read: a row alone does not tell what its cells are.
const NO_HEADER: &str = "The first line must name the columns of vicidial_log, vicidial_agent_log, vicidial_carrier_log or the \
                         call export report.";

/// Reads rows, with the number of their line.
pub fn rows<R: Read>(input: R, zone: Zone) -> impl Iterator<Item = (u64, Record)> + use<R> {
    Rows {
        lines: Lines::new(input),
        zone,
        header: None,
        is_over: false,
    }
}

struct Rows<R> {
    lines: Lines<R>,
    zone: Zone,
    header: Option<Header>,
    is_over: bool,
}

impl<R: Read> Iterator for Rows<R> {
    type Item = (u64, Record);

    fn next(&mut self) -> Option<(u64, Record)> {
        while !self.is_over {
            let (number, line) = self.lines.next()?;
            let line = match line {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => line,
                Err(reason) => return Some((number, Record::Unreadable(reason))),
            };
            // Files that were put behind each other have a header each.
            if let Some(header) = Header::of(&line) {
                self.header = Some(header);
                continue;
            }
            let Some(header) = &self.header else {
                self.is_over = true;
                return Some((number, Record::Unreadable(NO_HEADER.to_owned())));
            };
            let read = header.fields(&line);
            let read = read.and_then(|fields| leg::record(header.table, fields, self.zone));
            return Some((number, read.unwrap_or_else(Record::Unreadable)));
        }
        None
    }
}
