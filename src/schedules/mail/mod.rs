//! Mail of a run: stored with the run when its file is made, and tried by workers of its own.
//!
//! Owns what a run's mail says, and the state of each recipient. A row of `schedule_runs` with a `mail` waits for these
//! workers, one without for those that make files, so that a dead mail server holds up no report and no webhook. A recipient
//! that has accepted is noted and never sent to again; only where a server dies between the acceptance and the note, the
//! next one sends the same message, with the same `Message-ID`, once more.

pub mod content;
mod page;
mod recipients;
mod rows;
pub mod worker;
