//! One connection: whether it is idle, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::registry::Registry;

/// An unfinished head with more bytes than this is large.
const LARGE_HEAD: usize = 16 << 10;

/// The state of a connection, shared by the task that drives it and the registry.
pub struct State {
    /// The network it comes from; none of a proxy.
    pub network: Option<u128>,
    /// Flags that keep it from being idle.
    busy: AtomicU8,
    /// The microsecond since which it is idle, or [`BUSY`], or [`CLOSED`].
    idle_since: AtomicU64,
    /// Bytes that were read since it is idle: of the next request's head.
    head: AtomicUsize,
    close: Notify,
    ended: Notify,
}

const BUSY: u64 = 0;
const CLOSED: u64 = u64::MAX;

/// A request is being answered.
const REQUEST: u8 = 1;
/// The socket takes no more bytes for now.
const WRITE: u8 = 2;

impl State {
    /// An idle connection. `now` is in microseconds, on the clock of its registry.
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

    /// The microsecond since which it is idle. None where it is busy, or closed already.
    pub fn idle_since(&self) -> Option<u64> {
        Some(self.idle_since.load(Ordering::Acquire))
            .filter(|since| !matches!(*since, BUSY | CLOSED))
    }

    /// Closes it if it is still idle since then: no request begins on it any more.
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

    /// Makes its task look at how it is to end.
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

/// Keeps an instant apart from [`BUSY`] and [`CLOSED`].
fn instant(micros: u64) -> u64 {
    micros.clamp(BUSY + 1, CLOSED - 1)
}

/// An open connection, until it is dropped.
pub struct Connection {
    registry: Registry,
    id: u64,
    state: Arc<State>,
}

/// The way in which a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// At once: nothing is lost, or there is no time left.
    Now,
    /// Once the request under way is answered.
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

    /// A request begins. False where the connection is closed already, and nothing may be begun.
    pub fn begin_request(&self) -> bool {
        self.state.head.store(0, Ordering::Release);
        self.keep_busy(REQUEST)
    }

    /// Counts bytes that were read.
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

    /// Records that bytes wait until the socket takes them, or no longer do.
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

    /// Resolves when the connection is to be closed.
    pub async fn closing(&self) -> Closing {
        self.state.close.notified().await;
        if self.registry.is_aborting() || self.is_idle() {
            Closing::Now
        } else {
            Closing::AfterRequest
        }
    }

    /// True where no request can begin any more.
    #[cfg(test)]
    pub fn is_closed(&self) -> bool {
        self.state.idle_since.load(Ordering::Acquire) == CLOSED
    }

    pub fn is_idle(&self) -> bool {
        self.state.idle_since.load(Ordering::Acquire) != BUSY
    }

    // One task drives a connection, so that these are never called at the same time; closing may come in between.
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
            // Left as it is where it is closed.
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
