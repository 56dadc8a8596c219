//! The open connections: their number, by network and in all, and eviction of the one idle longest.
//!
//! A connection is idle while it has no request in progress and no response waiting to be written. An idle connection may
//! be closed at any time to make room; at most half a head is lost.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;

use super::Limits;
use super::state::State;
use crate::auth::limit::rate_limit_prefix;

/// The open connections of a listener. Cheap to clone; clones share the count.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    started: Instant,
    limit: usize,
    limit_per_address: usize,
    /// Trusted proxies, exempt from the limit per address.
    proxies: Arc<[IpNet]>,
    phase: AtomicU8,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Arc<State>>,
    by_network: HashMap<u128, usize>,
    /// Connections with a large unfinished head, oldest first; some may have finished it or be closed.
    large_heads: VecDeque<u64>,
    /// The last search that found no idle connection, for a network or for all, and until when its result is reused.
    none_idle: Option<(Option<u128>, Instant)>,
}

// Phases of the server.
const RUNNING: u8 = 0;
const STOPPING: u8 = 1;
const ABORTING: u8 = 2;

/// Time for which the result of such a search is reused, so that a flood does not search all the time.
const NONE_IDLE: Duration = Duration::from_millis(10);

/// Maximum number of large unfinished heads: each holds its memory until the head timeout.
const LARGE_HEADS: usize = 64;

/// A place for a new connection.
pub struct Admitted {
    pub id: u64,
    pub state: Arc<State>,
    /// The connection that was closed for it.
    pub evicted: Option<Evicted>,
}

/// A connection that was closed to make room.
pub struct Evicted(Arc<State>);

impl Evicted {
    /// Resolves when its socket is closed.
    pub async fn closed(&self) {
        self.0.ended().await;
    }
}

impl Registry {
    pub fn new(limits: &Limits, proxies: Arc<[IpNet]>) -> Self {
        let (limit, limit_per_address) = (limits.connections, limits.connections_per_address);
        let (started, phase, open) = (Instant::now(), AtomicU8::new(RUNNING), Mutex::default());
        Self(Arc::new(Inner {
            started,
            limit,
            limit_per_address,
            proxies,
            phase,
            open,
        }))
    }

    /// Admits a connection from that peer. At the limit, the connection idle longest is evicted: of the same network if
    /// that is at its limit, else of all. `None` if no connection is idle.
    pub fn admit(&self, peer: IpAddr) -> Option<Admitted> {
        let peer = peer.to_canonical();
        let is_proxy = self.0.proxies.iter().any(|net| net.contains(&peer));
        let network = (!is_proxy).then(|| rate_limit_prefix(peer));
        let mut open = self.0.open();
        let is_at_limit =
            network.is_some_and(|network| open.of(network) >= self.0.limit_per_address);
        let evicted = if is_at_limit {
            Some(open.close_idlest(network)?)
        } else if open.connections.len() >= self.0.limit {
            Some(open.close_idlest(None)?)
        } else {
            None
        };
        let state = Arc::new(State::new(network, self.now()));
        let id = open.enter(Arc::clone(&state));
        Some(Admitted { id, state, evicted })
    }

    /// Closes idle connections at once and the others after their request.
    pub fn stop(&self) {
        self.end(STOPPING);
    }

    /// Closes every connection.
    pub fn abort(&self) {
        self.end(ABORTING);
    }

    fn end(&self, phase: u8) {
        self.0.phase.store(phase, Ordering::Release);
        self.0
            .open()
            .connections
            .values()
            .for_each(|state| state.wake());
    }

    pub fn is_aborting(&self) -> bool {
        self.0.phase.load(Ordering::Acquire) == ABORTING
    }

