//! Permits for password checks: a few at a time, shared fairly between client networks.
//!
//! Owns the order of waiting requests. Three lanes share the permits: clients that have logged in
//! before, networks without a recent permit, and all others. Within a lane, networks alternate,
//! regardless of how many requests each has waiting. A flood from many networks therefore delays
//! neither known users nor a user from a new network. Must not know what a permit is used for.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Maximum number of waiting requests per lane. Beyond it, the network with the most requests loses
/// its newest one.
const MAX_WAITING: usize = 512;
/// Time for which a network counts as recently served.
const RECENT: Duration = Duration::from_secs(600);
/// Maximum number of recently served networks, about 100 bytes each.
const MAX_SERVED: u64 = 100_000;

/// The client of a request, as far as the order depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    network: u128,
    is_known: bool,
}

impl Origin {
    /// A client at an address. `is_known` is true if it has logged in before.
    pub fn new(address: IpAddr, is_known: bool) -> Self {
        Self {
            network: network(address),
            is_known,
        }
    }
}

/// Network of an address: /24 for IPv4, /48 for IPv6, about what one client can obtain.
fn network(address: IpAddr) -> u128 {
    let (bits, length) = match address.to_canonical() {
        IpAddr::V4(address) => (address.to_ipv6_mapped().to_bits(), 96 + 24),
        IpAddr::V6(address) => (address.to_bits(), 48),
    };
    bits & (u128::MAX << (128 - length))
}

/// A pool of permits. Cheap to clone; clones share the pool.
#[derive(Clone)]
pub struct Permits(Arc<Mutex<State>>);

/// A permit, returned to the pool when dropped.
pub struct Permit(Option<Permits>);

struct State {
    free: usize,
    lanes: [Queues; 3],
    /// Lane that is served next if it has waiting requests.
    next: usize,
    tickets: u64,
    /// Recently served networks of unknown clients.
    served: moka::sync::Cache<u128, ()>,
}

/// Indices of the lanes in [`State::lanes`].
const KNOWN: usize = 0;
const NEW: usize = 1;
const SERVED: usize = 2;

/// One queue per network; the front of `order` is served next.
#[derive(Default)]
struct Queues {
    waiting: HashMap<u128, VecDeque<Waiter>>,
    order: VecDeque<u128>,
    count: usize,
}

struct Waiter {
    ticket: u64,
    permit: oneshot::Sender<Permit>,
}

impl Permits {
    pub fn new(count: usize) -> Self {
        let served = moka::sync::Cache::builder()
            .max_capacity(MAX_SERVED)
            .time_to_live(RECENT)
            .build();
        let state = State {
            free: count,
            lanes: Default::default(),
            next: KNOWN,
            tickets: 0,
            served,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits for a permit. Returns `None` if the lane is full or the wait times out.
    pub async fn acquire(&self, origin: Origin, max_wait: Duration) -> Option<Permit> {
        let (permit, ticket) = {
            let mut state = self.state();
            // A free permit means that nothing is waiting: otherwise it would have been passed on.
            if state.free > 0 {
                state.free -= 1;
                if !origin.is_known {
                    state.mark_served(origin.network);
                }
                return Some(Permit(Some(self.clone())));
            }
            state.tickets += 1;
            let (sender, receiver) = oneshot::channel();
            let waiter = Waiter {
                ticket: state.tickets,
                permit: sender,
            };
            let ticket = Ticket {
                permits: self.clone(),
                origin,
                number: waiter.ticket,
            };
            let lane = state.lane(origin);
            state.lanes[lane].push(origin.network, waiter);
            (receiver, ticket)
        };
        let permit = tokio::time::timeout(max_wait, permit).await.ok()?.ok();
        drop(ticket);
        permit
    }

    /// Passes a permit to the next waiting request.
    fn pass_on(&self) {
        let mut state = self.state();
        while let Some(waiter) = state.pop() {
            let Err(mut permit) = waiter.permit.send(Permit(Some(self.clone()))) else {
                return;
            };
            permit.0 = None; // this request stopped waiting; try the next one
        }
        state.free += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(permits) = self.0.take() {
            permits.pass_on();
        }
    }
}

/// A place in a queue, removed when dropped.
struct Ticket {
    permits: Permits,
    origin: Origin,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.permits.state();
        // Waiting requests can move to another lane.
        for lane in &mut state.lanes {
            lane.remove(self.origin.network, self.number);
        }
    }
}

impl State {
    fn lane(&self, origin: Origin) -> usize {
        match (origin.is_known, self.served.contains_key(&origin.network)) {
            (true, _) => KNOWN,
            (false, false) => NEW,
            (false, true) => SERVED,
        }
    }

