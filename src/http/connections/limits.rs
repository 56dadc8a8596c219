//! Limits of connections, and the file descriptors available for them.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Limits and timeouts of connections and bodies. Tests use smaller ones.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of open connections.
    pub connections: usize,
    /// Maximum number of open connections from one address (IPv6: one /64).
    pub connections_per_address: usize,
    /// Timeout for a request's head, and so for an idle connection. Longer than the usual keep-alive of proxies, so
    /// that the proxy closes the connection.
    pub head_timeout: Duration,
    /// Timeout of a write that makes no progress.
    pub write_timeout: Duration,
    /// Timeout of a body that makes no progress.
    pub body_timeout: Duration,
    /// Grace period before a small body counts as unfinished. In a burst of requests, all bodies have arrived, but none
    /// is read to its end before the other tasks have run.
    pub body_grace: Duration,
    /// Maximum number of unfinished bodies of one tenant.
    pub bodies_per_tenant: usize,
    /// Maximum number of unfinished bodies.
    pub bodies: usize,
    /// Silence that ends the discarding of a refused body.
    pub discard_silence: Duration,
    /// Maximum time for discarding a refused body.
    pub discard_time: Duration,
    /// Time for bodies to finish after a stop.
    pub stop_bodies: Duration,
    /// Time for requests to finish after a stop.
    pub stop_requests: Duration,
}

/// Descriptors reserved for database connections, files and logs.
const RESERVED: u64 = 256;
/// Upper bound on connections, whatever the system allows: each takes some 25 KiB, twice that with half a head, and a
/// container's limit is often a million.
const MOST_CONNECTIONS: u64 = 16_384;
/// Connections to the probe listener, out of the reserved descriptors.
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
            bodies_per_tenant: 16,
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

    /// Limits of a listener that serves only probes.
    pub fn for_probes(self) -> Self {
        Self {
            connections: PROBES,
            connections_per_address: PROBES,
            ..self
        }
    }
}

/// Raises the soft limit on descriptors to the hard limit. Returns the limit in effect.
pub fn raise_descriptors() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return 1024;
    };
    // Some systems refuse (macOS, with an unlimited hard limit): the soft limit stays.
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
    fn connections_are_limited_by_descriptors_less_a_reserve() {
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
