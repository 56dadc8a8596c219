//! Ingest lines of calls: their result, by the answer first and by the table of causes then, and their members.

use serde_json::{Map, Value, json};

use super::super::causes::{Outcome, Verdict};
use super::super::collapse::Call;
use super::super::leg::Ending;
use super::super::routing::Ignored;
use super::decided::{Ids, Result, State};
use crate::rollups::Module;

/// The result of a call. `verdict` knows the account's table of causes.
pub fn result(call: &Call, module: Module, verdict: impl Fn(&Ending) -> Option<Verdict>) -> Result {
    let by_times = |state| Result {
        state,
        by: None,
        is_unmapped: false,
    };
    if call.ended_at.is_none() {
        return by_times(State::InProgress);
    }
    if call.answered_at.is_some() {
        return by_times(State::Ended(if call.abandoned {
            "abandoned"
        } else {
            "answered"
        }));
    }
    let known = call.ending.as_ref().and_then(&verdict);
    let outcome = known.map_or(Outcome::Failed, |verdict| verdict.result);
    let state = match (outcome, module) {
        (Outcome::Answered, _) if call.abandoned => State::Ended("abandoned"),
        (Outcome::Answered, _) => State::Ended("answered"),
        (Outcome::NoAnswer, _) => State::Ended("no_answer"),
        (Outcome::Busy, _) => State::Ended("busy"),
        (Outcome::Failed, _) => State::Ended("failed"),
        (Outcome::Abandoned, _) => State::Ended("abandoned"),
        (Outcome::Blocked, Module::Telesales) => State::Ended("blocked"),
        (Outcome::Blocked, Module::Autocall) => State::NoAttempt(Ignored::Blocked),
        (Outcome::NotFinal, _) => State::InProgress,
        (Outcome::NotAnAttempt, _) => State::NoAttempt(Ignored::NoAttempt),
    };
    Result {
        state,
        by: call.ending.clone(),
        is_unmapped: call.ending.is_some() && known.is_none(),
    }
}

/// The line of a call. `number` is that of the attempt, for AutoCall.
pub fn line(call: &Call, module: Module, ids: Ids, number: i32, result: &Result) -> Value {
    let (result, is_over) = match result.state {
        State::Ended(result) => (Some(result), true),
        _ => (None, false),
    };
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| _ = line.insert(name.into(), value);
    put("uuid", json!(call.id));
    put("campaign_id", json!(ids.campaign));
    put("lead_id", json!(ids.lead));
    put("agent_id", json!(ids.agent));
    put("started_at", json!(call.started_at.to_rfc3339()));
    put(
        "answered_at",
        json!(call.answered_at.map(|at| at.to_rfc3339())),
    );
    let ended_at = call.ended_at.filter(|_| is_over);
    put("ended_at", json!(ended_at.map(|at| at.to_rfc3339())));
    put("result", json!(result));
    let cause = call.ending.as_ref().filter(|_| is_over);
    put("hangup_cause", json!(cause.map(|ending| &ending.name)));
    let talked = if matches!(result, Some("answered" | "abandoned")) {
        call.billsec
    } else {
        0
    };
    match module {
        Module::Autocall => {
            put("kind", json!("autocall_attempt"));
            put("attempt_number", json!(number));
            put("billsec", json!(talked));
            put("dtmf", json!(call.keys.as_deref().and_then(keys)));
            put("caller_id", json!(call.from));
            put("provider", json!(call.provider));
        }
        Module::Telesales => {
            put("kind", json!("telesales_call"));
            put("cid", json!(call.from));
            put("talk_sec", json!(talked));
            put("wrap_sec", json!(call.wrap_sec));
        }
    }
    line.into()
}

/// Maximum number of keys that an attempt keeps.
const MAX_KEYS: usize = 64;

/// The keys that a telephone has, the first 64.
fn keys(text: &str) -> Option<String> {
    let is_key = |key: &char| key.is_ascii_digit() || matches!(key, '*' | '#');
    let keys: String = text.chars().filter(is_key).take(MAX_KEYS).collect();
    (!keys.is_empty()).then_some(keys)
}
