//! Roll-ups: why reports take milliseconds on millions of calls, and are exact at every commit.
//!
//! The raw rows are the truth. From them, sums are kept by quarter of an hour, hour and day (`level`), for every
//! counter and dimension in the list (`catalog`). Every statement that writes rows leaves what it changed in a
//! journal, by triggers (`ddl`, `install`), whoever runs it; the compactor (`compact`, `fold`) moves the journal into
//! the sums. A report reads, in one statement and so in one snapshot, the sums of whole buckets (`plan`), the
//! journal's entries for the same buckets, and the raw rows of the window's ragged ends: nothing it shows depends
//! on when the compactor was last there. Leads, each counted once, are counted by links (`links`, `sources`); how far
//! they have come is summed by their creation (`states`).
//!
//! Sums are made by terms that an account may change, such as which dispositions are conversions. Who changes one
//! leaves a note in the same transaction that the sums are stale, and they are read from the raw rows until they
//! have been made anew.
//!
//! Must not know a report.

mod bind;
mod catalog;
pub mod compact;
mod compare;
mod ddl;
mod fold;
mod install;
mod level;
mod links;
mod plan;
mod printed;
mod reader;
mod scope;
mod sources;
mod statement;
mod states;
mod template;
mod terms;

pub use bind::Bind;
pub use catalog::{Detail, Module, Scope as RollupScope};
pub use compare::{Comparison, Difference};
pub use install::install;
pub use level::Level;
pub use plan::{Links, Plan, Quiet};
pub use printed::schema;
pub use statement::{Source, Statements, readers, statement};
pub(crate) use statement::{statement_of, statements};
