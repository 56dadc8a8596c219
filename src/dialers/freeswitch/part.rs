//! The place of a channel in its call.

use crate::dialers::leg::Part;

/// Causes of legs that another leg went on for.
const ARTEFACTS: &[&str] = &[
    "LOSE_RACE",
    "PICKED_OFF",
    "BOWOUT",
    "BLIND_TRANSFER",
    "ATTENDED_TRANSFER",
];

/// Causes of legs that are nothing without the one that won.
const LOST: &[&str] = &["LOSE_RACE", "PICKED_OFF"];

/// A channel that ended.
pub struct Channel<'a> {
    pub cause: Option<&'a str>,
    /// Made by a queue for an agent.
    pub is_agent: bool,
    pub is_loopback: bool,
    /// Made by the switch.
    pub is_outbound: bool,
}

impl Channel<'_> {
    pub fn part(&self) -> Part {
        match self {
            Self { is_agent: true, .. } => Part::Queue,
            Self {
                is_loopback: true, ..
            } => Part::Artefact,
            channel if channel.is_one_of(ARTEFACTS) => Part::Artefact,
            channel if channel.is_outbound => Part::Dialed,
            _ => Part::Whole,
        }
    }

    /// True if the leg lost to another.
    pub fn is_lost(&self) -> bool {
        self.is_one_of(LOST)
    }

    fn is_one_of(&self, causes: &[&str]) -> bool {
        self.cause.is_some_and(|cause| causes.contains(&cause))
    }
}
