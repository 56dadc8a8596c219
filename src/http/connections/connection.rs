//! One connection: its requests, its blocked writes, and how it is closed.
//!
//! Leaves the registry that admitted it when it is dropped.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::registry::{Admitted, Evicted, Registry};
use super::state::{BUSY, CLOSED, LARGE_HEAD, REQUEST, State, WRITE, instant};

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
    /// Admits a connection from that peer (see [`Registry::admit`]), with the connection evicted for it.
    pub fn admit(registry: &Registry, peer: IpAddr) -> Option<(Self, Option<Evicted>)> {
        let Admitted { id, state, evicted } = registry.admit(peer)?;
        let registry = registry.clone();
        Some((
            Self {
                registry,
                id,
                state,
            },
            evicted,
        ))
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
