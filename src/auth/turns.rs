//! Turns at checking passwords: a few at once, shared fairly by client networks.
//!
//! Owns who is next. Three lanes share the turns: clients that have logged in before, networks that had no turn lately,
//! and all others. In a lane, networks take turns, however many requests each has waiting. So a flood from many networks
//! holds up neither the users of this server nor a user from somewhere new. Must not know what a turn is used for.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// The most requests that wait in a lane. Beyond that, the network with the most of them loses its newest.
const MOST_WAITING: usize = 512;
/// A network that had a turn this recently has had one lately.
const LATELY: Duration = Duration::from_secs(600);
/// How many networks are remembered that had one, about 100 bytes each.
const MOST_SERVED: u64 = 100_000;

/// The client behind a request, as far as its turn depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    network: u128,
    is_known: bool,
}

impl Origin {
    /// A client at that address; `is_known` where it has logged in before.
    pub fn new(address: IpAddr, is_known: bool) -> Self {
        Self {
            network: network(address),
            is_known,
        }
    }
}

/// The network that an address belongs to: what one client is commonly given, or can get hold of.
fn network(address: IpAddr) -> u128 {
    let (bits, length) = match address.to_canonical() {
        IpAddr::V4(address) => (address.to_ipv6_mapped().to_bits(), 96 + 24),
        IpAddr::V6(address) => (address.to_bits(), 48),
    };
    bits & (u128::MAX << (128 - length))
}

/// A number of turns at a time. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Turns(Arc<Mutex<State>>);

/// One of the turns, until it is dropped.
pub struct Turn(Option<Turns>);

struct State {
    free: usize,
    lanes: [Queues; 3],
    /// The lane that the next turn belongs to, if it has anybody waiting.
    next: usize,
    tickets: u64,
    /// Networks of strangers that had a turn lately.
    served: moka::sync::Cache<u128, ()>,
}

/// The lanes, by their place in [`State::lanes`].
const KNOWN: usize = 0;
const NEW: usize = 1;
const SERVED: usize = 2;

/// A queue for each network; the front of `order` is next.
#[derive(Default)]
struct Queues {
    waiting: HashMap<u128, VecDeque<Waiter>>,
    order: VecDeque<u128>,
    count: usize,
}

struct Waiter {
    ticket: u64,
    turn: oneshot::Sender<Turn>,
}

impl Turns {
    pub fn new(at_once: usize) -> Self {
        let served = moka::sync::Cache::builder()
            .max_capacity(MOST_SERVED)
            .time_to_live(LATELY)
            .build();
        let state = State {
            free: at_once,
            lanes: Default::default(),
            next: KNOWN,
            tickets: 0,
            served,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits for a turn. None where there is no room to wait, or it did not come in time.
    pub async fn take(&self, origin: Origin, patience: Duration) -> Option<Turn> {
        let (turn, ticket) = {
            let mut state = self.state();
            // One that is free is nobody's who waits: it would have been handed on.
            if state.free > 0 {
                state.free -= 1;
                if !origin.is_known {
                    state.has_had_a_turn(origin.network);
                }
                return Some(Turn(Some(self.clone())));
            }
            state.tickets += 1;
            let (sender, receiver) = oneshot::channel();
            let waiter = Waiter {
                ticket: state.tickets,
                turn: sender,
            };
            let ticket = Ticket {
                turns: self.clone(),
                origin,
                number: waiter.ticket,
            };
            let lane = state.lane(origin);
            state.lanes[lane].push(origin.network, waiter);
            (receiver, ticket)
        };
        let turn = tokio::time::timeout(patience, turn).await.ok()?.ok();
        drop(ticket);
        turn
    }

    /// Hands a turn to whoever is next.
    fn hand_on(&self) {
        let mut state = self.state();
        while let Some(waiter) = state.pop() {
            let Err(mut turn) = waiter.turn.send(Turn(Some(self.clone()))) else {
                return;
            };
            turn.0 = None; // nobody waits for it any more; it goes to the next one
        }
        state.free += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.hand_on();
        }
    }
}

/// A place in a queue, given up when it is dropped.
struct Ticket {
    turns: Turns,
    origin: Origin,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        // A network's requests move from one lane to another while they wait.
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
            self.has_had_a_turn(network);
        }
        Some(waiter)
    }

    /// What else a network has waiting is in another lane from now on.
    fn has_had_a_turn(&mut self, network: u128) {
        self.served.insert(network, ());
        if let Some(queue) = self.lanes[NEW].take(network) {
            self.lanes[SERVED].append(network, queue);
        }
    }
}

