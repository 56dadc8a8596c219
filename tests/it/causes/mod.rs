//! The table of hangup causes, against the facts of the contract.

mod served;

use std::collections::{BTreeMap, BTreeSet};

use callboard::catalogue;
use callboard::dialers::causes::{self, Amd, Cause, Group, Outcome, Verdict};
use callboard::dialers::leg::{Ending, Vocabulary};
use serde_json::{Value, json};

const FACTS: &str = include_str!("../../data/causes.txt");

/// Lines of the facts: three columns each.
fn facts() -> impl Iterator<Item = [&'static str; 3]> {
    let lines = FACTS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let columns: Vec<&str> = line.split(" | ").collect();
        columns.try_into().expect("three columns")
    })
}

fn vocabulary(name: &str) -> Vocabulary {
    let found = Vocabulary::ALL
        .into_iter()
        .find(|known| known.name() == name);
    found.unwrap_or_else(|| panic!("{name} is a vocabulary"))
}

fn verdict(vocabulary: Vocabulary, name: &str) -> Option<Verdict> {
    let name = name.to_owned();
    causes::verdict(&Ending { vocabulary, name })
}

fn text(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("JSON")
}

fn all() -> impl Iterator<Item = (Vocabulary, &'static Cause)> {
    let of = |vocabulary| {
        causes::of(vocabulary)
            .iter()
            .map(move |cause| (vocabulary, cause))
    };
    Vocabulary::ALL.into_iter().flat_map(of)
}

#[test]
fn the_table_is_that_of_the_contract() {
    let mut told = BTreeSet::new();
    for [of, group, names] in facts().filter(|[of, ..]| *of != "sip") {
        let of = vocabulary(of);
        let (group, amd) = group.split_once(' ').unwrap_or((group, ""));
        for name in names.split(", ") {
            let (name, number) = name.split_once('=').unwrap_or((name, ""));
            let found = verdict(of, name).unwrap_or_else(|| panic!("{name} is known"));
            assert_eq!(text(found.group), group, "{name}");
            assert_eq!(found.rejected, group == "rejected", "{name}");
            assert_eq!(
                text(found.amd),
                if amd.is_empty() {
                    Value::Null
                } else {
                    json!(amd)
                },
                "{name}"
            );
            assert_eq!(
                verdict(of, &name.to_lowercase()),
                Some(found),
                "{name} in small letters"
            );
            assert_eq!(
                verdict(of, &format!(" {name} ")),
                Some(found),
                "{name} between blanks"
            );
            if !number.is_empty() {
                assert_eq!(verdict(of, number), Some(found), "{name} by its number");
                assert_eq!(
                    verdict(of, &format!("0{number}")),
                    Some(found),
                    "{name} by its number"
                );
                assert_eq!(causes::canonical(of, number), name);
            }
            assert!(told.insert((of, name)), "{name} is told once");
        }
    }
    let known: BTreeSet<_> = all().map(|(of, cause)| (of, cause.name.as_str())).collect();
    assert_eq!(known, told);
    assert_eq!(all().count(), told.len(), "every name once");
}

#[test]
fn codes_of_sip_are_the_causes_that_the_switch_makes_of_them() {
    let mut codes = 0;
    for [_, name, of_name] in facts().filter(|[of, ..]| *of == "sip") {
        for code in of_name.split(", ") {
            let spelled = format!("sip:{code}");
            assert_eq!(
                causes::canonical(Vocabulary::Cause, &spelled),
                name,
                "{code}"
            );
            codes += 1;
        }
    }
    assert_eq!(codes, 32);
    let named: usize = all().map(|(_, cause)| cause.sip.len()).sum();
    assert_eq!(named, 28);
}

/// A number, a spelling or a code leads to one cause only.
#[test]
fn no_spelling_is_of_two() {
    let mut seen: BTreeMap<(Vocabulary, String), &str> = BTreeMap::new();
    for (of, cause) in all() {
        let numbers = cause.number.map(|number| number.to_string());
        let codes = cause.sip.iter().map(|code| format!("SIP:{code}"));
        let names = [cause.name.clone()].into_iter().chain(cause.also.clone());
        for spelling in names.chain(numbers).chain(codes) {
            assert_eq!(spelling, spelling.to_uppercase());
            let before = seen.insert((of, spelling.clone()), &cause.name);
            assert_eq!(before, None, "{spelling}");
            let found = causes::find(of, &spelling).expect("a cause");
            assert_eq!(found.name, cause.name, "{spelling}");
        }
    }
}

#[test]
fn every_verdict_is_reached() {
    let groups: BTreeSet<Group> = all().map(|(_, cause)| cause.group).collect();
    assert_eq!(groups.len(), 11, "{groups:?}");
    let results: BTreeSet<Outcome> = all().map(|(_, cause)| cause.verdict().result).collect();
    assert_eq!(results.len(), 8, "{results:?}");
    let answered: BTreeSet<Amd> = all().filter_map(|(_, cause)| cause.amd).collect();
    assert_eq!(answered, [Amd::Machine, Amd::Fax].into());
    for (_, cause) in all() {
        let found = cause.verdict();
        let is_failed = matches!(
            cause.group,
            Group::Rejected | Group::BadNumber | Group::Unreachable | Group::Network
        );
        assert_eq!(found.result == Outcome::Failed, is_failed, "{}", cause.name);
        // A wrong number stays wrong, and who refused a call refuses the next.
        assert!(
            !found.retry
                || !matches!(
                    cause.group,
                    Group::Rejected | Group::BadNumber | Group::Blocked
                ),
            "{}",
            cause.name
        );
        assert!(
            found.retry
                || !matches!(
                    cause.group,
                    Group::Busy | Group::NoAnswer | Group::Unreachable
                ),
            "{}",
            cause.name
        );
    }
}

#[test]
fn what_the_table_does_not_know_has_no_verdict() {
    for (of, name) in [
        (Vocabulary::Cause, ""),
        (Vocabulary::Cause, "47"),
        (Vocabulary::Cause, "sip:200"),
        (Vocabulary::Cause, "DROP"),
        (Vocabulary::Cause, "99999999999999999999"),
        (Vocabulary::Status, "XYZ"),
        (Vocabulary::Status, "SV"),
        (Vocabulary::Disposition, "USER_BUSY"),
        (Vocabulary::Dialstatus, "NO ANSWER"),
    ] {
        assert_eq!(verdict(of, name), None, "{name}");
    }
    assert_eq!(causes::canonical(Vocabulary::Status, " xyz "), "XYZ");
    assert_eq!(
        causes::canonical(Vocabulary::Status, "svyvm"),
        "SVYVM",
        "a name of a pattern stays its own"
    );
    let survey = verdict(Vocabulary::Status, "SVYVM").expect("a verdict");
    assert_eq!(survey.result, Outcome::Answered);
    let spelled = verdict(Vocabulary::Cause, "Normal Clearing").expect("a verdict");
    assert_eq!(spelled.result, Outcome::NoAnswer);
}

/// Reports show causes as they were stored, and the page tells them in words.
#[test]
fn every_cause_has_words() {
    let known = &catalogue::values(None)["hangup_cause"];
    let words: BTreeSet<&str> = known.iter().map(|known| known.value.as_str()).collect();
    assert_eq!(words.len(), known.len(), "every name once");
    for (_, cause) in all() {
        assert!(words.contains(cause.name.as_str()), "{}", cause.name);
    }
}
