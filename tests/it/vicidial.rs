//! Rows of VICIdial as legs. The records are made by hand after the tables and the report of its source (docs/dialers.md).

use std::collections::{BTreeMap, BTreeSet};

use callboard::dialers::causes::{self, Outcome};
use callboard::dialers::leg::{Leg, Part, Record, Vocabulary};
use callboard::dialers::vicidial;
use callboard::time::Zone;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

const LOG: &str = include_str!("../data/cdr/vicidial/made-vicidial-log.tsv");
const AGENTS: &str = include_str!("../data/cdr/vicidial/made-vicidial-agent-log.tsv");
const CARRIER: &str = include_str!("../data/cdr/vicidial/made-vicidial-carrier-log.tsv");
const CLOSERS: &str = include_str!("../data/cdr/vicidial/made-vicidial-closer-log.tsv");
const EXPORT: &str = include_str!("../data/cdr/vicidial/made-vicidial-export.txt");
const BASIC: &str = include_str!("../data/cdr/vicidial/made-vicidial-export-basic.csv");
const ALTERNATE: &str = include_str!("../data/cdr/vicidial/made-vicidial-export-alternate.txt");
const ALL: [&str; 7] = [LOG, AGENTS, CARRIER, CLOSERS, EXPORT, BASIC, ALTERNATE];

fn zone() -> Zone {
    Zone::named("Asia/Ho_Chi_Minh").expect("a zone")
}

fn read(text: &str) -> Vec<(u64, Record)> {
    vicidial::rows(text.as_bytes(), zone()).collect()
}

fn legs(text: &str) -> Vec<Leg> {
    let leg = |(number, record)| match record {
        Record::Leg(leg) => *leg,
        other => panic!("line {number}: {other:?}"),
    };
    read(text).into_iter().map(leg).collect()
}

/// What is wrong with the only row behind a header.
fn fault(text: &str) -> String {
    match read(text).as_slice() {
        [(_, Record::Unreadable(reason))] => reason.clone(),
        other => panic!("{other:?}"),
    }
}

fn at(clock: &str) -> Option<DateTime<Utc>> {
    Some(
        format!("2026-06-30T{clock}+07:00")
            .parse()
            .expect("an instant"),
    )
}

/// Calls that legs of several files come to: legs that share a name are of one call.
fn families(legs: &[Leg]) -> usize {
    let mut roots: BTreeMap<&str, &str> = BTreeMap::new();
    for _ in 0..legs.len() {
        for leg in legs {
            let names = leg.family.iter().map(String::as_str);
            let known = names.clone().filter_map(|name| roots.get(name).copied());
            let root = known.chain([leg.call.as_str()]).min().expect("a name");
            names.for_each(|name| _ = roots.insert(name, root));
        }
    }
    roots.values().collect::<BTreeSet<_>>().len()
}

#[test]
fn a_row_of_the_log_is_a_call() {
    let legs = legs(LOG);
    let leg = &legs[0];
    assert_eq!(leg.call, "1782784790.101-5001");
    assert_eq!(
        (leg.part, leg.agent.as_deref()),
        (Part::Whole, Some("an.nguyen"))
    );
    assert_eq!(
        (leg.started_at, leg.ended_at),
        (at("09:00:00"), at("09:01:35"))
    );
    assert_eq!((leg.billsec, leg.answered_at), (95, None));
    assert_eq!(leg.to.as_deref(), Some("+84901234501"));
    assert_eq!(leg.fields["campaign_id"], "HANOI");
    assert_eq!(leg.fields["term_reason"], "AGENT");
    let ending = leg.ending.clone().expect("an ending");
    assert_eq!(
        (ending.vocabulary, ending.name.as_str()),
        (Vocabulary::Status, "SALE")
    );
    let numbers: Vec<&str> = legs.iter().filter_map(|leg| leg.to.as_deref()).collect();
    assert_eq!(
        numbers[1..4],
        ["0901234502", "+84901234503", "+84901234504"]
    );
    assert_eq!(numbers[10], "+842838123411");
    assert_eq!(legs[1].agent, None, "VDAD is nobody");
    assert_eq!(legs[10].fields["comments"], "MANUAL \"hot\" lead");
}

