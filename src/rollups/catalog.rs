//! The catalog: every counted table, counter, dimension and stage, each declared once.
//!
//! The columns of the roll-ups, the journal with its triggers, the readers of reports and the compactor's statements are
//! generated from it (`ddl`, `reader`, `fold`, `links`). Adding a counter needs no other change: roll-ups are derived, and
//! a changed catalog rebuilds them.
//!
//! In SQL here `r` is a row, of the table itself or of its journal, and `$1` the tenant; holes are terms (`terms`).

mod autocall;
mod family;
mod telesales;

pub use super::scope::Scope;
pub use autocall::{AUTOCALL_ATTEMPTS, AUTOCALL_LEAD_STATES, AUTOCALL_LEADS};
pub use family::{Attribute, Counter, Detail, Dimension, Family, Rollup, Stages};
pub use telesales::{TELESALES_CALLS, TELESALES_LEADS, TELESALES_STAGES};

/// Roll-ups that are compacted and trusted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    Autocall,
    Telesales,
}

impl Module {
    pub const ALL: [Self; 2] = [Self::Autocall, Self::Telesales];

    pub fn name(self) -> &'static str {
        match self {
            Self::Autocall => "autocall",
            Self::Telesales => "telesales",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|module| module.name() == name)
    }

    /// Its calls, then its leads.
    pub fn families(self) -> [&'static Family; 2] {
        [self.calls(), self.leads()]
    }

    pub fn calls(self) -> &'static Family {
        match self {
            Self::Autocall => &AUTOCALL_ATTEMPTS,
            Self::Telesales => &TELESALES_CALLS,
        }
    }

    pub fn leads(self) -> &'static Family {
        match self {
            Self::Autocall => &AUTOCALL_LEADS,
            Self::Telesales => &TELESALES_LEADS,
        }
    }
}

/// The granularity in which a roll-up keeps sums of a scope. `None` if it keeps none.
pub fn detail(rollup: &str, scope: Scope) -> Option<Detail> {
    let families = Module::ALL.into_iter().flat_map(Module::families);
    let mut rollups = families.flat_map(|family| family.rollups);
    let rollup = rollups.find(|it| it.name == rollup && it.scopes.contains(&scope))?;
    Some(rollup.detail)
}