impl Queues {
    /// Queues a request behind those of its network. Where the lane is full, the longest queue makes room, and a
    /// network with about as many as that is refused: the waiter is dropped.
    fn push(&mut self, network: u128, waiter: Waiter) {
        let own = self.waiting.get(&network).map_or(0, VecDeque::len);
        if self.count >= MOST_WAITING && !self.shorten_longest(own + 1) {
            return;
        }
        self.append(network, VecDeque::from([waiter]));
    }

    /// Queues requests behind those of their network, as many as there is room for.
    fn append(&mut self, network: u128, waiters: VecDeque<Waiter>) {
        let queue = self.waiting.entry(network).or_default();
        if queue.is_empty() {
            self.order.push_back(network);
        }
        self.count += waiters.len();
        queue.extend(waiters);
        while self.count > MOST_WAITING && self.shorten_longest(0) {}
    }

    /// Drops the newest request of the longest queue. False where that has no more than `than`.
    fn shorten_longest(&mut self, than: usize) -> bool {
        let longest = self.waiting.iter().max_by_key(|(_, queue)| queue.len());
        let Some((&network, queue)) = longest.filter(|(_, queue)| queue.len() > than) else {
            return false;
        };
        let newest = queue.back().map(|waiter| waiter.ticket);
        newest.is_some_and(|ticket| self.remove(network, ticket))
    }

    /// The first request of the network that is next.
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

    /// All requests of a network.
    fn take(&mut self, network: u128) -> Option<VecDeque<Waiter>> {
        let queue = self.waiting.remove(&network)?;
        self.order.retain(|other| *other != network);
        self.count -= queue.len();
        Some(queue)
    }

    /// Drops a request. False where it does not wait here.
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

    /// One turn, which somebody has, and the requests of those origins waiting for it. Gives the order they come in.
    async fn order_of(origins: &[(Origin, usize)]) -> Vec<Origin> {
        let turns = Turns::new(1);
        let first = turns
            .take(origin("2001:db8:ffff::1", false), LONG)
            .await
            .unwrap();
        let (served, mut coming) = tokio::sync::mpsc::unbounded_channel();
        for (origin, requests) in origins {
            for _ in 0..*requests {
                let (turns, served, origin) = (turns.clone(), served.clone(), *origin);
                tokio::spawn(async move {
                    if let Some(turn) = turns.take(origin, LONG).await {
                        served.send((origin, turn)).unwrap();
                    }
                });
                tokio::task::yield_now().await; // they come in this order
            }
        }
        drop((served, first));
        let mut order = Vec::new();
        while let Some((origin, turn)) = coming.recv().await {
            order.push(origin);
            drop(turn);
        }
        order
    }

    #[tokio::test]
    async fn networks_take_turns_however_much_each_asks() {
        let [flood, other, last] =
            ["192.0.2.1", "198.51.100.1", "2001:db8::1"].map(|address| origin(address, false));
        let order = order_of(&[(flood, 300), (other, 2), (last, 1)]).await;
        assert_eq!(order.len(), 303);
        assert_eq!(order[..6], [flood, flood, other, flood, last, other]);
    }

    #[tokio::test]
    async fn known_clients_have_a_third_of_the_turns_while_strangers_wait() {
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
        assert_eq!(order.len(), 402, "and strangers have theirs");
    }

