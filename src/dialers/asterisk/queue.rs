//! Events of queues: lines of `queue_log`, exports of its table with a header, and rows of a dump of it.
//!
//! They tell the agent of a call and the one who gave up, and belong to the call of the channel that waits.

mod event;

use std::io::Read;

pub use event::Event;
use event::NAMES;

use super::Options;
use super::columns::{self, Fields, name_of, put};
use super::dump;
use super::split::{delimiter_of, split};
use super::stamp::Stamp;
use crate::dialers::leg::Record;
use crate::dialers::lines::Lines;
use crate::time::Zone;

/// Reads events, with the number of their line.
pub fn queue_log<R: Read>(
    input: R,
    options: &Options,
) -> impl Iterator<Item = (u64, Record)> + use<R> {
    let (mut table, zone) = (None, options.zone);
    Lines::new(input).flat_map(move |(number, line)| {
        let records = match line {
            Ok(line) if line.trim().is_empty() => Vec::new(),
            Ok(line) => records(&line, &mut table, zone),
            Err(reason) => vec![Record::Unreadable(reason)],
        };
        records.into_iter().map(move |record| (number, record))
    })
}

/// Delimiter and names of the columns of a table.
type Table = Option<(char, Vec<String>)>;

fn records(line: &str, table: &mut Table, zone: Zone) -> Vec<Record> {
    if let Some(rows) = dump::rows(line) {
        return rows
            .into_iter()
            .map(|values| of_dump(values, zone))
            .collect();
    }
    let start = line.split([',', ';', '\t']).next().unwrap_or(line);
    if line.contains('|') && start.contains('|') {
        return vec![of_line(line, zone)];
    }
    let delimiter = table
        .as_ref()
        .map_or_else(|| delimiter_of(line), |(delimiter, _)| *delimiter);
    let cells = split(line, delimiter).filter(|cells| !cells.is_open);
    let fields = match (cells, &*table) {
        (Some(cells), _) if is_header(&cells.cells) => {
            let names = cells.cells.iter().map(|cell| name_of(cell)).collect();
            *table = Some((delimiter, names));
            return Vec::new();
        }
        (Some(cells), Some((_, names))) => columns::named(names, cells.cells),
        (None, Some(_)) => Err("A quote of the line is not closed.".to_owned()),
        (_, None) if dump::is_statement(line) => {
            return vec![Record::NoCall("a statement of a dump")];
        }
        (_, None) => Err(
            "A line of a queue log is time|callid|queue|agent|event and up to five data."
                .to_owned(),
        ),
    };
    vec![fields.map_or_else(Record::Unreadable, |fields| Event::of(fields).record(zone))]
}

/// True for the names of a table of queue events.
pub fn is_header(cells: &[String]) -> bool {
    let has = |name: &str| {
        cells
            .iter()
            .any(|cell| cell.trim().eq_ignore_ascii_case(name))
    };
    has("callid") && has("event")
}

fn of_line(line: &str, zone: Zone) -> Record {
    let parts: Vec<&str> = line.splitn(64, '|').collect();
    if parts.len() < 5 {
        return Record::Unreadable(
            "A line of a queue log is time|callid|queue|agent|event and up to five data."
                .to_owned(),
        );
    }
    of_parts(&parts, zone)
}

/// The row of a dump has the parts in their order, with a number before them and a blank datum between, or without.
fn of_dump(values: Vec<String>, zone: Zone) -> Record {
    let is_event =
        |value: &String| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_uppercase());
    let event = (4..=5).find(|place| {
        values.get(*place).is_some_and(is_event) && is_time(&values[place - 4], zone)
    });
    let Some(event) = event else {
        return Record::Unreadable(
            "A row of a dump of queue_log has time, callid, queuename, agent and event.".to_owned(),
        );
    };
    let mut parts: Vec<&str> = values[event - 4..].iter().map(String::as_str).collect();
    if values.len() == event + 7 {
        // `data` comes before `data1`.
        parts.remove(5);
    }
    of_parts(&parts, zone)
}

fn of_parts(parts: &[&str], zone: Zone) -> Record {
    let mut fields = Fields::new();
    for (place, part) in parts.iter().enumerate() {
        match NAMES.get(place) {
            Some(name) => put(&mut fields, name, part),
            None => put(&mut fields, &format!("data{}", place - 4), part),
        }
    }
    Event::of(fields).record(zone)
}

fn is_time(text: &str, zone: Zone) -> bool {
    Stamp::parse(text, zone).is_some()
}

#[cfg(test)]
mod tests;
