//! What came of asking twice: from the sums, and from the rows that they were made of.

use std::fmt::Display;

#[derive(Debug)]
pub enum Comparison {
    Same,
    /// The roll-ups cannot be trusted, and are not.
    Stale,
    Different(Box<Difference>),
}

/// Two answers to one question.
#[derive(Debug)]
pub struct Difference {
    pub question: String,
    pub rolled: String,
    pub raw: String,
}

impl Comparison {
    /// Of two answers to that question, refusals being answers too.
    pub fn of(question: &impl Display, rolled: String, raw: String) -> Self {
        if rolled == raw {
            return Self::Same;
        }
        Self::Different(Box::new(Difference {
            question: question.to_string(),
            rolled,
            raw,
        }))
    }
}
