//! Spreadsheets of any origin as ingest lines (contract, section 10).
//!
//! Owns the reading of files (`read`, `delimited`, `workbook`, `encoding`) into spooled rows (`rows`), mappings (`mapping`,
//! `request`, `store`) and their place on the columns of a sheet (`plan`, `values`, `dates`), lines made of rows (`lines`), whose
//! people are looked up (`people`) and attempts numbered (`numbers`), and
//! what a dry run tells (`preview`, `suggest`). Must not know HTTP.

pub mod dates;
mod delimited;
pub mod encoding;
pub mod lines;
pub mod mapping;
pub mod numbers;
pub mod people;
pub mod plan;
pub mod preview;
pub mod read;
pub mod request;
mod rows;
pub mod store;
mod suggest;
mod values;
mod workbook;

pub use rows::Sheet;
