//! Files of mod_cdr_csv.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use callboard::dialers::freeswitch::rows;
use callboard::dialers::leg::{Leg, Part, Record};
use callboard::time::Zone;
use serde_json::json;

use super::{bytes, expected, leg, together};

fn zone(name: &str) -> Zone {
    Zone::named(name).expect(name)
}

fn legs(text: &[u8], zone: Zone) -> Vec<Leg> {
    rows(text, zone).map(|(_, record)| leg(record)).collect()
}

#[test]
fn every_file_says_what_a_program_apart_found_in_it() {
    let expected = expected();
    let files = expected["csv"].as_object().expect("an object");
    assert_eq!(files.len(), 5);
    for (name, wanted) in files {
        let legs = legs(&bytes(&format!("cdr-csv/{name}")), zone("Asia/Ho_Chi_Minh"));
        let mut causes: BTreeMap<String, usize> = BTreeMap::new();
        for leg in &legs {
            *causes
                .entry(leg.ending.clone().expect("an ending").name)
                .or_default() += 1;
        }
        let starts = legs.iter().filter_map(|leg| leg.started_at);
        let found = json!({
            "rows": legs.len(),
            "answered": legs.iter().filter(|leg| leg.answered_at.is_some()).count(),
            "billsec": legs.iter().map(|leg| leg.billsec).sum::<i32>(),
            "causes": causes,
            "keys": legs.iter().map(|leg| &leg.key).collect::<BTreeSet<_>>().len(),
            "calls": together(&legs).len(),
            "starts": starts.map(|start| start.timestamp()).sum::<i64>(),
            "dialed": legs.iter().filter(|leg| leg.part == Part::Dialed).count(),
        });
        assert_eq!(&found, wanted, "{name}");
    }
}

const ROW: &str = r#""An","842873000001","84900000001","default","2026-03-08 02:30:00","2026-03-08 02:30:12","2026-03-08 02:31:00","60","48","NORMAL_CLEARING","u1","","acme","PCMA","PCMA""#;

#[test]
fn stamps_are_local_to_the_zone() {
    let start = |zone_name: &str| {
        let legs = legs(ROW.as_bytes(), zone(zone_name));
        legs[0].started_at.expect("a start").to_rfc3339()
    };
    assert_eq!(start("UTC"), "2026-03-08T02:30:00+00:00");
    assert_eq!(start("Asia/Ho_Chi_Minh"), "2026-03-07T19:30:00+00:00");
    // A time that was skipped is the instant of the change.
    assert_eq!(start("America/New_York"), "2026-03-08T07:00:00+00:00");
}

#[test]
fn a_row_is_a_leg() {
    let leg = legs(ROW.as_bytes(), Zone::UTC).remove(0);
    assert_eq!(
        (leg.key.as_str(), leg.part, leg.billsec),
        ("u1", Part::Whole, 48)
    );
    assert_eq!(
        (leg.from.as_deref(), leg.to.as_deref()),
        (Some("842873000001"), Some("84900000001"))
    );
    assert_eq!(
        (leg.fields["accountcode"].as_str(), leg.fields.len()),
        ("acme", 15)
    );
    let nobody = legs(
        ROW.replace("842873000001", "0000000000").as_bytes(),
        Zone::UTC,
    )
    .remove(0);
    assert_eq!(nobody.from, None);
}

#[test]
fn a_leg_that_the_switch_made_has_its_parties_swapped() {
    for (caller, called) in [
        ("84900000001", "84900000001"),
        ("84900000001", "&"),
        ("84900000001", "5000"),
        ("5000", "84900000001"),
    ] {
        let row = ROW
            .replace("\"An\"", "\"Outbound Call\"")
            .replace("842873000001", "CALLER");
        let row = row.replace("84900000001", called).replace("CALLER", caller);
        let leg = legs(row.as_bytes(), Zone::UTC).remove(0);
        assert_eq!(
            (leg.part, leg.from.as_deref(), leg.to.as_deref()),
            (Part::Dialed, None, Some("84900000001"))
        );
    }
}

