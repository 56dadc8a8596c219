//! Metadata of the questions: names, descriptions and examples for the OpenAPI document.

/// The metadata of a question.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct About {
    /// Its `query_type`.
    pub name: &'static str,
    pub title: &'static str,
    /// Description of its rows, in a sentence or two.
    pub summary: &'static str,
    pub of: Of,
    /// An example request body, and the body of its response.
    pub request: &'static str,
    pub response: &'static str,
}

/// The rows that a question counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Of {
    Attempts,
    /// Dates select by creation, and attempts count over all time.
    Leads,
}
