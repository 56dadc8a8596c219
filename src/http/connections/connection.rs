//! One connection: its idle state and how it is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::registry::Registry;

/// Bytes beyond which an unfinished head counts as large.
const LARGE_HEAD: usize = 16 << 10;

/// The state of a connection, shared by its task and the registry.
pub struct State {
    /// The client's network; `None` for a trusted proxy.
    pub network: Option<u128>,
    /// [`REQUEST`] and [`WRITE`]; idle if neither is set.
    busy: AtomicU8,
    /// The microsecond at which it became idle, or [`BUSY`], or [`CLOSED`].
    idle_since: AtomicU64,
    /// Bytes of the next request's head, read while idle.
    head: AtomicUsize,
    close: Notify,
    ended: Notify,
}

const BUSY: u64 = 0;
const CLOSED: u64 = u64::MAX;

/// A request is in progress.
const REQUEST: u8 = 1;
/// A write is blocked by the socket.
const WRITE: u8 = 2;

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
fn instant(micros: u64) -> u64 {
    micros.clamp(BUSY + 1, CLOSED - 1)
}

/// An open connection, until it is dropped.
pub struct Connection {
    registry: Registry,
    id: u64,
    state: Arc<State>,
}

/// Ways to close a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// At once: nothing is lost, or there is no time left.
    Now,
    /// After the request in progress.
    AfterRequest,
}

impl Connection {
    pub fn new(registry: Registry, id: u64, state: Arc<State>) -> Self {
        Self {
            registry,
            id,
            state,
        }
    }

    /// Marks the start of a request. False if the connection is closed, and the request must not run.
    pub fn begin_request(&self) -> bool {
        self.state.head.store(0, Ordering::Release);
        self.keep_busy(REQUEST)
    }

    /// Counts bytes read.
    pub fn read(&self, bytes: usize) {
        if !self.is_idle() {
            return;
        }
        let before = self.state.head.fetch_add(bytes, Ordering::AcqRel);
        if before <= LARGE_HEAD && before + bytes > LARGE_HEAD {
            self.registry.add_large_head(self.id);
        }
    }

    pub fn end_request(&self) {
        self.release(REQUEST);
    }

    /// Records whether a write is blocked by the socket.
    pub fn set_write_blocked(&self, is_blocked: bool) {
        let was_blocked = self.state.busy.load(Ordering::Acquire) & WRITE != 0;
        match (was_blocked, is_blocked) {
            (false, true) => {
                self.keep_busy(WRITE);
            }
            (true, false) => self.release(WRITE),
            _ => {}
        }
    }

    /// Resolves when the connection has to be closed.
    pub async fn closing(&self) -> Closing {
        self.state.close.notified().await;
        if self.registry.is_aborting() || self.is_idle() {
            Closing::Now
        } else {
            Closing::AfterRequest
        }
    }

    /// True if no request can begin any more.
    #[cfg(test)]
    pub fn is_closed(&self) -> bool {
        self.state.idle_since.load(Ordering::Acquire) == CLOSED
    }

    pub fn is_idle(&self) -> bool {
        self.state.idle_since.load(Ordering::Acquire) != BUSY
    }

    // Only the connection's task calls these two, never concurrently; a close may happen in between.
    fn keep_busy(&self, with: u8) -> bool {
        self.state.busy.fetch_or(with, Ordering::AcqRel);
        let idle_since = self.state.idle_since.load(Ordering::Acquire);
        match idle_since {
            BUSY => true,
            CLOSED => false,
            since => self
                .state
                .idle_since
                .compare_exchange(since, BUSY, Ordering::AcqRel, Ordering::Acquire)
                .is_ok(),
        }
    }

    fn release(&self, with: u8) {
        let others = self.state.busy.fetch_and(!with, Ordering::AcqRel) & !with;
        if others == 0 {
            let now = instant(self.registry.now());
            // A closed connection stays closed.
            let _ = self.state.idle_since.compare_exchange(
                BUSY,
                now,
                Ordering::AcqRel,
                Ordering::Acquire,
            );
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.registry.leave(self.id);
        self.state.ended.notify_one();
    }
}
