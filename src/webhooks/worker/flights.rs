//! Deliveries under way in this instance, and the room for more.
//!
//! Owns the bounds: per webhook, per tenant and in total. Receivers that are slow or do not answer share a pool of their
//! own, so that they delay nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

/// Pool of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pool {
    Fast,
    Slow,
}

impl Pool {
    /// Bounds per webhook, per tenant and in total.
    const fn bounds(self) -> [usize; 3] {
        match self {
            Self::Fast => [16, 128, 512],
            Self::Slow => [2, 32, 1_024],
        }
    }
}

/// Duration of a try from which a receiver is slow.
const SLOW: Duration = Duration::from_millis(500);
/// Slow receivers that are remembered, and the time.
const REMEMBERED: u64 = 10_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// A webhook: tenant and id.
type Webhook = (i64, i64);

/// The deliveries under way. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub struct Flights(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    counts: Mutex<Counts>,
    slow: Cache<Webhook, ()>,
}

/// Deliveries by what a bound applies to. Zeros are not kept.
#[derive(Debug, Default)]
struct Counts {
    webhooks: HashMap<Webhook, usize>,
    tenants: HashMap<(i64, Pool), usize>,
    total: HashMap<Pool, usize>,
}

/// A place for one delivery; free again when dropped.
#[derive(Debug)]
pub struct Flight {
    flights: Flights,
    webhook: Webhook,
    pool: Pool,
}

impl Flights {
    pub fn new() -> Self {
        let slow = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(REMEMBERED_FOR)
            .build();
        Self(Arc::new(Inner {
            counts: Mutex::default(),
            slow,
        }))
    }

    /// Takes places for deliveries of the tenant's webhooks, as many as the bounds allow, by turns.
    pub fn reserve(&self, tenant: i64, webhooks: &[i64]) -> Vec<Flight> {
        let mut open: Vec<(Webhook, Pool)> = webhooks
            .iter()
            .map(|id| ((tenant, *id), self.pool((tenant, *id))))
            .collect();
        let (mut taken, mut counts) = (Vec::new(), self.counts());
        while !open.is_empty() {
            open.retain(|(webhook, pool)| {
                let has_room = counts.take(*webhook, *pool);
                if has_room {
                    taken.push(Flight {
                        flights: self.clone(),
                        webhook: *webhook,
                        pool: *pool,
                    });
                }
                has_room
            });
        }
        taken
    }

    fn pool(&self, webhook: Webhook) -> Pool {
        if self.0.slow.contains_key(&webhook) {
            Pool::Slow
        } else {
            Pool::Fast
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// False if a bound is reached.
    fn take(&mut self, webhook: Webhook, pool: Pool) -> bool {
        let [of_webhook, of_tenant, total] = pool.bounds();
        let has_room = self
            .webhooks
            .get(&webhook)
            .is_none_or(|count| *count < of_webhook)
            && self
                .tenants
                .get(&(webhook.0, pool))
                .is_none_or(|count| *count < of_tenant)
            && self.total.get(&pool).is_none_or(|count| *count < total);
        if has_room {
            *self.webhooks.entry(webhook).or_default() += 1;
            *self.tenants.entry((webhook.0, pool)).or_default() += 1;
            *self.total.entry(pool).or_default() += 1;
        }
        has_room
    }

    fn release(&mut self, webhook: Webhook, pool: Pool) {
        lower(&mut self.webhooks, webhook);
        lower(&mut self.tenants, (webhook.0, pool));
        lower(&mut self.total, pool);
    }
}

fn lower<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

impl Flight {
    pub fn webhook(&self) -> i64 {
        self.webhook.1
    }

    /// Remembers if the receiver is slow, by the duration of a try.
    pub fn took(&self, duration: Duration) {
        let slow = &self.flights.0.slow;
        if duration >= SLOW {
            slow.insert(self.webhook, ());
        } else if self.pool == Pool::Slow {
            slow.invalidate(&self.webhook);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.counts().release(self.webhook, self.pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(flights: &[Flight], webhook: i64) -> usize {
        flights
            .iter()
            .filter(|flight| flight.webhook() == webhook)
            .count()
    }

    #[test]
    fn places_are_shared_by_turns_within_the_bounds_and_free_again_when_dropped() {
        let flights = Flights::new();
        let first = flights.reserve(1, &[1, 2]);
        assert_eq!([1, 2].map(|webhook| count(&first, webhook)), [16, 16]);
        assert!(flights.reserve(1, &[1]).is_empty());
        let rest = flights.reserve(1, &(3..=20).collect::<Vec<_>>());
        assert_eq!(rest.len(), 96, "the tenant's bound");
        assert!((3..=20).all(|webhook| count(&rest, webhook) >= 5));
        let others: Vec<Flight> = (2..=10)
            .flat_map(|tenant| flights.reserve(tenant, &(1..=20).collect::<Vec<_>>()))
            .collect();
        assert_eq!(others.len(), 512 - 128, "the bound in total");
        drop((first, rest, others));
        assert_eq!(flights.reserve(1, &[1, 2]).len(), 32);
        assert!(flights.counts().webhooks.is_empty() && flights.counts().total.is_empty());
    }

    #[test]
    fn slow_receivers_use_a_pool_of_their_own() {
        let flights = Flights::new();
        for flight in flights.reserve(1, &[1]) {
            flight.took(Duration::from_secs(5));
        }
        let slow = flights.reserve(1, &[1]);
        assert_eq!(slow.len(), 2);
        assert_eq!(flights.reserve(1, &(2..=20).collect::<Vec<_>>()).len(), 128);
        slow[0].took(Duration::from_millis(20));
        drop(slow);
        assert_eq!(flights.reserve(1, &[1]).len(), 16);
    }
}
