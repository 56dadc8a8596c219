//! Spreadsheets of any origin as ingest lines (contract, section 10).
//!
//! Owns how columns become fields: kept mappings (`mapping`, `store`), and what dates look like (`dates`). Must not know HTTP.

pub mod dates;
pub mod mapping;
pub mod request;
pub mod store;
