//! Door to a pool: the account that gets the next connection.
//!
//! Owns fairness. Alone, an account may hold every place. While others wait it gets none beyond half of them, and
//! those who wait take turns by account, however many requests each has waiting. A place can be asked back from an
//! account that held more than half before others came. Must not know what the places are used for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// The most requests of one account that wait at a door.
const MOST_WAITING: usize = 256;

/// Places shared by account. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Door(Arc<Shared>);

struct Shared {
    rule: Rule,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    /// The most places of one account.
    most: usize,
    /// The most it is given while others wait.
    share: usize,
}

/// No place became free in time, or too many of the account wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A place, or a claim to one that is waited for; given up when it is dropped.
pub struct Place {
    door: Door,
    tenant: i64,
    ticket: u64,
}

struct State {
    free: usize,
    accounts: HashMap<i64, Account>,
    /// Accounts that wait, the next one first.
    turns: VecDeque<i64>,
    tickets: u64,
}

/// Places that an account holds and requests of it that wait, by ticket, which ascend.
#[derive(Default)]
struct Account {
    held: BTreeMap<u64, Held>,
    waiting: BTreeMap<u64, oneshot::Sender<()>>,
}

#[derive(Default)]
struct Held {
    /// Told when the place is wanted back. None where it is not given back before its time.
    notice: Option<Arc<Notify>>,
    is_asked_back: bool,
}

impl Door {
    pub fn new(places: u32) -> Self {
        Self::with_most(places, places)
    }

    /// A door at which an account never has more than `most` places.
    pub fn with_most(places: u32, most: u32) -> Self {
        let (places, most) = (places.max(1) as usize, most.max(1) as usize);
        let rule = Rule {
            most,
            share: places.div_ceil(2).min(most),
        };
        let state = State {
            free: places,
            accounts: HashMap::new(),
            turns: VecDeque::new(),
            tickets: 0,
        };
        Self(Arc::new(Shared {
            rule,
            state: Mutex::new(state),
        }))
    }

    /// The next place for that account. Half of its patience used up, it asks one back from an account that holds
    /// more than half.
    pub async fn enter(&self, tenant: i64, patience: Duration) -> Result<Place, Full> {
        let (place, mut granted) = self.queue(tenant)?;
        // Places in use may be given back; a sender that is gone would be a place lost, which does not happen.
        match timeout(patience / 2, &mut granted).await {
            Ok(granted) => return granted.map(|()| place).map_err(|_| Full),
            Err(_) => self.state().ask_back(tenant, self.0.rule),
        }
        match timeout(patience / 2, granted).await {
            Ok(Ok(())) => Ok(place),
            _ => Err(Full),
        }
    }

    /// A place, where one is free for that account now.
    pub fn try_enter(&self, tenant: i64) -> Option<Place> {
        let (place, mut granted) = self.queue(tenant).ok()?;
        granted.try_recv().is_ok().then_some(place)
    }

    fn queue(&self, tenant: i64) -> Result<(Place, oneshot::Receiver<()>), Full> {
        let (grant, granted) = oneshot::channel();
        let mut state = self.state();
        state.tickets += 1;
        let ticket = state.tickets;
        let account = state.accounts.entry(tenant).or_default();
        if account.waiting.len() >= MOST_WAITING {
            return Err(Full);
        }
        account.waiting.insert(ticket, grant);
        if account.waiting.len() == 1 {
            state.turns.push_back(tenant);
        }
        state.hand_out(self.0.rule);
        drop(state);
        Ok((
            Place {
                door: self.clone(),
                tenant,
                ticket,
            },
            granted,
        ))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Told when another account waits for this place and its account holds more than half: the holder then drops it
    /// soon. Places of holders that never ask for this are left to them.
    pub fn notice(&self) -> Arc<Notify> {
        let mut state = self.door.state();
        let held = state
            .accounts
            .get_mut(&self.tenant)
            .and_then(|account| account.held.get_mut(&self.ticket));
        held.map(|held| Arc::clone(held.notice.get_or_insert_default()))
            .unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.door.state();
        state.give_up(self.tenant, self.ticket);
        state.hand_out(self.door.0.rule);
    }
}

impl State {
    fn hand_out(&mut self, rule: Rule) {
        while self.free > 0 {
            let limit = if self.turns.len() > 1 {
                rule.share
            } else {
                rule.most
            };
            let accounts = &self.accounts;
            let next = self
                .turns
                .iter()
                .position(|tenant| accounts.get(tenant).is_none_or(|of| of.held.len() < limit));
            let Some(tenant) = next.and_then(|next| self.turns.remove(next)) else {
                return;
            };
            let Some(account) = self.accounts.get_mut(&tenant) else {
                continue;
            };
            let Some((ticket, grant)) = account.waiting.pop_first() else {
                continue;
            };
            account.held.insert(ticket, Held::default());
            self.free -= 1;
            if !account.waiting.is_empty() {
                self.turns.push_back(tenant);
            }
            // A receiver that is gone gives the place up when it drops it, which waits for this lock.
            let _ = grant.send(());
        }
    }

