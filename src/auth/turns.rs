//! Turns at checking passwords: a few at once, shared fairly by client networks.
//!
//! Owns who is next. Networks take turns, however many requests each has waiting. Clients that have logged in before
//! wait in a lane of their own, to which every other turn belongs while both lanes wait: strangers from any number of
//! networks cannot hold them up. Must not know what a turn is used for.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// The most requests that wait in a lane. Beyond that, the network with the most of them loses its newest.
const MOST_WAITING: usize = 512;

/// The client behind a request, as far as its turn depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    network: u128,
    lane: Lane,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Stranger,
    Known,
}

impl Origin {
    /// A client at that address; `is_known` where it has logged in before.
    pub fn new(address: IpAddr, is_known: bool) -> Self {
        let lane = if is_known { Lane::Known } else { Lane::Stranger };
        Self { network: network(address), lane }
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
    /// Strangers, then known clients.
    lanes: [Queues; 2],
    /// The lane that the next turn belongs to, if it has anybody waiting.
    next: usize,
    tickets: u64,
}

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
        let lanes = [Queues::default(), Queues::default()];
        Self(Arc::new(Mutex::new(State { free: at_once, lanes, next: 0, tickets: 0 })))
    }

    /// Waits for a turn. None where there is no room to wait, or it did not come in time.
    pub async fn take(&self, origin: Origin, patience: Duration) -> Option<Turn> {
        let (turn, ticket) = {
            let mut state = self.state();
            // One that is free is nobody's who waits: it would have been handed on.
            if state.free > 0 {
                state.free -= 1;
                return Some(Turn(Some(self.clone())));
            }
            state.tickets += 1;
            let (sender, receiver) = oneshot::channel();
            let waiter = Waiter { ticket: state.tickets, turn: sender };
            let ticket = Ticket { turns: self.clone(), origin, number: waiter.ticket };
            state.lanes[origin.lane as usize].push(origin.network, waiter);
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
            let Err(mut turn) = waiter.turn.send(Turn(Some(self.clone()))) else { return };
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
        let removed = self.turns.state().lanes[self.origin.lane as usize].remove(self.origin.network, self.number);
        drop(removed);
    }
}

impl State {
    fn pop(&mut self) -> Option<Waiter> {
        let lane = self.next;
        self.next = 1 - lane;
        self.lanes[lane].pop().or_else(|| self.lanes[1 - lane].pop())
    }
}

impl Queues {
    /// Queues a request behind those of its network. Where the lane is full, the longest queue makes room, and a
    /// network with about as many as that is refused: the waiter is dropped.
    fn push(&mut self, network: u128, waiter: Waiter) {
        if self.count >= MOST_WAITING {
            let own = self.waiting.get(&network).map_or(0, VecDeque::len);
            let longest = self.waiting.iter().max_by_key(|(_, queue)| queue.len());
            let Some((&longest, _)) = longest.filter(|(_, queue)| queue.len() > own + 1) else { return };
            if let Some(newest) = self.waiting.get_mut(&longest).and_then(VecDeque::pop_back) {
                self.count -= 1;
                drop(newest);
            }
        }
        let queue = self.waiting.entry(network).or_default();
        if queue.is_empty() {
            self.order.push_back(network);
        }
        queue.push_back(waiter);
        self.count += 1;
    }

    fn pop(&mut self) -> Option<Waiter> {
        let network = self.order.pop_front()?;
        let queue = self.waiting.get_mut(&network)?;
        let waiter = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&network);
        } else {
            self.order.push_back(network);
        }
        self.count -= usize::from(waiter.is_some());
        waiter
    }

    fn remove(&mut self, network: u128, ticket: u64) -> Option<Waiter> {
        let queue = self.waiting.get_mut(&network)?;
        let place = queue.iter().position(|waiter| waiter.ticket == ticket)?;
        let waiter = queue.remove(place);
        if queue.is_empty() {
            self.waiting.remove(&network);
            self.order.retain(|other| *other != network);
        }
        self.count -= 1;
        waiter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn origin(address: &str, is_known: bool) -> Origin {
        Origin::new(address.parse().unwrap(), is_known)
    }

    /// One turn, which is taken, and the requests of those origins waiting for it. Gives the order they come in.
    async fn order_of(origins: &[(Origin, usize)]) -> Vec<Origin> {
        let turns = Turns::new(1);
        let first = turns.take(origins[0].0, LONG).await.unwrap();
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
        let [flood, other, last] = ["192.0.2.1", "198.51.100.1", "2001:db8::1"].map(|address| origin(address, false));
        let order = order_of(&[(flood, 300), (other, 2), (last, 1)]).await;
        assert_eq!(order.len(), 303);
        assert_eq!(order[..6], [flood, other, last, flood, other, flood]);
    }

    #[tokio::test]
    async fn known_clients_have_every_other_turn_while_strangers_wait() {
        let flood: Vec<_> = (0..200).map(|number| (origin(&format!("203.0.{number}.1"), false), 2)).collect();
        let known = [origin("192.0.2.1", true), origin("198.51.100.1", true)];
        let all = [flood, known.map(|origin| (origin, 1)).to_vec()].concat();
        let order = order_of(&all).await;
        assert!(known.iter().all(|known| order[..4].contains(known)), "{:?}", &order[..4]);
        assert_eq!(order.len(), 402, "and strangers have theirs");
    }

    #[tokio::test]
    async fn a_full_lane_takes_from_the_network_that_has_the_most_waiting() {
        let [flood, other] = ["192.0.2.1", "198.51.100.1"].map(|address| origin(address, false));
        let order = order_of(&[(flood, 2 * MOST_WAITING), (other, 3)]).await;
        assert_eq!(order.len(), MOST_WAITING);
        assert_eq!(order.iter().filter(|origin| **origin == other).count(), 3);
        let crowd = (0..MOST_WAITING + 9).map(|n| (origin(&format!("10.{}.{}.1", n / 256, n % 256), false), 1));
        let order = order_of(&crowd.collect::<Vec<_>>()).await;
        assert_eq!(order.len(), MOST_WAITING, "of networks with one each, those that came first");
    }

    #[tokio::test]
    async fn waiters_that_leave_or_lose_patience_keep_no_turn() {
        let (turns, origin) = (Turns::new(2), origin("192.0.2.1", false));
        let [first, second] = [turns.take(origin, LONG).await.unwrap(), turns.take(origin, LONG).await.unwrap()];
        assert!(turns.take(origin, Duration::ZERO).await.is_none());
        let leaving = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(origin, LONG).await.is_some() }
        });
        tokio::task::yield_now().await;
        leaving.abort();
        assert!(leaving.await.is_err());
        assert!(
            turns.state().lanes.iter().all(|lane| lane.count == 0 && lane.waiting.is_empty() && lane.order.is_empty())
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
