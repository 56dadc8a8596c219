//! Legs from the files of mod_cdr_csv: 15 columns of the template "example", without a header.
//!
//! Lines are read one by one, for the switch writes one a call and escapes nothing: a quote that never closes must not
//! swallow the rest. A file that a spreadsheet saved again has neither quotes nor seconds (`2020/2/10 22:41`); there the end
//! is the start and the duration. The leg that a row's `bleg_uuid` names is of the same call.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::part::Channel;
use super::party;
use crate::dialers::leg::{Ending, Leg, Record, Vocabulary, call_id};
use crate::time::Zone;
use crate::time::window::instant_of;

/// Columns of the template, by the variables in it.
const COLUMNS: [&str; 15] = [
    "caller_id_name",
    "caller_id_number",
    "destination_number",
    "context",
    "start_stamp",
    "answer_stamp",
    "end_stamp",
    "duration",
    "billsec",
    "hangup_cause",
    "uuid",
    "bleg_uuid",
    "accountcode",
    "read_codec",
    "write_codec",
];

/// Cells of a line that are kept. Templates of others' may have more columns than 15.
const MAX_CELLS: usize = 100;

/// Longest line in bytes.
const MAX_LINE: usize = 64 << 10;

/// The name of the caller on a leg that the switch made by itself. Caller and called are swapped on it.
const ORIGINATED: &str = "Outbound Call";

/// Reads a file whose stamps are local to `zone`. Rows come with the number of their line.
pub fn rows(input: impl Read, zone: Zone) -> impl Iterator<Item = (u64, Record)> {
    let mut input = BufReader::new(input);
    let mut number = 0;
    let mut is_over = false;
    std::iter::from_fn(move || {
        while !is_over {
            number += 1;
            let line = match next_line(&mut input) {
                Ok(None) => return None,
                Ok(Some(line)) => line,
                Err(error) => {
                    is_over = true;
                    return Some((
                        number,
                        Record::Unreadable(format!("The file cannot be read: {error}.")),
                    ));
                }
            };
            if line
                .iter()
                .any(|byte| !byte.is_ascii_whitespace() && *byte != 0)
            {
                return Some((number, record(&line, zone)));
            }
        }
        None
    })
}

/// The next line without its end, cut after [`MAX_LINE`] and a byte.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut is_first = true;
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        if buffer.is_empty() {
            return Ok((!is_first).then_some(line));
        }
        is_first = false;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        line.extend_from_slice(&part[..part.len().min(MAX_LINE + 1 - line.len())]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

fn record(line: &[u8], zone: Zone) -> Record {
    if line.len() > MAX_LINE {
        return Record::Unreadable("The line is longer than 64 KiB.".into());
    }
    let text = String::from_utf8_lossy(line).replace('\0', "");
    let text = text.trim_start_matches('\u{feff}').trim_end_matches('\r');
    // Spreadsheets of some countries separate by semicolon.
    let others = || {
        [b';', b'\t']
            .into_iter()
            .map(|delimiter| cells(text, delimiter))
    };
    let is_whole = |cells: &Vec<String>| cells.len() >= COLUMNS.len();
    let commas = cells(text, b',');
    let cells = if is_whole(&commas) {
        commas
    } else {
        others().find(is_whole).unwrap_or(commas)
    };
    if cells.len() < COLUMNS.len() {
        let sentence = "columns; mod_cdr_csv writes 15 with its template \"example\".";
        return Record::Unreadable(format!("The line has {} {sentence}", cells.len()));
    }
    let row = Row(&cells);
    if row.get("uuid") == Some("uuid") {
        return Record::NoCall("header of a file");
    }
    leg(&row, zone).unwrap_or_else(Record::Unreadable)
}

fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(1 << 10)
        .from_reader(line.as_bytes());
    let mut row = ::csv::StringRecord::new();
    let is_read = reader.read_record(&mut row).unwrap_or(false);
    row.iter().filter(|_| is_read).map(str::to_owned).collect()
}

/// Cells of a line, at least as many as there are columns.
struct Row<'a>(&'a [String]);

