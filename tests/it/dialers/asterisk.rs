//! Readers of Asterisk's records on real files, against counts made apart (`tests/data/cdr/asterisk/counts.py`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use callboard::dialers::asterisk::{self, Form, Options, form_of, records};
use callboard::dialers::collapse::collapse;
use callboard::dialers::leg::{Leg, Part, Record};
use callboard::time::Zone;
use proptest::prelude::*;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr/asterisk")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).expect(name)
}

fn options() -> Options {
    Options::new(Zone::named("Asia/Ho_Chi_Minh").expect("a zone"))
}

fn read(name: &str) -> Vec<(u64, Record)> {
    records("", bytes(name).as_slice(), &options()).collect()
}

fn legs(name: &str) -> Vec<Leg> {
    let leg = |(_, record)| match record {
        Record::Leg(leg) => Some(*leg),
        Record::NoCall(_) | Record::Unreadable(_) => None,
    };
    read(name).into_iter().filter_map(leg).collect()
}

/// Files of the folder, and those of channel events below it.
fn files() -> Vec<String> {
    let names = |folder: PathBuf, prefix: &str| -> Vec<String> {
        let entries = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry"));
        let names = entries
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name());
        names
            .map(|name| format!("{prefix}{}", name.to_string_lossy()))
            .filter(|name| !name.starts_with("counts.") && !name.starts_with("made-"))
            .collect()
    };
    let mut files = names(folder(), "");
    files.extend(names(folder().join("cel-wazo"), "cel-wazo/"));
    files.sort();
    files
}

/// Number of calls that legs are, where those that share a name are one.
fn joined(legs: &[Leg]) -> usize {
    let mut above: HashMap<String, String> = HashMap::new();
    let top = |above: &mut HashMap<String, String>, name: &str| {
        let mut name = name.to_owned();
        while let Some(next) = above.get(&name).filter(|next| **next != name) {
            name = next.clone();
        }
        above.entry(name.clone()).or_insert_with(|| name.clone());
        name
    };
    for leg in legs {
        let first = top(&mut above, &leg.family[0]);
        for name in &leg.family {
            let other = top(&mut above, name);
            above.insert(other, first.clone());
        }
    }
    above.iter().filter(|(name, next)| name == next).count()
}

fn counts(name: &str) -> Value {
    let records = read(name);
    let of = |is: fn(&Record) -> bool| records.iter().filter(|(_, record)| is(record)).count();
    let legs = legs(name);
    let with = |is: &dyn Fn(&Leg) -> bool| legs.iter().filter(|leg| is(leg)).count();
    let mut endings: BTreeMap<String, u64> = BTreeMap::new();
    for ending in legs.iter().filter_map(|leg| leg.ending.as_ref()) {
        *endings.entry(ending.name.clone()).or_default() += 1;
    }
    let starts = || {
        legs.iter()
            .filter(|leg| leg.part != Part::Queue)
            .filter_map(|leg| leg.started_at)
    };
    json!({
        "records": records.len(),
        "legs": legs.len(),
        "unreadable": of(|record| matches!(record, Record::Unreadable(_))),
        "no_calls": of(|record| matches!(record, Record::NoCall(_))),
        "calls": joined(&legs),
        "endings": endings,
        "answered": with(&|leg| leg.answered_at.is_some()),
        "billsec": legs.iter().map(|leg| i64::from(leg.billsec)).sum::<i64>(),
        "dialed": with(&|leg| leg.part == Part::Dialed),
        "artefacts": with(&|leg| leg.part == Part::Artefact),
        "agents": with(&|leg| leg.agent.is_some()),
        "abandoned": with(&|leg| leg.abandoned),
        "first": starts().min().map(|at| at.timestamp()),
        "last": starts().max().map(|at| at.timestamp()),
    })
}

#[test]
fn every_file_is_read_as_it_was_counted_apart() {
    let expected: BTreeMap<String, Value> =
        serde_json::from_slice(&bytes("counts.json")).expect("counts");
    let files = files();
    assert_eq!((files.len(), expected.len()), (32, 32));
    for name in files {
        assert_eq!(counts(&name), expected[&name], "{name}");
    }
}

#[test]
fn legs_are_whole_and_each_is_told_once() {
    for name in files() {
        let legs = legs(&name);
        // A vendor's queue log notes some events twice within a second.
        let calls = || legs.iter().filter(|leg| leg.part != Part::Queue);
        let keys: BTreeSet<&str> = calls().map(|leg| leg.key.as_str()).collect();
        assert_eq!(keys.len(), calls().count(), "{name}");
        for leg in &legs {
            assert!(
                leg.family.contains(&leg.call) && leg.call.chars().count() <= 64,
                "{name}: {leg:?}"
            );
            assert!(
                leg.answered_at.is_none_or(|at| Some(at) >= leg.started_at),
                "{name}: {leg:?}"
            );
            assert!(
                leg.ended_at
                    .is_none_or(|at| Some(at) >= leg.answered_at.or(leg.started_at)),
                "{name}: {leg:?}"
            );
            assert_eq!(leg.ending.is_some(), leg.part != Part::Queue, "{name}");
            assert!(
                leg.billsec == 0 || leg.answered_at.is_some(),
                "{name}: {leg:?}"
            );
        }
    }
}