#[test]
fn a_status_decides_what_a_call_came_to() {
    let came_to = |leg: &Leg| {
        let ending = leg.ending.as_ref()?;
        causes::verdict(ending).map(|verdict| (ending.name.clone(), verdict.result, leg.billsec))
    };
    let found: Vec<_> = legs(LOG).iter().filter_map(came_to).collect();
    let expected = [
        ("SALE", Outcome::Answered, 95),
        ("NA", Outcome::NoAnswer, 0),
        ("AB", Outcome::Busy, 0),
        ("ADC", Outcome::Failed, 0),
        ("AA", Outcome::Answered, 12),
        ("AFAX", Outcome::Answered, 4),
        ("DROP", Outcome::Abandoned, 7),
        ("DNCL", Outcome::Blocked, 0),
        ("NI", Outcome::Answered, 61),
    ];
    assert_eq!(
        found,
        expected.map(|(name, result, talked)| (name.to_owned(), result, talked))
    );
    let going_on = &legs(LOG)[8];
    assert_eq!(
        (going_on.ended_at, &going_on.ending),
        (None, &None),
        "INCALL"
    );
    let own = &legs(LOG)[9];
    assert_eq!(
        own.billsec, 42,
        "a status of the site may be one of an answered call"
    );
}

#[test]
fn rows_of_all_tables_are_one_call_each() {
    let calls = legs(LOG).len();
    let mut all = legs(LOG);
    all.extend(legs(CARRIER));
    all.extend(
        read(AGENTS)
            .into_iter()
            .filter_map(|(_, record)| match record {
                Record::Leg(leg) => Some(*leg),
                _ => None,
            }),
    );
    all.extend(legs(EXPORT));
    all.extend(legs(ALTERNATE));
    assert_eq!(families(&all), calls);
    all.reverse();
    assert_eq!(families(&all), calls, "in any order");
    let keys: BTreeSet<&str> = all.iter().map(|leg| leg.key.as_str()).collect();
    assert_eq!(keys.len(), all.len());
}

#[test]
fn agents_and_carriers_add_what_they_know() {
    let rows = read(AGENTS);
    let (_, Record::Leg(work)) = &rows[0] else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (work.part, work.agent.as_deref()),
        (Part::Queue, Some("an.nguyen"))
    );
    assert_eq!((work.wrap_sec, work.billsec), (Some(21), 93));
    assert_eq!((work.started_at, work.ended_at), (at("09:00:02"), None));
    assert_eq!(
        rows[2],
        (4, Record::NoCall("rows of agents without a call"))
    );
    let carrier = legs(CARRIER);
    assert_eq!(carrier[0].provider.as_deref(), Some("viettel"));
    assert_eq!(
        (carrier[0].started_at, carrier[0].answered_at),
        (at("08:59:49"), at("09:00:00"))
    );
    assert_eq!(
        (carrier[0].ended_at, carrier[0].billsec),
        (at("09:01:35"), 95)
    );
    assert_eq!((carrier[1].answered_at, carrier[1].billsec), (None, 0));
    assert!(carrier.iter().all(|leg| leg.part == Part::Artefact));
    let closers = read(CLOSERS);
    assert_eq!(closers, [(2, Record::NoCall("rows of calls in"))]);
}

#[test]
fn the_export_is_read_with_and_without_its_extended_columns() {
    let extended = legs(EXPORT);
    let (log, export) = (&legs(LOG)[0], &extended[0]);
    assert_eq!(
        (&log.call, log.started_at, log.ended_at),
        (&export.call, export.started_at, export.ended_at)
    );
    assert_eq!(
        (&log.to, log.billsec, &log.ending),
        (&export.to, export.billsec, &export.ending)
    );
    assert_eq!(export.wrap_sec, Some(21));
    assert_eq!(export.provider.as_deref(), Some("viettel"));
    assert_eq!(export.fields["last_name"], "Phạm, \"B\"");
    let basic = &legs(BASIC)[0];
    assert_eq!(basic.call, "1782784800-5001-901234501");
    assert_eq!((basic.started_at, basic.billsec), (at("09:00:00"), 95));
    assert_eq!(basic.fields["last_name"], "Phạm, \"B\"");
    let alternate = &legs(ALTERNATE)[0];
    assert_eq!(alternate.fields["caller_code"], "V06300859500000005007");
    assert_eq!(
        alternate.ending.as_ref().map(|it| it.name.as_str()),
        Some("DROP")
    );
}

