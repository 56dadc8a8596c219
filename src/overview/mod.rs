//! The overview: a row for each campaign at work, its pace, and what is wrong with it (contract, section 15).
//!
//! Owns the rules of warnings. Figures come from sums of calls (`calls`), leads (`leads`) and the reports' own rules. Must not know
//! HTTP.

mod account;
mod aside;
mod calls;
mod leads;
mod make;
mod meaning;
mod pace;
pub mod paces;
mod periods;
pub mod raise;
mod raised;
mod request;
mod row;
mod since;
mod statement;
mod told;
mod warnings;

pub use account::Sees;
pub use aside::{MEMBERS, PutAside};
pub use meaning::meaning;
pub use pace::paces_of;
pub use request::{Overview, PARAMETERS};
pub use row::{OverviewPage, OverviewRow, OverviewWarning, Pace};

/// An example of an overview.
pub const EXAMPLE: &str = include_str!("example.json");
