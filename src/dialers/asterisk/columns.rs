//! Columns of rows: the standard layouts, headers, and the one word for each name.

use std::collections::BTreeMap;

use super::stamp::{instant_of_id, is_stamp};

/// Everything that a record says, by name.
pub type Fields = BTreeMap<String, String>;

/// Columns that `cdr_csv` always writes.
const CSV: [&str; 16] = [
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
];
/// Columns that it writes last, with `newcdrcolumns`.
const CSV_NEW: [&str; 3] = ["peeraccount", "linkedid", "sequence"];
/// The sample configuration of `cdr_custom`.
const CUSTOM: [&str; 19] = [
    "clid",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "accountcode",
    "uniqueid",
    "userfield",
    "sequence",
];
/// The table `cdr`, and what FreePBX and Issabel add to it.
const TABLE: [&str; 16] = [
    "calldate",
    "clid",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "accountcode",
    "uniqueid",
    "userfield",
];
const TABLE_MORE: [&str; 5] = ["cnum", "cnam", "outbound_cnum", "outbound_cnam", "dst_cnam"];
const TABLE_LAST: [&str; 3] = ["linkedid", "peeraccount", "sequence"];

/// Other words for the same columns: those of manager events and of reports.
const ALIASES: [(&str, &str); 11] = [
    ("source", "src"),
    ("destination", "dst"),
    ("destinationcontext", "dcontext"),
    ("callerid", "clid"),
    ("destinationchannel", "dstchannel"),
    ("lastapplication", "lastapp"),
    ("starttime", "start"),
    ("answertime", "answer"),
    ("endtime", "end"),
    ("billableseconds", "billsec"),
    ("accountid", "accountcode"),
];

/// The word for a column, a key of an event or a member of JSON: that of Asterisk's documentation, else as it is written.
pub fn name_of(written: &str) -> String {
    let written = written.trim();
    let plain: String = written
        .chars()
        .filter(|letter| !" _".contains(*letter))
        .flat_map(char::to_lowercase)
        .collect();
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| *alias == plain)
        .map(|(_, name)| *name);
    let known = || standard().find(|name| *name == plain);
    alias.or_else(known).unwrap_or(written).to_owned()
}

fn standard() -> impl Iterator<Item = &'static str> {
    CSV.iter()
        .chain(&CSV_NEW)
        .chain(&["uniqueid", "userfield", "calldate"])
        .copied()
}

/// Names of a header, if the cells are one.
pub fn header(cells: &[String]) -> Option<Vec<String>> {
    let names: Vec<String> = cells.iter().map(|cell| name_of(cell)).collect();
    let known = names
        .iter()
        .filter(|name| standard().any(|known| known == name.as_str()))
        .count();
    (known >= 3 && !cells.iter().any(|cell| is_stamp(cell))).then_some(names)
}

/// Names given as `clid,src,dst,…`. They must tell a start and a disposition.
pub fn parse(text: &str) -> Result<Vec<String>, &'static str> {
    let names: Vec<String> = text.split(',').map(name_of).collect();
    let has = |any: &[&str]| names.iter().any(|name| any.contains(&name.as_str()));
    if !has(&["disposition"]) {
        return Err("must name the column `disposition`.");
    }
    if !has(&["start", "calldate"]) {
        return Err("must name the column `start` or `calldate`.");
    }
    Ok(names)
}

/// Fields of a row whose columns have names.
pub fn named(names: &[String], cells: Vec<String>) -> Result<Fields, String> {
    let extra = cells
        .iter()
        .skip(names.len())
        .any(|cell| !cell.trim().is_empty());
    if cells.len() < names.len() || extra {
        return Err(format!(
            "The row has {} columns, and {} were named.",
            cells.len(),
            names.len()
        ));
    }
    let mut fields = Fields::new();
    for (name, cell) in names.iter().zip(cells) {
        put(&mut fields, name, &cell);
    }
    Ok(fields)
}

/// Fields of a row without a header, by the places of its stamps.
pub fn unnamed(cells: Vec<String>) -> Result<Fields, String> {
    let is_stamp_at = |place: usize| cells.get(place).is_some_and(|cell| is_stamp(cell));
    let names: Vec<&str> = match cells.len() {
        14.. if is_stamp_at(0) => table(&cells),
        18.. if is_stamp_at(8) => CUSTOM.to_vec(),
        16.. if is_stamp_at(9) => csv(&cells),
        count => {
            return Err(format!(
                "A row of {count} columns without a header is none that Asterisk writes by default; \
                 name its columns with `columns`."
            ));
        }
    };
    let mut fields = Fields::new();
    for (place, cell) in cells.iter().enumerate() {
        match names.get(place) {
            Some(name) => put(&mut fields, name, cell),
            None => put(&mut fields, &format!("column{}", place + 1), cell),
        }
    }
    Ok(fields)
}

