//! Lanes: connections reserved for work that must not wait for reports and uploads.
//!
//! Owns the number of connections per lane. Together with the other pools they make up the
//! connections of an instance.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Logins, logouts, and the audit log of failed logins.
    SignIn,
    /// Lookup of the session of a token and the file of a link.
    Tokens,
    /// `/readyz`.
    Probes,
    /// The compactor: folding and rebuilding run concurrently for both modules, each with one
    /// connection for its lease and one for its work, eight at most.
    Compaction,
    /// The queues of exports and of webhooks.
    Queue,
    /// Checks, sweeps and pruning: one connection for the lease of each of four tasks, and one to
    /// work with.
    Upkeep,
}

impl Lane {
    pub const ALL: [Self; 6] = [
        Self::SignIn,
        Self::Tokens,
        Self::Probes,
        Self::Compaction,
        Self::Queue,
        Self::Upkeep,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Tokens => "tokens",
            Self::Probes => "probes",
            Self::Compaction => "compaction",
            Self::Queue => "queue",
            Self::Upkeep => "upkeep",
        }
    }

    pub const fn connections(self) -> u32 {
        match self {
            Self::SignIn | Self::Tokens | Self::Queue => 2,
            Self::Probes => 1,
            Self::Compaction => 8,
            Self::Upkeep => 5,
        }
    }

    /// Maximum wait for a connection.
    pub const fn acquire_timeout(self) -> Duration {
        match self {
            Self::Tokens | Self::Probes => Duration::from_secs(2),
            Self::SignIn | Self::Compaction | Self::Queue | Self::Upkeep => Duration::from_secs(10),
        }
    }

    /// Settings of the lane's connections.
    pub const fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::SignIn | Self::Tokens | Self::Probes => {
                &[("statement_timeout", "10s"), ("lock_timeout", "5s")]
            }
            // The worker notices a lease that was lost to a late renewal.
            Self::Queue => &[("statement_timeout", "60s")],
            Self::Upkeep => &[("lock_timeout", "10s")],
            // The compactor sets its own.
            Self::Compaction => &[],
        }
    }
}
