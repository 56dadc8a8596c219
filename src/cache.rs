//! Short-lived cache of query results, shared by identical requests.
//!
//! Owns the maximum age of a value and who may share it. A value is read from one snapshot of one
//! tenant. Its age counts from before the snapshot was snapshot_at, however long the read took, so it is
//! never understated. Concurrent callers join a read in progress unless its snapshot is older than
//! they accept. Must not know what is cached.

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

/// Reads that take longer are logged.
const SLOW_READ: Duration = Duration::from_secs(1);

/// Values by tenant and key. Cheap to clone; clones share the values.
pub struct Cache<K, V>(Arc<Inner<K, V>>);

/// A key with its tenant, so that tenants never share values.
pub type Key<K> = (i64, K);

/// Name of a key in logs. Only the name is logged, because keys may contain personal data.
pub trait Named {
    fn name(&self) -> &'static str;
}

/// A value and its age when requested; `None` if it was read for this request.
#[derive(Debug)]
pub struct Found<V> {
    pub value: V,
    pub age: Option<Duration>,
    pub origin: Origin,
}

/// Origin of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was kept.
    Hit,
    /// Another request was reading it.
    Joined,
    /// It was read for this request.
    Read,
}

impl Origin {
    pub const ALL: [Self; 3] = [Self::Hit, Self::Joined, Self::Read];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Joined => "joined",
            Self::Read => "read",
        }
    }
}

struct Inner<K, V> {
    lifetime: Duration,
    cached: moka::sync::Cache<Key<K>, Entry<V>>,
    /// Reads in progress. Only the newest read of a key can be joined.
    reads: Mutex<HashMap<Key<K>, Read<V>>>,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    snapshot_at: Instant,
}

type Outcome<V> = BoxFuture<'static, Result<Entry<V>>>;

/// A read in progress. It is owned by its waiters and cancelled when the last of them leaves.
struct Read<V> {
    /// Time of its snapshot, once snapshot_at.
    snapshot_at: Arc<OnceLock<Instant>>,
    outcome: WeakShared<Outcome<V>>,
}

