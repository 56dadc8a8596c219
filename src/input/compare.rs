//! `compare` and `until`: the earlier window that an answer is compared with (contract, section 12).

use super::fault;
use super::parameter::{Kind, Parameter};
use super::query::Query;
use crate::time::compare::{Comparing, Earlier};

pub const COMPARE: Parameter = Parameter::optional(
    "compare",
    Kind::Comparison,
    "The same figures of an earlier window besides: previous_period (the same length right before; of whole months as \
     many), previous_week, previous_month, previous_year, or FROM..TO.",
);
pub const UNTIL: Parameter = Parameter::optional(
    "until",
    Kind::Choice(&["now"]),
    "With compare, where now lies in the window: cuts the earlier window at the local day and minute that now has in it.",
);

impl Query {
    /// The comparison; without it, `until` means nothing.
    pub fn comparing(&mut self) -> Option<Comparing> {
        let until_now = self.listed(&UNTIL).is_some();
        let with = self.read(&COMPARE, || fault::COMPARISON, Earlier::parse)?;
        Some(Comparing { with, until_now })
    }
}
