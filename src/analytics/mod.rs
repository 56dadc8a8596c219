//! Analytics: twelve questions over one shape, answered as one flat table each, page by page (contract, section 5).
//!
//! A body becomes a plain value (`query`); what its filters come to is looked up (`reach`); a pure function says what
//! it is read from (`plan`); the statements are made of one vocabulary of filters and one of dimensions while this is
//! compiled (`filter`, `dimension`), and read account by account in one snapshot (`reading`); a question turns what
//! was counted into rows (`question`, `questions`). Must not know HTTP.
//!
//! # Adding a question
//!
//! A dimension that is not there yet is an entry of `dimension`, and a roll-up of it one of `rollups/catalog.rs`. The
//! question itself is its row and its `impl Question` in `questions`, and a line of [`ALL`]. Write it once more, from
//! the contract alone, in `tests/reference`.

// First, for the macro that it makes: statements are put together where no import of a macro is resolved yet.
#[macro_use]
pub mod filter;
mod about;
mod dimension;
mod members;
mod page;
mod plan;
pub mod query;
mod question;
mod questions;
mod reach;
mod reading;

pub use about::About;
pub use question::Definition;
use questions as q;

/// Every question, in the order of the document.
pub static ALL: &[Definition] = &[
    Definition::of::<q::CallCount>(),
    Definition::of::<q::CallDuration>(),
    Definition::of::<q::OutcomeDistribution>(),
    Definition::of::<q::SentimentDistribution>(),
    Definition::of::<q::StatusDistribution>(),
    Definition::of::<q::CallsOverTime>(),
    Definition::of::<q::AvgDurationOverTime>(),
    Definition::of::<q::TopOutcomes>(),
    Definition::of::<q::RetryAnalysis>(),
    Definition::of::<q::ProviderBreakdown>(),
    Definition::of::<q::HourlyHeatmap>(),
    Definition::of::<q::ConversionFunnel>(),
];
