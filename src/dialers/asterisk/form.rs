//! The form of a body: rows, events, JSON or a queue log.

use super::columns::name_of;
use super::dump;
use super::queue;
use super::split::{delimiter_of, split};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Rows of call records, by `cdr_csv`, `cdr_custom` or an export of the table.
    Rows,
    /// Events of the manager interface.
    Events,
    Json,
    QueueLog,
    /// Channel event logging, which is not read.
    Cel,
}

pub const NO_CEL: &str = "These are channel events (CEL). Send the call records of the same calls (CDR): \
                          they tell how each call ended.";

/// Types of channel events, as their rows begin.
const CEL_TYPES: [&str; 6] = [
    "CHAN_START",
    "CHAN_END",
    "HANGUP",
    "ANSWER",
    "APP_START",
    "LINKEDID_END",
];

/// The form of a body by its media type and its first bytes.
pub fn form_of(media: &str, start: &[u8]) -> Form {
    let plain: Vec<u8> = start.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&plain);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_json = media
        .split(';')
        .next()
        .is_some_and(|media| media.trim_end().to_ascii_lowercase().ends_with("json"));
    if is_json || text.starts_with(['{', '[']) {
        return Form::Json;
    }
    let mut lines = text
        .split(['\n', '\r'])
        .filter(|line| !line.trim().is_empty());
    // Dumps have statements before their rows.
    let first = lines
        .find(|line| !dump::is_statement(line) || line.contains("VALUES"))
        .unwrap_or(text);
    if is_event(first) {
        Form::Events
    } else if is_cel(first) {
        Form::Cel
    } else if is_queue_log(first) || text.contains("`queue_log`") {
        Form::QueueLog
    } else {
        Form::Rows
    }
}

fn is_event(line: &str) -> bool {
    let is_key =
        |key: &str| ["event", "response", "privilege"].contains(&key.to_ascii_lowercase().as_str());
    line.starts_with("Asterisk Call Manager")
        || line.split_once(':').is_some_and(|(key, _)| is_key(key))
}

fn is_cel(line: &str) -> bool {
    let cells: Vec<String> = line
        .split([',', '|', '\t', ';'])
        .map(|cell| cell.trim().trim_matches('"').to_owned())
        .collect();
    let has = |name: &str| {
        cells
            .iter()
            .any(|cell| name_of(cell).eq_ignore_ascii_case(name))
    };
    has("eventtype") && (has("eventtime") || has("uniqueid") || has("linkedid"))
        || cells
            .first()
            .is_some_and(|first| CEL_TYPES.contains(&first.as_str()))
}

fn is_queue_log(line: &str) -> bool {
    let mut parts = line.split('|');
    let time = parts.next().unwrap_or_default();
    let is_line = parts.count() >= 4 && !time.contains(',');
    let cells = || {
        split(line, delimiter_of(line))
            .map(|cells| cells.cells)
            .unwrap_or_default()
    };
    is_line
        || line.starts_with('(')
        || line.contains("INTO `queue_log`")
        || queue::is_header(&cells())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_found_by_media_type_or_first_bytes() {
        for (media, start, form) in [
            ("text/csv", "\"\",\"1001\",\"1002\"", Form::Rows),
            ("", "calldate,src,dst,disposition\n", Form::Rows),
            ("", "", Form::Rows),
            ("application/json; charset=utf-8", "", Form::Json),
            ("text/plain", "\u{feff} [{\"dst\":1}]", Form::Json),
            ("application/x-ndjson", "{}", Form::Json),
            ("", "\r\nEvent: Cdr\r\nSource: 1", Form::Events),
            ("", "Asterisk Call Manager/5.0\r\n", Form::Events),
            (
                "",
                "1664956954|NONE|NONE|NONE|CONFIGRELOAD|\n",
                Form::QueueLog,
            ),
            (
                "",
                "\0\0\x001664956954|NONE|NONE|NONE|CONFIGRELOAD|\n",
                Form::QueueLog,
            ),
            (
                "",
                "time,callid,queuename,agent,event,data1\n",
                Form::QueueLog,
            ),
            ("", "(34006, '2013-07-23 21:26:35', 'NONE'", Form::QueueLog),
            (
                "",
                "-- MySQL dump\n--\n\nINSERT INTO `queue_log` VALUES (1",
                Form::QueueLog,
            ),
            ("", "  eventtype  | eventtime | uniqueid\n", Form::Cel),
            ("", "\"CHAN_START\",\"1543540774.1\"", Form::Cel),
        ] {
            assert_eq!(form_of(media, start.as_bytes()), form, "{start}");
        }
    }
}