    /// Microseconds since the registry was created.
    pub fn now(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Removes a closed connection.
    pub fn leave(&self, id: u64) {
        self.0.open().leave(id);
    }

    /// Records a head that has become large, and evicts the oldest beyond the limit.
    pub fn add_large_head(&self, id: u64) {
        self.0.open().add_large_head(id);
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn of(&self, network: u128) -> usize {
        self.by_network.get(&network).copied().unwrap_or_default()
    }

    fn enter(&mut self, state: Arc<State>) -> u64 {
        if let Some(network) = state.network {
            *self.by_network.entry(network).or_default() += 1;
        }
        self.next += 1;
        self.connections.insert(self.next, state);
        self.next
    }

    fn leave(&mut self, id: u64) -> Option<Arc<State>> {
        let state = self.connections.remove(&id)?;
        if let Some(network) = state.network
            && let Some(count) = self.by_network.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&network);
            }
        }
        Some(state)
    }

    /// Closes the connection idle longest, of that network or of all.
    fn close_idlest(&mut self, network: Option<u128>) -> Option<Evicted> {
        let now = Instant::now();
        if self
            .none_idle
            .is_some_and(|(of, until)| of == network && now < until)
        {
            return None;
        }
        loop {
            let candidates = self
                .connections
                .iter()
                .filter(|(_, state)| network.is_none() || state.network == network);
            let Some((since, id)) = candidates
                .filter_map(|(id, state)| Some((state.idle_since()?, *id)))
                .min()
            else {
                self.none_idle = Some((network, now + NONE_IDLE));
                return None;
            };
            if let Some(evicted) = self.close_if_idle(id, since) {
                return Some(evicted);
            }
        }
    }

    /// `None` if a request has begun meanwhile.
    fn close_if_idle(&mut self, id: u64, since: u64) -> Option<Evicted> {
        if !self.connections.get(&id)?.close_if(since) {
            return None;
        }
        self.leave(id).map(Evicted)
    }

    fn add_large_head(&mut self, id: u64) {
        let connections = &self.connections;
        // A connection counts once, however many of its requests came in one piece with a large body.
        self.large_heads.retain(|other| {
            *other != id
                && connections
                    .get(other)
                    .is_some_and(|state| state.has_large_head())
        });
        self.large_heads.push_back(id);
        if self.large_heads.len() > LARGE_HEADS
            && let Some(oldest) = self.large_heads.pop_front()
            && let Some(since) = self
                .connections
                .get(&oldest)
                .and_then(|state| state.idle_since())
        {
            self.close_if_idle(oldest, since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::connection::Connection;
    use super::*;

    fn registry(connections: usize, connections_per_address: usize, proxies: &[&str]) -> Registry {
        let proxies = proxies.iter().map(|net| net.parse().unwrap()).collect();
        Registry::new(
            &Limits {
                connections,
                connections_per_address,
                ..Limits::default()
            },
            proxies,
        )
    }

    fn admit(registry: &Registry, peer: &str) -> Option<(Connection, bool)> {
        let (connection, evicted) = Connection::admit(registry, peer.parse().unwrap())?;
        Some((connection, evicted.is_some()))
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.is_closed()
    }

    /// Waits for the registry's clock, which counts microseconds, to advance.
    fn later() {
        let started = Instant::now();
        while started.elapsed() < Duration::from_micros(3) {}
    }

    #[test]
    fn at_the_cap_the_connection_idle_longest_is_closed() {
        let registry = registry(3, 3, &[]);
        let open = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|peer| {
            later();
            admit(&registry, peer).unwrap().0
        });
        later();
        assert!(open[0].begin_request());
        later();
        open[0].end_request();
        let (fourth, evicted) = admit(&registry, "192.0.2.4").unwrap();
        assert!(
            evicted && is_closed(&open[1]),
            "the first was busy in between"
        );
        assert!(
            !open[1].begin_request(),
            "a request on a closed connection does not begin"
        );
        assert!(
            [&open[0], &open[2], &fourth]
                .iter()
                .all(|open| !is_closed(open))
        );
    }

    #[test]
    fn a_connection_is_not_evicted_for_large_requests_of_its_own() {
        let registry = registry(2, 2, &[]);
        let (open, _) = admit(&registry, "192.0.2.1").unwrap();
        for _ in 0..=2 * LARGE_HEADS {
            open.read(100 << 10);
            assert!(open.begin_request());
            open.end_request();
        }
    }

    #[test]
    fn no_connection_is_admitted_while_none_is_idle() {
        let registry = registry(2, 2, &[]);
        let open = ["192.0.2.1", "192.0.2.2"].map(|peer| admit(&registry, peer).unwrap().0);
        assert!(open[0].begin_request());
        open[1].set_write_blocked(true);
        assert!(admit(&registry, "192.0.2.3").is_none());
        open[0].set_write_blocked(true);
        open[0].end_request();
        assert!(!open[0].is_idle(), "its response waits to be written");
        drop(open);
        assert!(admit(&registry, "192.0.2.3").is_some());
    }

    #[test]
    fn an_address_at_its_limit_evicts_only_its_own_connections() {
        let registry = registry(8, 2, &["10.0.0.0/8"]);
        let mut open = vec![admit(&registry, "192.0.2.9").unwrap().0];
        for peer in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
            later();
            open.push(admit(&registry, peer).unwrap().0);
        }
        assert_eq!(
            open.iter().map(is_closed).collect::<Vec<_>>(),
            [false, true, false, false],
            "one network of 64 bits"
        );
        for busy in &open[2..] {
            assert!(busy.begin_request());
        }
        assert!(admit(&registry, "2001:db8::4").is_none());
        assert!(admit(&registry, "2001:db8:0:1::4").is_some());
        for _ in 0..5 {
            open.push(
                admit(&registry, "10.1.1.1")
                    .expect("no limit for a proxy")
                    .0,
            );
        }
    }
}
