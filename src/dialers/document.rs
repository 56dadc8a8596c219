//! Single documents that a switch posts: they are stored, or kept in quarantine, and never a reason to repeat them for ever.

use chrono::{DateTime, Utc};

use super::leg::{Record, Source};
use super::quarantine;
use super::store::Door;
use super::tally::Tally;
use super::{freeswitch, take};
use crate::db::Database;
use crate::error::Result;

/// Reads a document as its door was told to.
pub fn read(how: &quarantine::Door, body: &[u8]) -> Record {
    let media = how.media.as_deref().unwrap_or_default();
    freeswitch::document(media, how.uuid.as_deref(), body)
}

/// Stores the call of a document of FreeSWITCH. On return it is committed, as a call or in quarantine.
pub async fn store(
    db: &Database,
    door: Door,
    how: &quarantine::Door,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Tally> {
    let record = read(how, body);
    let mut tally = take::one(db, door, record, now).await?;
    let Some(reason) = reason(&mut tally) else {
        return Ok(tally);
    };
    let mut scope = db.write(door.tenant).await?;
    quarantine::keep(
        &mut scope,
        Source::Freeswitch,
        how.clone(),
        &reason,
        body,
        now,
    )
    .await?;
    scope.commit().await?;
    Ok(tally)
}

/// The reason for which a document was refused, which then counts as one in quarantine. None for one that is stored.
pub fn reason(tally: &mut Tally) -> Option<String> {
    let refused = tally.lines.errors.pop()?;
    let reasons = refused.errors.iter().flat_map(|(_, reasons)| reasons);
    let reasons: Vec<&str> = reasons.map(String::as_str).collect();
    tally.lines.stored = 1;
    tally.lines.rejected = 0;
    tally.quarantined = 1;
    Some(reasons.join(" "))
}
