//! Resources that clients create and change over HTTP (contract, section 8), on the rows that ingest stores.
//!
//! Owns their members, ids, states and statements. Must not know HTTP.

pub mod ids;
pub mod members;
