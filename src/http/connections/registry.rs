//! The connections that are open: how many, from where, and which has been idle longest.
//!
//! A connection is idle while no request of it is being answered and no answer waits to be written. One that is idle
//! may be closed at any time to make room; nothing is lost with it but half a head.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio::sync::Notify;

use super::Limits;
use crate::auth::limit::rate_limit_prefix;

/// Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    started: Instant,
    most: usize,
    most_per_address: usize,
    /// Peers that bring the requests of many clients.
    proxies: Arc<[IpNet]>,
    phase: AtomicU8,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Arc<State>>,
    by_network: HashMap<u128, usize>,
    /// Connections with a large unfinished head, the oldest first; some may have finished it, or be gone.
    large_heads: VecDeque<u64>,
    /// Until when it is taken for granted that no connection is idle, of that network or of all.
    none_idle: Option<(Option<u128>, Instant)>,
}

struct State {
    /// None of a proxy.
    network: Option<u128>,
    /// What keeps it from being idle.
    busy: AtomicU8,
    /// The microsecond since which it is idle, or [`BUSY`], or [`CLOSED`].
    idle_since: AtomicU64,
    /// Bytes that were read since it is idle: of the next request's head.
    head: AtomicUsize,
    close: Notify,
    ended: Notify,
}

// What becomes of all connections.
const RUNNING: u8 = 0;
const STOPPING: u8 = 1;
const ABORTING: u8 = 2;

const BUSY: u64 = 0;
const CLOSED: u64 = u64::MAX;

/// A request is being answered.
const REQUEST: u8 = 1;
/// The socket takes no more bytes for now.
const WRITE: u8 = 2;

/// How long a search that found no idle connection stands, so that a flood of new ones does not search all the time.
const NONE_IDLE: Duration = Duration::from_millis(10);

/// An unfinished head with more bytes than this is large, and there are at most so many: each holds its memory for as
/// long as a head may take.
const LARGE_HEAD: usize = 16 << 10;
const LARGE_HEADS: usize = 64;

/// An open connection, until it is dropped.
pub struct Connection {
    registry: Registry,
    id: u64,
    state: Arc<State>,
}

/// How a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// At once: nothing is lost, or there is no time left.
    Now,
    /// When the request under way is answered.
    AfterRequest,
}

/// A connection that was closed to make room.
pub struct Evicted(Arc<State>);

impl Evicted {
    /// Resolves when its socket is closed.
    pub async fn ended(&self) {
        self.0.ended.notified().await;
    }
}

impl Registry {
    pub fn new(limits: &Limits, proxies: Arc<[IpNet]>) -> Self {
        let (most, most_per_address) = (limits.connections, limits.connections_per_address);
        let (started, phase, open) = (Instant::now(), AtomicU8::new(RUNNING), Mutex::default());
        Self(Arc::new(Inner { started, most, most_per_address, proxies, phase, open }))
    }

    /// Lets a connection from there in. Where there is no room, the one that has been idle longest is closed: of the
    /// same network where that has its share, else of all. None where none is idle.
    pub fn admit(&self, peer: IpAddr) -> Option<(Connection, Option<Evicted>)> {
        let peer = peer.to_canonical();
        let is_proxy = self.0.proxies.iter().any(|net| net.contains(&peer));
        let network = (!is_proxy).then(|| rate_limit_prefix(peer));
        let mut open = self.0.open();
        let has_share = network.is_some_and(|network| open.of(network) >= self.0.most_per_address);
        let evicted = if has_share {
            Some(open.close_idlest(network)?)
        } else if open.connections.len() >= self.0.most {
            Some(open.close_idlest(None)?)
        } else {
            None
        };
        let state = Arc::new(State {
            network,
            busy: AtomicU8::new(0),
            idle_since: AtomicU64::new(self.0.now()),
            head: AtomicUsize::new(0),
            close: Notify::new(),
            ended: Notify::new(),
        });
        let id = open.enter(Arc::clone(&state));
        Some((Connection { registry: self.clone(), id, state }, evicted))
    }

    /// Closes idle connections, and the others after their request.
    pub fn stop(&self) {
        self.end(STOPPING);
    }

    /// Closes every connection.
    pub fn abort(&self) {
        self.end(ABORTING);
    }

