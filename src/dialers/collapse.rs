//! The legs of one call as the one call that they are (contract, section 10).
//!
//! The same legs make the same call, in whatever order they came and however often. Must not know where the call goes, or
//! what its ending means.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::leg::{Ending, Leg, Part};

/// Digits that a number outside of the company has at least.
const OUTSIDE: usize = 7;

/// A call that was put together from its legs.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub id: String,
    /// When the first leg that was dialed to the outside began; without one, when the first leg did.
    pub started_at: DateTime<Utc>,
    pub answered_at: Option<DateTime<Utc>>,
    /// None while it is in progress.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds from answer to hangup.
    pub billsec: i32,
    pub wrap_sec: i32,
    pub ending: Option<Ending>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub keys: Option<String>,
    pub agent: Option<String>,
    pub provider: Option<String>,
    pub abandoned: bool,
    pub direction: Direction,
    /// Everything that its records said; what the first leg says stands.
    pub fields: BTreeMap<String, String>,
}

/// The direction of a call, by its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Outbound,
    Inbound,
    Internal,
}

impl Direction {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outbound => "outbound",
            Self::Inbound => "inbound",
            Self::Internal => "internal",
        }
    }

    fn between(from: Option<&str>, to: Option<&str>) -> Self {
        match (from.is_some_and(is_outside), to.is_some_and(is_outside)) {
            (_, true) => Self::Outbound,
            (true, false) => Self::Inbound,
            (false, false) => Self::Internal,
        }
    }
}

/// True for a number of a telephone network: one of seven digits or more.
pub fn is_outside(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let mut written = digits.chars().filter(|letter| !" -.()/".contains(*letter));
    written.clone().count() >= OUTSIDE && written.all(|letter| letter.is_ascii_digit())
}

/// Puts legs together. `weight` says how much an ending without an answer tells: busy more than no answer, that more than a
/// failure. None while only events of queues are known, which tell no start.
pub fn collapse(legs: &[Leg], weight: impl Fn(&Ending) -> u8) -> Option<Call> {
    let timed = timed(legs);
    let (_, first) = *timed.first()?;
    let knowledge = |leg: &&Leg| {
        let weight = leg.ending.as_ref().map_or(0, &weight);
        let answered = leg.answered_at.is_some();
        (
            answered,
            leg.billsec,
            leg.ended_at.is_some(),
            weight,
            leg.key.clone(),
        )
    };
    let best = deciding(&timed).into_iter().max_by_key(knowledge)?;
    // An agent's leg may have stood by for hours before the called party was dialed.
    let is_dialed_out = is_outbound(best);
    let mut begun = timed
        .iter()
        .filter(|(_, leg)| !is_dialed_out || is_outbound(leg));
    let (started_at, _) = *begun.next()?;
    let queue = queue(legs);
    let in_order = || timed.iter().map(|(_, leg)| *leg);
    let all = || in_order().chain(queue.iter().copied());
    // A caller who gave up on one queue may have been answered in the next.
    let was_served = queue
        .iter()
        .any(|leg| leg.answered_at.is_some() && !leg.abandoned);
    let gave_up = !was_served && queue.iter().any(|leg| leg.abandoned);
    let told = |of: fn(&Leg) -> Option<&String>| of(best).or_else(|| all().find_map(of)).cloned();
    let ends = all().filter_map(|leg| leg.ended_at);
    let wraps = all().filter_map(|leg| leg.wrap_sec);
    let (from, to) = (told(|leg| leg.from.as_ref()), told(|leg| leg.to.as_ref()));
    Some(Call {
        id: first.call.clone(),
        started_at,
        answered_at: best.answered_at,
        ended_at: best.ended_at.and_then(|_| ends.max()),
        billsec: best.billsec.max(0),
        wrap_sec: wraps.max().unwrap_or_default().max(0),
        ending: best.ending.clone(),
        direction: Direction::between(from.as_deref(), to.as_deref()),
        from,
        to,
        keys: told(|leg| leg.keys.as_ref()),
        agent: told(|leg| leg.agent.as_ref()),
        provider: told(|leg| leg.provider.as_ref()),
        abandoned: gave_up || in_order().any(|leg| leg.abandoned),
        fields: all().fold(BTreeMap::new(), |mut fields, leg| {
            for (name, value) in &leg.fields {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
            fields
        }),
    })
}

/// Legs that tell a start, by it. Events of queues tell when a caller waited, and not when the call began.
fn timed(legs: &[Leg]) -> Vec<(DateTime<Utc>, &Leg)> {
    let legs = legs.iter().filter(|leg| leg.part != Part::Queue);
    let mut timed: Vec<_> = legs
        .filter_map(|leg| Some((leg.started_at?, leg)))
        .collect();
    timed.sort_by_key(|(at, leg)| (*at, place(leg.part), leg.key.as_str()));
    timed
}

/// Events of queues, in the order of their answers.
fn queue(legs: &[Leg]) -> Vec<&Leg> {
    let mut queue: Vec<&Leg> = legs.iter().filter(|leg| leg.part == Part::Queue).collect();
    queue.sort_by_key(|leg| (leg.answered_at.is_none(), leg.answered_at, leg.key.as_str()));
    queue
}

const fn place(part: Part) -> u8 {
    match part {
        Part::Whole => 0,
        Part::Dialed => 1,
        Part::Artefact => 2,
        Part::Queue => 3,
    }
}

/// True for a leg that was dialed to the outside.
fn is_outbound(leg: &Leg) -> bool {
    leg.part == Part::Dialed && leg.to.as_deref().is_some_and(is_outside)
}

/// The legs that tell whether the called party answered: those dialed to the outside, else those of whole calls, else all.
fn deciding<'a>(timed: &[(DateTime<Utc>, &'a Leg)]) -> Vec<&'a Leg> {
    let of = |is: &dyn Fn(&Leg) -> bool| -> Vec<&'a Leg> {
        timed
            .iter()
            .map(|(_, leg)| *leg)
            .filter(|leg| is(leg))
            .collect()
    };
    [
        of(&is_outbound),
        of(&|leg| leg.part == Part::Whole),
        of(&|leg| leg.part == Part::Dialed),
        of(&|_| true),
    ]
    .into_iter()
    .find(|legs| !legs.is_empty())
    .unwrap_or_default()
}

/// Of two records of one leg, the one that knows more: ended over in progress, answered over not, longer over shorter.
pub fn better(one: Leg, other: Leg) -> Leg {
    let knowledge = |leg: &Leg| {
        (
            leg.ended_at.is_some(),
            leg.answered_at.is_some(),
            leg.billsec,
            leg.fields.len(),
            // No order of arrival: the last word is that of the texts.
            serde_json::to_string(leg).unwrap_or_default(),
        )
    };
    if knowledge(&other) > knowledge(&one) {
        other
    } else {
        one
    }
}
