//! Unfinished request bodies: their limits, by tenant and in all, and their end when the server stops.
//!
//! A small body counts as unfinished after a short grace period, one that may be large as soon as its tenant is known,
//! each until its end. The rest of a refused body is read and discarded for a while, so that the client receives the
//! response instead of a connection reset.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use axum::body::Body;
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Limits, Occasionally};

/// The unfinished bodies of a server. Cheap to clone; clones share the count.
#[derive(Clone)]
pub struct Bodies(Arc<Inner>);

struct Inner {
    limits: Limits,
    stop: CancellationToken,
    stopped: OnceLock<Instant>,
    unfinished: Mutex<Unfinished>,
    log: Occasionally,
}

#[derive(Default)]
struct Unfinished {
    next: u64,
    /// Oldest first.
    entries: Vec<Entry>,
}

struct Entry {
    id: u64,
    whose: Whose,
    give_way: Arc<Notify>,
}

/// The owner of an unfinished body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A tenant, by its id.
    Tenant(i64),
    /// A client without a token. Its bodies give way to tenants' bodies, and to newer bodies of strangers.
    Stranger,
    /// A refused body that is being discarded.
    Discarded,
}

impl Bodies {
    pub fn new(limits: Limits) -> Self {
        let (stop, stopped) = (CancellationToken::new(), OnceLock::new());
        let log = Occasionally::default();
        Self(Arc::new(Inner {
            limits,
            stop,
            stopped,
            unfinished: Mutex::default(),
            log,
        }))
    }

    /// Ends every body after its time, discarded ones too.
    pub fn stop(&self) {
        self.0.stopped.get_or_init(Instant::now);
        self.0.stop.cancel();
    }

    /// Registers a body, evicting another if necessary. `None` if there is no room.
    pub fn enter(&self, whose: Whose) -> Option<(u64, Arc<Notify>)> {
        let Limits {
            bodies,
            bodies_per_tenant,
            ..
        } = self.0.limits;
        let mut unfinished = self.unfinished();
        let of_whose = unfinished
            .entries
            .iter()
            .filter(|entry| entry.whose == whose)
            .count();
        let has_its_share = matches!(whose, Whose::Tenant(_)) && of_whose >= bodies_per_tenant;
        if has_its_share
            || (unfinished.entries.len() >= bodies && unfinished.make_room(whose).is_none())
        {
            if whose != Whose::Discarded && self.0.log.is_due() {
                tracing::warn!(
                    ?whose,
                    "limit of unfinished bodies reached: refusing new ones"
                );
            }
            return None;
        }
        unfinished.next += 1;
        let (id, give_way) = (unfinished.next, Arc::<Notify>::default());
        unfinished.entries.push(Entry {
            id,
            whose,
            give_way: Arc::clone(&give_way),
        });
        Some((id, give_way))
    }

    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Removes a body's entry.
    pub fn leave(&self, id: u64) {
        self.unfinished().entries.retain(|entry| entry.id != id);
    }

    fn unfinished(&self) -> MutexGuard<'_, Unfinished> {
        self.0
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when the time for bodies after a stop is over.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
        let since = self
            .0
            .stopped
            .get()
            .map(Instant::elapsed)
            .unwrap_or_default();
        tokio::time::sleep(self.0.limits.stop_bodies.saturating_sub(since)).await;
    }

    /// True when the time for bodies after a stop is over.
    pub fn is_stopped(&self) -> bool {
        self.0
            .stopped
            .get()
            .is_some_and(|stopped| stopped.elapsed() >= self.0.limits.stop_bodies)
    }

    /// Reads and discards the rest of a refused body, until the client is silent, the time is over, or another body needs
    /// the entry.
    pub async fn discard(self, body: Body) {
        let Some((id, give_way)) = self.enter(Whose::Discarded) else {
            return;
        };
        let Limits {
            discard_silence,
            discard_time,
            stop_bodies,
            ..
        } = self.0.limits;
        let mut body = body.into_data_stream();
        let discarding = async {
            while let Ok(Some(Ok(_))) = tokio::time::timeout(discard_silence, body.next()).await {}
        };
        let stopped = async {
            self.0.stop.cancelled().await;
            tokio::time::sleep(stop_bodies).await;
        };
        tokio::select! {
            () = discarding => {}
            () = tokio::time::sleep(discard_time) => {}
            () = give_way.notified() => {}
            () = stopped => {}
        }
        self.leave(id);
    }
}

impl Unfinished {
    /// Evicts the oldest discarded body, else the oldest of a stranger. `None` if all belong to tenants.
    fn make_room(&mut self, whose: Whose) -> Option<()> {
        let oldest = |whose| self.entries.iter().position(|entry| entry.whose == whose);
        let index = match whose {
            Whose::Discarded => oldest(Whose::Discarded)?,
            _ => oldest(Whose::Discarded).or_else(|| oldest(Whose::Stranger))?,
        };
        self.entries.remove(index).give_way.notify_one();
        Some(())
    }
}
