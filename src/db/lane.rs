//! Lanes: connections set apart for work that must not wait for the reports and bodies of accounts.
//!
//! Owns the number of connections of each, which together with the other pools is what an instance takes of a Postgres.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Logins and logouts, and the log of those who tried.
    SignIn,
    /// The session behind a token, the file behind a link.
    Tokens,
    /// `/readyz`.
    Probes,
    /// The compactor folds and makes anew at once, both modules each time, and takes its turn on one connection while it
    /// works on another: eight at most.
    Compaction,
    /// The queue of exports.
    Queue,
    /// Checks, sweeps and pruning: a connection for the turn of each of four, and one to work with.
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

    pub const fn connections(self) -> u32 {
        match self {
            Self::SignIn | Self::Tokens | Self::Queue => 2,
            Self::Probes => 1,
            Self::Compaction => 8,
            Self::Upkeep => 5,
        }
    }

    /// Time to wait for a connection.
    pub const fn patience(self) -> Duration {
        match self {
            Self::Tokens | Self::Probes => Duration::from_secs(2),
            Self::SignIn | Self::Compaction | Self::Queue | Self::Upkeep => Duration::from_secs(10),
        }
    }

    /// Settings that its connections are opened with.
    pub const fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::SignIn | Self::Tokens | Self::Probes => {
                &[("statement_timeout", "10s"), ("lock_timeout", "5s")]
            }
            // A lease that is renewed late is lost, which the worker notices by itself.
            Self::Queue => &[("statement_timeout", "60s")],
            Self::Upkeep => &[("lock_timeout", "10s")],
            // It sets its own.
            Self::Compaction => &[],
        }
    }
}
