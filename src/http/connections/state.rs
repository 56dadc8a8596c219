//! The state of a connection: busy, idle since an instant, or closed.
//!
//! Shared by the task of the connection and the registry that may evict it. Must not know either.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Bytes beyond which an unfinished head counts as large.
pub const LARGE_HEAD: usize = 16 << 10;

/// The state of a connection, shared by its task and the registry.
pub struct State {
    /// The client's network; `None` for a trusted proxy.
    pub network: Option<u128>,
    /// [`REQUEST`] and [`WRITE`]; idle if neither is set.
    pub busy: AtomicU8,
    /// The microsecond at which it became idle, or [`BUSY`], or [`CLOSED`].
    pub idle_since: AtomicU64,
    /// Bytes of the next request's head, read while idle.
    pub head: AtomicUsize,
    pub close: Notify,
    pub ended: Notify,
}

pub const BUSY: u64 = 0;
pub const CLOSED: u64 = u64::MAX;

/// A request is in progress.
pub const REQUEST: u8 = 1;
/// A write is blocked by the socket.
pub const WRITE: u8 = 2;

impl State {
    /// An idle connection. `now` is in microseconds on the registry's clock.
    pub fn new(network: Option<u128>, now: u64) -> Self {
        let (busy, idle_since, head) = (
            AtomicU8::new(0),
            AtomicU64::new(instant(now)),
            AtomicUsize::new(0),
        );
        Self {
            network,
            busy,
            idle_since,
            head,
            close: Notify::new(),
            ended: Notify::new(),
        }
    }

    /// The microsecond at which it became idle. `None` if it is busy or closed.
    pub fn idle_since(&self) -> Option<u64> {
        Some(self.idle_since.load(Ordering::Acquire))
            .filter(|since| !matches!(*since, BUSY | CLOSED))
    }

    /// Closes it if it has been idle since then. No request can begin afterwards.
    pub fn close_if(&self, idle_since: u64) -> bool {
        let closed = self.idle_since.compare_exchange(
            idle_since,
            CLOSED,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if closed.is_ok() {
            self.close.notify_one();
        }
        closed.is_ok()
    }

    /// Wakes its task to check for a close.
    pub fn wake(&self) {
        self.close.notify_one();
    }

    pub fn has_large_head(&self) -> bool {
        self.head.load(Ordering::Acquire) > LARGE_HEAD
    }

    /// Resolves when its socket is closed.
    pub async fn ended(&self) {
        self.ended.notified().await;
    }
}

/// Clamps an instant away from [`BUSY`] and [`CLOSED`].
pub fn instant(micros: u64) -> u64 {
    micros.clamp(BUSY + 1, CLOSED - 1)
}
