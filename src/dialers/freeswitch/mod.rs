//! Records of FreeSWITCH: mod_json_cdr, mod_xml_cdr and mod_cdr_csv, as legs.
//!
//! [`posted`] opens a body, [`json`] and [`xml`] read it into one shape, [`said`] finds in it what the switch says, whatever
//! the format, [`family`] tells the call that a leg is of, and [`document()`] and [`rows`] make legs.
//! Must not know HTTP, accounts, or how legs are stored.

mod csv;
mod document;
mod family;
mod json;
mod node;
mod part;
mod party;
mod posted;
mod said;
mod values;
mod xml;

pub use csv::rows;
pub use document::document;
