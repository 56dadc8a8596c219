//! Input of clients, read and checked: query strings, JSON bodies, and the values of ingest.
//!
//! Owns the types of parameters and the texts of faults (`fault`), so that one mistake has one text wherever it is
//! made. Must not know a route, a report or a table.

pub mod body;
pub mod composite;
pub mod fault;
pub mod members;
mod parameter;
mod query;
pub mod value;

pub(crate) use parameter::choice;
pub use parameter::{
    AGENT_IDS, Choice, FILL_GAPS, Kind, Parameter, ZONE_OF_ACCOUNT, ZONE_UTC, named,
};
pub use query::Query;
