//! The numbers that connections are held to, and the descriptors that there are for them.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Caps and timings of connections and bodies. Tests use smaller ones.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections, at most.
    pub connections: usize,
    /// Open connections from one address (IPv6: one /64), at most.
    pub connections_per_address: usize,
    /// Wait for the head of a request, which is also how long a connection may be idle. Longer than proxies keep
    /// theirs, so that it is they who close them.
    pub head_timeout: Duration,
    /// Time without a byte written, after which a connection ends.
    pub write_timeout: Duration,
    /// Time without a byte of a body, after which it ends.
    pub body_timeout: Duration,
    /// Time for a small body to come before it counts as unfinished. The bodies of a burst of requests are all here,
    /// yet none is read to its end before the tasks of the others had their turn.
    pub body_grace: Duration,
    /// Unfinished bodies of one account, at most.
    pub bodies_per_account: usize,
    /// Unfinished bodies of everybody, at most.
    pub bodies: usize,
    /// Time without a byte, after which the rest of a refused body is no longer read.
    pub discard_silence: Duration,
    /// Time for which the rest of a refused body is read.
    pub discard_time: Duration,
    /// Time that bodies still have after a stop.
    pub stop_bodies: Duration,
    /// Time that requests still have after a stop.
    pub stop_requests: Duration,
}

/// Descriptors kept for database connections, files and logs.
const RESERVED: u64 = 256;
/// Connections are never more than this, whatever the system allows: each takes some 25 KiB, twice that with half a
/// head, and a container's limit is often a million.
const MOST_CONNECTIONS: u64 = 16_384;
/// Connections to probes, which take of the reserved descriptors.
const PROBES: usize = 64;

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 768,
            connections_per_address: 192,
            head_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            body_grace: Duration::from_millis(500),
            bodies_per_account: 16,
            bodies: 64,
            discard_silence: Duration::from_secs(5),
            discard_time: Duration::from_secs(30),
            stop_bodies: Duration::from_secs(1),
            stop_requests: Duration::from_secs(4),
        }
    }
}

impl Limits {
    /// Limits for the descriptors of this process; a quarter of its connections from one address. Raises the soft
    /// limit on descriptors to the hard one.
    pub fn of_process() -> Self {
        Self::for_descriptors(raise_descriptors())
    }

    /// The same as [`Limits::of_process`], for a given number of descriptors.
    pub fn for_descriptors(descriptors: u64) -> Self {
        // A process with very few keeps half of them.
        let spare = descriptors
            .saturating_sub(RESERVED)
            .max(descriptors / 2)
            .clamp(4, MOST_CONNECTIONS);
        let connections = usize::try_from(spare).unwrap_or(usize::MAX);
        Self {
            connections,
            connections_per_address: (connections / 4).max(1),
            ..Self::default()
        }
    }

    /// For a listener that answers probes only.
    pub fn for_probes(self) -> Self {
        Self {
            connections: PROBES,
            connections_per_address: PROBES,
            ..self
        }
    }
}

/// Raises the soft limit on descriptors to the hard one. Returns what it is then.
pub fn raise_descriptors() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return 1024;
    };
    // The soft limit stands if the system refuses (macOS, with an unlimited hard limit).
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() {
        hard
    } else {
        soft
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_what_descriptors_allow_less_a_reserve() {
        for (descriptors, connections, per_address) in [
            (1024, 768, 192),
            (4096, 3840, 960),
            (300, 150, 37),
            (0, 4, 1),
            (u64::MAX, 16_384, 4_096),
        ] {
            let limits = Limits::for_descriptors(descriptors);
            assert_eq!(
                (limits.connections, limits.connections_per_address),
                (connections, per_address)
            );
        }
    }
}
