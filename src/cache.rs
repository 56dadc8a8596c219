//! What was read a moment ago, kept for others who ask the same.
//!
//! Owns how old a value may be and who may share one. A value is read from one snapshot of one account, and its age
//! counts from before that snapshot was taken, however long the reading took: an age is never understated. Who asks
//! while a value is being read waits for it, unless its snapshot is too old for him. Must not know what is kept.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use moka::policy::EvictionPolicy;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::db::{Database, Scope};
use crate::error::{Error, Result};

/// A reading that takes longer is logged.
const SLOW: Duration = Duration::from_secs(1);

/// Values by account and key. Cheap to clone; clones share what they keep.
pub struct Cache<K, V>(Arc<Inner<K, V>>);

/// A key and the account whose it is: values of two accounts never meet.
pub type Key<K> = (i64, K);

/// A key's name in logs, which is all that they show of it: a key may hold personal values.
pub trait Named {
    fn name(&self) -> &'static str;
}

/// A value, and how long before the question its snapshot was taken. None where that was not before.
#[derive(Debug)]
pub struct Found<V> {
    pub value: V,
    pub age: Option<Duration>,
}

struct Inner<K, V> {
    lifetime: Duration,
    kept: moka::sync::Cache<Key<K>, Kept<V>>,
    /// What is being read now. Only the newest reading of a key can still be joined.
    flights: Mutex<HashMap<Key<K>, Flight<V>>>,
}

#[derive(Clone)]
struct Kept<V> {
    value: V,
    taken: Instant,
}

type Reading<V> = BoxFuture<'static, Result<Kept<V>>>;

/// A reading under way. It lives in those who wait for it, and is given up when none of them is left.
struct Flight<V> {
    /// When its snapshot was taken, once it is.
    taken: Arc<OnceLock<Instant>>,
    reading: WeakShared<Reading<V>>,
}

