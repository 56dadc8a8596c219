//! Supervision of background tasks: a task that panics is logged, counted and restarted.
//!
//! Owns periodic work and back-off. Must not know what a task does.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::error::Result;

/// Exponential back-off with an upper bound.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    pub first: Duration,
    pub longest: Duration,
}

impl Backoff {
    /// Back-off of tasks that a server cannot work without.
    pub const DEFAULT: Self = Self {
        first: Duration::from_millis(250),
        longest: Duration::from_secs(30),
    };

    /// Pause after a number of consecutive failures, at least one.
    pub fn after(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

/// Uptime after which a task counts as recovered, and its next failure as the first.
pub const STEADY: Duration = Duration::from_secs(60);

static RESTARTS: Mutex<BTreeMap<&'static str, u64>> = Mutex::new(BTreeMap::new());

/// Number of restarts of each task that this process has begun.
pub fn restarts() -> BTreeMap<&'static str, u64> {
    RESTARTS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Counts a restart of a task.
pub fn count_restart(task: &'static str) {
    note(task, 1);
}

fn note(task: &'static str, restarts: u64) {
    *RESTARTS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(task)
        .or_default() += restarts;
}

/// Runs a task until it returns. Restarts it with back-off if it panics.
pub async fn keep<F: Future<Output = ()>>(task: &'static str, start: impl FnMut() -> F) {
    keep_with(task, Backoff::DEFAULT, start).await;
}

/// Like [`keep`], with a given back-off.
pub async fn keep_with<F: Future<Output = ()>>(
    task: &'static str,
    backoff: Backoff,
    mut start: impl FnMut() -> F,
) {
    note(task, 0);
    let mut failures = 0;
    loop {
        let started = Instant::now();
        match AssertUnwindSafe(start()).catch_unwind().await {
            Ok(()) => return,
            Err(panic) => note_panic(task, panic.as_ref()),
        }
        failures = if started.elapsed() >= STEADY {
            1
        } else {
            failures + 1
        };
        sleep(backoff.after(failures)).await;
    }
}

/// Repeats work for as long as it is polled, starting at once. Failures and panics are logged; the
/// next run follows on schedule.
pub async fn every<F: Future<Output = Result<()>>>(
    task: &'static str,
    period: Duration,
    mut work: impl FnMut() -> F,
) {
    note(task, 0);
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        attempt(task, work()).await;
    }
}

/// Runs one step of a task. Returns `None` if it failed or panicked, which is logged, so that later
/// steps are not affected.
pub async fn attempt<T>(task: &'static str, work: impl Future<Output = Result<T>>) -> Option<T> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            tracing::warn!(task, %error, "task failed; will retry");
            None
        }
        Err(panic) => {
            note_panic(task, panic.as_ref());
            None
        }
    }
}

fn note_panic(task: &'static str, panic: &(dyn Any + Send)) {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(
        task,
        cause = text.unwrap_or("unknown"),
        "task panicked; will restart"
    );
    count_restart(task);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::error::Error;

    fn restarts_of(task: &str) -> u64 {
        restarts().get(task).copied().unwrap_or_default()
    }

    #[test]
    fn pauses_double_up_to_the_maximum() {
        let backoff = Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        };
        let pauses =
            [0, 1, 2, 3, 5, 6, 7, u32::MAX].map(|failures| backoff.after(failures).as_secs());
        assert_eq!(pauses, [1, 1, 2, 4, 16, 30, 30, 30]);
    }

    #[tokio::test]
    async fn a_panicking_task_is_restarted_until_it_returns() {
        let runs = AtomicU32::new(0);
        let backoff = Backoff {
            first: Duration::from_millis(1),
            longest: Duration::from_millis(2),
        };
        keep_with("test keep", backoff, || async {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            assert!(run >= 3, "run {run}");
        })
        .await;
        assert_eq!((runs.into_inner(), restarts_of("test keep")), (4, 3));
    }

    #[tokio::test]
    async fn periodic_work_continues_after_failures_and_panics() {
        let (runs, enough) = (AtomicU32::new(0), tokio::sync::Notify::new());
        let work = || async {
            match runs.fetch_add(1, Ordering::Relaxed) {
                0 => Err(Error::internal("out of order")),
                1 => panic!("out of mind"),
                5 => {
                    enough.notify_one();
                    Ok(())
                }
                _ => Ok(()),
            }
        };
        tokio::select! {
            () = every("test every", Duration::from_millis(1), work) => unreachable!("it never returns"),
            () = enough.notified() => {}
        }
        assert_eq!(restarts_of("test every"), 1);
    }

    #[tokio::test]
    async fn a_panicking_step_does_not_prevent_the_next_one() {
        let pieces = [1, 0, 2].map(|piece| attempt("test attempt", async move { Ok(4 / piece) }));
        assert_eq!(
            futures_util::future::join_all(pieces).await,
            [Some(4), None, Some(2)]
        );
        assert_eq!(restarts_of("test attempt"), 1);
    }
}
