//! Answers to requests with an `Idempotency-Key`, kept for a day and given again to a repeat.
//!
//! Owns the key's identity, and the rule that one request of a key runs at a time. An answer is kept in the transaction of
//! the request's own changes, so neither exists without the other. Must not know HTTP or what a request does.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::db::{Database, Scope, Select};
use crate::error::{Error, Result};

/// Lifetime of an answer.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// Number of looks at a key that another request holds, and the pause between them. A request that was refused releases
/// its key a moment after its answer, and its client may repeat it at once.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Removes expired answers of a tenant, `$2` at a time, from before `$3`.
pub const PRUNE: &str = include_str!("prune.sql");

/// A request with a key. Keys of another method or path are other keys.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    path: String,
    key: String,
    digest: Vec<u8>,
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Answer {
    pub status: i16,
    /// The body.
    pub answer: String,
}

impl Request {
    pub fn new(method: &str, path: &str, key: String, body: &[u8]) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            key,
            digest: Sha256::digest(body).to_vec(),
        }
    }

    /// Begins a transaction that holds the key until its end. Returns it with the answer to an earlier request with this key
    /// and body. `Conflict` while that request runs; `Invalid` if it had another body.
    pub async fn begin(
        &self,
        db: &Database,
        tenant: i64,
        now: DateTime<Utc>,
    ) -> Result<(Scope, Option<Answer>)> {
        let mut scope = self.locked(db, tenant).await?;
        let find = self.bound(scope.select::<Kept>(include_str!("find.sql")));
        let kept = find
            .bind(now - KEPT)
            .fetch_optional(scope.connection())
            .await?;
        match kept {
            Some(kept) if kept.body_digest != self.digest => Err(Error::invalid(
                HEADER,
                "was used for a request with another body.",
            )),
            kept => Ok((scope, kept.map(|kept| kept.answer))),
        }
    }

    /// A transaction that holds the key. No connection is held between two looks at a key that another request has.
    async fn locked(&self, db: &Database, tenant: i64) -> Result<Scope> {
        let mut looks = 1;
        loop {
            let mut scope = db.write(tenant).await?;
            if self.lock(&mut scope).await? {
                return Ok(scope);
            }
            drop(scope);
            if looks == LOOKS {
                let message = "A request with this Idempotency-Key is still running.";
                return Err(Error::conflict(message));
            }
            looks += 1;
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Keeps the answer, with the changes of this transaction.
    pub async fn finish(
        &self,
        scope: &mut Scope,
        answer: Answer,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let keep = scope.query(include_str!("keep.sql"));
        let keep = keep
            .bind(self.method.clone())
            .bind(self.path.clone())
            .bind(self.key.clone())
            .bind(self.digest.clone());
        let keep = keep.bind(answer.status).bind(answer.answer).bind(now);
        keep.execute(scope.connection()).await?;
        Ok(())
    }

    /// Locks the key. Returns false if another transaction holds it.
    async fn lock(&self, scope: &mut Scope) -> Result<bool> {
        let lock = scope.select::<(bool,)>(include_str!("lock.sql"));
        let (is_ours,) = self.bound(lock).fetch_one(scope.connection()).await?;
        Ok(is_ours)
    }

    fn bound<R>(&self, select: Select<R>) -> Select<R> {
        select
            .bind(self.method.clone())
            .bind(self.path.clone())
            .bind(self.key.clone())
    }
}

/// Name of the header, and of its faults.
pub const HEADER: &str = "Idempotency-Key";

#[derive(sqlx::FromRow)]
struct Kept {
    body_digest: Vec<u8>,
    #[sqlx(flatten)]
    answer: Answer,
}
