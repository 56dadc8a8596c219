//! Metadata of the questions: names, descriptions and examples for documents.

/// The metadata of a question.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct About {
    /// Its `query_type`.
    pub name: &'static str,
    pub title: &'static str,
    /// What its rows are, in a sentence or two.
    pub summary: &'static str,
    pub of: Of,
    /// A body that asks it, and the body of an answer.
    pub request: &'static str,
    pub response: &'static str,
}

/// The rows that a question counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Of {
    Attempts,
    /// Then dates are those of their creation, and attempts are looked at over all time.
    Leads,
}