#[test]
fn channel_events_are_refused_with_a_reason() {
    for name in files().iter().filter(|name| name.starts_with("cel-wazo/")) {
        assert_eq!(form_of("text/plain", &bytes(name)), Form::Cel);
        let records = read(name);
        assert!(
            matches!(&records[..], [(1, Record::Unreadable(reason))] if reason.contains("(CDR)")),
            "{name}"
        );
    }
}

#[test]
fn up_to_ten_rows_of_one_id_are_ten_legs_of_one_call() {
    let mut rows: HashMap<String, u32> = HashMap::new();
    for leg in legs("issabel-2022-Master.csv") {
        *rows.entry(leg.call).or_default() += 1;
    }
    assert_eq!(rows.values().max(), Some(&10));
}

#[test]
fn the_answer_of_a_menu_or_queue_is_not_that_of_the_called_party() {
    let legs = legs("issabel-2022-Master.csv");
    let unanswered: Vec<&Leg> = legs
        .iter()
        .filter(|leg| leg.fields["disposition"] != "ANSWERED" && leg.fields["billsec"] != "0")
        .collect();
    assert_eq!(unanswered.len(), 150);
    assert!(
        unanswered
            .iter()
            .all(|leg| leg.answered_at.is_none() && leg.billsec == 0)
    );
    // A Local channel of a transfer is answered and bills nothing.
    let local = &self::legs("ooh323-2018-Master-extract.csv")[0];
    assert_eq!(
        (local.part, local.billsec, local.answered_at),
        (Part::Artefact, 0, local.ended_at)
    );
}

#[test]
fn the_end_is_that_of_the_row_where_the_duration_differs_by_a_second() {
    let legs = legs("issabel-2022-Master.csv");
    let seconds = |leg: &Leg| (leg.ended_at.unwrap() - leg.started_at.unwrap()).num_seconds();
    let differing = legs
        .iter()
        .filter(|leg| leg.fields["duration"] != seconds(leg).to_string());
    assert_eq!(differing.count(), 306);
}