impl Row<'_> {
    fn get(&self, column: &str) -> Option<&str> {
        let place = COLUMNS.iter().position(|name| *name == column)?;
        let cell = self.0.get(place)?.trim();
        (!cell.is_empty()).then_some(cell)
    }

    fn seconds(&self, column: &str) -> i64 {
        let seconds = self.get(column).and_then(|seconds| seconds.parse().ok());
        seconds.unwrap_or(0_i64).clamp(0, i64::from(i32::MAX))
    }

    /// An instant, and whether its second was written. The error is a sentence.
    fn instant(&self, column: &str, zone: Zone) -> Result<Option<(DateTime<Utc>, bool)>, String> {
        let Some(stamp) = self.get(column) else {
            return Ok(None);
        };
        let read = |format| NaiveDateTime::parse_from_str(stamp, format).ok();
        let local = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S"]
            .into_iter()
            .find_map(read);
        let minute = || {
            ["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"]
                .into_iter()
                .find_map(read)
        };
        let is_exact = local.is_some();
        let local = local.or_else(minute).filter(is_sane);
        let local = local.ok_or_else(|| {
            format!("`{column}` must be a date and time, such as `2026-01-31 08:30:00`.")
        })?;
        Ok(Some((instant_of(local, zone), is_exact)))
    }
}

/// True for the years 1970 to 9999.
fn is_sane(local: &NaiveDateTime) -> bool {
    (0..253_402_300_800).contains(&local.and_utc().timestamp())
}

fn leg(row: &Row<'_>, zone: Zone) -> Result<Record, String> {
    let uuid = row.get("uuid").ok_or("The line has no `uuid`.")?;
    let (started_at, is_exact) = row
        .instant("start_stamp", zone)?
        .ok_or("The line has no `start_stamp`.")?;
    let is_originated = row.get("caller_id_name") == Some(ORIGINATED);
    let channel = Channel {
        cause: row.get("hangup_cause"),
        is_agent: false,
        is_loopback: false,
        is_outbound: is_originated,
    };
    let mut family = vec![call_id(uuid)];
    family.extend(row.get("bleg_uuid").map(call_id));
    family.dedup();
    if channel.is_lost() && family.len() == 1 {
        return Ok(Record::NoCall("leg that lost to another"));
    }
    let (duration, billsec) = (row.seconds("duration"), row.seconds("billsec"));
    let mut ended_at = row.instant("end_stamp", zone)?.map(|(at, _)| at);
    let mut answered_at = row.instant("answer_stamp", zone)?.map(|(at, _)| at);
    if !is_exact {
        ended_at = ended_at.map(|_| started_at + TimeDelta::seconds(duration));
        answered_at =
            answered_at.map(|_| started_at + TimeDelta::seconds((duration - billsec).max(0)));
    }
    let (from, to) = if is_originated {
        (None, called(row))
    } else {
        (row.get("caller_id_number"), row.get("destination_number"))
    };
    let billed = answered_at.map_or(0, |_| billsec);
    Ok(Record::Leg(Box::new(Leg {
        key: call_id(uuid),
        call: call_id(uuid),
        family,
        part: channel.part(),
        started_at: Some(started_at),
        answered_at,
        ended_at,
        billsec: i32::try_from(billed).unwrap_or(i32::MAX),
        ending: ended_at.map(|_| Ending {
            vocabulary: Vocabulary::Cause,
            name: channel.cause.unwrap_or("NONE").to_owned(),
        }),
        from: party::caller(from),
        to: party::named(to),
        keys: None,
        agent: None,
        wrap_sec: None,
        provider: None,
        abandoned: false,
        fields: fields(row),
    })))
}

/// The called party of a leg that the switch made: the longer number, for an application (`&`) or the extension of an
/// announcement may stand in its place.
fn called<'a>(row: &'a Row<'_>) -> Option<&'a str> {
    let digits = |number: &&str| number.bytes().filter(u8::is_ascii_digit).count();
    let numbers = ["caller_id_number", "destination_number"];
    let called = numbers.into_iter().filter_map(|column| row.get(column));
    called.max_by_key(digits)
}

fn fields(row: &Row<'_>) -> BTreeMap<String, String> {
    let name = |place: usize| match COLUMNS.get(place) {
        Some(name) => (*name).to_owned(),
        None => format!("column_{}", place + 1),
    };
    let cells = row.0.iter().enumerate().take(MAX_CELLS);
    cells
        .map(|(place, cell)| (name(place), cell.clone()))
        .collect()
}
