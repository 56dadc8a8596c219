//! Comparison of two results: from roll-ups and from rows.

use std::fmt::Display;

#[derive(Debug)]
pub enum Comparison {
    Same,
    /// The roll-ups are stale.
    Stale,
    Different(Box<Difference>),
}

/// Two results of one request.
#[derive(Debug)]
pub struct Difference {
    pub question: String,
    pub rolled: String,
    pub raw: String,
}

impl Comparison {
    /// Compares two results of that request; errors are results too.
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