#[test]
fn a_file_that_a_spreadsheet_saved_keeps_its_seconds_by_the_duration() {
    let name = "cdr-csv/2020-02-resaved-by-spreadsheet-Master.csv";
    let leg = legs(&bytes(name), Zone::UTC).remove(0);
    let seconds = |from: Option<chrono::DateTime<chrono::Utc>>,
                   to: Option<chrono::DateTime<chrono::Utc>>| {
        to.zip(from).map(|(to, from)| (to - from).num_seconds())
    };
    assert_eq!(seconds(leg.started_at, leg.ended_at), Some(11));
    assert_eq!(seconds(leg.answered_at, leg.ended_at), Some(9));
    assert_eq!((leg.part, leg.to.as_deref()), (Part::Dialed, Some("1002")));
    // Semicolons, a mark of byte order, CR LF, and a header.
    let other = format!(
        "\u{feff}{}\r\n\r\n{}\r\n",
        HEADER.replace(',', ";"),
        ROW.replace(',', ";")
    );
    let records: Vec<(u64, Record)> = rows(other.as_bytes(), Zone::UTC).collect();
    assert_eq!(records[0], (1, Record::NoCall("header of a file")));
    assert_eq!((records.len(), records[1].0), (2, 3));
    assert_eq!(leg_of(&records[1].1).to.as_deref(), Some("84900000001"));
}

const HEADER: &str = "caller_id_name,caller_id_number,destination_number,context,start_stamp,answer_stamp,end_stamp,duration,billsec,hangup_cause,uuid,bleg_uuid,accountcode,read_codec,write_codec";

fn leg_of(record: &Record) -> Leg {
    leg(record.clone())
}

#[test]
fn a_line_that_cannot_be_read_is_told_and_the_next_is_read() {
    for (line, sentence) in [
        (
            "hello".to_owned(),
            "The line has 1 columns; mod_cdr_csv writes 15 with its template \"example\".",
        ),
        (
            ROW.replace("2026-03-08 02:30:00", "8/3/2026 2:30"),
            "`start_stamp` must be a date and time, such as `2026-01-31 08:30:00`.",
        ),
        (
            ROW.replace("2026-03-08 02:30:00", ""),
            "The line has no `start_stamp`.",
        ),
        (ROW.replace("\"u1\"", "\"\""), "The line has no `uuid`."),
        (
            ROW.replace("acme", &"x".repeat(70_000)),
            "The line is longer than 64 KiB.",
        ),
        (
            "\"never closed,".to_owned(),
            "The line has 1 columns; mod_cdr_csv writes 15 with its template \"example\".",
        ),
    ] {
        let text = format!("{line}\n{ROW}");
        let records: Vec<(u64, Record)> = rows(text.as_bytes(), Zone::UTC).collect();
        assert_eq!(records[0], (1, Record::Unreadable(sentence.into())));
        assert!(
            matches!(records[1], (2, Record::Leg(_))),
            "{:?}",
            records[1]
        );
    }
}

#[test]
fn a_name_with_quotes_and_bytes_that_are_no_text_is_read() {
    let row = ROW.replace("\"An\"", "\"An \"the boss\"\"");
    assert_eq!(
        legs(row.as_bytes(), Zone::UTC)[0].to.as_deref(),
        Some("84900000001")
    );
    let mut row = ROW.as_bytes().to_vec();
    row[1] = 0xff;
    assert_eq!(
        legs(&row, Zone::UTC)[0].fields["caller_id_name"],
        "\u{fffd}n"
    );
}

#[test]
fn an_error_of_the_file_ends_it_with_a_sentence() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("lost"))
        }
    }
    let records: Vec<(u64, Record)> =
        rows(format!("{ROW}\n").as_bytes().chain(Broken), Zone::UTC).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[1],
        (
            2,
            Record::Unreadable("The file cannot be read: lost.".into())
        )
    );
}