    fn pop(&mut self) -> Option<Waiter> {
        let lanes = (0..self.lanes.len()).map(|step| (self.next + step) % self.lanes.len());
        let lane = lanes.into_iter().find(|lane| self.lanes[*lane].count > 0)?;
        self.next = (lane + 1) % self.lanes.len();
        let (network, waiter) = self.lanes[lane].pop()?;
        if lane != KNOWN {
            self.mark_served(network);
        }
        Some(waiter)
    }

    /// Marks a network as recently served and moves its waiting requests to that lane.
    fn mark_served(&mut self, network: u128) {
        self.served.insert(network, ());
        if let Some(queue) = self.lanes[NEW].take(network) {
            self.lanes[SERVED].append(network, queue);
        }
    }
}

impl Queues {
    /// Queues a request behind others of its network. In a full lane, the longest queue loses its
    /// newest request; if no queue is clearly longer, the new request is dropped.
    fn push(&mut self, network: u128, waiter: Waiter) {
        let own = self.waiting.get(&network).map_or(0, VecDeque::len);
        if self.count >= MAX_WAITING && !self.shorten_longest(own + 1) {
            return;
        }
        self.append(network, VecDeque::from([waiter]));
    }

    /// Appends requests to their network's queue, up to the lane's bound.
    fn append(&mut self, network: u128, waiters: VecDeque<Waiter>) {
        let queue = self.waiting.entry(network).or_default();
        if queue.is_empty() {
            self.order.push_back(network);
        }
        self.count += waiters.len();
        queue.extend(waiters);
        while self.count > MAX_WAITING && self.shorten_longest(0) {}
    }

    /// Drops the newest request of the longest queue. Returns false if that queue is no longer than
    /// `than`.
    fn shorten_longest(&mut self, than: usize) -> bool {
        let longest = self.waiting.iter().max_by_key(|(_, queue)| queue.len());
        let Some((&network, queue)) = longest.filter(|(_, queue)| queue.len() > than) else {
            return false;
        };
        let newest = queue.back().map(|waiter| waiter.ticket);
        newest.is_some_and(|ticket| self.remove(network, ticket))
    }

    /// Removes the first request of the network that is next.
    fn pop(&mut self) -> Option<(u128, Waiter)> {
        let network = self.order.pop_front()?;
        let queue = self.waiting.get_mut(&network)?;
        let waiter = queue.pop_front()?;
        self.count -= 1;
        if queue.is_empty() {
            self.waiting.remove(&network);
        } else {
            self.order.push_back(network);
        }
        Some((network, waiter))
    }

    /// Removes all requests of a network.
    fn take(&mut self, network: u128) -> Option<VecDeque<Waiter>> {
        let queue = self.waiting.remove(&network)?;
        self.order.retain(|other| *other != network);
        self.count -= queue.len();
        Some(queue)
    }

