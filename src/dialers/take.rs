//! Takes records in: reads them in chunks of bounded size, stores their calls, and counts.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::leg::{Leg, Record};
use super::store::{self, Door, Outcomes};
use super::tally::Tally;
use crate::db::Database;
use crate::error::{Error, Faults, Result};
use crate::ingest::{LineFaults, MAX_REPORTED};

/// Records that are stored at once.
const CHUNK: usize = 1_000;
/// Maximum size of the fields of the records that are stored at once, in bytes.
const CHUNK_BYTES: usize = 4 << 20;

/// Fault of a record that tells no possible time.
const UNDATED: &str = "An instant of it is before 1980 or after 9999.";

/// Counts of records, and the reasons of those that are not reported.
pub struct Taking {
    tally: Tally,
    /// Calls so far, by their hashes: a call can be in several chunks.
    calls: HashSet<u64>,
    unmapped: HashSet<u64>,
    hasher: RandomState,
}

/// Records with their numbers in a file.
type Chunk = Vec<(u64, Record)>;

/// Stores the records that a reader makes, each with its number in the file. On return those counted as stored are
/// committed. Records that cannot be read are rejected, those whose call cannot be placed too. `progress` is called after
/// each committed chunk.
pub async fn records<I>(
    db: &Database,
    door: Door,
    now: DateTime<Utc>,
    read: impl FnOnce() -> Result<I> + Send + 'static,
    mut progress: impl FnMut(&Tally) + Send,
) -> Result<Tally>
where
    I: Iterator<Item = (u64, Record)>,
{
    let (send, mut receive) = mpsc::channel::<Chunk>(1);
    let reading = tokio::task::spawn_blocking(move || -> Result<()> {
        let mut records = read()?.peekable();
        while records.peek().is_some() {
            // Nobody receives any more: storing failed, and its error is told.
            if send.blocking_send(chunk(&mut records)).is_err() {
                break;
            }
        }
        Ok(())
    });
    let mut taking = Taking::default();
    while let Some(chunk) = receive.recv().await {
        taking.store(db, &door, chunk, now).await?;
        progress(&taking.tally);
    }
    reading.await.map_err(Error::internal)??;
    Ok(taking.tally)
}

/// Stores one record, the first of its file.
pub async fn one(db: &Database, door: Door, record: Record, now: DateTime<Utc>) -> Result<Tally> {
    let mut taking = Taking::default();
    taking.store(db, &door, vec![(1, record)], now).await?;
    Ok(taking.tally)
}

fn chunk(records: &mut impl Iterator<Item = (u64, Record)>) -> Chunk {
    let (mut chunk, mut size) = (Vec::new(), 0);
    while chunk.len() < CHUNK && size < CHUNK_BYTES {
        let Some((number, record)) = records.next() else {
            break;
        };
        if let Record::Leg(leg) = &record {
            let fields = leg.fields.iter();
            size += fields
                .map(|(name, value)| name.len() + value.len())
                .sum::<usize>();
        }
        chunk.push((number, record));
    }
    chunk
}

impl Default for Taking {
    fn default() -> Self {
        Self {
            tally: Tally::default(),
            calls: HashSet::new(),
            unmapped: HashSet::new(),
            hasher: RandomState::new(),
        }
    }
}

impl Taking {
    async fn store(
        &mut self,
        db: &Database,
        door: &Door,
        chunk: Chunk,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut legs: Vec<(u64, Leg)> = Vec::with_capacity(chunk.len());
        for (number, record) in chunk {
            self.tally.lines.received += 1;
            match record {
                Record::Leg(leg) if leg.is_dated() => legs.push((number, leg.storable())),
                Record::Leg(_) => self.reject(number, UNDATED.into()),
                Record::NoCall(reason) => {
                    self.tally.lines.stored += 1;
                    self.ignore(reason, 1);
                }
                Record::Unreadable(reason) => self.reject(number, reason),
            }
        }
        if legs.is_empty() {
            return Ok(());
        }
        let outcomes = store::store(db, door, &legs, now).await?;
        self.count(legs.len(), outcomes);
        Ok(())
    }

    fn count(&mut self, legs: usize, outcomes: Outcomes) {
        let refused = outcomes.refused.len();
        let stored = legs.saturating_sub(refused) as u64;
        self.tally.lines.stored += stored;
        let hash = |id: &String| self.hasher.hash_one(id);
        let before = self.calls.len();
        self.calls.extend(outcomes.calls.iter().map(hash));
        let calls = (self.calls.len() - before) as u64;
        self.unmapped.extend(outcomes.unmapped.iter().map(hash));
        self.tally.calls += calls;
        self.tally.collapsed += stored.saturating_sub(calls);
        for (reason, records) in outcomes.ignored {
            self.ignore(reason, records);
        }
        self.tally.unmapped = self.unmapped.len() as u64;
        self.tally.created.add(outcomes.created);
        for (number, reason) in outcomes.refused {
            self.reject(number, reason);
        }
    }

    fn ignore(&mut self, reason: &'static str, records: u64) {
        self.tally.ignored += records;
        *self.tally.ignored_for.entry(reason).or_default() += records;
    }

    fn reject(&mut self, number: u64, reason: String) {
        self.tally.lines.rejected += 1;
        if self.tally.lines.errors.len() < MAX_REPORTED {
            let mut errors = Faults::default();
            errors.add("line", reason);
            self.tally.lines.errors.push(LineFaults {
                line: Some(number),
                index: None,
                errors,
            });
        }
    }
}
