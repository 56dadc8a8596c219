//! Legs of real documents as the calls that they are, in whatever order they come.

use callboard::dialers::causes;
use callboard::dialers::collapse::collapse;
use callboard::dialers::leg::Leg;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{bytes, expected, read, real, together};

/// Calls of legs by id, with result, direction and seconds of talk.
fn calls(legs: &[Leg]) -> Vec<Value> {
    let together = together(legs);
    let mut calls: Vec<Value> = together.iter().map(|legs| call(legs)).collect();
    calls.sort_by_key(|call| call["id"].to_string());
    calls
}

fn call(legs: &[Leg]) -> Value {
    let call = collapse(legs, |_| 0).expect("a start");
    let ending = call.ending.as_ref().expect("an ending");
    let result = match (call.answered_at, call.abandoned) {
        (Some(_), true) => json!("abandoned"),
        (Some(_), false) => json!("answered"),
        (None, _) => json!(causes::verdict(ending).map(|verdict| verdict.result)),
    };
    let mut keys: Vec<&str> = legs.iter().map(|leg| leg.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    json!({
        "id": call.id,
        "result": result,
        "direction": call.direction.name(),
        "talk": call.billsec,
        "legs": keys.len(),
    })
}

#[test]
fn every_document_is_of_the_call_that_a_program_apart_counts() {
    let mut legs: Vec<Leg> = real().iter().map(|(_, body)| read(body)).collect();
    let expected = expected();
    assert_eq!(expected["calls"].as_array().map(Vec::len), Some(16));
    assert_eq!(json!(calls(&legs)), expected["calls"]);
    let mut random = StdRng::seed_from_u64(19);
    for _ in 0..50 {
        let twice = legs[random.random_range(0..legs.len())].clone();
        legs.push(twice);
        legs.shuffle(&mut random);
        assert_eq!(json!(calls(&legs)), expected["calls"]);
    }
}

#[test]
fn a_call_of_a_queue_is_one_with_its_agent_or_abandoned() {
    let made = |name: &str| read(&bytes(&format!("made-{name}.json")));
    let mut legs = [
        "callcenter-agent-not-first",
        "callcenter-agent-answered",
        "callcenter-member-answered",
    ]
    .map(made);
    for _ in 0..3 {
        legs.rotate_left(1);
        let one = together(&legs);
        assert_eq!(one.len(), 1);
        let call = collapse(&one[0], |_| 0).expect("a start");
        assert_eq!(call.agent.as_deref(), Some("1000"));
        assert_eq!(
            (call.to.as_deref(), call.billsec),
            (Some("84900000005"), 60)
        );
        assert_eq!(call.direction.name(), "outbound");
    }
    let abandoned = call(&[made("callcenter-member-abandoned")]);
    assert_eq!(abandoned["result"], "abandoned");
    for (name, result) in [
        ("user-busy", "busy"),
        ("no-answer", "no_answer"),
        ("call-rejected", "failed"),
    ] {
        let call = call(&[made(name)]);
        assert_eq!(
            (&call["result"], &call["talk"]),
            (&json!(result), &json!(0)),
            "{name}"
        );
    }
}
