//! Roll-ups: sums that make reports take milliseconds over millions of calls, exact at every commit.
//!
//! The raw rows are the truth. Sums of them are kept by quarter of an hour, hour and day (`level`), for every counter and
//! dimension in the catalog (`catalog`). Triggers record every change of rows, by whatever statement, in a journal (`ddl`,
//! `install`); the compactor (`compact`, `fold`) adds the journal to the sums. A report reads, in one statement and so in one
//! snapshot, the sums of whole buckets (`plan`), the journal's entries for the same buckets, and the raw rows of the window's
//! ragged ends: its figures do not depend on the last compaction. Distinct leads are counted by links (`links`, `sources`);
//! the progress of leads is summed by their creation (`states`). Sums by an attribute of leads follow when it changes (`moved`).
//!
//! Sums depend on terms that a tenant can change, such as which dispositions are conversions. Changing one also writes, in
//! the same transaction, a note that the sums are stale: reports read rows until the sums are rebuilt.
//!
//! Each version of the catalog has tables of its own, in a schema of their own (`edition`); while they are built, reports read those
//! of an older version (`older`), which goes when no server uses it any more (`upkeep`).
//!
//! Must not know a report.

mod bind;
mod build;
mod carry;
mod catalog;
pub mod compact;
mod compare;
pub mod cut;
mod ddl;
mod edition;
mod fold;
mod install;
mod kept;
mod level;
mod links;
mod moved;
mod older;
mod plan;
mod printed;
mod reader;
mod rectangles;
mod released;
mod run;
mod scope;
mod sources;
mod statement;
mod states;
mod template;
mod terms;
pub mod upkeep;

pub use bind::Bind;
pub use build::Progress;
pub use catalog::{Detail, Module, Scope as RollupScope, detail};
pub use compare::{Comparison, Difference};
pub use edition::Edition;
pub use kept::{Kept, Source};
pub use level::Level;
pub use older::Older;
pub use plan::Plan;
pub use printed::schema;
pub use rectangles::{Links, Quiet};
pub use statement::{Statements, Wanted, readers, statement, statement_for};
pub(crate) use statement::{statement_of, statements};
