//! Every real document and event, and their oddities.

use std::collections::BTreeSet;
use std::process::Command;

use callboard::dialers::freeswitch::document;
use callboard::dialers::leg::{Leg, Part, Record, Vocabulary};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{bytes, expected, folder, read, real, sentence};

fn micros(instant: Option<DateTime<Utc>>) -> Value {
    json!(instant.map(|instant| instant.timestamp_micros()))
}

/// Names of files whose legs share a name with this one's.
fn family(leg: &Leg, legs: &[(String, Leg)]) -> Vec<String> {
    let names: BTreeSet<&String> = leg.family.iter().collect();
    let related = legs
        .iter()
        .filter(|(_, other)| other.family.iter().any(|name| names.contains(name)));
    let short = |name: &str| match name.starts_with("event") {
        true => name.to_owned(),
        false => name[..2].to_owned(),
    };
    let mut files: Vec<String> = related.map(|(name, _)| short(name)).collect();
    files.sort();
    files
}

#[test]
fn every_document_says_what_a_program_apart_found_in_it() {
    let legs: Vec<(String, Leg)> = real()
        .iter()
        .map(|(name, body)| (name.clone(), read(body)))
        .collect();
    for (name, leg) in &legs {
        let cause = leg.ending.as_ref().expect("an ending");
        assert_eq!(cause.vocabulary, Vocabulary::Cause);
        let field = |name: &str| leg.fields.get(name).cloned().unwrap_or_default();
        let found = json!({
            "uuid": leg.key,
            "call": leg.call,
            "part": leg.part,
            "started": micros(leg.started_at),
            "answered": micros(leg.answered_at),
            "ended": micros(leg.ended_at),
            "billsec": leg.billsec,
            "cause": cause.name,
            "from": leg.from,
            "to": leg.to,
            "provider": leg.provider,
            "family": family(leg, &legs),
            "accountcode": field("accountcode"),
            "user_agent": field("sip_user_agent"),
        });
        assert_eq!(found, expected()["documents"][name], "{name}");
        assert!(leg.family.contains(&leg.call) && leg.family.contains(&leg.key));
        assert!(leg.keys.is_none() && leg.agent.is_none() && !leg.abandoned);
        assert!(
            leg.fields.len() > 100 && leg.fields.len() < 500,
            "{}",
            leg.fields.len()
        );
    }
}

#[test]
fn the_program_apart_finds_the_same_again() {
    let run = Command::new("python3")
        .arg(folder().join("expect.py"))
        .output();
    let output = run.expect("python3").stdout;
    let found: Value = serde_json::from_slice(&output).expect("JSON");
    assert_eq!(found, expected());
}

#[test]
fn a_repeated_callflow_is_read_newest_first() {
    let leg = read(&bytes("02-2013-08-04-cgrates-redirect-fork-lose-race.json"));
    let profile = |flow: usize| leg.fields.get(&format!("callflow.{flow}.profile_index"));
    assert_eq!(profile(0).map(String::as_str), Some("2"));
    assert_eq!(profile(1).map(String::as_str), Some("1"));
    // The newest profile gives the plain names, the first one what was dialed.
    assert_eq!(
        leg.fields["destination_number"],
        leg.fields["callflow.0.caller_profile.destination_number"]
    );
    assert_eq!(leg.to.as_deref(), Some("+4986517829391"));
}

#[test]
fn values_are_decoded_where_they_are_encoded_and_only_there() {
    let plain = read(&bytes("04-2015-07-07-cgrates-answered-sched-hangup.json"));
    assert!(plain.fields.values().any(|value| value.contains("%(2000")));
    assert!(!plain.fields.values().any(|value| value.contains("%%")));
    let encoded = read(&bytes("14-2025-11-12-vanilla-a-leg-originator-cancel.json"));
    assert!(
        encoded
            .fields
            .values()
            .any(|value| value.contains("%(2000"))
    );
    assert_eq!(encoded.fields["start_stamp"], "2025-11-12 10:21:42");
    assert_eq!(encoded.fields["channel_data.direction"], "inbound");
}

#[test]
fn a_number_that_is_none_is_kept_as_it_stands() {
    let name = "13-2025-04-26-somleng-outbound-answered-nan-INVALID.json";
    let leg = read(&bytes(name));
    assert!(serde_json::from_slice::<Value>(&bytes(name)).is_err());
    let is_bare = |name: &str| leg.fields[&format!("callStats.audio.inbound.{name}")] == "nan";
    assert!(is_bare("mos") && is_bare("quality_percentage"));
    assert_eq!(leg.fields["callStats.audio.inbound.flaw_total"], "0");
    assert_eq!(leg.fields["rtp_audio_in_mos"], "nan");
}

#[test]
fn a_list_of_an_event_is_written_as_the_switch_does() {
    let leg = read(&bytes("event-2025-11-13-hangup-complete-a-leg-cancel.json"));
    let lists = leg
        .fields
        .values()
        .filter(|value| *value == "ARRAY::1003|:1003");
    assert_eq!(lists.count(), 1);
    assert_eq!(leg.fields["destination_number"], "1003");
    assert_eq!(leg.fields["Event-Name"], "CHANNEL_HANGUP_COMPLETE");
}

#[test]
fn documents_that_tell_no_call_are_set_aside() {
    let other = br#"{"Event-Name": "CHANNEL_ANSWER", "Unique-ID": "1"}"#;
    let other = document("application/json", None, other);
    assert_eq!(
        other,
        Record::NoCall("event other than CHANNEL_HANGUP_COMPLETE")
    );
    for (body, reason) in [
        (
            r#"{"variables": {"start_epoch": "1762923112"}}"#,
            "The document names no `uuid`.",
        ),
        (
            r#"{"variables": {"uuid": "1", "start_epoch": "0"}}"#,
            "The document has no `start_epoch`.",
        ),
        (
            r#"{"variables": {"uuid": "1", "start_epoch": "soon"}}"#,
            "The document has no `start_epoch`.",
        ),
        (r#"{"hello": "world"}"#, "The document has no `variables`."),
        (r#"[1, 2]"#, "The document has no `variables`."),
        (
            "<html><body>hello</body></html>",
            "The document has no `variables`.",
        ),
        (
            r#"{"variables": {"uuid": "1", "#,
            "The JSON ends before it is complete.",
        ),
    ] {
        assert_eq!(
            sentence(document("", None, body.as_bytes())),
            reason,
            "{body}"
        );
    }
}

#[test]
fn a_query_names_the_leg_of_a_document_that_does_not() {
    let body = br#"{"variables": {"start_epoch": "1762923112", "direction": "outbound"}}"#;
    for query in ["7bfa8442", "a_7bfa8442", " 7bfa8442"] {
        let leg = super::leg(document("", Some(query), body));
        assert_eq!((leg.key.as_str(), leg.part), ("7bfa8442", Part::Dialed));
        assert_eq!((leg.ended_at, leg.ending), (None, None));
    }
    let named = bytes("08-2016-09-20-somleng-originator-cancel.json");
    assert_ne!(super::leg(document("", Some("other"), &named)).key, "other");
}