/// `loguniqueid`, `loguserfield` and `newcdrcolumns` each add columns.
fn csv(cells: &[String]) -> Vec<&'static str> {
    let is_id = |place: usize| {
        cells
            .get(place)
            .is_some_and(|cell| instant_of_id(cell).is_some())
    };
    let has_new = cells.len() >= 19;
    let before = cells.len() - if has_new { 3 } else { 0 };
    let more: &[&str] = match before {
        16 => &[],
        17 if is_id(16) => &["uniqueid"],
        17 => &["userfield"],
        _ => &["uniqueid", "userfield"],
    };
    let new: &[&str] = if has_new { &CSV_NEW } else { &[] };
    CSV.iter().chain(more).chain(new).copied().collect()
}

fn table(cells: &[String]) -> Vec<&'static str> {
    // FreePBX has had both orders.
    let is_file = cells.get(16).is_some_and(|cell| cell.contains('.'));
    let recorded = if is_file {
        ["recordingfile", "did"]
    } else {
        ["did", "recordingfile"]
    };
    let has_last = cells
        .get(23)
        .is_some_and(|cell| instant_of_id(cell).is_some());
    let last: &[&str] = if has_last { &TABLE_LAST } else { &[] };
    TABLE
        .iter()
        .chain(&recorded)
        .chain(&TABLE_MORE)
        .chain(last)
        .copied()
        .collect()
}

/// Adds a field that says something: `NULL` and blanks do not. What was said first stands.
pub fn put(fields: &mut Fields, name: &str, value: &str) {
    let value = value.trim();
    let is_null = matches!(value, "NULL" | "\\N") && name != "disposition";
    if name.is_empty() || value.is_empty() || is_null || fields.contains_key(name) {
        return;
    }
    let clean = |text: &str| text.replace('\0', "");
    fields.insert(clean(name), clean(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_stands_for_each_column() {
        for (written, name) in [
            ("Source", "src"),
            ("BillableSeconds", "billsec"),
            ("UniqueID", "uniqueid"),
            (" Linkedid ", "linkedid"),
            ("call_date", "calldate"),
            ("Recordingfile", "Recordingfile"),
            ("SequenceNumber", "SequenceNumber"),
        ] {
            assert_eq!(name_of(written), name);
        }
    }

    #[test]
    fn columns_must_tell_start_and_disposition() {
        assert_eq!(
            parse("start, disposition,x").unwrap(),
            ["start", "disposition", "x"]
        );
        assert_eq!(
            parse("start,src"),
            Err("must name the column `disposition`.")
        );
        assert_eq!(
            parse("disposition"),
            Err("must name the column `start` or `calldate`.")
        );
    }

    #[test]
    fn columns_of_cdr_csv_follow_its_settings() {
        let start = "2022-06-17 04:13:34";
        let row = |last: &[&str]| {
            let mut cells: Vec<String> = CSV.iter().map(|name| (*name).to_owned()).collect();
            cells[9] = start.to_owned();
            cells.extend(last.iter().map(|cell| (*cell).to_owned()));
            let fields = unnamed(cells).unwrap();
            let of = |name: &str| fields.get(name).cloned().unwrap_or_default();
            [
                "uniqueid",
                "userfield",
                "peeraccount",
                "linkedid",
                "sequence",
                "column22",
            ]
            .map(of)
            .join("|")
        };
        assert_eq!(row(&[]), "|||||");
        assert_eq!(row(&["1655439214.5"]), "1655439214.5|||||");
        assert_eq!(row(&["mine"]), "|mine||||");
        assert_eq!(row(&["1655439214.5", "mine"]), "1655439214.5|mine||||");
        assert_eq!(row(&["p", "1655439214.5", "7"]), "||p|1655439214.5|7|");
        assert_eq!(
            row(&["mine", "p", "1655439214.5", "7"]),
            "|mine|p|1655439214.5|7|"
        );
        assert_eq!(
            row(&["1655439214.5", "mine", "p", "1655439214.5", "7"]),
            "1655439214.5|mine|p|1655439214.5|7|"
        );
    }
}