impl<K, V> Cache<K, V>
where
    K: Named + Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Keeps values for `lifetime` (nothing where that is zero), as many as weigh `capacity` together: the least
    /// recently used make room.
    pub fn new(lifetime: Duration, capacity: u64, weigh: fn(&K, &V) -> usize) -> Self {
        let kept = moka::sync::Cache::builder()
            .max_capacity(capacity)
            .weigher(move |(_, key): &Key<K>, kept: &Kept<V>| {
                u32::try_from(weigh(key, &kept.value)).unwrap_or(u32::MAX)
            })
            .eviction_policy(EvictionPolicy::lru())
            // Ages are looked at with each question; this only frees what nobody asks for any more.
            .time_to_live(lifetime)
            .build();
        Self(Arc::new(Inner {
            lifetime,
            kept,
            flights: Mutex::default(),
        }))
    }

    /// The value of that key, at most `oldest` old, and never older than this cache's lifetime. Where none is kept
    /// or being read, `read` makes one in a scope of the account. With an `oldest` of zero, everything committed
    /// before the question is in the answer.
    ///
    /// What goes wrong is told to all who waited for it, and is not kept: it is their question too, and asking a
    /// database in trouble once more for each of them would help nobody.
    pub async fn get<R, F>(
        &self,
        db: &Database,
        key: Key<K>,
        oldest: Duration,
        read: R,
    ) -> Result<Found<V>>
    where
        R: Fn(Scope) -> F + Send + Sync + 'static,
        F: Future<Output = Result<V>> + Send,
    {
        let asked = Instant::now();
        let oldest = oldest.min(self.0.lifetime);
        let fits = |taken: Instant| asked.saturating_duration_since(taken) <= oldest;
        let kept = || {
            self.0
                .kept
                .get(&key)
                .filter(|kept| fits(kept.taken))
                .map(|kept| kept.found(asked))
        };
        if let Some(found) = kept() {
            return Ok(found);
        }
        let reading = {
            let mut flights = self.0.flights();
            // Once more, because a flight that was under way may have landed since.
            if let Some(found) = kept() {
                return Ok(found);
            }
            match flights.get(&key).and_then(|flight| flight.join(fits)) {
                Some(reading) => reading,
                None => self.start(&mut flights, db, key, read),
            }
        };
        Ok(reading.await?.found(asked))
    }

    /// What the kept values weigh together, once what is under way is done.
    pub fn weight(&self) -> u64 {
        self.0.kept.run_pending_tasks();
        self.0.kept.weighted_size()
    }

    /// Weighs a kept value again, after it has grown.
    pub fn reweigh(&self, key: &Key<K>) {
        let _one_at_a_time = self.0.flights();
        if let Some(kept) = self.0.kept.get(key) {
            self.0.kept.insert(key.clone(), kept);
        }
    }

    /// Keeps that value no longer. One that is being read may be kept still.
    pub fn forget(&self, key: &Key<K>) {
        self.0.kept.invalidate(key);
    }

    /// Begins to read, in a task of its own: whoever asked first may leave while others still wait.
    fn start<R, F>(
        &self,
        flights: &mut HashMap<Key<K>, Flight<V>>,
        db: &Database,
        key: Key<K>,
        read: R,
    ) -> Shared<Reading<V>>
    where
        R: Fn(Scope) -> F + Send + Sync + 'static,
        F: Future<Output = Result<V>> + Send,
    {
        let (db, taken) = (db.clone(), Arc::<OnceLock<Instant>>::default());
        let landing = Landing {
            cache: Arc::clone(&self.0),
            key: key.clone(),
            taken: Arc::clone(&taken),
        };
        let task = async move {
            let begun = Instant::now();
            let read = |scope| {
                // Between the transaction's beginning and its first statement, which is what takes the snapshot. Where
                // this is unset, a question may join, for the snapshot is then yet to come. One that is begun again
                // reads a later snapshot than it says.
                landing.taken.get_or_init(Instant::now);
                read(scope)
            };
            let value = db.answer(landing.key.0, read).await;
            if begun.elapsed() > SLOW {
                tracing::warn!(ms = begun.elapsed().as_millis(), "a reading took long");
            }
            let kept = Kept {
                value: value?,
                taken: *landing.taken.get_or_init(Instant::now),
            };
            landing.keep(&kept);
            Ok(kept)
        };
        // A span of its own: it is not one request's business.
        let span = tracing::error_span!("reading", tenant = key.0, question = key.1.name());
        let task = AbortOnDropHandle::new(tokio::spawn(task.instrument(span)));
        let reading = async move { task.await.map_err(Error::internal)? }
            .boxed()
            .shared();
        if let Some(weak) = reading.downgrade() {
            flights.insert(
                key,
                Flight {
                    taken,
                    reading: weak,
                },
            );
        }
        reading
    }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Inner<K, V> {
    fn flights(&self) -> MutexGuard<'_, HashMap<Key<K>, Flight<V>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Kept<V> {
    fn found(self, asked: Instant) -> Found<V> {
        let age = asked
            .checked_duration_since(self.taken)
            .filter(|age| !age.is_zero());
        Found {
            value: self.value,
            age,
        }
    }
}

impl<V: Clone> Flight<V> {
    /// Its reading, for one who may have a snapshot taken then. None where nobody waits for it any more.
    fn join(&self, fits: impl Fn(Instant) -> bool) -> Option<Shared<Reading<V>>> {
        if self.taken.get().is_none_or(|taken| fits(*taken)) {
            self.reading.upgrade()
        } else {
            None
        }
    }
}

/// The end of a flight, however it ends: it is no longer there to be joined.
struct Landing<K: Hash + Eq, V> {
    cache: Arc<Inner<K, V>>,
    key: Key<K>,
    taken: Arc<OnceLock<Instant>>,
}

impl<K, V> Landing<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Keeps what was read, unless a newer reading was faster.
    fn keep(&self, read: &Kept<V>) {
        let _one_at_a_time = self.cache.flights();
        let newer = self
            .cache
            .kept
            .get(&self.key)
            .is_some_and(|kept| kept.taken > read.taken);
        if !newer && !self.cache.lifetime.is_zero() {
            self.cache.kept.insert(self.key.clone(), read.clone());
        }
    }
}

impl<K: Hash + Eq, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut flights = self.cache.flights();
        // A newer one may have taken its place.
        if flights
            .get(&self.key)
            .is_some_and(|flight| Arc::ptr_eq(&flight.taken, &self.taken))
        {
            flights.remove(&self.key);
        }
    }
}
