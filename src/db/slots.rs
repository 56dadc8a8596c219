//! Slots shared fairly by tenants.
//!
//! Owns fairness. A tenant alone may hold every slot. While others wait, a tenant gets no more than
//! half of them, and waiting tenants alternate, regardless of how many requests each has. A slot
//! can be reclaimed from a tenant that held more than half before others arrived. Must not know
//! what the slots are used for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// Maximum number of waiting requests of one tenant.
const MAX_WAITING: usize = 256;

/// A set of slots. Cheap to clone; clones share the slots.
#[derive(Clone)]
pub struct Slots(Arc<Shared>);

struct Shared {
    rule: Rule,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    /// Maximum number of slots of one tenant.
    max: usize,
    /// Maximum number of slots a tenant is granted while others wait.
    share: usize,
}

/// No slot became free in time, or too many requests of the tenant wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A slot, held or waited for; released when dropped.
pub struct Slot {
    slots: Slots,
    tenant: i64,
    ticket: u64,
}

struct State {
    free: usize,
    tenants: HashMap<i64, TenantState>,
    /// Waiting tenants in the order in which they are served.
    order: VecDeque<i64>,
    tickets: u64,
}

/// Slots held by a tenant and its waiting requests, by ascending ticket.
#[derive(Default)]
struct TenantState {
    held: BTreeMap<u64, Held>,
    waiting: BTreeMap<u64, oneshot::Sender<()>>,
}

#[derive(Default)]
struct Held {
    /// Notified when the slot is reclaimed; `None` if its holder cannot release it early.
    notice: Option<Arc<Notify>>,
    is_reclaimed: bool,
}

impl Slots {
    pub fn new(count: u32) -> Self {
        Self::with_max(count, count)
    }

    /// Creates slots of which a tenant never holds more than `max`.
    pub fn with_max(count: u32, max: u32) -> Self {
        let (count, max) = (count.max(1) as usize, max.max(1) as usize);
        let rule = Rule {
            max,
            share: count.div_ceil(2).min(max),
        };
        let state = State {
            free: count,
            tenants: HashMap::new(),
            order: VecDeque::new(),
            tickets: 0,
        };
        Self(Arc::new(Shared {
            rule,
            state: Mutex::new(state),
        }))
    }

    /// Waits for a slot. After half of `max_wait`, reclaims one from a tenant that holds more than
    /// half.
    pub async fn acquire(&self, tenant: i64, max_wait: Duration) -> Result<Slot, Full> {
        let (slot, mut granted) = self.queue(tenant)?;
        // The error is unreachable: the sender is unreclaimed as long as the request waits.
        match timeout(max_wait / 2, &mut granted).await {
            Ok(granted) => return granted.map(|()| slot).map_err(|_| Full),
            Err(_) => self.state().reclaim(tenant, self.0.rule),
        }
        match timeout(max_wait / 2, granted).await {
            Ok(Ok(())) => Ok(slot),
            _ => Err(Full),
        }
    }

    /// Takes a slot if the tenant can have one now.
    pub fn try_acquire(&self, tenant: i64) -> Option<Slot> {
        let (slot, mut granted) = self.queue(tenant).ok()?;
        granted.try_recv().is_ok().then_some(slot)
    }

