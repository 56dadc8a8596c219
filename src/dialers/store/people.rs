//! Campaigns, leads and agents of calls that come without legs, such as rows of spreadsheets.

use serde_json::Value;

use super::{TRIES, families, leads, pause, places};
use crate::db::{Database, Scope};
use crate::dialers::tally::Created;
use crate::error::{Error, Result};
use crate::ingest::{self, Target};

pub use super::decided::Ids;
pub use super::places::Asked;

/// Ids in the order in which they were asked for; an error says why a call has none.
pub type Places = Vec<std::result::Result<Ids, String>>;

/// Finds the places of calls, or makes them. On return they are committed.
pub async fn place(db: &Database, target: Target, asked: &[Asked]) -> Result<(Places, Created)> {
    let mut tries = 1;
    loop {
        let mut scope = if target.events {
            db.write_with_events(target.tenant).await?
        } else {
            db.write(target.tenant).await?
        };
        let placed = match find(&mut scope, target, asked).await {
            Ok(found) => scope.commit().await.map(|()| found),
            Err(error) => Err(error),
        };
        match placed {
            Err(Error::GaveWay(cause)) if tries < TRIES => pause(tries, &cause).await,
            placed => return placed,
        }
        tries += 1;
    }
}

async fn find(scope: &mut Scope, target: Target, asked: &[Asked]) -> Result<(Places, Created)> {
    families::lock(scope).await?;
    let found = places::find(scope, asked, target.locale.country_code).await?;
    let lines: Vec<String> = found.lines.iter().map(Value::to_string).collect();
    let refused = ingest::store_lines(scope, target.locale, &lines).await?;
    if let Some((_, faults)) = refused.first() {
        let told = format!("a line of a place was refused: {faults:?}");
        return Err(Error::internal(std::io::Error::other(told)));
    }
    let starts = asked.iter().zip(&found.of).filter_map(|(asked, ids)| {
        let ids = ids.as_ref().ok()?;
        Some((asked.module, ids.lead, asked.started_at))
    });
    let starts: Vec<_> = starts.collect();
    leads::begin(scope, &found.made, &starts).await?;
    Ok((found.of, found.created))
}
