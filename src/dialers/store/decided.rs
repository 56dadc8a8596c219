//! A call that was put together, and what was decided about it.

use super::super::collapse::Call;
use super::super::leg::Ending;
use super::super::routing::{Destination, Place};
use super::families::Family;

/// A call of a family, and where it goes.
pub struct Decided {
    pub family: Family,
    pub call: Call,
    pub destination: Destination,
    pub result: Result,
}

impl Decided {
    /// None where it is not reported.
    pub fn place(&self) -> Option<&Place> {
        match &self.destination {
            Destination::To(place) => Some(place),
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
pub enum Result {
    InProgress,
    Ended {
        result: &'static str,
        /// The ending that decided; none where the called party answered.
        by: Option<Ending>,
        /// True if no table knows that ending.
        is_unmapped: bool,
    },
    /// It never was an attempt. The reason is counted.
    NoAttempt(&'static str),
}