    fn end(&self, phase: u8) {
        self.0.phase.store(phase, Ordering::Release);
        self.0.open().connections.values().for_each(|state| state.close.notify_one());
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(CLOSED).clamp(BUSY + 1, CLOSED - 1)
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

    /// Closes the connection that has been idle longest, of that network or of all.
    fn close_idlest(&mut self, network: Option<u128>) -> Option<Evicted> {
        let now = Instant::now();
        if self.none_idle.is_some_and(|(of, until)| of == network && now < until) {
            return None;
        }
        loop {
            let meant = self.connections.iter().filter(|(_, state)| network.is_none() || state.network == network);
            let idle = meant.map(|(id, state)| (state.idle_since.load(Ordering::Acquire), *id));
            let Some((since, id)) = idle.filter(|(since, _)| !matches!(*since, BUSY | CLOSED)).min() else {
                self.none_idle = Some((network, now + NONE_IDLE));
                return None;
            };
            if let Some(evicted) = self.close_if_idle(id, since) {
                return Some(evicted);
            }
        }
    }

    /// None where a request has begun meanwhile.
    fn close_if_idle(&mut self, id: u64, since: u64) -> Option<Evicted> {
        if !self.connections.get(&id)?.close_if(since) {
            return None;
        }
        let state = self.leave(id)?;
        state.close.notify_one();
        Some(Evicted(state))
    }

    /// Notes that a head has become large; the oldest such one makes room.
    fn add_large_head(&mut self, id: u64) {
        self.large_heads.push_back(id);
        let connections = &self.connections;
        let is_large =
            |id: &u64| connections.get(id).is_some_and(|state| state.head.load(Ordering::Acquire) > LARGE_HEAD);
        self.large_heads.retain(is_large);
        if self.large_heads.len() > LARGE_HEADS
            && let Some(oldest) = self.large_heads.pop_front()
            && let Some(since) = self.connections.get(&oldest).map(|state| state.idle_since.load(Ordering::Acquire))
            && !matches!(since, BUSY | CLOSED)
        {
            self.close_if_idle(oldest, since);
        }
    }
}

impl State {
    fn close_if(&self, idle_since: u64) -> bool {
        self.idle_since.compare_exchange(idle_since, CLOSED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Connection {
    /// A request begins. False where the connection is closed already, and nothing may be begun.
    pub fn begin_request(&self) -> bool {
        self.state.head.store(0, Ordering::Release);
        self.keep_busy(REQUEST)
    }

    /// Counts bytes that were read.
    pub fn read(&self, bytes: usize) {
        if !self.is_idle() {
            return;
        }
        let before = self.state.head.fetch_add(bytes, Ordering::AcqRel);
        if before <= LARGE_HEAD && before + bytes > LARGE_HEAD {
            self.registry.0.open().add_large_head(self.id);
        }
    }

    pub fn end_request(&self) {
        self.release(REQUEST);
    }

    /// Whether bytes wait until the socket takes them.
    pub fn set_write_blocked(&self, is_blocked: bool) {
        let was_blocked = self.state.busy.load(Ordering::Acquire) & WRITE != 0;
        match (was_blocked, is_blocked) {
            (false, true) => {
                self.keep_busy(WRITE);
            }
            (true, false) => self.release(WRITE),
            _ => {}
        }
    }

    /// Resolves when the connection is to be closed.
    pub async fn closing(&self) -> Closing {
        self.state.close.notified().await;
        let is_aborting = self.registry.0.phase.load(Ordering::Acquire) == ABORTING;
        if is_aborting || self.is_idle() { Closing::Now } else { Closing::AfterRequest }
    }

    fn is_idle(&self) -> bool {
        self.state.idle_since.load(Ordering::Acquire) != BUSY
    }

    // One task drives a connection, so that these are never called at the same time; closing may come in between.
    fn keep_busy(&self, with: u8) -> bool {
        self.state.busy.fetch_or(with, Ordering::AcqRel);
        let idle_since = self.state.idle_since.load(Ordering::Acquire);
        match idle_since {
            BUSY => true,
            CLOSED => false,
            since => self.state.idle_since.compare_exchange(since, BUSY, Ordering::AcqRel, Ordering::Acquire).is_ok(),
        }
    }

    fn release(&self, with: u8) {
        let others = self.state.busy.fetch_and(!with, Ordering::AcqRel) & !with;
        if others == 0 {
            let now = self.registry.0.now();
            // Left as it is where it is closed.
            let _ = self.state.idle_since.compare_exchange(BUSY, now, Ordering::AcqRel, Ordering::Acquire);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.registry.0.open().leave(self.id);
        self.state.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(connections: usize, connections_per_address: usize, proxies: &[&str]) -> Registry {
        let proxies = proxies.iter().map(|net| net.parse().unwrap()).collect();
        Registry::new(&Limits { connections, connections_per_address, ..Limits::default() }, proxies)
    }

    fn admit(registry: &Registry, peer: &str) -> Option<(Connection, bool)> {
        let (connection, evicted) = registry.admit(peer.parse().unwrap())?;
        Some((connection, evicted.is_some()))
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.state.idle_since.load(Ordering::Acquire) == CLOSED
    }

    /// Time in the registry has steps of a microsecond.
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
        assert!(evicted && is_closed(&open[1]), "the first was busy since");
        assert!(!open[1].begin_request(), "a request that comes too late is not begun");
        assert!([&open[0], &open[2], &fourth].iter().all(|open| !is_closed(open)));
    }

    #[test]
    fn none_idle_lets_no_other_in() {
        let registry = registry(2, 2, &[]);
        let open = ["192.0.2.1", "192.0.2.2"].map(|peer| admit(&registry, peer).unwrap().0);
        assert!(open[0].begin_request());
        open[1].set_write_blocked(true);
        assert!(admit(&registry, "192.0.2.3").is_none());
        open[0].set_write_blocked(true);
        open[0].end_request();
        assert!(!open[0].is_idle(), "an answer that waits to be written");
        drop(open);
        assert!(admit(&registry, "192.0.2.3").is_some());
    }

    #[test]
    fn an_address_has_its_share_and_takes_of_nobody_else() {
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
            open.push(admit(&registry, "10.1.1.1").expect("a proxy has no share").0);
        }
    }
}
