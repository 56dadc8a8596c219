//! Resources that clients create and change over HTTP (contract, section 8), on the rows that ingest stores.
//!
//! Owns their members, ids, states and statements, the lists of campaigns, and those to choose from. Must not know HTTP.

pub mod campaigns;
pub mod choices;
pub mod ids;
pub mod leads;
pub mod list;
pub mod media;
pub mod members;
pub mod rows;
pub mod scripts;
pub mod telesales;
pub mod voices;
