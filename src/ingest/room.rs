//! Memory for bodies: chunks being read, parsed and stored, of all bodies together.
//!
//! Owns its bound. A body waits for room unread. None holds room while it waits for its client or for more room: a chunk
//! claims it once it has a line, ends soon after, and is then stored and gone.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result};

/// Memory that a chunk takes at most, about: its lines, the rows they are parsed to, and those as they are sent.
const CHUNK: usize = 16 << 20;
/// Memory of all chunks together.
const ALL: usize = 256 << 20;

/// One for the process, as memory is.
static CHUNKS: Semaphore = Semaphore::const_new(ALL / CHUNK);

/// Room for chunks, given up when it is dropped.
pub struct Room(#[expect(dead_code, reason = "held, not used")] Option<SemaphorePermit<'static>>);

impl Room {
    pub async fn of_chunk() -> Result<Self> {
        CHUNKS
            .acquire()
            .await
            .map(|permit| Self(Some(permit)))
            .map_err(Error::internal)
    }

    /// Room for one chunk that is stored and one that is read meanwhile, claimed ahead by bodies that hold locks while
    /// they are read: others may hold room and wait for those.
    pub async fn of_whole() -> Result<Self> {
        CHUNKS
            .acquire_many(2)
            .await
            .map(|permit| Self(Some(permit)))
            .map_err(Error::internal)
    }

    /// For a chunk of a body that has claimed its room.
    pub fn claimed() -> Self {
        Self(None)
    }
}
