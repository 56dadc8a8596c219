//! A bucket: it holds as many requests as its limit, and refills evenly within a minute.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use super::{LimitState, PERIOD};
use crate::time::Clock;

/// Requests of one subject. Full when new.
pub struct Bucket {
    limit: u32,
    full_at: FullAt,
    limiter: RateLimiter<(), FullAt, Stopwatch, NoOpMiddleware<Duration>>,
}

impl Bucket {
    pub fn new(limit: u32, clock: Clock) -> Self {
        let full_at = FullAt::default();
        let quota = Quota::per_minute(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
        let stopwatch = Stopwatch {
            clock,
            started: clock.elapsed(),
        };
        Self {
            limit,
            full_at: full_at.clone(),
            limiter: RateLimiter::new(quota, full_at, stopwatch),
        }
    }

    /// Counts a request, unless it is refused.
    pub fn count(&self) -> LimitState {
        let counted = self.limiter.check_key(&());
        let now = self.limiter.clock().now();
        let full_in =
            Duration::from_nanos(self.full_at.0.load(Ordering::Acquire)).saturating_sub(now);
        let retry_in = counted.err().map(|too_many| too_many.wait_time_from(now));
        let missing = full_in.as_nanos().div_ceil(self.nanos_per_request().into());
        let remaining = self
            .limit
            .saturating_sub(u32::try_from(missing).unwrap_or(u32::MAX));
        LimitState {
            limit: self.limit,
            remaining,
            full_in,
            retry_in,
        }
    }

    /// True if a request would be accepted now.
    pub fn has_room(&self) -> bool {
        let now = self.limiter.clock().now();
        let full_at = Duration::from_nanos(self.full_at.0.load(Ordering::Acquire));
        let missing = full_at.saturating_sub(now).as_nanos();
        missing.div_ceil(self.nanos_per_request().into()) < u128::from(self.limit)
    }

    /// Returns one counted request to the bucket.
    pub fn refund(&self) {
        let each = self.nanos_per_request();
        let _ = self
            .full_at
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |at| {
                Some(at.saturating_sub(each))
            });
    }

    /// Time to refill one request, in nanoseconds.
    fn nanos_per_request(&self) -> u64 {
        let period = u64::try_from(PERIOD.as_nanos()).unwrap_or(u64::MAX);
        (period / u64::from(self.limit.max(1))).max(1)
    }
}

/// Time at which a bucket is full, in nanoseconds of its stopwatch. Stored here because governor
/// does not expose its own state.
#[derive(Clone, Default)]
struct FullAt(Arc<AtomicU64>);

impl StateStore for FullAt {
    type Key = ();

    fn measure_and_replace<T, F, E>(&self, (): &(), decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut full_at = self.0.load(Ordering::Acquire);
        loop {
            let (result, next) = decide((full_at > 0).then(|| full_at.into()))?;
            match self.0.compare_exchange_weak(
                full_at,
                next.into(),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(result),
                Err(changed) => full_at = changed,
            }
        }
    }
}

/// Adapter from [`Clock`] to governor's clock: the time since the bucket was created.
struct Stopwatch {
    clock: Clock,
    started: Duration,
}

impl governor::clock::Clock for Stopwatch {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.started)
    }
}