    /// Drops one request. Returns false if it is not in this lane.
    fn remove(&mut self, network: u128, ticket: u64) -> bool {
        let Some(queue) = self.waiting.get_mut(&network) else {
            return false;
        };
        let Some(place) = queue.iter().position(|waiter| waiter.ticket == ticket) else {
            return false;
        };
        queue.remove(place);
        self.count -= 1;
        if queue.is_empty() {
            self.waiting.remove(&network);
            self.order.retain(|other| *other != network);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn origin(address: &str, is_known: bool) -> Origin {
        Origin::new(address.parse().unwrap(), is_known)
    }

    /// Returns the order in which requests of these origins get a single permit that is in use at
    /// first.
    async fn order_of(origins: &[(Origin, usize)]) -> Vec<Origin> {
        let permits = Permits::new(1);
        let first = permits
            .acquire(origin("2001:db8:ffff::1", false), LONG)
            .await
            .unwrap();
        let (served, mut coming) = tokio::sync::mpsc::unbounded_channel();
        for (origin, requests) in origins {
            for _ in 0..*requests {
                let (permits, served, origin) = (permits.clone(), served.clone(), *origin);
                tokio::spawn(async move {
                    if let Some(permit) = permits.acquire(origin, LONG).await {
                        served.send((origin, permit)).unwrap();
                    }
                });
                tokio::task::yield_now().await; // fixes the order of arrival
            }
        }
        drop((served, first));
        let mut order = Vec::new();
        while let Some((origin, permit)) = coming.recv().await {
            order.push(origin);
            drop(permit);
        }
        order
    }

    #[tokio::test]
    async fn networks_alternate_regardless_of_their_number_of_requests() {
        let [flood, other, last] =
            ["192.0.2.1", "198.51.100.1", "2001:db8::1"].map(|address| origin(address, false));
        let order = order_of(&[(flood, 300), (other, 2), (last, 1)]).await;
        assert_eq!(order.len(), 303);
        assert_eq!(order[..6], [flood, flood, other, flood, last, other]);
    }

    #[tokio::test]
    async fn known_clients_get_a_third_of_the_permits_under_load() {
        let flood: Vec<_> = (0..200)
            .map(|number| (origin(&format!("203.0.{number}.1"), false), 2))
            .collect();
        let known = [origin("192.0.2.1", true), origin("198.51.100.1", true)];
        let all = [flood, known.map(|origin| (origin, 1)).to_vec()].concat();
        let order = order_of(&all).await;
        assert!(
            known.iter().all(|known| order[..4].contains(known)),
            "{:?}",
            &order[..4]
        );
        assert_eq!(order.len(), 402, "unknown clients get the rest");
    }

    #[tokio::test]
    async fn a_new_network_does_not_wait_for_recently_served_ones() {
        let permits = Permits::new(1);
        let networks: Vec<_> = (0..200)
            .map(|number| origin(&format!("203.0.{number}.1"), false))
            .collect();
        for origin in &networks {
            drop(permits.acquire(*origin, LONG).await.unwrap());
        }
        let (permit, mut waiting) = (
            permits.acquire(networks[0], LONG).await.unwrap(),
            tokio::task::JoinSet::new(),
        );
        for origin in networks.iter().copied().chain([origin("192.0.2.1", false)]) {
            let permits = permits.clone();
            waiting.spawn(async move { (origin, permits.acquire(origin, LONG).await) });
            tokio::task::yield_now().await;
        }
        drop(permit);
        let mut served = Vec::new();
        for _ in 0..2 {
            let (origin, permit) = waiting.join_next().await.unwrap().unwrap();
            served.push(origin);
            drop(permit);
        }
        assert!(served.contains(&origin("192.0.2.1", false)), "{served:?}");
    }

    #[tokio::test]
    async fn a_full_lane_drops_from_the_network_with_the_most_waiting() {
        let [flood, other] = ["192.0.2.1", "198.51.100.1"].map(|address| origin(address, false));
        let order = order_of(&[(flood, 2 * MAX_WAITING), (other, 3)]).await;
        assert_eq!(order.len(), MAX_WAITING);
        assert_eq!(order.iter().filter(|origin| **origin == other).count(), 3);
        let crowd = (0..MAX_WAITING + 9)
            .map(|n| (origin(&format!("10.{}.{}.1", n / 256, n % 256), false), 1));
        let order = order_of(&crowd.collect::<Vec<_>>()).await;
        assert_eq!(
            order.len(),
            MAX_WAITING,
            "among networks with one request each, the first ones stay"
        );
    }

    /// Requests that move from a full lane to another are bounded there too.
    #[tokio::test]
    async fn moved_requests_cannot_exceed_the_bound_of_a_lane() {
        let permits = Permits::new(1);
        let mut waiting = tokio::task::JoinSet::new();
        let first = permits
            .acquire(origin("192.0.2.1", false), LONG)
            .await
            .unwrap();
        for number in 0..4 {
            for _ in 0..MAX_WAITING {
                let (permits, origin) =
                    (permits.clone(), origin(&format!("203.0.{number}.1"), false));
                waiting.spawn(async move { drop(permits.acquire(origin, LONG).await) });
                tokio::task::yield_now().await;
            }
            permits
                .state()
                .mark_served(network(format!("203.0.{number}.1").parse().unwrap()));
        }
        assert_eq!(
            permits.state().lanes.each_ref().map(|lane| lane.count),
            [0, 0, MAX_WAITING]
        );
        drop(first);
        while let Some(ended) = waiting.join_next().await {
            ended.unwrap();
        }
        assert_eq!(permits.state().free, 1);
    }

    #[tokio::test]
    async fn cancelled_and_timed_out_requests_hold_no_permit() {
        let (permits, origin) = (Permits::new(2), origin("192.0.2.1", false));
        let [first, second] = [
            permits.acquire(origin, LONG).await.unwrap(),
            permits.acquire(origin, LONG).await.unwrap(),
        ];
        assert!(permits.acquire(origin, Duration::ZERO).await.is_none());
        let leaving = tokio::spawn({
            let permits = permits.clone();
            async move { permits.acquire(origin, LONG).await.is_some() }
        });
        tokio::task::yield_now().await;
        leaving.abort();
        assert!(leaving.await.is_err());
        assert!(
            permits
                .state()
                .lanes
                .iter()
                .all(|lane| lane.count == 0 && lane.waiting.is_empty() && lane.order.is_empty())
        );
        drop((first, second));
        assert_eq!(permits.state().free, 2);
    }

    #[test]
    fn networks_are_ipv4_24_and_ipv6_48() {
        let network = |address: &str| network(address.parse().unwrap());
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.254"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("2001:db8:7::1"), network("2001:db8:7:ffff::1"));
        assert_ne!(network("2001:db8:7::1"), network("2001:db8:8::1"));
    }
}
