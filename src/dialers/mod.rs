//! Calls from the dialers that people already run (contract, section 10).
//!
//! Owns the formats of dialers (`freeswitch`, `asterisk`, `vicidial`, `sheet`), and turns their records into ingest lines.
//! Must not know HTTP. Storing lines, their checks and roll-ups stay where they are.

pub mod asterisk;
pub mod causes;
pub mod collapse;
pub mod document;
pub mod freeswitch;
pub mod leg;
mod lines;
pub mod overrides;
pub mod quarantine;
pub mod raw;
pub mod remap;
pub mod retry;
pub mod routing;
pub mod sheet;
pub mod store;
pub mod sweep;
pub mod take;
pub mod tally;
pub mod unmapped;
pub mod vicidial;
