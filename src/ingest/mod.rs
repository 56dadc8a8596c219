//! Ingest of call data: one JSON object per line, or a JSON array of them, each with a complete
//! row.
//!
//! Owns the kinds of lines and their validation and storage. Reads any stream in bounded memory, so
//! it serves request bodies and files. Must not know either.

mod batch;
pub mod counted;
pub mod document;
pub mod field;
mod fields;
mod gzip;
mod items;
pub mod kind;
mod line;
pub mod normal;
pub mod phone;
mod reader;
mod room;
mod spool;
mod statements;

use std::pin::pin;
use std::time::Duration;

use serde::Serialize;
use tokio::io::AsyncBufRead;

use crate::db::{Database, Scope};
use crate::error::{Cause, Error, Faults, Result};
use batch::{Line, Outcome};
use counted::Counted;
pub use field::Locale;
pub use gzip::gunzip;
use items::ItemReader;
pub use items::{MAX_BODY as MAX_JSON_BODY, begin_in as begins_json, checked as checked_json};
use reader::{LineReader, RawLine};
use room::Room;
pub use spool::{Spooled, spool};

/// Maximum number of faulty lines in an answer.
pub const MAX_REPORTED: usize = 100;

/// Destination of lines, and mode of storing.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub tenant: i64,
    pub locale: Locale,
    /// All or nothing: one bad line rejects the whole body.
    pub atomic: bool,
    /// Changes make events, which are sent to webhooks.
    pub events: bool,
}

impl Target {
    async fn begin(self, db: &Database) -> Result<Scope> {
        if self.events {
            db.write_with_events(self.tenant).await
        } else {
            db.write(self.tenant).await
        }
    }
}

/// Result of an ingest.
#[derive(Debug, Default, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = IngestTally)]
pub struct Tally {
    /// Lines that were not blank.
    pub received: u64,
    /// Lines accepted, including those that changed nothing.
    pub stored: u64,
    /// Lines rejected.
    pub rejected: u64,
    /// The first 100 rejected lines.
    pub errors: Vec<LineFaults>,
}

/// Faults of one line, or one item of a JSON array.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LineFaults {
    /// Number of the line in the body, from 1, blank lines counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<u64>,
    /// Index of the item in the array, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub index: Option<u64>,
    /// By field; `line` or `item` where it is no JSON object.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub errors: Faults,
}

impl LineFaults {
    /// `line` or `item`, with its number.
    pub fn place(&self) -> (&'static str, u64) {
        match (self.line, self.index) {
            (Some(line), _) => (LINE, line),
            (None, index) => (ITEM, index.unwrap_or_default()),
        }
    }
}

const LINE: &str = "line";
const ITEM: &str = "item";

impl Tally {
    /// Returns true if lines were rejected and none stored.
    pub fn is_refused(&self) -> bool {
        self.stored == 0 && self.rejected > 0
    }

    fn add(&mut self, received: usize, outcome: Outcome, unit: &str) {
        self.received += received as u64;
        self.stored += outcome.stored;
        self.rejected += outcome.rejected.len() as u64;
        let room = MAX_REPORTED - self.errors.len();
        let reported = outcome.rejected.into_iter().take(room);
        let place = |number| {
            if unit == LINE {
                (Some(number), None)
            } else {
                (None, Some(number))
            }
        };
        self.errors.extend(reported.map(|(number, errors)| {
            let (line, index) = place(number);
            LineFaults {
                line,
                index,
                errors,
            }
        }));
    }

    /// The reported faults as fields of one request: `lines.3.result`, `items.0.result`.
    pub fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for line in &self.errors {
            let (unit, number) = line.place();
            for (field, messages) in line.errors.iter() {
                messages
                    .iter()
                    .for_each(|message| faults.add(format!("{unit}s.{number}.{field}"), message));
            }
        }
        faults
    }
}

/// A stream of lines, or a JSON body that has been checked.
pub enum Body<R> {
    Lines(R),
    Json(R),
}

