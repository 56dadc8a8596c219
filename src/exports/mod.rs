//! Exports: files of a campaign's reports, of lists of calls, and of evidence of compliance, made in the background.
//!
//! Owns the queue of exports, its workers, and the links to finished files. Knows reports only as tables; must not know
//! HTTP.
//!
//! An order ([`request`], [`calls`], [`evidence`]) becomes a row of the queue ([`queue`], [`job`]). A [`worker`] claims it, [`make`]s the file from
//! one snapshot ([`contents`], [`attempts`]) and stores it. A [`link`] leads to the file until it is swept ([`sweep`]).

pub mod again;
mod archive;
pub mod attempts;
pub mod calls;
pub mod contents;
pub mod entry;
pub mod estimate;
pub mod evidence;
pub mod failure;
mod full;
pub mod hourly;
pub mod job;
pub mod link;
pub mod listed;
pub mod make;
pub mod name;
pub mod progress;
pub mod queue;
pub mod report;
pub mod request;
pub mod settings;
pub mod sweep;
pub mod worker;

/// Name of the workers in logs and in the count of panics.
pub const TASK: &str = "export worker";
