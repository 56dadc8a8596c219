//! Legs of one call share a name, and legs of two calls do not.

use callboard::dialers::leg::{Leg, Part};
use serde_json::json;

use super::read;

/// The leg of a document with these variables.
fn made<const N: usize>(uuid: &str, variables: [(&str, &str); N]) -> Leg {
    let mut document = json!({"variables": {"uuid": uuid, "start_epoch": "1790000000", "end_epoch": "1790000009"}});
    for (name, value) in variables {
        document["variables"][name] = value.into();
    }
    read(document.to_string().as_bytes())
}

fn are_one(one: &Leg, other: &Leg) -> bool {
    one.family.iter().any(|name| other.family.contains(name))
}

#[test]
fn a_leg_is_of_the_call_that_it_was_made_for() {
    let first = made(
        "a",
        [(
            "originated_legs",
            "ARRAY::b;Outbound Call;1|:c;Outbound Call;2",
        )],
    );
    let second = made("b", [("originator", "a"), ("originating_leg_uuid", "a")]);
    let third = made("c", [("originator", "a"), ("hangup_cause", "LOSE_RACE")]);
    assert_eq!((second.call.as_str(), third.call.as_str()), ("a", "a"));
    assert!(are_one(&first, &second) && are_one(&second, &third));
    assert_eq!(third.part, Part::Artefact);
    for variable in [
        "cc_member_session_uuid",
        "ent_originate_aleg_uuid",
        "other_loopback_leg_uuid",
    ] {
        assert!(are_one(&first, &made("d", [(variable, "a")])), "{variable}");
    }
}

#[test]
fn two_legs_that_were_bridged_to_each_other_are_of_one_call() {
    let (one, other) = (
        made("a", [("bridge_uuid", "b")]),
        made("b", [("signal_bond", "a")]),
    );
    assert!(are_one(&one, &other));
    assert_eq!((one.call.as_str(), other.call.as_str()), ("a", "b"));
    // One that says so alone is not.
    assert!(!are_one(&one, &made("b", [("call_uuid", "a")])));
}

#[test]
fn calls_that_one_agent_took_one_after_the_other_stay_apart() {
    let history = "ARRAY::1790000001:x:uuid_br:c1|:1790000002:y:uuid_br:c2";
    let agent = made(
        "agent",
        [("bridge_uuid", "c2"), ("transfer_history", history)],
    );
    let calls = ["c1", "c2"].map(|uuid| {
        let history = "1790000001:x:uuid_br:agent";
        made(
            uuid,
            [
                ("bridge_uuid", "agent"),
                ("call_uuid", "agent"),
                ("transfer_history", history),
            ],
        )
    });
    assert!(!are_one(&calls[0], &calls[1]));
    assert!(!calls.iter().any(|call| are_one(call, &agent)));
}

#[test]
fn a_loopback_channel_is_no_call_of_its_own() {
    let leg = made(
        "l",
        [
            ("channel_name", "loopback/0900000001/default/XML-a"),
            ("direction", "outbound"),
        ],
    );
    assert_eq!(leg.part, Part::Artefact);
}

#[test]
fn ids_that_are_too_long_are_digests_everywhere() {
    let long = "x".repeat(300);
    let (parent, child) = (made(&long, []), made("b", [("originator", &long)]));
    assert_eq!((parent.key.len(), parent.call.len()), (64, 64));
    assert_eq!(child.call, parent.call);
    assert!(are_one(&parent, &child));
}