#[test]
fn a_first_line_that_was_cut_loses_only_itself() {
    let records = read("ooh323-2018-Master-extract.csv");
    assert!(
        matches!(&records[0], (1, Record::Unreadable(reason)) if reason.contains("8 columns")),
        "{records:?}"
    );
    assert!(
        records[1..]
            .iter()
            .all(|(_, record)| matches!(record, Record::Leg(_)))
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced_and_names_garbled_before_stay() {
    let legs = legs("chan_sip-2024-Master-linkedid-bad-utf8.csv");
    let replaced = legs
        .iter()
        .filter(|leg| leg.fields["clid"].contains('\u{fffd}'))
        .count();
    assert_eq!(replaced, 8);
    assert!(
        legs.iter()
            .any(|leg| leg.call.starts_with("mainserverdss-17"))
    );
    // Legs of a Local channel have ids of their own, and the same linked one.
    assert!(
        legs.iter()
            .all(|leg| leg.fields.contains_key("sequence") && leg.family.len() <= 2)
    );
    let garbled = &self::legs("ami-cdr-2019-mojibake-callerid.txt")[0];
    assert!(
        garbled.fields["clid"].starts_with("\"\u{5bee}"),
        "{}",
        garbled.fields["clid"]
    );
    assert_eq!(garbled.fields["Recordingfile"].len(), 53);
}

#[test]
fn names_that_were_quoted_wrongly_are_names() {
    let legs = legs("callcenter-2018-cdr-table.csv");
    assert_eq!(
        (legs[0].fields["clid"].as_str(), legs[0].from.as_deref()),
        ("\"Person 19\" <1115>", Some("1115"))
    );
    assert!(
        legs.iter()
            .all(|leg| !leg.fields.values().any(|value| value == "NULL"))
    );
}

#[test]
fn each_trunk_that_was_tried_is_a_leg_with_its_own_provider() {
    let legs = legs("callcenter-2018-cdr-table.csv");
    let of_call = |leg: &Leg| leg.call == "1543596521.9";
    let legs: Vec<Leg> = legs.into_iter().filter(of_call).collect();
    let tried: Vec<_> = legs
        .iter()
        .map(|leg| (leg.provider.as_deref().unwrap(), leg.answered_at.is_some()))
        .collect();
    // The column `trunk` names the next one.
    assert_eq!(
        tried,
        [("VIOrig", false), ("VITerm", false), ("thinQ", true)]
    );
    let call = collapse(&legs, |_| 0).expect("a call");
    let through = (
        call.direction.name(),
        call.billsec,
        call.provider.as_deref(),
    );
    assert_eq!(through, ("outbound", 120, Some("thinQ")));
}

#[test]
fn queues_belong_to_calls_of_the_same_switch() {
    let calls: BTreeSet<String> = legs("issabel-2022-Master.csv")
        .into_iter()
        .flat_map(|leg| leg.family)
        .collect();
    let logs = files()
        .into_iter()
        .filter(|name| name.starts_with("issabel-2022-queue_log"));
    let events: Vec<Leg> = logs.flat_map(|name| legs(&name)).collect();
    let entered: Vec<&Leg> = events
        .iter()
        .filter(|leg| leg.fields["event"] == "ENTERQUEUE")
        .collect();
    assert_eq!(entered.len(), 33);
    assert!(entered.iter().all(|leg| calls.contains(&leg.call)));
    let rang = events
        .iter()
        .find(|leg| leg.fields["event"] == "RINGNOANSWER")
        .unwrap();
    assert_eq!(
        (rang.agent.as_deref(), rang.fields["data1"].as_str()),
        (None, "10000")
    );

    // 75 with the calls by which agents logged in.
    let calls: BTreeSet<String> = legs("callcenter-2018-cdr-table.csv")
        .into_iter()
        .flat_map(|leg| leg.family)
        .collect();
    let queued: BTreeSet<String> = legs("callcenter-2018-queue_log-table.csv")
        .into_iter()
        .map(|leg| leg.call)
        .collect();
    assert_eq!(queued.intersection(&calls).count(), 66);
}

#[test]
fn dates_whose_order_only_the_ids_prove_are_read_in_it() {
    let first = &legs("freepbx-2017-cdr-table-dmy.csv")[0];
    assert_eq!(
        first.started_at.unwrap().to_rfc3339(),
        "2017-09-01T09:33:01+00:00"
    );
    let text = String::from_utf8(bytes("freepbx-2017-cdr-table-dmy.csv"))
        .unwrap()
        .replace("\"15042", "\"x");
    let row = text.lines().next().unwrap();
    let records: Vec<_> = records("", row.as_bytes(), &options()).collect();
    assert!(
        matches!(&records[0].1, Record::Unreadable(reason) if reason.contains("date_format")),
        "{records:?}"
    );
}

#[test]
fn the_same_row_is_the_same_leg_from_a_file_and_from_an_event() {
    let event = &legs("ami-cdr-2020-outbound-answered.txt")[0];
    let row = "\"\",\"206399\",\"91569055965\",\"from-operadores-opera\",\"\"\"OPERA 1783\"\" <206399>\",\
               \"SIP/206399-000000c4\",\"SIP/spbx0101lx-00000034\",\"Dial\",\"SIP/spbx0101lx/91569055965\",\
               \"2020-08-07 08:47:56\",\"2020-08-07 08:48:10\",\"2020-08-07 08:48:12\",16,2,\"ANSWERED\",\
               \"DOCUMENTATION\",\"1594669308.400\",\"\"\n";
    let Some((1, Record::Leg(leg))) = records("text/csv", row.as_bytes(), &options()).next() else {
        panic!("no leg");
    };
    assert_eq!(leg.key, event.key);
    assert_eq!(
        (leg.provider.as_deref(), leg.answered_at),
        (Some("spbx0101lx"), event.answered_at)
    );
}

#[test]
fn rows_are_read_as_a_stream() {
    struct Rows(u32, Vec<u8>);
    impl Read for Rows {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.1.is_empty() && self.0 < 200_000 {
                self.0 += 1;
                self.1 = format!("2026-06-01 10:00:00,0912345678,BUSY,{}\n", self.0).into_bytes();
            }
            let read = self.1.len().min(into.len());
            into[..read].copy_from_slice(&self.1[..read]);
            self.1.drain(..read);
            Ok(read)
        }
    }
    let columns = asterisk::parse_columns("start,dst,disposition,uniqueid").unwrap();
    let options = Options {
        columns: Some(columns),
        ..options()
    };
    let legs = records("text/csv", Rows(0, Vec::new()), &options)
        .filter(|(_, record)| matches!(record, Record::Leg(_)));
    assert_eq!(legs.count(), 200_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Damage of one place of a real file makes no panic, and no more records than its lines.
    #[test]
    fn damaged_files_are_read_without_a_panic(
        file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), damage in prop::collection::vec(any::<u8>(), 0..9),
        cut in 0..300_usize, media in prop::sample::select(vec!["", "application/json"]),
    ) {
        let files = files();
        let name = &files[file.index(files.len())];
        let mut bytes = bytes(name);
        bytes.truncate(20_000);
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, damage);
        let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
        prop_assert!(records(media, bytes.as_slice(), &options()).count() <= lines.max(64), "{name}");
    }
}