#[test]
fn what_cannot_be_read_says_why() {
    let without = LOG.split_once('\n').expect("lines").1;
    let rows = read(without);
    assert_eq!(rows.len(), 1, "nothing is guessed");
    let header = "uniqueid\tlead_id\tstatus\tphone_number\tcall_date\tstart_epoch\tlength_in_sec\n";
    for (row, said) in [
        (
            "\t1\tNA\t0901234567\t2026-06-30 09:00:00\t\t0",
            "`uniqueid` is missing.",
        ),
        (
            "1.2\t1\t\t0901234567\t2026-06-30 09:00:00\t\t0",
            "`status` is missing.",
        ),
        (
            "1.2\t1\tNA\t0901234567\t0000-00-00 00:00:00\t0\t0",
            "`start_epoch` or `call_date` must tell when it began.",
        ),
        (
            "1.2\t1\tNA\t0901234567\t\t1782784800\tlong",
            "`length_in_sec` must be a number of seconds, and is `long`.",
        ),
    ] {
        assert_eq!(fault(&format!("{header}{row}\n")), said);
    }
    let many = format!("{header}x{}\n", "\t".repeat(5_000));
    assert_eq!(fault(&many), "The row has more than 5000 columns.");
    // An epoch counts before a stamp, a stamp is read in the zone, and the earlier of a repeated time counts.
    let berlin = Zone::named("Europe/Berlin").expect("a zone");
    let text = format!(
        "{header}1.2\t1\tNA\t0901234567\t2026-10-25 02:30:00\t\t0\n1.3\t1\tNA\t0901234567\t2026-10-25 02:30:00\t1782784800\t0\n"
    );
    let started: Vec<_> = vicidial::rows(text.as_bytes(), berlin)
        .map(|(_, record)| match record {
            Record::Leg(leg) => leg.started_at.expect("a start").to_rfc3339(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        started,
        ["2026-10-25T00:30:00+00:00", "2026-06-30T02:00:00+00:00"]
    );
}

#[test]
fn files_may_stand_behind_each_other() {
    let all = format!("{LOG}{AGENTS}\n{CARRIER}");
    let rows = read(&all);
    let of = |part| {
        let is = |record: &Record| matches!(record, Record::Leg(leg) if leg.part == part);
        rows.iter().filter(|(_, record)| is(record)).count()
    };
    assert_eq!(
        (of(Part::Whole), of(Part::Queue), of(Part::Artefact)),
        (11, 2, 4)
    );
    assert!(rows.iter().all(|(number, _)| *number > 1));
}

/// Ids fit, lists are bounded, and times are in order.
fn check(rows: &[(u64, Record)]) {
    for (_, record) in rows {
        let Record::Leg(leg) = record else { continue };
        assert!(
            !leg.call.is_empty() && leg.call.chars().count() <= 64,
            "{}",
            leg.call
        );
        assert!(leg.family.contains(&leg.call) && leg.family.len() <= 3);
        assert!(leg.family.iter().all(|name| name.chars().count() <= 64));
        assert!(leg.billsec >= 0 && leg.wrap_sec.unwrap_or(0) >= 0);
        assert!(
            leg.ended_at.is_none() || leg.ended_at >= leg.started_at,
            "{leg:?}"
        );
        assert!(leg.fields.len() <= 5_000);
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_bad(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        check(&vicidial::rows(bytes.as_slice(), zone()).collect::<Vec<_>>());
    }

    #[test]
    fn damaged_rows_are_read_or_refused(of in 0..ALL.len(), cuts in proptest::collection::vec((any::<usize>(), any::<u8>(), 0..40_usize), 1..20)) {
        let mut bytes = ALL[of].as_bytes().to_vec();
        for (at, byte, gone) in cuts {
            let at = at % bytes.len().max(1);
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, [byte]);
        }
        check(&vicidial::rows(bytes.as_slice(), zone()).collect::<Vec<_>>());
    }
}