/// Reader of either kind.
enum Reader<R> {
    Lines(LineReader<R>),
    Items(ItemReader<R>),
}

impl<R: AsyncBufRead + Unpin> Reader<R> {
    fn new(body: Body<R>) -> Self {
        match body {
            Body::Lines(stream) => Self::Lines(LineReader::new(stream)),
            Body::Json(stream) => Self::Items(ItemReader::new(stream)),
        }
    }

    fn unit(&self) -> &'static str {
        match self {
            Self::Lines(_) => LINE,
            Self::Items(_) => ITEM,
        }
    }

    async fn begin(&mut self) -> std::io::Result<bool> {
        match self {
            Self::Lines(lines) => lines.begin().await,
            Self::Items(items) => items.begin().await,
        }
    }

    async fn chunk(&mut self) -> std::io::Result<Option<Vec<RawLine>>> {
        match self {
            Self::Lines(lines) => lines.chunk().await,
            Self::Items(items) => items.chunk().await,
        }
    }
}

/// Reads the body to its end and stores it. On return, the rows counted as stored are committed;
/// there are none if the target is atomic and a line was rejected. `progress` is called after each
/// committed chunk.
///
/// Returns `Malformed` if the stream breaks off; earlier chunks stay stored, unless the target is
/// atomic.
pub async fn ingest<R: AsyncBufRead + Unpin + Send>(
    db: &Database,
    target: Target,
    body: Body<R>,
    mut progress: impl FnMut(&Tally) + Send,
) -> Result<Tally> {
    let mut reader = Reader::new(body);
    let unit = reader.unit();
    let (mut tally, mut held) = (Tally::default(), Counted::default());
    // The order matters: a holder of memory must not wait for those who wait for memory.
    let _slot = if target.atomic {
        Some(db.atomic_store_slot(target.tenant).await?)
    } else {
        None
    };
    let _room = if target.atomic {
        Room::reserve_for_atomic().await?
    } else {
        Room::reserved()
    };
    let mut whole = if target.atomic {
        Some(target.begin(db).await?)
    } else {
        None
    };
    let mut next = read(&mut reader, target).await?;
    while let Some((lines, room)) = next {
        let received = lines.len();
        // One chunk is stored while the next is read and parsed. Storing always runs to completion,
        // because a cancelled COPY leaves its connection out of sync.
        let mut storing = pin!(async {
            // Released once stored: a body that waits for its next chunk holds no memory.
            let _room = room;
            store(db, target, whole.as_mut(), lines).await
        });
        let mut reading = pin!(read(&mut reader, target));
        let (mut outcome, following) = tokio::select! {
            outcome = &mut storing => (outcome?, reading.await),
            following = &mut reading => (storing.await?, following),
        };
        let counted = std::mem::take(&mut outcome.counted);
        if target.atomic {
            held.add(counted);
        } else {
            counted.tell(true);
        }
        tally.add(received, outcome, unit);
        progress(&tally);
        next = following?;
    }
    if let Some(scope) = whole {
        if tally.rejected > 0 {
            tally.stored = 0;
        } else {
            scope.commit().await?;
        }
        held.tell(tally.rejected == 0);
    }
    Ok(tally)
}

/// A body that can be read again from its start.
pub trait Repeatable: Send {
    type Stream: AsyncBufRead + Unpin + Send;

    /// The body from its start. Only the latest may be used.
    fn start(&mut self) -> impl Future<Output = Result<Body<Self::Stream>>> + Send;
}

/// Faults of a line by itself: references are not looked up.
pub fn faults_of(line: &str, locale: Locale) -> Faults {
    line::parse(line, LINE, locale).map_or_else(|faults| faults, |row| row.faults)
}