impl<K, V> Cache<K, V>
where
    K: Named + Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Caches values for `lifetime` (never, if zero), up to a total weight of `capacity`; the least
    /// recently used are evicted.
    pub fn new(lifetime: Duration, capacity: u64, weigh: fn(&K, &V) -> usize) -> Self {
        let cached = moka::sync::Cache::builder()
            .max_capacity(capacity)
            .weigher(move |(_, key): &Key<K>, cached: &Entry<V>| {
                u32::try_from(weigh(key, &cached.value)).unwrap_or(u32::MAX)
            })
            .eviction_policy(EvictionPolicy::lru())
            // Ages are checked on each request; this only frees unused values.
            .time_to_live(lifetime)
            .build();
        Self(Arc::new(Inner {
            lifetime,
            cached,
            reads: Mutex::default(),
        }))
    }

    /// Maximum age of a value.
    pub fn lifetime(&self) -> Duration {
        self.0.lifetime
    }

    /// Returns the value of a key, at most `max_age` old and never older than the cache's lifetime.
    /// If none is cached or being read, `read` reads one in a scope of the tenant. With a `max_age`
    /// of zero, the value includes everything committed before the request.
    ///
    /// An error is returned to all waiters and not cached: repeating the query for each of them
    /// would only burden a failing database.
    pub async fn get<R, F>(
        &self,
        db: &Database,
        key: Key<K>,
        max_age: Duration,
        read: R,
    ) -> Result<Found<V>>
    where
        R: Fn(Scope) -> F + Send + Sync + 'static,
        F: Future<Output = Result<V>> + Send,
    {
        let requested_at = Instant::now();
        let max_age = max_age.min(self.0.lifetime);
        let is_fresh =
            |snapshot_at: Instant| requested_at.saturating_duration_since(snapshot_at) <= max_age;
        let cached = || {
            self.0
                .cached
                .get(&key)
                .filter(|cached| is_fresh(cached.snapshot_at))
                .map(|cached| cached.found(requested_at, Origin::Hit))
        };
        if let Some(found) = cached() {
            return Ok(found);
        }
        let (read, origin) = {
            let mut reads = self.0.reads();
            // Checked again, because a read in progress may have completed since.
            if let Some(found) = cached() {
                return Ok(found);
            }
            match reads.get(&key).and_then(|current| current.join(is_fresh)) {
                Some(joined) => (joined, Origin::Joined),
                None => (self.start(&mut reads, db, key, read), Origin::Read),
            }
        };
        Ok(read.await?.found(requested_at, origin))
    }

    /// Total weight of the cached values, after pending evictions.
    pub fn weight(&self) -> u64 {
        self.0.cached.run_pending_tasks();
        self.0.cached.weighted_size()
    }

    /// Weighs a cached value again after it has grown.
    pub fn reweigh(&self, key: &Key<K>) {
        let _lock = self.0.reads();
        if let Some(cached) = self.0.cached.get(key) {
            self.0.cached.insert(key.clone(), cached);
        }
    }

    /// Removes a value. One that is being read may still be cached.
    pub fn forget(&self, key: &Key<K>) {
        self.0.cached.invalidate(key);
    }

    /// Starts a read in a task of its own, because the first caller may leave while others wait.
    fn start<R, F>(
        &self,
        reads: &mut HashMap<Key<K>, Read<V>>,
        db: &Database,
        key: Key<K>,
        read: R,
    ) -> Shared<Outcome<V>>
    where
        R: Fn(Scope) -> F + Send + Sync + 'static,
        F: Future<Output = Result<V>> + Send,
    {
        let (db, snapshot_at) = (db.clone(), Arc::<OnceLock<Instant>>::default());
        let guard = ReadGuard {
            cache: Arc::clone(&self.0),
            key: key.clone(),
            snapshot_at: Arc::clone(&snapshot_at),
        };
        let task = async move {
            let started = Instant::now();
            let read = |scope| {
                // This runs between `begin` and the first statement, which takes the snapshot.
                // While it is unset, the snapshot is still to come and any request may join. A
                // restarted read has a later snapshot than recorded.
                guard.snapshot_at.get_or_init(Instant::now);
                read(scope)
            };
            let value = db.answer(guard.key.0, read).await;
            if started.elapsed() > SLOW_READ {
                tracing::warn!(ms = started.elapsed().as_millis(), "slow read");
            }
            let cached = Entry {
                value: value?,
                snapshot_at: *guard.snapshot_at.get_or_init(Instant::now),
            };
            guard.keep(&cached);
            Ok(cached)
        };
        // A span of its own, because the read can serve several requests.
        let span = tracing::error_span!("read", tenant = key.0, query = key.1.name());
        let task = AbortOnDropHandle::new(tokio::spawn(task.instrument(span)));
        let outcome = async move { task.await.map_err(Error::internal)? }
            .boxed()
            .shared();
        if let Some(weak) = outcome.downgrade() {
            reads.insert(
                key,
                Read {
                    snapshot_at,
                    outcome: weak,
                },
            );
        }
        outcome
    }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Inner<K, V> {
    fn reads(&self) -> MutexGuard<'_, HashMap<Key<K>, Read<V>>> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Entry<V> {
    fn found(self, requested_at: Instant, origin: Origin) -> Found<V> {
        let age = requested_at
            .checked_duration_since(self.snapshot_at)
            .filter(|age| !age.is_zero());
        Found {
            value: self.value,
            age,
            origin,
        }
    }
}

impl<V: Clone> Read<V> {
    /// Returns the read if the caller may use its snapshot, or `None` if nothing waits for it any
    /// more.
    fn join(&self, is_fresh: impl Fn(Instant) -> bool) -> Option<Shared<Outcome<V>>> {
        if self
            .snapshot_at
            .get()
            .is_none_or(|snapshot_at| is_fresh(*snapshot_at))
        {
            self.outcome.upgrade()
        } else {
            None
        }
    }
}

/// Removes the read from those in progress when it ends, for whatever reason.
struct ReadGuard<K: Hash + Eq, V> {
    cache: Arc<Inner<K, V>>,
    key: Key<K>,
    snapshot_at: Arc<OnceLock<Instant>>,
}

impl<K, V> ReadGuard<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Caches the value, unless a newer read completed first.
    fn keep(&self, read: &Entry<V>) {
        let _lock = self.cache.reads();
        let newer = self
            .cache
            .cached
            .get(&self.key)
            .is_some_and(|cached| cached.snapshot_at > read.snapshot_at);
        if !newer && !self.cache.lifetime.is_zero() {
            self.cache.cached.insert(self.key.clone(), read.clone());
        }
    }
}

impl<K: Hash + Eq, V> Drop for ReadGuard<K, V> {
    fn drop(&mut self) {
        let mut reads = self.cache.reads();
        // A newer read may have replaced it.
        if reads
            .get(&self.key)
            .is_some_and(|current| Arc::ptr_eq(&current.snapshot_at, &self.snapshot_at))
        {
            reads.remove(&self.key);
        }
    }
}
