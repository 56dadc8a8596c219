//! Campaigns: lists to choose from.

pub mod list;
