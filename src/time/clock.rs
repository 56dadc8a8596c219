//! What time it is. Owns the only look at the system's clock, so that tests can hold it still.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Copy)]
pub enum Clock {
    System,
    /// Always the same instant, for tests that compare whole bodies.
    Fixed(DateTime<Utc>),
    /// As many microseconds after 1970 as it is set to, for tests in which time goes by.
    Set(&'static AtomicI64),
}

/// What time that passes is counted from. Nobody is told which instant it is.
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

    /// How much time has passed, since no matter when: never less than before, even where somebody sets the clock.
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
