//! A rate limit for log lines that strangers could multiply.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Due on the first call, then at most once in ten seconds.
#[derive(Debug, Default)]
pub struct Occasionally {
    started: OnceLock<Instant>,
    /// In milliseconds since the start.
    next: AtomicU64,
}

const EVERY: Duration = Duration::from_secs(10);

impl Occasionally {
    pub fn is_due(&self) -> bool {
        let now = self.started.get_or_init(Instant::now).elapsed();
        let (now, after) = (millis(now), millis(now + EVERY));
        let next = self.next.load(Ordering::Relaxed);
        now >= next
            && self
                .next
                .compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_logged_once() {
        let log = Occasionally::default();
        assert_eq!((0..1000).filter(|_| log.is_due()).count(), 1);
    }
}