    fn give_up(&mut self, tenant: i64, ticket: u64) {
        let Some(account) = self.accounts.get_mut(&tenant) else {
            return;
        };
        if account.held.remove(&ticket).is_some() {
            self.free += 1;
        } else if account.waiting.remove(&ticket).is_some() && account.waiting.is_empty() {
            self.turns.retain(|waiting| *waiting != tenant);
        }
        if account.held.is_empty() && account.waiting.is_empty() {
            self.accounts.remove(&tenant);
        }
    }

    /// Asks the newest place back of an account other than `tenant` that holds more than its share.
    fn ask_back(&mut self, tenant: i64, rule: Rule) {
        let kept = |account: &Account| {
            account
                .held
                .values()
                .filter(|held| !held.is_asked_back)
                .count()
        };
        if self
            .accounts
            .get(&tenant)
            .is_some_and(|account| account.held.len() >= rule.share)
        {
            return;
        }
        let others = self
            .accounts
            .iter_mut()
            .filter(|(other, _)| **other != tenant)
            .map(|(_, account)| account);
        let over = others
            .filter(|account| kept(account) > rule.share)
            .max_by_key(|account| kept(account));
        let held = over.and_then(|account| {
            let mut newest_first = account.held.values_mut().rev();
            newest_first.find(|held| held.notice.is_some() && !held.is_asked_back)
        });
        if let Some(held) = held {
            held.is_asked_back = true;
            held.notice.iter().for_each(|notice| notice.notify_one());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        /// A request of an account comes.
        Come(i64),
        /// The nth that is there goes, whether it waits or holds a place.
        Go(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step =
            prop_oneof![3 => (0..4i64).prop_map(Step::Come), 2 => (0..64usize).prop_map(Step::Go)];
        prop::collection::vec(step, 1..200)
    }

    /// Requests at a door, as the test sees them.
    struct Crowd {
        door: Door,
        there: Vec<(i64, Place, oneshot::Receiver<()>, bool)>,
    }

    impl Crowd {
        fn at(door: Door) -> Self {
            Self {
                door,
                there: Vec::new(),
            }
        }

        fn take(&mut self, step: Step) {
            match step {
                Step::Come(tenant) => {
                    if let Ok((place, granted)) = self.door.queue(tenant) {
                        self.there.push((tenant, place, granted, false));
                    }
                }
                Step::Go(nth) if !self.there.is_empty() => {
                    drop(self.there.remove(nth % self.there.len()))
                }
                Step::Go(_) => {}
            }
        }

        /// Notes who was let in since, and returns them.
        fn let_in(&mut self) -> Vec<i64> {
            let mut newly = Vec::new();
            for (tenant, _, granted, held) in &mut self.there {
                if !*held && granted.try_recv().is_ok() {
                    *held = true;
                    newly.push(*tenant);
                }
            }
            newly
        }

        fn count(&self, of: impl Fn(i64, bool) -> bool) -> usize {
            self.there
                .iter()
                .filter(|(tenant, _, _, held)| of(*tenant, *held))
                .count()
        }

        fn waits(&self, of: impl Fn(i64) -> bool) -> bool {
            self.count(|tenant, held| !held && of(tenant)) > 0
        }
    }

    proptest! {
        #[test]
        fn places_are_shared_whatever_comes_and_goes(steps in steps(), places in 1..9u32, most in 1..9u32) {
            let most = most.min(places);
            let door = Door::with_most(places, most);
            let share = door.0.rule.share;
            let mut crowd = Crowd::at(door);
            for step in steps {
                crowd.take(step);
                let newly = crowd.let_in();
                let held = |tenant| crowd.count(|of, held| held && of == tenant);
                let all = crowd.count(|_, held| held);
                prop_assert!(all <= places as usize);
                for tenant in 0..4 {
                    prop_assert!(held(tenant) <= most as usize);
                    let others_wait = crowd.waits(|of| of != tenant);
                    if newly.contains(&tenant) && others_wait {
                        prop_assert!(held(tenant) <= share.max(1), "{tenant} got more than its share while others wait");
                    }
                    // No place is left empty that somebody who waits may have.
                    if all < places as usize && crowd.waits(|of| of == tenant) {
                        prop_assert!(held(tenant) >= share, "{tenant} waits beside a free place");
                    }
                }
            }
            crowd.there.clear();
            let state = crowd.door.state();
            prop_assert_eq!((state.free, state.accounts.len(), state.turns.len()), (places as usize, 0, 0));
        }

        /// Nobody starves: with k accounts waiting, each gets one of the next k places that become free.
        #[test]
        fn waiting_accounts_take_turns(crowd_of in 1..200usize, others in 1..6i64) {
            let mut crowd = Crowd::at(Door::new(1));
            crowd.take(Step::Come(0));
            crowd.let_in();
            (0..crowd_of).for_each(|_| crowd.take(Step::Come(0)));
            (1..=others).for_each(|tenant| crowd.take(Step::Come(tenant)));
            let mut served = Vec::new();
            for _ in 0..=others {
                let holder = crowd.there.iter().position(|(.., held)| *held).unwrap();
                drop(crowd.there.remove(holder));
                served.extend(crowd.let_in());
            }
            served.sort_unstable();
            prop_assert_eq!(served, (0..=others).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn alone_an_account_has_every_place_and_no_more() {
        let door = Door::new(4);
        let places: Vec<Place> = (0..4).filter_map(|_| door.try_enter(1)).collect();
        assert_eq!(places.len(), 4);
        assert!(door.try_enter(1).is_none());
        assert!(door.enter(2, Duration::from_millis(1)).await.is_err());
        drop(places);
        assert!(door.try_enter(2).is_some());
    }

    #[tokio::test]
    async fn a_place_beyond_half_is_asked_back_for_others_and_only_then() {
        let door = Door::new(4);
        let places: Vec<Place> = (0..4).filter_map(|_| door.try_enter(1)).collect();
        let notices: Vec<_> = places.iter().map(Place::notice).collect();
        let asked = |at: usize| notices[at].notified().now_or_never().is_some();
        let patience = Duration::from_millis(20);
        assert!(door.enter(1, patience).await.is_err());
        assert!(
            (0..4).all(|at| !asked(at)),
            "its own requests ask nothing back"
        );
        for _ in 0..3 {
            assert!(door.enter(2, patience).await.is_err());
        }
        assert_eq!(
            [asked(3), asked(2), asked(1), asked(0)],
            [true, true, false, false],
            "half is left, the oldest"
        );
    }

    #[tokio::test]
    async fn an_account_has_so_many_waiting_and_no_more() {
        let mut crowd = Crowd::at(Door::new(1));
        (0..=MOST_WAITING).for_each(|_| crowd.take(Step::Come(1)));
        assert!(matches!(
            crowd.door.enter(1, Duration::ZERO).await,
            Err(Full)
        ));
        crowd.take(Step::Go(0));
        crowd.take(Step::Come(1));
        assert_eq!(crowd.let_in(), [1]);
        assert_eq!(crowd.there.len(), MOST_WAITING + 1);
    }
}
