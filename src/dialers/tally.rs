//! Counts that the doors of dialers answer with.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ingest;

/// The counts of an ingest, and what a dialer's records came to.
#[derive(Debug, Default, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = DialerTally)]
pub struct Tally {
    #[serde(flatten)]
    pub lines: ingest::Tally,
    /// Calls that the records belong to.
    pub calls: u64,
    /// Records that were joined with the others of their call.
    pub collapsed: u64,
    /// Records that are no call to report, such as inbound ones.
    pub ignored: u64,
    /// Those records by reason, such as `inbound`.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub ignored_for: BTreeMap<&'static str, u64>,
    /// Records that could not be read, kept in quarantine.
    pub quarantined: u64,
    /// Calls whose cause or status the table does not know: they are `failed`.
    pub unmapped: u64,
    /// Rows made on first sight.
    pub created: Created,
}

/// Rows that were made because a record named them first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DialerCreated)]
pub struct Created {
    /// Campaigns, of either product.
    pub campaigns: u64,
    /// Leads, from the numbers that were called.
    pub leads: u64,
    /// Agents.
    pub agents: u64,
    /// Caller IDs.
    pub caller_ids: u64,
}

impl Created {
    /// Counts more rows.
    pub fn add(&mut self, more: Self) {
        self.campaigns += more.campaigns;
        self.leads += more.leads;
        self.agents += more.agents;
        self.caller_ids += more.caller_ids;
    }
}
