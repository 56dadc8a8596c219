use chrono::{DateTime, Utc};

use super::super::columns::put;
use super::*;
use crate::time::zone::zone;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in pairs {
        put(&mut fields, name, value);
    }
    fields
}

fn read(pairs: &[(&str, &str)]) -> Leg {
    leg(fields(pairs), zone("Europe/Berlin"), None).unwrap()
}

const DIALED: [(&str, &str); 11] = [
    ("src", "3318"),
    ("dst", "0912345678"),
    ("clid", "\"Person 07\" <0281234567>"),
    ("dstchannel", "SIP/trunk-00000001"),
    ("start", "2026-06-01 10:00:00"),
    ("answer", "2026-06-01 10:00:10"),
    ("end", "2026-06-01 10:00:30"),
    ("duration", "30"),
    ("billsec", "20"),
    ("uniqueid", "1780300800.1"),
    ("linkedid", "1780300799.0"),
];

fn dialed(more: &[(&str, &str)]) -> Leg {
    let named = |name: &str| more.iter().any(|(other, _)| *other == name);
    let kept = DIALED
        .iter()
        .filter(|(name, _)| !named(name))
        .chain(more)
        .copied();
    let mut pairs: Vec<_> = kept.collect();
    if !named("disposition") {
        pairs.push(("disposition", "ANSWERED"));
    }
    read(&pairs)
}

#[test]
fn a_dialed_leg_says_who_called_whom_through_what() {
    let leg = dialed(&[("sequence", "7")]);
    assert_eq!(
        (leg.part, leg.key.as_str(), leg.call.as_str()),
        (Part::Dialed, "1780300800.1/7", "1780300799.0")
    );
    assert_eq!(leg.family, ["1780300799.0", "1780300800.1"]);
    let (from, to) = (leg.from.as_deref(), leg.to.as_deref());
    assert_eq!(
        (from, to, leg.provider.as_deref()),
        (Some("0281234567"), Some("0912345678"), Some("trunk"))
    );
    assert_eq!(
        (leg.billsec, leg.answered_at.unwrap().to_rfc3339().as_str()),
        (20, "2026-06-01T08:00:10+00:00")
    );
    let inside = dialed(&[("dst", "1001")]);
    assert_eq!(
        (inside.part, inside.from.as_deref(), inside.provider),
        (Part::Whole, Some("3318"), None)
    );
}

#[test]
fn the_disposition_decides_and_not_the_answer_of_a_menu() {
    let busy = dialed(&[("disposition", "BUSY")]);
    assert_eq!((busy.answered_at, busy.billsec), (None, 0));
    assert_eq!(busy.fields["billsec"], "20");
    let short = dialed(&[("billsec", "0"), ("answer", "")]);
    assert_eq!(short.answered_at, short.ended_at);
}

#[test]
fn rows_of_local_channels_are_artefacts() {
    let part =
        |channel: &str, called: &str| dialed(&[("channel", channel), ("dstchannel", called)]).part;
    assert_eq!(
        part("SIP/1-00000001", "Local/0912345678@out-00000001;1"),
        Part::Artefact
    );
    assert_eq!(part("Local/98@out-00000001;1", ""), Part::Artefact);
    assert_eq!(
        part("Local/98@out-00000001;2", "SIP/trunk-00000001"),
        Part::Dialed
    );
    assert_eq!(part("SIP/1-00000001", ""), Part::Whole);
    let tried = dialed(&[("dstchannel", ""), ("trunk", "thinQ"), ("lastapp", "Dial")]);
    assert_eq!(
        (tried.part, tried.provider.as_deref()),
        (Part::Dialed, Some("thinQ"))
    );
}

#[test]
fn seconds_stand_where_local_times_repeat() {
    // The second 2:30 of the day; the call began in the first.
    let leg = dialed(&[
        ("start", "2026-10-25 02:50:00"),
        ("answer", "2026-10-25 02:10:00"),
        ("end", "2026-10-25 02:30:00"),
        ("duration", "2400"),
        ("billsec", "1200"),
    ]);
    let seconds = |at: Option<DateTime<Utc>>| (at.unwrap() - leg.started_at.unwrap()).num_seconds();
    assert_eq!(
        (seconds(leg.answered_at), seconds(leg.ended_at)),
        (1200, 2400)
    );
    let leg = dialed(&[("duration", "29"), ("billsec", "20")]);
    assert_eq!(
        (leg.ended_at.unwrap() - leg.started_at.unwrap()).num_seconds(),
        30
    );
}

#[test]
fn rows_of_one_id_are_told_apart_by_what_they_say() {
    let (one, other) = (dialed(&[]), dialed(&[("dstchannel", "SIP/other-00000001")]));
    assert!(one.key != other.key && one.family == other.family);
    assert_eq!(
        one.key,
        dialed(&[("amaflags", "3")]).key,
        "another export of the same row"
    );
    assert_eq!(dialed(&[("linkedid", "0")]).call, "1780300800.1");
    let alone = dialed(&[("linkedid", ""), ("uniqueid", "NULL"), ("sequence", "1")]);
    assert!(
        alone.call.starts_with("row-") && alone.key.starts_with(&alone.call),
        "{}",
        alone.key
    );
    assert!(alone.call.len() <= 64);
}

#[test]
fn the_number_is_that_of_dial_where_the_dialplan_hides_it() {
    let hidden = |dst, data| dialed(&[("dst", dst), ("lastapp", "Dial"), ("lastdata", data)]).to;
    assert_eq!(
        hidden("s", "SIP/trunk/0912345678,30").as_deref(),
        Some("0912345678")
    );
    assert_eq!(hidden("s", "SIP/1001,30").as_deref(), Some("s"));
    assert_eq!(
        hidden("1001", "SIP/trunk/0912345678").as_deref(),
        Some("1001")
    );
    assert_eq!(hidden("", "SIP/1&SIP/2"), None);
}

#[test]
fn what_cannot_be_read_is_named() {
    for (name, value, reason) in [
        ("disposition", "", "The record has no `disposition`."),
        ("start", "", "The record has no `start` or `calldate`."),
        ("start", "soon", "`start` is no date and time: `soon`."),
        (
            "billsec",
            "a",
            "`billsec` must be a number of seconds, and is `a`.",
        ),
    ] {
        let mut fields = fields(&DIALED);
        fields.insert("disposition".into(), "BUSY".into());
        fields.remove(name);
        put(&mut fields, name, value);
        assert_eq!(leg(fields, Zone::UTC, None).unwrap_err(), reason);
    }
}
