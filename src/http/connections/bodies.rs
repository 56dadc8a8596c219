//! Bodies that are not in yet: how many there may be, whose, and how long one may stand still.
//!
//! A body counts as unfinished when it has been waited for a little, one that may be large from the moment its account is
//! known, until its end. A body that is given up before its end is read on and thrown away for a while,
//! so that the client gets the answer it has been given instead of a broken connection.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use axum::body::Body;
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Limits, Occasionally};

/// The unfinished bodies of a server. Cheap to clone; clones count together.
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
    /// The oldest first.
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
    /// An account, by its id.
    Account(i64),
    /// A client without an account. Its bodies make room for accounts, and for newer ones of strangers.
    Stranger,
    /// A refused one that is thrown away.
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

    /// Ends every body soon, those that are thrown away too.
    pub fn stop(&self) {
        self.0.stopped.get_or_init(Instant::now);
        self.0.stop.cancel();
    }

    /// Takes an entry, if need be in place of another. None where there is no room.
    pub fn enter(&self, whose: Whose) -> Option<(u64, Arc<Notify>)> {
        let Limits {
            bodies,
            bodies_per_account,
            ..
        } = self.0.limits;
        let mut unfinished = self.unfinished();
        let of_whose = unfinished
            .entries
            .iter()
            .filter(|entry| entry.whose == whose)
            .count();
        let has_share = matches!(whose, Whose::Account(_)) && of_whose >= bodies_per_account;
        if has_share
            || (unfinished.entries.len() >= bodies && unfinished.make_room(whose).is_none())
        {
            if whose != Whose::Discarded && self.0.log.is_due() {
                tracing::warn!(
                    ?whose,
                    "unfinished bodies are at their limit: new ones are refused"
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

    /// Gives an entry back.
    pub fn leave(&self, id: u64) {
        self.unfinished().entries.retain(|entry| entry.id != id);
    }

    fn unfinished(&self) -> MutexGuard<'_, Unfinished> {
        self.0
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves once bodies have had their time after a stop.
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

    /// True once bodies have had their time after a stop.
    pub fn is_stopped(&self) -> bool {
        self.0
            .stopped
            .get()
            .is_some_and(|stopped| stopped.elapsed() >= self.0.limits.stop_bodies)
    }

    /// Reads the rest of a refused body and throws it away, until nothing comes, it has taken long, or others need
    /// the room.
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
    /// Ends the oldest that was answered already, else the oldest of a stranger. None where every one is an account's.
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