/// Like [`ingest`], for a body that can be read again: on a transaction conflict it is retried, and
/// `progress` starts over.
pub async fn ingest_again(
    db: &Database,
    target: Target,
    mut body: impl Repeatable,
    mut progress: impl FnMut(&Tally) + Send,
) -> Result<Tally> {
    let mut tries = 1;
    loop {
        match ingest(db, target, body.start().await?, &mut progress).await {
            Err(Error::GaveWay(cause)) if target.atomic && tries < TRIES => {
                back_off(tries, &cause).await
            }
            ended => return ended,
        }
        tries += 1;
    }
}

/// Maximum number of attempts of a transaction with conflicts.
const TRIES: u32 = 5;

/// Waits before a retry, longer each time, with random jitter.
async fn back_off(tries: u32, cause: &Cause) {
    tracing::info!(
        tries,
        %cause,
        "transaction conflict; will retry"
    );
    let share = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
    tokio::time::sleep(Duration::from_millis((50 << tries) + share)).await;
}

async fn store(
    db: &Database,
    target: Target,
    whole: Option<&mut Scope>,
    lines: Vec<Line>,
) -> Result<Outcome> {
    if let Some(scope) = whole {
        let (accepted, outcome) = batch::check(scope, lines).await?;
        batch::store(scope, &accepted).await?;
        return Ok(outcome);
    }
    let mut scope = target.begin(db).await?;
    let (accepted, outcome) = batch::check(&mut scope, lines).await?;
    let mut tries = 1;
    loop {
        let stored = match batch::store(&mut scope, &accepted).await {
            Ok(()) => scope.commit().await,
            Err(error) => {
                drop(scope);
                Err(error)
            }
        };
        match stored {
            Err(Error::GaveWay(cause)) if tries < TRIES => back_off(tries, &cause).await,
            stored => return stored.map(|()| outcome),
        }
        tries += 1;
        scope = target.begin(db).await?;
        batch::check_again(&mut scope, &accepted).await?;
    }
}

/// Stores lines within a transaction. Returns the places of those that are refused, with their faults.
pub async fn store_lines(
    scope: &mut Scope,
    locale: Locale,
    lines: &[String],
) -> Result<Vec<(usize, Faults)>> {
    let parsed = lines.iter().enumerate();
    let parsed = parsed.map(|(at, line)| (at as u64, line::parse(line, LINE, locale)));
    let (accepted, outcome) = batch::check(scope, parsed.collect()).await?;
    batch::store(scope, &accepted).await?;
    outcome.counted.tell(true);
    let rejected = outcome.rejected.into_iter();
    Ok(rejected
        .map(|(at, faults)| (usize::try_from(at).unwrap_or(usize::MAX), faults))
        .collect())
}

/// Reads the next chunk and reserves its memory; `None` at the end.
async fn read<R: AsyncBufRead + Unpin>(
    reader: &mut Reader<R>,
    target: Target,
) -> Result<Option<(Vec<Line>, Room)>> {
    let (unit, locale) = (reader.unit(), target.locale);
    let broken = |error: std::io::Error| Error::Malformed(error.to_string());
    if !reader.begin().await.map_err(broken)? {
        return Ok(None);
    }
    let room = if target.atomic {
        Room::reserved()
    } else {
        Room::reserve_for_chunk().await?
    };
    let Some(raw) = reader.chunk().await.map_err(broken)? else {
        return Ok(None);
    };
    let parse = move || {
        raw.into_iter()
            .map(|line| (line.number, parse(&line, unit, locale)))
            .collect()
    };
    let lines = tokio::task::spawn_blocking(parse)
        .await
        .map_err(Error::internal)?;
    Ok(Some((lines, room)))
}

fn parse(line: &RawLine, unit: &'static str, locale: Locale) -> Result<line::Row, Faults> {
    let unreadable = |fault: String| {
        let mut faults = Faults::default();
        faults.add(unit, fault);
        Err(faults)
    };
    let Some(bytes) = &line.bytes else {
        return unreadable(format!("is longer than {} bytes.", reader::MAX_LINE));
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => line::parse(text.trim_start_matches('\u{feff}'), unit, locale),
        Err(_) => unreadable("is not UTF-8.".into()),
    }
}
