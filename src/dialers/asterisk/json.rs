//! JSON rows: an object, objects in a row or an array, and answers that wrap them (`{"cdr": […]}`).

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read};

use serde_json::Value;

use super::Options;
use super::columns::{Fields, name_of, put};
use super::queue::Event;
use super::row::{self, Order};
use super::split::MAX_CELLS;
use crate::dialers::leg::Record;
use crate::dialers::lines::{MAX_LINE, failed, too_long};

/// Reads objects, with the number of their first line.
pub fn json<R: Read>(input: R, options: &Options) -> impl Iterator<Item = (u64, Record)> + use<R> {
    let objects = Objects {
        stream: BufReader::with_capacity(64 << 10, input),
        line: 1,
        is_wrapped: false,
        is_blank: true,
        has_object: false,
        is_over: false,
    };
    let options = options.clone();
    objects.flat_map(move |(line, object)| {
        let records = match object {
            Ok(object) => records(&object, &options),
            Err(reason) => VecDeque::from([Record::Unreadable(reason)]),
        };
        records.into_iter().map(move |record| (line, record))
    })
}

/// An object of the stream, without those that only wrap arrays of objects.
#[derive(Debug)]
struct Object {
    text: Vec<u8>,
    is_wrapped: bool,
}

struct Objects<R> {
    stream: BufReader<R>,
    line: u64,
    /// An array of objects was seen, so that an object without a row may belong to what wraps it.
    is_wrapped: bool,
    /// Nothing was seen but brackets and blanks.
    is_blank: bool,
    has_object: bool,
    is_over: bool,
}

/// An object while it is read.
#[derive(Default)]
struct Scan {
    text: Vec<u8>,
    line: u64,
    depth: usize,
    is_text: bool,
    is_escaped: bool,
    is_long: bool,
    /// The last byte that is no blank.
    last: u8,
}

impl Scan {
    fn keep(&mut self, byte: u8) {
        if self.depth > 0 {
            self.is_long |= self.text.len() >= MAX_LINE;
            if !self.is_long {
                self.text.push(byte);
            }
        }
    }

    /// Takes a byte; true if it ends an object.
    fn take(&mut self, byte: u8, line: u64) -> bool {
        if self.is_text {
            self.keep(byte);
            self.is_text = self.is_escaped || byte != b'"';
            self.is_escaped = !self.is_escaped && byte == b'\\';
            return false;
        }
        match byte {
            b'"' => self.is_text = true,
            b'{' if self.depth == 0 || self.last == b'[' => {
                *self = Self {
                    line,
                    depth: 1,
                    ..Self::default()
                };
            }
            b'{' | b'[' if self.depth > 0 => self.depth += 1,
            _ => {}
        }
        self.keep(byte);
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
        let is_end = matches!(byte, b'}' | b']') && self.depth > 0;
        self.depth -= usize::from(is_end);
        is_end && self.depth == 0
    }
}

impl<R: Read> Iterator for Objects<R> {
    type Item = (u64, Result<Object, String>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut scan = Scan::default();
        while !self.is_over {
            let part = match self.stream.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_over = true;
                    return Some((self.line, Err(failed(&error))));
                }
            };
            let Some(&byte) = part.first() else {
                self.is_over = true;
                break;
            };
            self.stream.consume(1);
            self.line += u64::from(byte == b'\n');
            self.is_blank &= byte.is_ascii_whitespace() || b"[],".contains(&byte);
            self.is_wrapped |= scan.depth > 0 && scan.last == b'[' && byte == b'{' && !scan.is_text;
            if scan.take(byte, self.line) {
                self.has_object = true;
                let (text, is_wrapped) = (scan.text, self.is_wrapped);
                let object = if scan.is_long {
                    Err(too_long())
                } else {
                    Ok(Object { text, is_wrapped })
                };
                return Some((scan.line, object));
            }
        }
        if scan.depth > 0 {
            self.has_object = true;
            return Some((scan.line, Err("The JSON ends within an object.".to_owned())));
        }
        let is_nothing = !self.has_object && !self.is_blank;
        self.has_object = true;
        is_nothing.then(|| (1, Err("The JSON holds no object.".to_owned())))
    }
}

fn records(object: &Object, options: &Options) -> VecDeque<Record> {
    let text = String::from_utf8_lossy(&object.text);
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => {
            return VecDeque::from([Record::Unreadable(format!(
                "The object is no JSON: {error}."
            ))]);
        }
    };
    let mut found = VecDeque::new();
    find(&value, options, &mut found);
    if found.is_empty() {
        let is_answer = object.is_wrapped || has_array(&value);
        found.push_back(if is_answer {
            Record::NoCall("JSON beside the call records")
        } else {
            Record::Unreadable("The object has no `disposition`.".to_owned())
        });
    }
    found
}

