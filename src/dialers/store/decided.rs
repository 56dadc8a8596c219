//! A call that was put together, and what was decided about it.

use super::super::collapse::Call;
use super::super::leg::Ending;
use super::super::routing::{Destination, Ignored, Place};
use super::families::Family;
use crate::rollups::Module;

/// A call of a family, and where it goes.
pub struct Decided {
    pub family: Family,
    pub call: Call,
    pub destination: Destination,
    pub result: Result,
    /// Product of calls that no rule names, at the door by which it came.
    pub unrouted: Module,
}

impl Decided {
    /// None where it is not reported.
    pub fn place(&self) -> Option<&Place> {
        match (&self.destination, self.ignored()) {
            (Destination::To(place), None) => Some(place),
            _ => None,
        }
    }

    /// Reason for which it is not reported.
    pub fn ignored(&self) -> Option<Ignored> {
        match (&self.destination, self.result.state) {
            (Destination::Ignored(reason), _) => Some(*reason),
            (Destination::To(_), State::NoAttempt(reason)) => Some(reason),
            (Destination::To(_), _) => None,
        }
    }

    /// Product that it goes to, or would go to if it were an attempt.
    pub fn module(&self) -> Option<Module> {
        match &self.destination {
            Destination::To(place) => Some(place.module),
            Destination::Ignored(_) => None,
        }
    }
}

/// Ids of a call's campaign, lead and agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    pub campaign: i64,
    pub lead: i64,
    pub agent: Option<i64>,
}

/// A call with the ids of its place, if it has one.
pub type Placed = (Decided, Option<Ids>);

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Result {
    pub state: State,
    /// The ending that decided so; none where the called party answered, and while legs go on.
    pub by: Option<Ending>,
    /// True if no table knows that ending.
    pub is_unmapped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    InProgress,
    Ended(&'static str),
    /// It never was an attempt.
    NoAttempt(Ignored),
}
