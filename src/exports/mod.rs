//! Exports: files of a campaign's reports, made in the background.
//!
//! Owns the queue of exports, its workers, and the links to finished files. Knows reports as tables, not what they count;
//! must not know HTTP.
//!
//! An order ([`request`]) becomes a row of the queue ([`queue`], [`job`]), which a [`worker`] takes up: it [`make`]s the
//! file out of what it reads in one snapshot ([`contents`], [`attempts`]), keeps it in the store, and from then on
//! a [`link`] leads there, until it is swept ([`sweep`]).

mod archive;
pub mod attempts;
mod contents;
mod failure;
mod full;
pub mod hourly;
pub mod job;
pub mod link;
mod make;
pub mod name;
pub mod queue;
pub mod request;
pub mod settings;
pub mod sweep;
mod watch;
pub mod worker;

/// The name of the workers in logs, and in the count of panics.
pub const TASK: &str = "export worker";
