//! Memory for chunks of all bodies that are being read, parsed and stored.
//!
//! Owns its bound. A body waits for memory before it is read further. None holds memory while it
//! waits for its client or for more memory: a chunk reserves it once it has a line, ends soon
//! after, and is then stored.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result};

/// Approximate maximum memory of a chunk: its lines, the parsed rows, and their COPY text.
const CHUNK: usize = 16 << 20;
/// Maximum memory of all chunks.
const ALL: usize = 256 << 20;

/// Shared by the process, like memory itself.
static CHUNKS: Semaphore = Semaphore::const_new(ALL / CHUNK);

/// Reserved memory of chunks, released when dropped.
pub struct Room(#[expect(dead_code, reason = "held, not used")] Option<SemaphorePermit<'static>>);

impl Room {
    pub async fn reserve_for_chunk() -> Result<Self> {
        CHUNKS
            .acquire()
            .await
            .map(|permit| Self(Some(permit)))
            .map_err(Error::internal)
    }

    /// Reserves memory for one chunk being stored and one being read. Bodies that hold locks while
    /// they are read reserve it in advance, because others may hold memory and wait for those
    /// locks.
    pub async fn reserve_for_atomic() -> Result<Self> {
        CHUNKS
            .acquire_many(2)
            .await
            .map(|permit| Self(Some(permit)))
            .map_err(Error::internal)
    }

    /// For a chunk of a body that has reserved its memory in advance.
    pub fn reserved() -> Self {
        Self(None)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn chunks_beyond_the_memory_limit_wait() {
        let mut held = vec![Room::reserve_for_atomic().await.expect("room")];
        for _ in 2..ALL / CHUNK {
            held.push(Room::reserve_for_chunk().await.expect("room"));
        }
        let mut next = pin!(Room::reserve_for_chunk());
        assert!(next.as_mut().now_or_never().is_none());
        held.pop();
        assert!(next.await.is_ok());
    }
}
