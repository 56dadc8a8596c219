//! What no real document shows: queues, keys, and causes of dials that failed. These were made by hand.

use callboard::dialers::freeswitch::document;
use callboard::dialers::leg::{Leg, Part, Record};

use super::{bytes, read};

fn made(name: &str) -> Leg {
    read(&bytes(&format!("made-{name}.json")))
}

#[test]
fn dials_that_failed_have_their_cause() {
    for (name, cause, seconds) in [
        ("user-busy", "USER_BUSY", 4),
        ("no-answer", "NO_ANSWER", 45),
        ("call-rejected", "CALL_REJECTED", 9),
    ] {
        let leg = made(name);
        assert_eq!(leg.part, Part::Dialed);
        assert_eq!(leg.ending.map(|ending| ending.name).as_deref(), Some(cause));
        assert_eq!((leg.answered_at, leg.billsec), (None, 0));
        let rang = leg
            .ended_at
            .zip(leg.started_at)
            .map(|(end, start)| (end - start).num_seconds());
        assert_eq!(rang, Some(seconds));
        assert_eq!(leg.from.as_deref(), Some("842873000001"));
        assert!(leg.to.is_some_and(|to| to.starts_with("849000000")));
        assert_eq!(leg.provider.as_deref(), Some("carrier1"));
        assert_eq!(leg.fields["campaign_id"], "501");
    }
}

#[test]
fn keys_are_told_in_order() {
    let leg = made("digits");
    assert_eq!((leg.keys.as_deref(), leg.billsec), (Some("19#"), 30));
}

#[test]
fn a_call_that_an_agent_took_is_one_with_the_legs_of_the_agents() {
    let member = made("callcenter-member-answered");
    assert_eq!(
        (member.part, member.agent.as_deref(), member.abandoned),
        (Part::Dialed, Some("1000"), false)
    );
    assert_eq!(
        (member.billsec, member.fields["cc_queue"].as_str()),
        (60, "sales@default")
    );
    let agent = made("callcenter-agent-answered");
    assert_eq!(
        (agent.part, agent.agent.as_deref(), agent.billsec),
        (Part::Queue, Some("1000"), 53)
    );
    let other = made("callcenter-agent-not-first");
    assert_eq!((other.part, other.agent.as_deref()), (Part::Queue, None));
    for leg in [&agent, &other] {
        assert_eq!(leg.call, member.key);
        assert!(leg.family.contains(&member.key));
    }
}

#[test]
fn a_caller_who_left_the_queue_was_abandoned() {
    let leg = made("callcenter-member-abandoned");
    assert!(leg.abandoned && leg.answered_at.is_some());
    assert_eq!((leg.agent.as_deref(), leg.billsec), (None, 20));
    assert_eq!(leg.fields["cc_cancel_reason"], "BREAK_OUT");
}

#[test]
fn a_leg_that_lost_is_no_attempt() {
    let alone = document("", None, &bytes("made-fork-lost-alone.json"));
    assert_eq!(alone, Record::NoCall("leg that lost to another"));
    let sibling = made("fork-lost-to-sibling");
    assert_eq!(sibling.part, Part::Artefact);
    assert_ne!(sibling.call, sibling.key);
}