    fn queue(&self, tenant: i64) -> Result<(Slot, oneshot::Receiver<()>), Full> {
        let (grant, granted) = oneshot::channel();
        let mut state = self.state();
        state.tickets += 1;
        let ticket = state.tickets;
        let tenant_state = state.tenants.entry(tenant).or_default();
        if tenant_state.waiting.len() >= MAX_WAITING {
            return Err(Full);
        }
        tenant_state.waiting.insert(ticket, grant);
        if tenant_state.waiting.len() == 1 {
            state.order.push_back(tenant);
        }
        state.grant(self.0.rule);
        drop(state);
        Ok((
            Slot {
                slots: self.clone(),
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

impl Slot {
    /// Returns a notification that fires when another tenant waits and this slot's tenant holds
    /// more than half. The holder must then drop the slot soon. Slots whose holders never call this
    /// are not reclaimed.
    pub fn notice(&self) -> Arc<Notify> {
        let mut state = self.slots.state();
        let held = state
            .tenants
            .get_mut(&self.tenant)
            .and_then(|tenant_state| tenant_state.held.get_mut(&self.ticket));
        held.map(|held| Arc::clone(held.notice.get_or_insert_default()))
            .unwrap_or_default()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.slots.state();
        state.release(self.tenant, self.ticket);
        state.grant(self.slots.0.rule);
    }
}

impl State {
    fn grant(&mut self, rule: Rule) {
        while self.free > 0 {
            let limit = if self.order.len() > 1 {
                rule.share
            } else {
                rule.max
            };
            let tenants = &self.tenants;
            let next = self
                .order
                .iter()
                .position(|tenant| tenants.get(tenant).is_none_or(|of| of.held.len() < limit));
            let Some(tenant) = next.and_then(|next| self.order.remove(next)) else {
                return;
            };
            let Some(tenant_state) = self.tenants.get_mut(&tenant) else {
                continue;
            };
            let Some((ticket, grant)) = tenant_state.waiting.pop_first() else {
                continue;
            };
            tenant_state.held.insert(ticket, Held::default());
            self.free -= 1;
            if !tenant_state.waiting.is_empty() {
                self.order.push_back(tenant);
            }
            // If the receiver is gone, its slot is being dropped, which waits for this lock and
            // releases the grant.
            let _ = grant.send(());
        }
    }

    fn release(&mut self, tenant: i64, ticket: u64) {
        let Some(tenant_state) = self.tenants.get_mut(&tenant) else {
            return;
        };
        if tenant_state.held.remove(&ticket).is_some() {
            self.free += 1;
        } else if tenant_state.waiting.remove(&ticket).is_some() && tenant_state.waiting.is_empty()
        {
            self.order.retain(|waiting| *waiting != tenant);
        }
        if tenant_state.held.is_empty() && tenant_state.waiting.is_empty() {
            self.tenants.remove(&tenant);
        }
    }

    /// Reclaims the newest slot of a tenant other than `tenant` that holds more than its share.
    fn reclaim(&mut self, tenant: i64, rule: Rule) {
        let unreclaimed = |tenant_state: &TenantState| {
            tenant_state
                .held
                .values()
                .filter(|held| !held.is_reclaimed)
                .count()
        };
        if self
            .tenants
            .get(&tenant)
            .is_some_and(|tenant_state| tenant_state.held.len() >= rule.share)
        {
            return;
        }
        let others = self
            .tenants
            .iter_mut()
            .filter(|(other, _)| **other != tenant)
            .map(|(_, tenant_state)| tenant_state);
        let candidate = others
            .filter(|tenant_state| unreclaimed(tenant_state) > rule.share)
            .max_by_key(|tenant_state| unreclaimed(tenant_state));
        let held = candidate.and_then(|tenant_state| {
            let mut newest_first = tenant_state.held.values_mut().rev();
            newest_first.find(|held| held.notice.is_some() && !held.is_reclaimed)
        });
        if let Some(held) = held {
            held.is_reclaimed = true;
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
        /// A request of a tenant arrives.
        Arrive(i64),
        /// The nth request ends, waiting or holding a slot.
        End(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![3 => (0..4i64).prop_map(Step::Arrive), 2 => (0..64usize).prop_map(Step::End)];
        prop::collection::vec(step, 1..200)
    }

    /// Requests for slots, as tracked by the test.
    struct Requests {
        slots: Slots,
        there: Vec<(i64, Slot, oneshot::Receiver<()>, bool)>,
    }

    impl Requests {
        fn at(slots: Slots) -> Self {
            Self {
                slots,
                there: Vec::new(),
            }
        }

        fn take(&mut self, step: Step) {
            match step {
                Step::Arrive(tenant) => {
                    if let Ok((slot, granted)) = self.slots.queue(tenant) {
                        self.there.push((tenant, slot, granted, false));
                    }
                }
                Step::End(nth) if !self.there.is_empty() => {
                    drop(self.there.remove(nth % self.there.len()))
                }
                Step::End(_) => {}
            }
        }

        /// Records newly granted requests and returns their tenants.
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
        fn slots_stay_fairly_shared_in_any_order_of_events(steps in steps(), count in 1..9u32, max in 1..9u32) {
            let max = max.min(count);
            let slots = Slots::with_max(count, max);
            let share = slots.0.rule.share;
            let mut crowd = Requests::at(slots);
            for step in steps {
                crowd.take(step);
                let newly = crowd.let_in();
                let held = |tenant| crowd.count(|of, held| held && of == tenant);
                let all = crowd.count(|_, held| held);
                prop_assert!(all <= count as usize);
                for tenant in 0..4 {
                    prop_assert!(held(tenant) <= max as usize);
                    let others_wait = crowd.waits(|of| of != tenant);
                    if newly.contains(&tenant) && others_wait {
                        prop_assert!(held(tenant) <= share.max(1), "{tenant} got more than its share while others wait");
                    }
                    // No slot stays free while an eligible request waits.
                    if all < count as usize && crowd.waits(|of| of == tenant) {
                        prop_assert!(held(tenant) >= share, "{tenant} waits although a slot is free");
                    }
                }
            }
            crowd.there.clear();
            let state = crowd.slots.state();
            prop_assert_eq!((state.free, state.tenants.len(), state.order.len()), (count as usize, 0, 0));
        }

        /// No starvation: with k tenants waiting, each gets one of the next k slots that become
        /// free.
        #[test]
        fn waiting_tenants_alternate(own in 1..200usize, others in 1..6i64) {
            let mut crowd = Requests::at(Slots::new(1));
            crowd.take(Step::Arrive(0));
            crowd.let_in();
            (0..own).for_each(|_| crowd.take(Step::Arrive(0)));
            (1..=others).for_each(|tenant| crowd.take(Step::Arrive(tenant)));
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
    async fn a_single_tenant_gets_every_slot() {
        let slots = Slots::new(4);
        let count: Vec<Slot> = (0..4).filter_map(|_| slots.try_acquire(1)).collect();
        assert_eq!(count.len(), 4);
        assert!(slots.try_acquire(1).is_none());
        assert!(slots.acquire(2, Duration::from_millis(1)).await.is_err());
        drop(count);
        assert!(slots.try_acquire(2).is_some());
    }

    #[tokio::test]
    async fn a_slot_beyond_half_is_reclaimed_only_for_other_tenants() {
        let slots = Slots::new(4);
        let count: Vec<Slot> = (0..4).filter_map(|_| slots.try_acquire(1)).collect();
        let notices: Vec<_> = count.iter().map(Slot::notice).collect();
        let asked = |at: usize| notices[at].notified().now_or_never().is_some();
        let max_wait = Duration::from_millis(20);
        assert!(slots.acquire(1, max_wait).await.is_err());
        assert!(
            (0..4).all(|at| !asked(at)),
            "its own requests reclaim nothing"
        );
        for _ in 0..3 {
            assert!(slots.acquire(2, max_wait).await.is_err());
        }
        assert_eq!(
            [asked(3), asked(2), asked(1), asked(0)],
            [true, true, false, false],
            "the oldest half stays"
        );
    }

    #[tokio::test]
    async fn waiting_requests_of_a_tenant_are_bounded() {
        let mut crowd = Requests::at(Slots::new(1));
        (0..=MAX_WAITING).for_each(|_| crowd.take(Step::Arrive(1)));
        assert!(matches!(
            crowd.slots.acquire(1, Duration::ZERO).await,
            Err(Full)
        ));
        crowd.take(Step::End(0));
        crowd.take(Step::Arrive(1));
        assert_eq!(crowd.let_in(), [1]);
        assert_eq!(crowd.there.len(), MAX_WAITING + 1);
    }
}
