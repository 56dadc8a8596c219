//! Recipients of a mail, and what became of each.

use std::collections::BTreeMap;

use lettre::Address;
use serde::{Deserialize, Serialize};

use crate::mail::smtp::Verdict;

/// Maximum length of what a run says of its recipients, in code points.
const MAX_TOLD: usize = 2_000;

/// The recipients, in the order of the schedule.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recipients(Vec<Recipient>);

#[derive(Debug, Serialize, Deserialize)]
struct Recipient {
    address: String,
    state: State,
    /// The reason of the last try that did not reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Pending,
    Accepted,
    Refused,
}

impl Recipients {
    pub fn new(email: &[String]) -> Self {
        let pending = email.iter().map(|address| Recipient {
            address: address.clone(),
            state: State::Pending,
            reason: None,
        });
        Self(pending.collect())
    }

    fn of(&self, state: State) -> impl Iterator<Item = &Recipient> {
        self.0.iter().filter(move |one| one.state == state)
    }

    fn pending_mut(&mut self) -> impl Iterator<Item = &mut Recipient> {
        let all = self.0.iter_mut();
        all.filter(|one| one.state == State::Pending)
    }

    /// All of them, for the letter.
    pub fn all(&self) -> Vec<Address> {
        let parsed = self.0.iter().map(|one| one.address.parse());
        parsed.filter_map(Result::ok).collect()
    }

    /// Those that wait. One that is no address is refused.
    pub fn pending(&mut self) -> Vec<Address> {
        let mut waiting = Vec::new();
        for one in self.pending_mut() {
            match one.address.parse() {
                Ok(address) => waiting.push(address),
                Err(_) => one.refuse("It is no address.".into()),
            }
        }
        waiting
    }

    /// Refuses those that wait and do not pass.
    pub fn keep(&mut self, passes: impl Fn(&str) -> bool, reason: &str) {
        let all = self.pending_mut().filter(|one| !passes(&one.address));
        all.for_each(|one| one.refuse(reason.to_owned()));
    }

    /// Notes the verdicts on [`Recipients::pending`], in that order. Returns the addresses that accepted.
    pub fn note(&mut self, verdicts: Vec<Verdict>) -> Vec<String> {
        let mut accepted = Vec::new();
        for (one, verdict) in self.pending_mut().zip(verdicts) {
            match verdict {
                Verdict::Accepted => {
                    (one.state, one.reason) = (State::Accepted, None);
                    accepted.push(one.address.clone());
                }
                Verdict::Later(reason) => one.reason = Some(reason),
                Verdict::Refused(reason) => one.refuse(reason),
            }
        }
        accepted
    }

    /// Notes why those that wait were not reached.
    pub fn miss(&mut self, reason: &str) {
        self.pending_mut()
            .for_each(|one| one.reason = Some(reason.to_owned()));
    }

    pub fn has_pending(&self) -> bool {
        self.of(State::Pending).next().is_some()
    }

    pub fn has_accepted(&self) -> bool {
        self.of(State::Accepted).next().is_some()
    }

    /// Those that have not accepted, by reason. `None` if all have.
    pub fn told(&self) -> Option<String> {
        let mut by_reason = BTreeMap::<&str, Vec<&str>>::new();
        for one in self.0.iter().filter(|one| one.state != State::Accepted) {
            let reason = one.reason.as_deref().unwrap_or("Not sent yet.");
            by_reason.entry(reason).or_default().push(&one.address);
        }
        let told = by_reason
            .iter()
            .map(|(reason, addresses)| format!("{}: {reason}", addresses.join(", ")));
        let told = told.collect::<Vec<_>>().join("; ");
        let cut = told.char_indices().nth(MAX_TOLD).map(|(end, _)| end);
        (!told.is_empty()).then(|| match cut {
            Some(end) => format!("{}…", &told[..end]),
            None => told,
        })
    }
}

impl Recipient {
    fn refuse(&mut self, reason: String) {
        (self.state, self.reason) = (State::Refused, Some(reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_that_wait_are_sent_to_again_and_the_others_are_named() {
        let email = ["a@x", "b@x", "c@y", "d@z"].map(str::to_owned);
        let mut all = Recipients::new(&email);
        all.keep(|address| !address.ends_with("@z"), "Not allowed.");
        assert_eq!(all.pending().len(), 3);
        let verdicts = vec![
            Verdict::Accepted,
            Verdict::Refused("550 unknown".into()),
            Verdict::Later("451 later".into()),
        ];
        assert_eq!(all.note(verdicts), ["a@x"]);
        let stored = serde_json::to_string(&all).unwrap();
        let mut all: Recipients = serde_json::from_str(&stored).unwrap();
        assert_eq!(all.pending(), ["c@y".parse::<Address>().unwrap()]);
        let told = "c@y: 451 later; b@x: 550 unknown; d@z: Not allowed.";
        assert_eq!(all.told().as_deref(), Some(told));
        assert_eq!(all.note(vec![Verdict::Accepted]), ["c@y"]);
        assert!(!all.has_pending() && all.has_accepted());
        assert_eq!(all.all().len(), 4);
    }
}
