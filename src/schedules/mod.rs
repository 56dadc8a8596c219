//! Schedules: reports that are made at certain times, and delivered (contract, section 14).
//!
//! Owns the clock of schedules, their rows and the rows of their runs, and the workers that make runs. Must not know HTTP,
//! nor how a report is computed.
//!
//! A schedule ([`request`], [`store`]) names a [`report`] and the times of its [`clock`]. When one is due, the [`plan`] moves
//! the schedule on and adds a run ([`runs`]) in one transaction. A [`worker`] claims the run, has its file [`made`](make) and
//! delivers it ([`deliver`]). Files and runs are deleted after their time ([`sweep`]).

pub mod clock;
mod deliver;
mod failure;
mod mail;
mod make;
mod plan;
pub mod report;
pub mod request;
pub mod runs;
pub mod settings;
pub mod shape;
pub mod store;
pub mod sweep;
pub mod worker;

/// Name of the workers in logs and in the count of panics.
pub const TASK: &str = "schedule worker";
