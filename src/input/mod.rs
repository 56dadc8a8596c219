//! Parsing and validation of clients' input: query strings, JSON bodies, and values of ingest.
//!
//! Owns the types of parameters and the texts of faults (`fault`), so that the same mistake has the same text everywhere.
//! Must not know routes, reports or tables.

pub mod body;
pub mod bounds;
mod compare;
pub mod composite;
pub mod email;
pub mod fault;
pub mod members;
mod parameter;
mod query;
pub mod unknown;
pub mod value;

pub use bounds::{Bounds, Ends, WINDOW};
pub use compare::{COMPARE, UNTIL};
pub(crate) use parameter::choice;
pub use parameter::{
    AGENT_IDS, Choice, FILL_GAPS, Kind, Parameter, ZONE_OF_ACCOUNT, ZONE_UTC, named,
};
pub use query::Query;
