//! Reads records in quarantine again, after the routing, the causes or a reader has changed.
//!
//! A record leaves quarantine only once its call is committed. If the server is killed between, it is read twice, which changes
//! nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::leg::Source;
use super::quarantine::{self, Kept};
use super::store::Door;
use super::tally::Tally;
use super::{document, take};
use crate::auth::Tenant;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::rollups::Module;

/// Records that one request reads again.
pub const MOST: u64 = 500;

/// Counts of records that were read again.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = QuarantineRetried)]
pub struct Retried {
    /// Records read again.
    pub retried: u64,
    /// Those that were read, and have left quarantine.
    pub stored: u64,
    /// Those that still cannot be read.
    pub quarantined: u64,
    /// The last one read, if others wait behind it: send it as `after`. Null at the end.
    #[schema(value_type = Option<String>)]
    pub next: Option<Uuid>,
}

/// Reads a record again. If it still cannot be read, it stays, with its reason.
pub async fn one(db: &Database, tenant: &Tenant, kept: Kept, now: DateTime<Utc>) -> Result<Tally> {
    // Of other dialers only rows are read, which are refused by their numbers and not kept.
    if kept.source() != Some(Source::Freeswitch) {
        return Err(Error::conflict(
            "This version cannot read records of that dialer.",
        ));
    }
    let how = kept.door.0;
    let unrouted = how.module.as_deref().and_then(Module::named);
    let mut door = Door::of(tenant, Source::Freeswitch);
    door.unrouted = unrouted.unwrap_or(door.unrouted);
    let record = document::read(&how, &kept.body);
    let mut tally = take::one(db, door, record, now).await?;
    let refused = document::reason(&mut tally);
    let mut scope = db.write(tenant.id).await?;
    match refused {
        None => _ = quarantine::settle(&mut scope, kept.id).await?,
        Some(reason) => quarantine::refuse(&mut scope, kept.id, &reason).await?,
    }
    scope.commit().await?;
    Ok(tally)
}

/// Reads records again that came before this, the oldest first, at most [`MOST`] after that one.
pub async fn all(
    db: &Database,
    tenant: &Tenant,
    after: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Retried> {
    let until = Uuid::max();
    let mut after = after.unwrap_or_else(Uuid::nil);
    let mut counts = Retried::default();
    loop {
        let mut scope = db.read(tenant.id).await?;
        let due = quarantine::due(&mut scope, after, until).await?;
        drop(scope);
        let Some(kept) = due else {
            return Ok(counts);
        };
        if counts.retried == MOST {
            counts.next = Some(after);
            return Ok(counts);
        }
        after = kept.id;
        counts.retried += 1;
        match one(db, tenant, kept, now).await {
            Ok(tally) if tally.quarantined == 0 => counts.stored += 1,
            Ok(_) | Err(Error::Conflict(..)) => counts.quarantined += 1,
            Err(error) => return Err(error),
        }
    }
}