/// Rows in a value: the objects with a disposition, and events of a queue.
fn find(value: &Value, options: &Options, found: &mut VecDeque<Record>) {
    match value {
        Value::Object(members) => {
            let has = |name: &str| members.keys().any(|key| name_of(key) == name);
            if has("disposition") {
                found.push_back(record(fields(members), options));
            } else if has("event") && has("callid") {
                found.push_back(Event::of(fields(members)).record(options.zone));
            } else {
                members
                    .values()
                    .for_each(|value| find(value, options, found));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| find(value, options, found)),
        _ => {}
    }
}

fn record(fields: Fields, options: &Options) -> Record {
    if fields.len() > MAX_CELLS {
        return Record::Unreadable(format!("The object has more than {MAX_CELLS} members."));
    }
    let proved = match row::order_of(&fields, options.zone) {
        Order::Proves(order) => Some(order),
        Order::Certain | Order::Unproved => None,
    };
    row::record(fields, options.zone, options.dates.or(proved))
}

fn fields(members: &serde_json::Map<String, Value>) -> Fields {
    let mut fields = Fields::new();
    for (key, value) in members {
        match value {
            Value::Null => {}
            Value::String(text) => put(&mut fields, &name_of(key), text),
            other => put(&mut fields, &name_of(key), &other.to_string()),
        }
    }
    fields
}

fn has_array(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.values().any(Value::is_array))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Zone;

    fn read(text: &[u8]) -> Vec<String> {
        let shown = |(line, record)| match record {
            Record::Leg(leg) => format!("{line} {}", leg.to.unwrap_or_default()),
            Record::NoCall(reason) => format!("{line} -{reason}"),
            Record::Unreadable(reason) => format!("{line} !{reason}"),
        };
        json(text, &Options::new(Zone::UTC)).map(shown).collect()
    }

    const ROW: &str = r#"{"dst":"1{2","start":"2026-06-01 10:00:00","disposition":"BUSY","billsec":0,"x":{"y":[1]},"z":null}"#;

    #[test]
    fn rows_are_found_in_whatever_wraps_them() {
        for text in [
            ROW.to_owned(),
            format!("[{ROW}]"),
            format!("{{\"cdr\":[{ROW}]}}"),
            format!("{{\"status\":0,\"response\":{{\"cdr_root\":[ {ROW} ]}}}}"),
            format!("{{\"main_cdr\":{ROW},\"cdr\":\"id\"}}"),
        ] {
            assert_eq!(read(text.as_bytes()), ["1 1{2"], "{text}");
        }
        let many = format!("{ROW}\n{ROW}\n[{ROW},\n{ROW}]");
        assert_eq!(read(many.as_bytes()), ["1 1{2", "2 1{2", "3 1{2", "4 1{2"]);
    }

    #[test]
    fn answers_without_rows_are_no_calls_and_anything_else_is_unreadable() {
        assert_eq!(read(b""), [""; 0]);
        assert_eq!(read(b" [ ]\n"), [""; 0]);
        assert_eq!(read(b"{\"cdr\":[]}"), ["1 -JSON beside the call records"]);
        assert_eq!(read(b"12"), ["1 !The JSON holds no object."]);
        assert_eq!(read(b"{\"a\":1}"), ["1 !The object has no `disposition`."]);
        assert_eq!(read(b"{\"a\":{\"b\"").len(), 1);
        let beside = format!("{{\"cdr\":[{ROW}],\"page\":{{\"n\":1}}}}");
        assert_eq!(
            read(beside.as_bytes()),
            ["1 1{2", "1 -JSON beside the call records"]
        );
        let broken = format!("[{{\"a\":nan}},{ROW}]");
        let records = read(broken.as_bytes());
        assert!(
            records[0].contains("is no JSON") && records[1] == "1 1{2",
            "{records:?}"
        );
    }

    #[test]
    fn an_object_is_of_bounded_size() {
        let long = format!("{{\"a\":\"{}\"}}\n{ROW}", "x".repeat(2 << 20));
        assert_eq!(
            read(long.as_bytes()),
            [format!("1 !{}", too_long()), "2 1{2".to_owned()]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            read(&bytes);
        }

        #[test]
        fn damaged_objects_are_read_without_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut text = format!("{{\"cdr\":[{ROW},{ROW}]}}").into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            read(&text);
        }
    }
}
