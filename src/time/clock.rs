//! The current time. Owns the only access to the system clock, so that tests can replace it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Copy)]
pub enum Clock {
    System,
    /// A constant instant, for tests that compare whole bodies.
    Fixed(DateTime<Utc>),
    /// Microseconds since 1970, set by tests in which time passes.
    Set(&'static AtomicI64),
}

/// Origin of elapsed times; arbitrary.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's clock"
    )]
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(instant) => instant,
            Self::Set(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }

    /// Monotonic time since an arbitrary origin, unaffected by changes of the system clock.
    pub fn elapsed(self) -> Duration {
        match self {
            Self::System => START.elapsed(),
            Self::Fixed(_) | Self::Set(_) => {
                let micros = self.now().timestamp_micros();
                Duration::from_micros(u64::try_from(micros).unwrap_or_default())
            }
        }
    }
}
