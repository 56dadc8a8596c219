//! Templates of exports: layouts of files, by name (contract, section 14).
//!
//! Owns their rows, and what a valid one is. How one changes a file is `files/template.rs`. Must not know HTTP.

pub mod fields;
mod logo;
mod number_format;
pub mod request;
pub mod store;

/// Maximum size of a body with a template and its logo, in bytes.
pub const MAX_BODY: usize = 1 << 20;
