//! Campaigns: which there are, so that a dashboard can offer a choice.

pub mod list;
