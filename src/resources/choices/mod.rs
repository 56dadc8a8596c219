//! Rows to choose from: teams, agents, dispositions and caller IDs, by name, and a search over their names.
//!
//! Owns their shapes and filters. Names are searched in lower case and without marks, so that `nguyen` finds `Nguyễn`. Must not
//! know what is chosen for.

mod agents;
mod caller_ids;
mod dispositions;
pub mod search;
mod teams;

pub use agents::Agent;
pub use caller_ids::CallerId;
pub use dispositions::Disposition;
pub use teams::Team;

use crate::input::{Kind, Parameter};

/// Group of operations in the OpenAPI document.
const TAG: &str = "Choices";

const fn q(about: &'static str) -> Parameter {
    Parameter::optional("q", Kind::Text, about)
}
