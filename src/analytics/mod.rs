//! Analytics: twelve questions (query types) with a common request, each returning a flat, paged table (contract,
//! section 5).
//!
//! A body is parsed into a plain value (`query`); its filters are resolved (`reach`); a pure function chooses the source
//! (`plan`); statements are composed once of filters and dimensions (`filter`, `dimension`), and run tenant
//! by tenant in one snapshot (`reading`, `progress`, `span`); the question turns counters into rows (`question`, `questions`). Must not know
//! HTTP.
//!
//! # Adding a question
//!
//! A new dimension is an entry of `dimension`, and a roll-up for it an entry of `rollups/catalog.rs`. The question is its
//! row and its `impl Question` in `questions`, and a line of [`ALL`]. Implement it again, from the contract alone, in
//! `tests/reference`.

mod bind;
mod dimension;
pub mod filter;
mod members;
mod page;
mod plan;
mod progress;
pub mod query;
mod question;
mod questions;
mod reach;
mod reading;
mod span;

pub use members::Members;
pub use question::Definition;
use questions as q;
pub use reach::Rarest;

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
