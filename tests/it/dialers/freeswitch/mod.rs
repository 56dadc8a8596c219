//! Records of FreeSWITCH, checked against what a program apart from this one found in them.

mod calls;
mod documents;
mod encodings;
mod families;
mod files;
mod fuzz;
mod made;
mod switch;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use callboard::dialers::freeswitch::document;
use callboard::dialers::leg::{Leg, Record};
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdr/freeswitch")
}

/// Bytes of a record.
fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).expect(name)
}

/// Output of `expect.py`.
fn expected() -> Value {
    serde_json::from_slice(&bytes("expected.json")).expect("JSON")
}

/// Documents and events by name: real ones, without those made by hand.
fn real() -> Vec<(String, Vec<u8>)> {
    let expected = expected();
    let names = expected["documents"].as_object().expect("an object");
    assert_eq!(names.len(), 19);
    names
        .keys()
        .map(|name| (name.clone(), bytes(&format!("{name}.json"))))
        .collect()
}

fn leg(record: Record) -> Leg {
    match record {
        Record::Leg(leg) => *leg,
        other => panic!("{other:?}"),
    }
}

/// The leg of a document as mod_json_cdr posts it.
fn read(body: &[u8]) -> Leg {
    leg(document("application/json", None, body))
}

fn sentence(record: Record) -> String {
    match record {
        Record::Unreadable(sentence) => sentence,
        other => panic!("{other:?}"),
    }
}

/// Legs by call: those of one share a name.
fn together(legs: &[Leg]) -> Vec<Vec<Leg>> {
    let names = |leg: &Leg| leg.family.iter().cloned().collect::<BTreeSet<String>>();
    let mut calls: Vec<(BTreeSet<String>, Vec<Leg>)> = Vec::new();
    for leg in legs {
        let mut call = (names(leg), vec![leg.clone()]);
        let (of_it, rest): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .partition(|(known, _)| !known.is_disjoint(&call.0));
        for (known, members) in of_it {
            call.0.extend(known);
            call.1.extend(members);
        }
        calls = rest;
        calls.push(call);
    }
    calls.into_iter().map(|(_, members)| members).collect()
}
