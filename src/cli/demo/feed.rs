//! The demo's live calls: what comes is stored when its time has come.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::world::Coming;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ingest::{self, Body, Target};
use crate::supervise;

const EVERY: Duration = Duration::from_secs(2);

/// Name in the count of panics.
const TASK: &str = "demo feed";

/// Stores lines that are due, as long as it is polled.
pub async fn run(app: App, target: Target, coming: Coming) {
    let coming = Mutex::new(coming);
    supervise::every(TASK, EVERY, || store(&app, target, &coming)).await;
}

async fn store(app: &App, target: Target, coming: &Mutex<Coming>) -> Result<()> {
    let coming = || coming.lock().unwrap_or_else(PoisonError::into_inner);
    let due = coming().due(app.clock.now());
    if due.lines.is_empty() {
        return Ok(());
    }
    let tally = ingest::ingest(&app.db, target, Body::Lines(due.lines.as_bytes()), |_| ()).await?;
    // Also where lines were refused, because somebody deleted a campaign: they would be refused again.
    coming().store(&due);
    match tally.rejected {
        0 => Ok(()),
        _ => Err(Error::Invalid(tally.faults())),
    }
}
