//! Spreadsheets of any origin as ingest lines (contract, section 10).
//!
//! Owns the reading of files (`read`, `delimited`, `workbook`, `encoding`) into spooled rows (`rows`), mappings (`mapping`,
//! `request`, `store`, `ready`) and their place on the columns of a sheet (`plan`, `values`, `dates`), lines made of rows (`lines`), whose
//! people are looked up (`people`) and attempts numbered (`numbers`), and
//! what a dry run tells (`preview`, `suggest`). `take` puts them together. Must not know HTTP.

pub mod dates;
mod delimited;
pub mod encoding;
#[cfg(test)]
mod fuzz;
pub mod lines;
pub mod mapping;
pub mod numbers;
pub mod people;
pub mod plan;
pub mod preview;
pub mod read;
pub mod ready;
pub mod request;
mod rows;
pub mod store;
mod suggest;
pub mod take;
mod values;
mod workbook;

pub use rows::Sheet;