    #[tokio::test]
    async fn a_network_that_had_no_turn_lately_does_not_wait_for_those_that_had() {
        let turns = Turns::new(1);
        let networks: Vec<_> = (0..200)
            .map(|number| origin(&format!("203.0.{number}.1"), false))
            .collect();
        for origin in &networks {
            drop(turns.take(*origin, LONG).await.unwrap());
        }
        let (turn, mut waiting) = (
            turns.take(networks[0], LONG).await.unwrap(),
            tokio::task::JoinSet::new(),
        );
        for origin in networks.iter().copied().chain([origin("192.0.2.1", false)]) {
            let turns = turns.clone();
            waiting.spawn(async move { (origin, turns.take(origin, LONG).await) });
            tokio::task::yield_now().await;
        }
        drop(turn);
        let mut served = Vec::new();
        for _ in 0..2 {
            let (origin, turn) = waiting.join_next().await.unwrap().unwrap();
            served.push(origin);
            drop(turn);
        }
        assert!(served.contains(&origin("192.0.2.1", false)), "{served:?}");
    }

    #[tokio::test]
    async fn a_full_lane_takes_from_the_network_that_has_the_most_waiting() {
        let [flood, other] = ["192.0.2.1", "198.51.100.1"].map(|address| origin(address, false));
        let order = order_of(&[(flood, 2 * MOST_WAITING), (other, 3)]).await;
        assert_eq!(order.len(), MOST_WAITING);
        assert_eq!(order.iter().filter(|origin| **origin == other).count(), 3);
        let crowd = (0..MOST_WAITING + 9)
            .map(|n| (origin(&format!("10.{}.{}.1", n / 256, n % 256), false), 1));
        let order = order_of(&crowd.collect::<Vec<_>>()).await;
        assert_eq!(
            order.len(),
            MOST_WAITING,
            "of networks with one each, those that came first"
        );
    }

    /// What moves from a full lane to another finds that one's bound there.
    #[tokio::test]
    async fn no_lane_grows_beyond_its_bound_by_what_moves_into_it() {
        let turns = Turns::new(1);
        let mut waiting = tokio::task::JoinSet::new();
        let first = turns.take(origin("192.0.2.1", false), LONG).await.unwrap();
        for number in 0..4 {
            for _ in 0..MOST_WAITING {
                let (turns, origin) = (turns.clone(), origin(&format!("203.0.{number}.1"), false));
                waiting.spawn(async move { drop(turns.take(origin, LONG).await) });
                tokio::task::yield_now().await;
            }
            turns
                .state()
                .has_had_a_turn(network(format!("203.0.{number}.1").parse().unwrap()));
        }
        assert_eq!(
            turns.state().lanes.each_ref().map(|lane| lane.count),
            [0, 0, MOST_WAITING]
        );
        drop(first);
        while let Some(ended) = waiting.join_next().await {
            ended.unwrap();
        }
        assert_eq!(turns.state().free, 1);
    }

    #[tokio::test]
    async fn waiters_that_leave_or_lose_patience_keep_no_turn() {
        let (turns, origin) = (Turns::new(2), origin("192.0.2.1", false));
        let [first, second] = [
            turns.take(origin, LONG).await.unwrap(),
            turns.take(origin, LONG).await.unwrap(),
        ];
        assert!(turns.take(origin, Duration::ZERO).await.is_none());
        let leaving = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(origin, LONG).await.is_some() }
        });
        tokio::task::yield_now().await;
        leaving.abort();
        assert!(leaving.await.is_err());
        assert!(
            turns
                .state()
                .lanes
                .iter()
                .all(|lane| lane.count == 0 && lane.waiting.is_empty() && lane.order.is_empty())
        );
        drop((first, second));
        assert_eq!(turns.state().free, 2);
    }

    #[test]
    fn a_network_is_a_24_of_ipv4_and_a_48_of_ipv6() {
        let network = |address: &str| network(address.parse().unwrap());
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.254"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("2001:db8:7::1"), network("2001:db8:7:ffff::1"));
        assert_ne!(network("2001:db8:7::1"), network("2001:db8:8::1"));
    }
}
