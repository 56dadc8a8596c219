//! Lists of calls: those behind the figures of reports and analytics (contract, section 11).
//!
//! Owns the filters on calls, the pages and the statements that read them. A figure's list counts by the functions and
//! terms that the figure's report counts by. Must not know HTTP.
//!
//! # Adding a filter
//!
//! One `static` in `attempts` or `sales_calls`, with its parameter and its condition, and its name in `ALL` there. The
//! OpenAPI document, parsing and statements follow; the tests hold every filter against a second implementation
//! (`tests/it/calls`).

pub mod attempts;
pub mod common;
pub mod condition;
pub mod cursor;
mod file;
pub mod filter;
mod list;
mod making;
pub mod page;
pub mod place;
mod position;
pub mod raw;
mod request;
mod rows;
pub mod sales_calls;
pub mod single;
mod statement;
mod sums;

pub use file::{FileBatches, FileRequest};
pub use list::{ALL, COLUMNS as LISTS, List, SALES_CALLS};
pub use making::{Workshop, Written, unwatched};
pub use place::Place;
pub use request::Request;
pub use rows::{Calls, ListedAttempt, ListedCall, Row, table_of};
pub use single::{SINGLES, Single, SingleRequest};
pub use statement::Sight;
