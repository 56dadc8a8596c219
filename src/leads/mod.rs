//! Lists of leads: those behind the figures that count leads (contract, section 11).
//!
//! A lead is listed when it passes `created` and its own filters and, where a filter on calls or a stage beyond the first is
//! given, has a call that passes. Owns the filters on leads and the statements; filters on calls are those of
//! [`crate::calls`]. Must not know HTTP.

mod list;
mod own;
mod place;
mod progress;
mod request;
mod rows;
mod select;

pub use list::{ALL, List};
pub use request::Request;
